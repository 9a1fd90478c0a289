"""What a station makes of readings: verdict, memory of seconds and minutes, and the order of disk and feedback."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from terminal_world import BODY, CODE, RoomyDisk, World, code, run

from ekanban_core.facts import Message, Moment, Signal
from ekanban_core.states import Colour, Intent, Outcome, SignalState
from ekanban_terminal.station import Input, NothingToUndo


def test_before_central_was_ever_reached_a_card_is_believed_and_stored(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()

        taken = await world.scan()

        assert taken.stored
        assert (taken.entry.outcome, taken.entry.colour, taken.entry.pending) == (Outcome.OPENED, Colour.GREEN, True)
        assert "not yet ordered" in taken.entry.message
        assert taken.entry.code == "7K3Q-M9X2-01CF"

    run(shift())


def test_offline_the_register_tells_part_bin_and_an_open_order(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()

        first = await world.scan()
        second = await world.later()

        assert (first.entry.part, first.entry.bin, first.entry.quantity) == (f"part-{BODY}", "A-3", 50)
        assert first.entry.colour is Colour.GREEN
        assert first.entry.due_ms is not None
        assert (second.entry.outcome, second.entry.colour) == (Outcome.ALREADY_OPEN, Colour.AMBER)
        assert "Line 4" in second.entry.message

    run(shift())


def test_after_a_restart_the_terminal_still_knows_what_it_has_ordered(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.scan()

        await world.restart()

        assert (await world.later()).entry.outcome is Outcome.ALREADY_OPEN

    run(shift())


def test_after_a_power_cut_without_central_an_empty_bin_is_still_green(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.scan(intent=Intent.EMPTY)
        await world.drain()
        await world.later(intent=Intent.RECEIVE)
        await world.drain()
        world.clock.pass_s(3600)
        await world.load()

        world.clock.wall = 0  # a Pi has no clock after a power cut
        await world.restart(boot="boot-two")

        assert (await world.scan()).entry.colour is Colour.GREEN

    run(shift())


def test_after_a_power_cut_what_the_register_tells_is_past_whatever_the_clock_says(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        world.clock.pass_s(3600)
        opened = Moment(world.central_now(), world.central_now(), "another")
        world.central.cards[BODY].signal = Signal("0" * 32, SignalState.RELEASED, opened, opened, None)
        world.central.position += 1
        await world.load()

        world.clock.wall = 0  # a Pi has no clock after a power cut
        await world.restart(boot="boot-two")

        assert (await world.scan(intent=Intent.RECEIVE)).entry.outcome is Outcome.RECEIVED

    run(shift())


def test_a_trembling_hand_counts_once(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        first = await world.scan()

        again = [await world.scan() for _ in range(3)]

        assert {taken.entry.outcome for taken in again} == {Outcome.DOUBLE_READ}
        assert {taken.entry.colour for taken in again} == {Colour.GREY}
        stored = world.journal.last(4)
        assert [kept.message.duplicate_of for kept in stored] == [first.entry.id] * 3 + [None]

    run(shift())


def test_code_128_and_qr_of_one_card_are_one_reading(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan("15K" + CODE)

        assert (await world.scan(f"https://kanban.test/c/{CODE}")).entry.outcome is Outcome.DOUBLE_READ

    run(shift())


@pytest.mark.parametrize(
    "other",
    [{"scanner": "another"}, {"text": code(5)}, {"intent": Intent.RECEIVE}],
    ids=["another scanner", "another card", "another intent"],
)
def test_another_scanner_card_or_intent_is_no_double_read(tmp_path: Path, other: dict[str, Any]) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan()

        assert (await world.scan(**other)).entry.outcome is not Outcome.DOUBLE_READ

    run(shift())


def test_the_window_is_timed_at_the_last_key_and_not_by_the_wall_clock(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan(at=world.clock.seconds)
        world.clock.wall -= 10**9
        world.clock.pass_s(5.0)

        late_key = await world.scan(at=world.clock.seconds - 4.2)

        assert late_key.entry.outcome is Outcome.DOUBLE_READ
        assert (await world.later()).entry.outcome is not Outcome.DOUBLE_READ

    run(shift())


def test_a_command_card_holds_for_the_next_card_on_its_scanner_only(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan()
        await world.later("EKC-RECEIVE")

        elsewhere = await world.scan(code(5), "other hand")
        received = await world.scan()
        after = await world.later(code(6))

        assert elsewhere.entry.intent is Intent.EMPTY
        assert received.entry.intent is Intent.RECEIVE
        assert after.entry.intent is Intent.EMPTY

    run(shift())


def test_a_command_card_lapses_so_that_nobody_inherits_it(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan("EKC-RECEIVE")
        world.clock.pass_s(10.5)

        assert (await world.scan()).entry.intent is Intent.EMPTY

    run(shift())


def test_the_second_reading_under_a_command_is_no_empty(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan("EKC-RECEIVE")
        await world.scan()

        again = await world.scan()

        assert (again.entry.outcome, again.entry.intent) == (Outcome.DOUBLE_READ, Intent.RECEIVE)

    run(shift())


def test_a_scanner_has_its_own_role(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()

        assert (await world.scan(scanner="arrivals")).entry.intent is Intent.RECEIVE

    run(shift())


def test_undo_names_the_stations_last_scan_and_works_once(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        first = await world.scan()
        world.clock.pass_s(100)

        undone = await world.station.undo()

        assert (undone.entry.outcome, undone.entry.colour) == (Outcome.UNDONE, Colour.GREEN)
        assert world.journal.last(1)[0].message.target == first.entry.id
        with pytest.raises(NothingToUndo):
            await world.station.undo()
        assert (await world.later()).entry.outcome is Outcome.OPENED

    run(shift())


def test_undo_lapses_after_two_minutes(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan()
        world.clock.pass_s(121)

        with pytest.raises(NothingToUndo):
            await world.station.undo()
        assert len(world.journal.last(10)) == 1

    run(shift())


def test_undo_survives_a_restart_within_two_minutes(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        first = await world.scan()
        await world.scan()
        await world.later("EKC-RECEIVE")
        await world.restart()

        undone = await world.station.undo()

        assert undone.entry.outcome is Outcome.UNDONE
        assert world.journal.last(1)[0].message.target == first.entry.id
        assert (await world.later()).entry.outcome is Outcome.OPENED

    run(shift())


def test_undo_after_central_has_answered_is_undone_there_too(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.scan()
        await world.drain()
        await world.load()

        undone = await world.station.undo()
        await world.drain()

        assert undone.entry.outcome is Outcome.UNDONE
        assert world.central.taken[undone.entry.id][1].outcome is Outcome.UNDONE
        assert world.central.cards[BODY].signal is None

    run(shift())


def test_an_undo_card_with_nothing_to_take_back_is_journalled_and_changes_nothing(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.scan()
        await world.later("EKC-UNDO")

        again = await world.later("EKC-UNDO")
        await world.drain()

        assert again.stored
        assert world.journal.last(1)[0].message.target is None
        assert world.central.taken[again.entry.id][1].outcome is Outcome.UNDONE

    run(shift())


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00", b"\xff\xfe", b"'; DROP TABLE scan; --", b"<script>alert(1)</script>", b"\x1b[2J", b"7K3QM9X201CE"],
)
def test_every_reading_is_journalled_whatever_it_holds(tmp_path: Path, raw: bytes) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()

        taken = await world.station.take(Input(raw, "hand"))
        await world.drain()

        assert (taken.entry.outcome, taken.entry.colour) == (Outcome.UNREADABLE, Colour.RED)
        assert taken.entry.message.isprintable()
        assert taken.entry.code.isprintable()
        assert world.journal.last(1)[0].message.content == raw
        assert world.central.order == [taken.entry.id]

    run(shift())


def test_a_reading_longer_than_the_wire_allows_is_cut_and_red(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()

        taken = await world.station.take(Input(b"A" * 20_000, "hand"))

        assert taken.entry.outcome is Outcome.UNREADABLE
        assert len(world.journal.last(1)[0].message.content) == 16_384

    run(shift())


def test_a_broken_reading_is_red_though_its_bytes_look_like_a_card(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()

        taken = await world.scan(error=Message("The scanner stopped in the middle of a code."))
        await world.drain()

        assert taken.entry.colour is Colour.RED
        assert taken.entry.message == "The scanner stopped in the middle of a code."
        assert world.central.cards[BODY].signal is None

    run(shift())


def test_behind_a_broken_reading_only_a_check_character_is_believed(tmp_path: Path) -> None:
    async def shift() -> None:
        world = World(tmp_path)
        world.central.add_card("00000009", aliases=("4006381333931",))
        await world.open()
        await world.load()

        assert (await world.scan("4006381333931", suspect=True)).entry.outcome is Outcome.UNREADABLE
        assert (await world.scan(suspect=True)).entry.outcome is Outcome.OPENED

    run(shift())


def test_a_foreign_code_is_a_card_as_soon_as_central_tells_of_it_and_after_a_restart(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        assert (await world.scan("4006381333931")).entry.outcome is Outcome.UNREADABLE
        for body, foreign in (("00000009", "4006381333931"), ("0000000A", "4006381333948")):
            world.central.add_card(body, aliases=(foreign,))
        await world.load()

        assert (await world.later("4006381333931")).entry.outcome is Outcome.OPENED
        await world.restart()
        assert (await world.later("4006381333948")).entry.outcome is Outcome.OPENED

    run(shift())


def test_an_unknown_card_is_red_once_the_register_was_loaded(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()

        assert (await world.scan(code(99))).entry.outcome is Outcome.UNKNOWN_CARD

    run(shift())


def test_nothing_is_told_before_the_commit_has_returned(tmp_path: Path) -> None:
    """A recording connection notes what SQLite was told to do; the station's answer comes after COMMIT."""
    events: list[str] = []

    class Recording(sqlite3.Connection):
        def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
            cursor = super().execute(statement, *parameters)
            events.append(statement.split()[0])
            return cursor

    class RecordingDisk(RoomyDisk):
        def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
            return sqlite3.connect(path, factory=Recording, **options)

    async def shift() -> None:
        world = await World(tmp_path, disk=RecordingDisk()).open()
        events.clear()

        await world.scan()
        events.append("shown")

        assert events[0] == "BEGIN"
        assert events[-2:] == ["COMMIT", "shown"]
        assert events.count("COMMIT") == 1
        assert world.journal._file._connection is not None
        assert world.journal._file._connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert world.journal._file._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    run(shift())


def test_a_reading_goes_on_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    async def shift() -> None:
        import asyncio

        world = await World(tmp_path).open()
        waiting = asyncio.ensure_future(world.station.take(Input(CODE.encode(), "hand")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        again = await world.scan()

        assert again.entry.outcome is Outcome.DOUBLE_READ
        assert len(world.journal.last(10)) == 2

    run(shift())


def test_a_reading_that_waited_for_the_disk_bears_no_register_that_came_after_it(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        before, read_at = world.register.about.cursor, world.clock.monotonic()
        world.clock.pass_s(1.0)
        world.central.add_card("8K3QM9X2")
        world.clock.pass_s(12.0)
        await world.load()
        now = world.register.about.cursor
        assert now != before

        waited = await world.scan(at=read_at)
        fresh = await world.later()

        cursors = {kept.id: kept.message.register_cursor for kept in world.journal.last(2)}
        assert cursors == {waited.entry.id: None, fresh.entry.id: now}

    run(shift())
