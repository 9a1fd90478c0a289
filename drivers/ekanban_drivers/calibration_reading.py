"""One reading of the calibration barcode, heard at a keyboard scanner that is read as always."""

from __future__ import annotations

import asyncio

from ekanban_drivers.calibration_transcript import Pressed
from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.happenings import Head, Keyed, Line
from ekanban_drivers.profile import Profile

SILENCE = 1.0  # seconds without a key, after which a reading is over


class Reading:
    """A tap that keeps the events of one reading; made in the event loop that waits for its end.

    `profile` is the one that the scanner is read with, as soon as it is open.
    """

    def __init__(self, silence: float = SILENCE) -> None:
        self.events: list[Pressed] = []
        self.profile = Profile()
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    async def over(self) -> None:
        """Wait until something was typed and the keyboard is silent again."""
        await self._over.wait()

    def opened(self, head: Head) -> None:
        """Begin, or begin anew with a scanner that is back."""
        self.profile = head.profile
        self.events.clear()

    def line(self, line: Line) -> None:
        """Keep one event; in the thread that reads the scanner."""
        if not isinstance(line.what, Keyed) or self._over.is_set():
            return
        self.events.append((line.t, line.what.kind, line.what.code, line.what.value))
        if line.what.kind == k.EV_KEY and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._heard)

    def _heard(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._silence, self._over.set)
