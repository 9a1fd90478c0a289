"""A real IPP printer (ippeveprinter) and a real CUPS, in a network of their own, started and ended by the test.

Tests need cups, cups-ipp-utils, iproute2, gcc and root.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from network_rooms import MORTAL, Room

from ekanban_labels.printers import Condition, Dialect, Printer, Way, check

HERE = Path(__file__).parent
SOON = 60  # seconds; a test that needs them has failed
PRINTER_PORT, CUPS_PORT = 8631, 8632  # nobody else is in the room
T = TypeVar("T")


class Hall:
    """A room with printers."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room = room
        self.folder = folder
        self._programs: list[subprocess.Popen[bytes]] = []

    def call(self, work: Callable[[], T]) -> T:
        """Do something inside, such as printing."""
        return self.room.call(work)

    def ipp_printer(self, command: str) -> Printer:
        """Start a printer that gives every document to a command: its path is the last argument."""
        shim, script, spool = self.folder / "no_dns_sd.so", self.folder / "command", self.folder / "spool"
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", shim, HERE / "no_dns_sd.c"], check=True)
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
        spool.mkdir(exist_ok=True)  # it may have been there before, and died
        self._start(
            "ippeveprinter", "-r", "off", "-n", "localhost", "-p", str(PRINTER_PORT), "-d", spool, "-c", script,
            "-f", "application/pdf", "-s", "600,600", "Cards", LD_PRELOAD=str(shim),
        )  # fmt: skip
        printer = Printer("cards", Way.IPP, f"ipp://localhost:{PRINTER_PORT}/ipp/print", Dialect.PDF, dpi=600)
        self._wait_for(printer)
        return printer

    def cups(self, **queues: str) -> None:
        """Start CUPS with queues, by name and device: those of IPP without a driver, others raw."""
        root = self.folder / "cups"
        for name in ("root/ssl", "requests", "cache", "state", "tmp", "log"):
            (root / name).mkdir(parents=True)
        (root / "cupsd.conf").write_text(_CONFIGURATION.format(port=CUPS_PORT))
        (root / "cups-files.conf").write_text(_FILES.format(root=root))
        for folder in (self.folder, *self.folder.parents):  # its filters run as another user
            if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o011)
        self._start("cupsd", "-f", "-c", root / "cupsd.conf", "-s", root / "cups-files.conf")
        self._wait_for(self.queue("nobody", Dialect.PDF))
        for name, device in queues.items():
            self._until(partial(self._add, name, device))

    def queue(self, name: str, dialect: Dialect) -> Printer:
        """A queue as it is registered."""
        return Printer(name, Way.CUPS, f"{name}@127.0.0.1:{CUPS_PORT}", dialect)

    def pause(self, name: str) -> None:
        """Stop a queue of CUPS, as somebody does who changes the toner."""
        command = ["cupsdisable", "-h", f"127.0.0.1:{CUPS_PORT}", name]
        self.call(lambda: subprocess.run(command, capture_output=True, check=True))

    def kill(self) -> None:
        """Pull the plug of what was started last."""
        self._programs[-1].kill()
        self._programs[-1].wait(SOON)

    def end(self) -> None:
        """End all programs."""
        for program in self._programs:
            program.kill()
            program.wait(SOON)

    def _add(self, name: str, device: str) -> bool:
        without_driver = device.startswith("ipp:")
        command = ["lpadmin", "-h", f"127.0.0.1:{CUPS_PORT}", "-p", name, "-E", "-v", device]
        command += ["-m", "everywhere"] if without_driver else []
        self.call(lambda: subprocess.run(command, capture_output=True, check=True))
        # It asks the printer later for what it can do; until then the queue takes anything and passes it on.
        able = replace(self.queue(name, Dialect.PDF), media="iso_a4_210x297mm" if without_driver else "")
        return self.call(lambda: check(able)).condition is Condition.READY

    def _start(self, *command: str | Path, **environment: str) -> None:
        log = (self.folder / f"{len(self._programs)}.log").open("wb")
        with log:
            self._programs.append(
                self.call(
                    lambda: subprocess.Popen(
                        [*MORTAL, *command], stdout=log, stderr=log, env={**os.environ, **environment}
                    )
                )
            )

    def _wait_for(self, printer: Printer) -> None:
        self._until(lambda: self.call(lambda: check(printer)).condition is not Condition.UNREACHABLE)

    def _until(self, happened: Callable[[], bool]) -> None:
        until = time.monotonic() + SOON
        while not happened():
            if time.monotonic() > until:
                raise TimeoutError((self.folder / "0.log").read_text())
            time.sleep(0.05)  # between two looks


@contextmanager
def hall(folder: Path) -> Iterator[Hall]:
    """A room with printers, for the time of the context."""
    with Room("printers") as room:
        made = Hall(room, folder)
        try:
            yield made
        finally:
            made.end()


_CONFIGURATION = """LogLevel debug
Listen 127.0.0.1:{port}
Browsing Off
WebInterface No
DefaultAuthType None
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
JobPrivateAccess default
JobPrivateValues default
<Limit All>
Order allow,deny
Allow all
</Limit>
</Policy>
"""
_FILES = """ServerRoot {root}/root
RequestRoot {root}/requests
CacheDir {root}/cache
StateDir {root}/state
TempDir {root}/tmp
AccessLog {root}/log/access
ErrorLog {root}/log/error
PageLog {root}/log/page
User lp
Group lp
SystemGroup root
Sandboxing relaxed
"""
