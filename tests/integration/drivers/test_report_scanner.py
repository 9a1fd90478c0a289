"""HID-POS scanners, read by the driver: at a pseudo-terminal and a socket in this process, and under umockdev.

Real here: discovery by sysfs, the lock, reading in a thread. Not real: hidraw itself. A socket of packets stands for
reports that are kept apart, and a false `os.read` for a device that goes away with EIO.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hid_scanner import described, reports
from pty_scanner import PtyScanner
from read_out import read_out
from umock_scanner import UmockBed
from watching import EKANBAN, Watch

from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.hidpos_driver import HidposDriver
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import (
    DeviceInfo,
    DirectSession,
    Event,
    Feedback,
    Scan,
    ScanError,
    ScannerConfig,
    ScannerState,
    Status,
)
from ekanban_drivers.source import ByteSource, reading

SOON = 20  # seconds; a test that needs them has failed
LONG = b"7K3QM9X201CF" * 10  # three reports
MOUSE = bytes.fromhex("05010902a1010901a10005091901290315002501950375018102950175058103c0c0")


Heard = Callable[[], Awaitable[Event]]


class Line(PtyScanner):
    """A scanner that gives reports, each once the one before is read."""

    def report(self, *sent: bytes) -> None:
        for report in sent:
            self.send(report)
            read_out(self.path)


@pytest.fixture
def scanner(tmp_path: Path) -> Line:
    return Line(tmp_path / "hidraw0")


def terminal(scanner: Line, steps: Callable[[Scanners, Callable[[], Awaitable[Event]]], Awaitable[None]]) -> None:
    async def run() -> None:
        config = ScannerConfig("gate", "hidpos", str(scanner.path), Profile(gap_ms=60_000))
        async with Scanners([config], rescan_seconds=0.02) as scanners:
            stream = scanners.events()

            async def heard() -> Event:
                async with asyncio.timeout(SOON):
                    return (await anext(stream))[1]

            await steps(scanners, heard)

    asyncio.run(run())


def short(event: Event) -> str:
    match event:
        case Scan(text=text):
            return text
        case ScanError(kind=kind):
            return f"error {kind}"
        case Status(state=state):
            return f"state {state}"


def test_a_scanner_that_is_unplugged_within_a_code_is_gone_and_read_again_when_it_is_back(scanner: Line) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        assert short(await heard()) == "state ready"
        for _round in range(3):
            scanner.report(*reports(LONG), reports(LONG)[0])
            assert short(await heard()) == LONG.decode()
            scanner.unplug()
            assert short(await heard()) == "error disconnect"
            gone = await heard()
            assert isinstance(gone, Status)
            assert "Scanner gate is gone" in gone.text
            scanner.plug()
            assert short(await heard()) == "state ready"
            scanner.report(*reports(b"KAN-1"))
            assert short(await heard()) == "KAN-1"

    with scanner:
        terminal(scanner, steps)


def test_a_node_that_another_program_locked_is_busy_until_it_lets_go(scanner: Line) -> None:
    with scanner:
        thief = os.open(scanner.path, os.O_RDONLY | os.O_NOCTTY)
        fcntl.flock(thief, fcntl.LOCK_EX)

        async def steps(_: Scanners, heard: Heard) -> None:
            busy = await heard()
            assert isinstance(busy, Status)
            assert busy.state is ScannerState.BUSY
            assert "fuser -v " in busy.text
            os.close(thief)
            assert short(await heard()) == "state ready"

        terminal(scanner, steps)


def test_the_scanner_has_no_means_to_show_a_colour(scanner: Line) -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        assert short(await heard()) == "state ready"
        assert not await scanners.feedback("gate", Feedback.GREEN)

    with scanner:
        terminal(scanner, steps)


def test_readings_can_be_taken_in_any_thread(scanner: Line) -> None:
    async def run() -> None:
        device = DeviceInfo("hidpos", "sn:H0001", "ACME", str(scanner.path))
        async with HidposDriver().open(device, Profile()) as session:
            assert isinstance(session, DirectSession)
            assert not session.cue(Feedback.GREEN)
            taken = asyncio.Event()
            loop = asyncio.get_running_loop()
            session.hand_to(lambda: loop.call_soon_threadsafe(taken.set))
            scanner.report(*reports(b"KAN-1"))
            async with asyncio.timeout(SOON):
                await taken.wait()
            scan = session.next_reading()
            assert isinstance(scan, Scan)
            assert (scan.text, scan.device, session.next_reading()) == ("KAN-1", "sn:H0001", None)

    with scanner:
        asyncio.run(run())


def test_a_missing_permission_is_said_with_what_mends_it(scanner: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = os.open

    def refuse(path: str, flags: int, *more: int, **named: int) -> int:
        if str(path) == os.path.realpath(scanner.path):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, flags, *more, **named)

    async def steps(_: Scanners, heard: Heard) -> None:
        status = await heard()
        assert isinstance(status, Status)
        assert status.state is ScannerState.NOT_READABLE
        assert "is not readable" in status.text
        assert "sudo " in status.text

    with scanner:
        monkeypatch.setattr(os, "open", refuse)
        terminal(scanner, steps)
        monkeypatch.undo()


def test_reports_that_wait_are_read_one_by_one() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)

    async def run() -> list[str]:
        source = ByteSource(ours.fileno(), HidposDecoder(Profile(), "a", described()))
        for report in [*reports(LONG), *reports(b"KAN-1"), *reports(b"\r\n\0")]:
            theirs.send(report)
        theirs.close()
        async with reading(source, "a") as queue, asyncio.timeout(SOON):
            return [short(event) async for event in queue.events()]

    with ours, theirs:
        assert asyncio.run(run()) == ["state ready", LONG.decode(), "KAN-1", "\r\n\0", "state absent"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV])
def test_however_a_device_goes_away_what_it_gave_of_a_code_is_an_error(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    answers: list[bytes | None] = [reports(LONG)[0], None]
    real_read = os.read

    def read(file: int, size: int) -> bytes:
        if file != ours.fileno():
            return real_read(file, size)
        if (answer := answers.pop(0)) is None:
            raise OSError(number, os.strerror(number))
        return answer

    async def run() -> list[str]:
        source = ByteSource(ours.fileno(), HidposDecoder(Profile(gap_ms=60_000), "a", described()))
        async with reading(source, "a") as queue, asyncio.timeout(SOON):
            return [short(event) async for event in queue.events()]

    with ours, theirs:
        theirs.send(b"there is something")
        monkeypatch.setattr(os, "read", read)
        assert asyncio.run(run()) == ["state ready", "error disconnect", "state absent"]


@pytest.mark.needs("umockdev", "gcc")
def test_scanners_are_found_by_what_they_say_of_themselves_and_not_by_their_maker() -> None:
    with UmockBed() as bed:
        bed.reporter(MOUSE, serial="M0001", number=0)
        bed.reporter(described(), serial="H0001", port="usb-1/input0", number=1)
        done = subprocess.run(
            [*EKANBAN, "scanners", "list", "--json"], env=bed.environment, capture_output=True, check=True
        )

    (found,) = json.loads(done.stdout)
    assert (found["driver"], found["identity"], found["path"]) == ("hidpos", "sn:H0001", "/dev/hidraw1")
    assert (found["also"], found["name"]) == (["port:usb-1/input0", "id:05e0:1300"], "ACME HID-POS")
    assert (found["vendor"], found["product"], found["state"]) == (0x05E0, 0x1300, "ready")


@pytest.mark.needs("umockdev", "gcc")
@pytest.mark.parametrize("name", ["sn:H0001", "id:05e0:1300", "/dev/hidraw0"])
def test_a_scanner_is_read_in_its_own_form_and_again_after_a_replug(name: str) -> None:
    form = described(capacity=20, report=5, rest=0)
    with UmockBed() as bed:
        device = bed.reporter(form)
        with Watch(name, environment=bed.environment) as watch:
            assert watch.read() == "ready"
            device.report(*reports(LONG, capacity=20, report=5, rest=0))
            line = watch.line()
            assert (line["scan"], line["symbology"], line["suspect"]) == (LONG.decode(), "]C0", False)
            assert line["t_first"] < line["t_last"]
            device.unplug()
            assert watch.read() == "absent"
            if name.startswith("/"):
                return  # it may come back under another name
            device = bed.reporter(form, number=1)
            assert watch.read() == "ready"
            device.report(*reports(b"KAN-1", capacity=20, report=5, rest=0))
            assert watch.read() == "KAN-1"
