"""A terminal as a process with a serial scanner at a pseudo-terminal, of which the benchmark is the far end.

Nothing is switched off: the register knows the cards, a kiosk page is open, the scanner beeps. The terminal is not
enrolled: what it scans is stored and shown green at once. At a terminal that is online the beep would wait up to 0.3 s
for central's own answer, so that the measure would be central's.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
import time
import tty
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ekanban_cli.bench.figure import CannotMeasure
from ekanban_core.card_code import CardCode
from ekanban_core.states import CardState, Closing, LoopKind
from ekanban_core.wire import RegisterCard
from ekanban_terminal import register
from ekanban_terminal.register import Page, Register

END_S = 15.0
PATIENCE_S = 20.0
PAGE = """
import sys, urllib.request
urllib.request.urlopen(sys.argv[1]).read()
for _ in urllib.request.urlopen(sys.argv[1] + "/events"): pass
"""  # an open kiosk page


class Pace(Enum):
    """How a scanner sends a code, and what the benchmark says of it: seconds from one character to the next."""

    PACKET = 0.0  # the whole line at once, as USB-CDC and Bluetooth do
    CHARACTERS = 10 / 9600  # RS-232 at 9600 baud: ten bits each; a keyboard wedge is no faster

    @property
    def words(self) -> str:
        """For people."""
        return "9600 baud" if self is Pace.CHARACTERS else "one packet"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A running terminal. `started_s`: from the start of its process to its ready line."""

    folder: Path
    process: int
    url: str
    started_s: float
    scanner: int  # the far end of the line

    def scan(self, number: int, command: bytes = b"", pace: Pace = Pace.PACKET) -> float:
        """Read the n-th card; returns the seconds from its last byte's sending until the beep has come back.

        command: of a command card that is read before it.
        """
        begin = send(self.scanner, command + CardCode(f"{number:08d}", 1).text.encode() + b"\r", pace)
        if not select.select([self.scanner], [], [], PATIENCE_S)[0]:
            raise CannotMeasure(f"the terminal did not beep: {(self.folder / 'log').read_text()}")
        beep = os.read(self.scanner, 16)
        seconds = time.perf_counter() - begin
        if beep != b"\a":
            raise CannotMeasure(f"the terminal beeped {beep!r}, not green")
        return seconds

    def memory_mb(self) -> float:
        """Its resident memory, 10^6 bytes (proc_pid_status(5), VmRSS)."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6

    def get(self, path: str) -> Any:
        """Ask its API."""
        with_port = urlsplit(self.url)
        connection = HTTPConnection(with_port.hostname or "", with_port.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


def send(far: int, line: bytes, pace: Pace) -> float:
    """Send a line; returns when its last byte was sent, by the performance counter.

    Between two characters this process sleeps: it takes no processor from whoever reads them. It may oversleep by some
    0.1 ms, as a scanner's firmware does.
    """
    if pace is Pace.CHARACTERS:
        for place in range(len(line) - 1):
            os.write(far, line[place : place + 1])
            time.sleep(pace.value)
        line = line[-1:]
    begin = time.perf_counter()
    os.write(far, line)
    return begin


@contextmanager
def line() -> Iterator[tuple[int, str]]:
    """Make a serial line; yields the far end and the device."""
    far, near = os.openpty()
    try:
        tty.setraw(far)
        yield far, os.ttyname(near)
    finally:
        os.close(near)
        os.close(far)


@contextmanager
def running(
    folder: Path, *, page: bool = True, settings: Mapping[str, str | int] | None = None, others: Mapping[str, str] = {}
) -> Iterator[Terminal]:
    """Run `ekanban terminal serve` on the folder until the block ends. others: further serial scanners, by name."""
    with line() as (scanner, device):
        config = folder / "terminal.toml"
        texts = {"data": str(folder), "name": "Benchmark", **(settings or {})}
        head = "".join(f"{key} = {json.dumps(text)}\n" for key, text in texts.items())
        hands = "".join(_configured(name, device) for name, device in {"hand": device, **others}.items())
        config.write_text(f"port = 0\n{head}{hands}")
        command = [
            str(Path(sys.executable).with_name("ekanban")),
            "terminal",
            "serve",
            "--config",
            str(config),
            "--json",
        ]
        begin = time.perf_counter()
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=as_installed()) as process,
        ):
            try:
                ready = process.stdout.readline() if process.stdout else b""
                if not ready:
                    raise CannotMeasure(f"the terminal did not start: {(folder / 'log').read_text()}")
                seconds = time.perf_counter() - begin
                terminal = Terminal(folder, process.pid, json.loads(ready)["terminal"], seconds, scanner)
                with _page(terminal.url if page else ""):
                    _wait_for_the_scanner(terminal)
                    yield terminal
            finally:
                process.terminate()
                process.wait(END_S)


def as_installed() -> dict[str, str]:
    """Python keeps compiled modules, as an installation has them, whatever is set for those who develop."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def fill_register(folder: Path, count: int) -> None:
    """Let the register know cards 0 to `count`-1."""

    async def fill() -> None:
        copy = Register(folder / register.FILE)
        await copy.open()
        now = time.time_ns() // 1_000_000
        await copy.put(
            Page("benchmark", 1, None, "1", now, "Plant", "UTC", "en", True, False, tuple(cards(range(count))))
        )
        await copy.close()

    asyncio.run(fill())


def cards(numbers: Iterable[int]) -> Iterator[RegisterCard]:
    """Cards as a plant has them."""
    for number in numbers:
        yield RegisterCard(
            body=f"{number:08d}", state=CardState.ACTIVE, print_version=1, pending_version=1, part=f"P-{number}",
            description="Pump housing DN 50, cast iron", unit="pcs", quantity=24, container="KLT 6429",
            source="CNC mill 2", destination="Supermarket A", bin="A-01-1", kind=LoopKind.PRODUCTION,
            closing=Closing.TWO_SCAN, lead_time_s=21_600, min_cycle_s=1_200,
        )  # fmt: skip


def _configured(name: str, device: str) -> str:
    return f'\n[[scanners]]\nname = {json.dumps(name)}\ndriver = "serial"\ndevice = {json.dumps(device)}\n'


@contextmanager
def _page(url: str) -> Iterator[None]:
    if not url:
        yield
        return
    command = [sys.executable, "-c", PAGE, url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as page:
        try:
            yield
        finally:
            page.terminate()


def _wait_for_the_scanner(terminal: Terminal) -> None:
    end = time.monotonic() + PATIENCE_S
    while terminal.get("/api/v1/status")["scanners"][0]["state"] != "ready":
        if time.monotonic() > end:
            raise CannotMeasure("the scanner was not opened")
        time.sleep(0.02)  # a poll
