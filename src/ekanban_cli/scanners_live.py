"""What scanners give, as it comes, beside what is made of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from ekanban_cli.language import _
from ekanban_cli.scanners_report import plain, spoken
from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.happenings import Back, Head, Keyed, Line, Lost, Reported, Sent
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.recording import as_json, written
from ekanban_drivers.scanner import Event, Scan, ScannerConfig, Status

WAITING = 10_000  # lines that a screen may lag behind; then some are left out, so that the reader never waits
HEX_BYTES = 16  # in one line
VALUES = {0: "up", 1: "down", 2: "repeat"}


class Listener:
    """A tap that passes on what it hears to the event loop."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Line | Event] = asyncio.Queue(WAITING)
        self.left_out = 0
        self._loop = asyncio.get_running_loop()

    def opened(self, head: Head) -> None:
        """The state that follows tells it."""

    def line(self, line: Line) -> None:
        """Hear what a device gave; in the thread that reads it."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.take, line)

    def take(self, what: Line | Event) -> None:
        """Keep it for the screen, if there is room."""
        if self.heard.full():
            self.left_out += 1
        else:
            self.heard.put_nowait(what)


async def watch(configs: Iterable[ScannerConfig], tell: Callable[[Line | Event, int], None]) -> None:
    """Read scanners exclusively, as the terminal does, and tell what they give and what comes of it; without end.

    `tell` learns as well how many things were left out before, because it took its time.
    """
    listener = Listener()
    async with Scanners(configs, tap=listener) as scanners, asyncio.TaskGroup() as tasks:
        tasks.create_task(_decoded(scanners, listener))
        while True:
            what = await listener.heard.get()
            left_out, listener.left_out = listener.left_out, 0
            tell(what, left_out)


async def _decoded(scanners: Scanners, listener: Listener) -> None:
    async for _name, event in scanners.events():
        listener.take(event)


def as_object(what: Line | Event) -> dict[str, Any]:
    """Return what `--live --json` prints: a line of a recording, or one of `scanners replay` or `scanners watch`."""
    if isinstance(what, Line):
        return dict(written(what))
    if isinstance(what, Status):
        return {"dev": what.device, "state": str(what.state), "text": what.text}
    return as_json(what)


def as_line(what: Line | Event, several: bool = False) -> str:
    """Say it in one line: raw on the left, what is made of it on the right; empty: not for people.

    `several`: of several devices each raw line says its own.
    """
    if isinstance(what, Line):
        raw = _raw(what.what)
        return f"{what.t:12.3f}  {raw}" + (f"  {what.device}" if several else "") if raw else ""
    if isinstance(what, Status):
        return f"{what.device}: {what.state} {spoken(what.template, what.facts)}".rstrip()
    arrow = " " * 32 + "→ " + (f"{what.device}: " if several else "")
    if isinstance(what, Scan):
        notes = [what.symbology or "", _("suspect") if what.suspect else ""]
        return arrow + " ".join([plain(what.text), *(f"({note})" for note in notes if note)])
    return f"{arrow}{what.kind}: {spoken(what.template, what.facts)}"


def _raw(what: object) -> str:
    match what:
        case Keyed(k.EV_KEY, code, value):
            return f"{VALUES.get(value, str(value)):6}  {code:3}  {_key_name(code)}"
        case Keyed(k.EV_SYN, k.SYN_DROPPED, _value):
            return _("events were lost")
        case Sent(data) | Reported(data):
            return _dump(data)
        case Lost(why):
            return _("gone: {why}").format(why=why)
    return ""  # what stands between keys


def _dump(data: bytes) -> str:
    """Sixteen bytes in a row, as hexdump does; what fills a report up is counted only."""
    filled = len(data.rstrip(b"\0"))
    end = min(len(data), -(-filled // HEX_BYTES) * HEX_BYTES)
    rows = [data[begin : begin + HEX_BYTES] for begin in range(0, end, HEX_BYTES)]
    shown = [f"{row.hex(' '):{HEX_BYTES * 3}}{_letters(row)}" for row in rows]
    if end < len(data):
        shown.append(f"00 × {len(data) - end}")
    return ("\n" + " " * 14).join(shown)


def _letters(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)


def _key_name(code: int) -> str:
    try:
        from evdev import ecodes
    except ImportError:  # what was read needs no names
        return ""
    name = ecodes.bytype[k.EV_KEY].get(code, "")
    return str(name if isinstance(name, str) else name[0])


def printed(what: Line | Event, in_json: bool, several: bool = False) -> str:
    """Return what to print, empty for nothing."""
    if isinstance(what, Line) and isinstance(what.what, Back):
        return ""  # the state that follows says it
    return json.dumps(as_object(what)) if in_json else as_line(what, several)
