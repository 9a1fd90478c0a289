"""A terminal whose event loop stalls, and which notes when its station has each scan: a process of its own.

Arguments: the terminal's configuration, how the loop stalls (a name of STALLS). It says "ready" when all scanners are,
ends when its standard input does, and then says what it noted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ekanban_cli import logs
from ekanban_cli.bench.given_file import reporters, wedges
from ekanban_cli.terminal_process import let_readers_in, spare_readers
from ekanban_terminal import settings
from ekanban_terminal.app import create_app
from ekanban_terminal.runtime import Terminal
from ekanban_terminal.station import Input, Station, Taken

STALL_S, EVERY_S = 0.05, 1.0


def _compute(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


STALLS: dict[str, Callable[[float], None]] = {
    "no": lambda seconds: None,
    "waiting": time.sleep,  # as for a disk or a name server: other threads may work
    "computing": _compute,  # as for a large page: other threads must ask for the interpreter
}


class Watched:
    """A station that notes when it gets what was read."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.got: list[tuple[str, str, float]] = []  # scanner, text, monotonic seconds

    def take_here(self, given: Input, tell: Callable[[Taken], None]) -> Taken:
        """Take a reading."""
        self.got.append((given.scanner, given.raw.decode("latin-1"), time.monotonic()))
        return self._station.take_here(given, tell)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._station, name)


async def _run(file: Path, stall: Callable[[float], None]) -> None:
    drivers = {"wedge": wedges(), "reporter": reporters()}
    logs.configure("error")
    let_readers_in()
    app = create_app(settings.load(file, {}), drivers=drivers)
    terminal: Terminal = app.state.terminal
    watched = Watched(terminal.station)
    terminal.station = watched  # type: ignore[assignment]  # it does what a station does
    async with app.router.lifespan_context(app):
        while any(one.state != "ready" for one in app.state.kiosk.state.scanners) or not app.state.kiosk.state.scanners:
            await asyncio.sleep(0.05)  # a poll
        spare_readers()
        print("ready", flush=True)
        stalls = []
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        while not ended.done():
            await asyncio.wait([ended], timeout=EVERY_S - STALL_S)
            begin = time.monotonic()
            stall(STALL_S)
            stalls.append((begin, time.monotonic()))
    print(json.dumps([watched.got, stalls]), flush=True)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), STALLS[sys.argv[2]]))
