"""The event loop hears of a reading that has its cue when none follows: what it does then is in no scan's way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from terminal_world import CODE, run

from ekanban_core.states import Colour, Intent, Outcome
from ekanban_drivers.scanner import Scan
from ekanban_terminal import quick_way
from ekanban_terminal.one_thread import OneThread
from ekanban_terminal.quick_way import QuickWay
from ekanban_terminal.state import Entry
from ekanban_terminal.station import Input, Station, Taken


class HereAndNow(OneThread):
    """A journal's thread that works at once, and rests when the test says so."""

    def __init__(self) -> None:
        super().__init__("journal")

    def post(self, work: Callable[[], None]) -> None:
        work()

    def rest(self) -> None:
        for work in self._idle:
            work()


class Session:
    """A scanner that has read some codes; it takes every cue."""

    def __init__(self, *codes: str) -> None:
        self.left = list(codes)

    def next_reading(self) -> Scan | None:
        return Scan(text := self.left.pop(0), text.encode(), None, "hand") if self.left else None

    def cue(self, _feedback: Any) -> bool:
        return True


class AllIsGreen:
    """A station."""

    def __init__(self) -> None:
        self.foreseen: list[bytes] = []

    def foresee_here(self, given: Input) -> None:
        self.foreseen.append(given.raw)
        raise ValueError("not today")

    def take_here(self, given: Input, tell: Callable[[Taken], None]) -> Taken:
        code = given.raw.decode()
        entry = Entry(
            id=code, code=code, intent=Intent.EMPTY, outcome=Outcome.OPENED, colour=Colour.GREEN, message="", at_ms=0
        )
        taken = Taken(entry, True)
        tell(taken)
        return taken


class Way:
    """A quick way, and what the event loop heard."""

    def __init__(self) -> None:
        self.thread = HereAndNow()
        self.station = AllIsGreen()
        self.heard: list[tuple[str, bool]] = []
        self.way = QuickWay(
            self.thread,
            cast(Station, self.station),
            lambda name, event: Input(cast(Scan, event).raw, name),
            lambda taken: not taken.entry.id.startswith("online"),
            lambda taken, _name, cued: self.heard.append((taken.entry.id, cued)),
            lambda: None,
        )

    def read(self, *codes: str) -> None:
        self.way.readings_wait("hand", cast(Any, Session(*codes)))

    def foresee(self, *texts: str) -> None:
        for text in texts:
            self.way.foresee("hand", Scan(text, text.encode(), None, "hand"))


class Later(HereAndNow):
    """One that has something else to do now."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def post(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)


async def _loop_turns() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_readings_with_their_cue_are_told_of_in_the_next_rest() -> None:
    async def shift() -> None:
        way = Way()

        way.read("one", "two")

        await _loop_turns()
        assert way.heard == []
        way.thread.rest()
        await _loop_turns()
        assert way.heard == [("one", True), ("two", True)]

    run(shift())


def test_a_reading_that_waits_for_central_is_told_of_at_once_and_overtakes_none() -> None:
    async def shift() -> None:
        way = Way()

        way.read("one", "online two")

        await _loop_turns()
        assert way.heard == [("one", True), ("online two", False)]

    run(shift())


def test_without_a_rest_they_are_told_of_soon_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def shift() -> None:
        way, now = Way(), time.monotonic()
        monkeypatch.setattr(quick_way, "monotonic", lambda: now)
        way.read("one")
        monkeypatch.setattr(quick_way, "monotonic", lambda: now + 2 * quick_way.LATEST_S)

        way.read("two")

        await _loop_turns()
        assert way.heard == [("one", True), ("two", True)]

    run(shift())


def test_only_what_ends_in_a_card_code_is_judged_ahead_and_what_goes_wrong_there_harms_nothing() -> None:
    async def shift() -> None:
        way, begun = Way(), [CODE[:length] for length in range(1, len(CODE))]

        way.foresee(*begun, CODE, f"HTTPS://KANBAN.TEST/C/{CODE}", f"{CODE[:-1]}?", "]C0")
        way.read("one")
        way.thread.rest()

        assert way.station.foreseen == [CODE.encode(), f"HTTPS://KANBAN.TEST/C/{CODE}".encode()]
        await _loop_turns()
        assert way.heard == [("one", True)]

    run(shift())


def test_of_a_flood_of_codes_without_an_end_one_waits_to_be_judged() -> None:
    async def shift() -> None:
        way = Way()
        way.way._thread = later = Later()

        way.foresee(*[CODE] * 10_000)

        assert len(later.waiting) == 1
        later.waiting.pop()()
        way.foresee(CODE)
        assert len(later.waiting) == 1  # the next one is not forgotten

    run(shift())
