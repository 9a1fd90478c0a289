"""The quick way of a reading: from the thread that reads the scanner straight to the journal's, and back with the cue.

The event loop, with its pages and its courier, hears of it afterwards. Between the last byte and the commit stands one
change of threads; the reader's own must not wait for a disk, or the kernel's buffer behind it overflows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic

import structlog

from ekanban_core.card_code import LENGTH, CardCode
from ekanban_core.errors import BadCardCode
from ekanban_drivers.scanner import DirectSession, Event, Scan
from ekanban_terminal.feedback import cues
from ekanban_terminal.one_thread import OneThread
from ekanban_terminal.station import Input, Station, Taken

Given = Callable[[str, Event], Input | None]

LATEST_S = 0.5  # the event loop hears of a reading that has its cue when no other follows, or so long after it

log = structlog.get_logger()


class QuickWay:
    """Takes what scanners read in the journal's thread, where the station works.

    given: makes a station's input of an event. at_once: whether this reading's cue needs no other answer than ours.
    announce: told in the event loop what became of a reading, and whether its cue was given. failed: told that a
    reading could not be taken at all.
    """

    def __init__(
        self,
        thread: OneThread,
        station: Station,
        given: Given,
        at_once: Callable[[Taken], bool],
        announce: Callable[[Taken, str, bool], None],
        failed: Callable[[], None],
    ) -> None:
        self._thread = thread
        self._station = station
        self._given = given
        self._at_once = at_once
        self._announce = announce
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._untold: list[tuple[Taken, str, bool]] = []  # readings of which the event loop has not heard
        self._untold_since = 0.0
        self._foreseen: set[str] = set()  # scanners of which one waits to be judged ahead
        thread.when_idle(self._tell)

    def readings_wait(self, name: str, session: DirectSession) -> None:
        """A scanner has read something; called in its reader's thread."""
        self._thread.post(partial(self._take_all, name, session))

    def foresee(self, name: str, scan: Scan) -> None:
        """A scanner has read so much and not ended yet; called in its reader's thread.

        What may be a whole card code is judged ahead, so that its last byte finds only the storing left to do.
        """
        if name not in self._foreseen and _ends_in_a_card_code(scan.raw):
            self._foreseen.add(name)
            self._thread.post(partial(self._judge_ahead, name, scan))

    def _judge_ahead(self, name: str, scan: Scan) -> None:
        self._foreseen.discard(name)
        try:
            given = self._given(name, scan)
            if given is not None:
                self._station.foresee_here(given)
        except Exception:  # the reading itself may do better, and tells of it if not
            log.exception("reading_ahead_failed", scanner=name)

    def _take_all(self, name: str, session: DirectSession) -> None:
        while (event := session.next_reading()) is not None:
            try:
                self._take(name, event, session)
            except Exception:  # one reading must not end all reading; what was not stored was not shown green either
                log.exception("reading_failed", scanner=name)
                self._loop.call_soon_threadsafe(self._failed)

    def _take(self, name: str, event: Event, session: DirectSession) -> None:
        given = self._given(name, event)
        if given is None:
            return
        cued = False

        def cue(taken: Taken) -> None:
            nonlocal cued
            cued = self._at_once(taken) and all(session.cue(cue) for cue in cues(taken.entry))

        taken = self._station.take_here(given, cue)
        if not self._untold:
            self._untold_since = monotonic()
        self._untold.append((taken, name, cued))
        if not cued or monotonic() - self._untold_since > LATEST_S:
            self._tell()

    def _tell(self) -> None:
        """Let the event loop hear of what was taken. It draws and sends then, and would be in the next scan's way."""
        untold, self._untold = self._untold, []
        if untold:
            self._loop.call_soon_threadsafe(self._announce_all, untold)

    def _announce_all(self, untold: list[tuple[Taken, str, bool]]) -> None:
        for taken, name, cued in untold:
            self._announce(taken, name, cued)


def _ends_in_a_card_code(raw: bytes) -> bool:
    """Whether the check characters of the last twelve say so: a guess, by which nothing is believed."""
    try:
        CardCode.parse(raw[-LENGTH:].decode("latin-1"))
    except BadCardCode:
        return False
    return True
