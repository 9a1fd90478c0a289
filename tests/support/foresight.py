"""A terminal of which some readings are foreseen, and all that must be the same when none is."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from terminal_world import TERMINAL, FakeClock, HastyDisk, World, code

from ekanban_core.states import CardState, Intent
from ekanban_terminal.entries import Reader
from ekanban_terminal.feedback import cues
from ekanban_terminal.register import Page
from ekanban_terminal.station import Input, NothingToUndo, Setting, Station, Taken

CARDS = 3
CODES = (*(code(number) for number in range(CARDS)), "FOREIGN", "EKC-RECEIVE", "EKC-UNDO", "rubbish", code(99))
SCANNERS = ("hand", "arrivals")
OTHER = "0192f0c0-0000-7000-8000-000000000002"  # another name of this terminal


class WholeClock(FakeClock):
    """Counts whole milliseconds."""

    def boottime_ms(self) -> int:
        return round(self.seconds * 1000)

    def pass_s(self, seconds: float) -> None:
        self.seconds = round(self.seconds + seconds, 3)
        self.wall += round(seconds * 1000)


@dataclass(frozen=True)
class Step:
    """Something that happens; `number` says which card, scanner, … where there are several."""

    what: str
    number: int = 0
    ms: int = 0


class Foresight(World):
    """Carries out steps. `foresees`: whether hints are taken, or passed over."""

    def __init__(self, folder: Path, *, foresees: bool) -> None:
        self.foresees = foresees
        self.used = 0  # readings that were taken as they had been foreseen
        self.name = TERMINAL
        self.said: list[Any] = []
        self.under_way: dict[str, Input] = {}  # by scanner: characters without their terminator
        super().__init__(folder, disk=HastyDisk())
        self.clock = WholeClock()
        for number in range(CARDS):
            self.central.add_card(code(number)[:8])
        self.begin()

    def begin(self) -> None:
        super().begin()
        own = random.Random(self.foresees)  # noqa: S311  # of the station alone: foreseeing takes more of it
        world = self

        class Counted(Station):
            def _as_foreseen(self, given: Input) -> Any:
                found = super()._as_foreseen(given)
                world.used += found is not None
                return found

        self.station = Counted(
            Setting("Line 4", Intent.EMPTY, {"arrivals": Intent.RECEIVE}, self.window_s),
            clock=self.clock, random_bytes=own.randbytes, store=self.store, beliefs=self.beliefs, time=self.time,
            reader=self._reader, terminal=lambda: self.name,
        )  # fmt: skip

    def _reader(self) -> Reader:
        about = self.register.about
        return Reader(about.language or "en", about.time_zone or "UTC", self.clock.wall_ms())

    async def carry_out(self, step: Step) -> None:
        """Let it happen, and so much time pass after it."""
        await getattr(self, f"do_{step.what}")(step.number)
        self.clock.pass_s(step.ms / 1000)

    async def do_characters(self, number: int) -> None:
        scanner, text = SCANNERS[number % 2], CODES[number % len(CODES)]
        self.under_way[scanner] = Input(text.encode(), scanner, at=self.clock.monotonic())

    async def do_hint(self, number: int) -> None:
        given = self.under_way.get(SCANNERS[number % 2])
        if self.foresees and given is not None:
            self.station.foresee_here(given)

    async def do_wrong_hint(self, number: int) -> None:
        """One of a code that is another one in the end."""
        if self.foresees:
            text = CODES[number % len(CODES)]
            self.station.foresee_here(Input(text.encode(), SCANNERS[number % 2], at=self.clock.monotonic()))

    async def do_terminator(self, number: int) -> None:
        if given := self.under_way.pop(SCANNERS[number % 2], None):
            self._heard(await self.station.take(given))

    async def do_page_reading(self, number: int) -> None:
        self._heard(await self.station.take(Input(CODES[number % len(CODES)].encode(), intent=Intent.EMPTY)))

    async def do_undo(self, _number: int) -> None:
        try:
            self._heard(await self.station.undo())
        except NothingToUndo:
            self.said.append("nothing to undo")

    async def do_courier(self, _number: int) -> None:
        await self.courier.step()

    async def do_register(self, _number: int) -> None:
        for _step in range(4):  # it may not come: a broken journal asks for nothing
            self.clock.pass_s(12.0)
            await self.courier.step()

    async def do_page(self, number: int) -> None:
        """The register comes in another language, with a foreign code for a card, and says no to a card."""
        held = self.central.cards[code(number % CARDS)[:8]]
        state = CardState.ON_HOLD if number % 2 else CardState.ACTIVE
        held.card, held.aliases = replace(held.card, state=state), ("FOREIGN",) if number % 3 else ()
        about = self.register.about
        await self.register.put(
            Page(
                about.generation, about.position, None, about.cursor, about.at_ms, "Plant One", "UTC",
                ("en", "de")[number % 2], False, False, (self.central._entry(held),), self.clock.boottime_ms(),
            )
        )  # fmt: skip

    async def do_answered(self, _number: int) -> None:
        """Central has answered all scans; its register has not come that far."""
        self.beliefs.answered({own.scan_id for own in self.beliefs._own.values()}, 1)

    async def do_refreshed(self, _number: int) -> None:
        self.beliefs.refreshed(1)

    async def do_restored(self, _number: int) -> None:
        self.beliefs.new_generation()

    async def do_heard(self, _number: int) -> None:
        """Central says what time it is."""
        now = self.clock.boottime_ms()
        self.time.heard(self.central_now() + 60_000, now, now)

    async def do_name(self, number: int) -> None:
        self.name = (TERMINAL, OTHER)[number % 2]

    async def do_full(self, number: int) -> None:
        self.disk.room = 0 if number % 2 else 10**12  # type: ignore[attr-defined]  # a RoomyDisk

    async def do_broken(self, _number: int) -> None:
        self.journal._file.fail(OSError("now and then"))

    async def do_mended(self, _number: int) -> None:
        await self.store.open()

    async def do_rest(self, _number: int) -> None:
        await self.store.tidy()

    async def do_nothing(self, _number: int) -> None:
        """Only time passes."""

    def _heard(self, taken: Taken) -> None:
        entry = taken.entry.model_dump_json(exclude={"id"})
        self.said.append((entry, taken.stored, taken.full, cues(taken.entry)))

    def story(self) -> str:
        """All that was stored, said and sounded, with numbers for scan ids, which are random."""
        if self.journal.problem is not None:
            self.journal.open()
        self.journal.last(10_000)  # looks at checksums
        with self.journal._file.reading() as connection:
            rows = connection.execute("SELECT * FROM scan ORDER BY n").fetchall()
            ids = [row[0] for row in connection.execute("SELECT id FROM scan ORDER BY n")]
            facts = connection.execute("SELECT ordinal, previous_seq FROM epoch").fetchall()
        rows = [
            [part for name, part in zip(_columns(connection), row, strict=True) if name != "checksum"] for row in rows
        ]
        text = "\n".join(map(repr, [*rows, *facts, *self.said, sorted(self.beliefs._own), self.journal.counts]))
        for number, scan_id in enumerate(ids):
            text = text.replace(scan_id, f"scan {number}")
        return text


def _columns(connection: Any) -> list[str]:
    return [row[1] for row in connection.execute("PRAGMA table_info(scan)")]
