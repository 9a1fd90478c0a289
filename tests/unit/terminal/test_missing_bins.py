"""A bin that stands empty without its card: written down before anything else, told until central knows of it."""

from __future__ import annotations

import random
import sqlite3
from itertools import product
from pathlib import Path

import pytest
from fault_disk import Fault, FaultDisk
from print_world import NO_PAPER, PrintWorld
from scripted_central import lose_answer, refuse_connection
from terminal_world import BODY, code, run

from ekanban_core.states import MissingAnswer, PrintReason
from ekanban_core.wire import MissingReports
from ekanban_terminal.printing import book as books
from ekanban_terminal.printing import book_sql
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.jobs import STORED, BookFailed, Job, MissingBin, PrintRefused, State
from ekanban_terminal.printing.press import Result, Sent
from ekanban_terminal.printing.shown import print_shown


async def report(world: PrintWorld, body: str = BODY) -> Job:
    """Report an empty bin without its card, and wait until it is known what became of the print."""
    job = await world.desk.print(world.wish(body, PrintReason.LOST), empty=True)
    await world.desk.idle()
    return world.kept(job.id)


@pytest.mark.parametrize("printer", [True, False])
def test_a_report_made_offline_is_told_after_days_and_a_power_cut_with_or_without_a_printer(
    tmp_path: Path, printer: bool
) -> None:
    async def story() -> None:
        world = await PrintWorld(tmp_path, printer=printer).open()
        await world.load()
        world.go_offline()
        told_at, cursor = world.clock.boottime_ms(), world.register.about.cursor
        job = await report(world)
        assert (job.state, job.missing) == (State.FAILED, STORED)

        await world.restart(boot="boot-two")
        world.clock.pass_s(3 * 86_400)
        await world.go_online()

        (heard,) = world.central.prints.missing.values()
        assert (heard.id, heard.body, heard.print_version) == (job.id, BODY, 1)
        assert (heard.boot_id, heard.boottime_ms, heard.age_ms) != (world.clock.boot_id, told_at, 0)
        assert (heard.boottime_ms, heard.age_ms, heard.register_cursor) == (told_at, None, cursor)
        assert world.kept(job.id).missing == "reported"

    run(story())


def test_a_report_says_how_old_it_is(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await report(world)
        before_ms = world.clock.boottime_ms()
        world.clock.pass_s(600)
        await world.go_online()

        (heard,) = world.central.prints.missing.values()
        assert heard.age_ms is not None
        assert heard.age_ms >= 600_000
        assert heard.boottime_ms <= before_ms

    run(story())


@pytest.mark.parametrize("fault", [refuse_connection, lose_answer])
def test_it_is_told_until_central_has_acknowledged_it_and_then_no_more(tmp_path: Path, fault: object) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        job = await report(world)
        world.central.faults.append(fault)  # type: ignore[arg-type]  # one of Fault

        first, second = await world.messenger.step(), await world.messenger.step()
        asked = len(world.central.requests)
        await world.messenger.step()

        assert list(world.central.prints.missing) == [job.id]
        assert first < second
        assert [one.path for one in world.central.requests[asked:] if one.path.endswith("/missing")] == []

    run(story())


@pytest.mark.parametrize("outcome", [Result.UNKNOWN, Result.FAILED])
def test_a_jam_keeps_no_report_back(tmp_path: Path, outcome: Result) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(outcome)

        job = await report(world)
        await world.messenger.step()

        assert list(world.central.prints.missing) == [job.id]
        assert world.kept(job.id).state is State(outcome)

    run(story())


def test_without_paper_in_the_printer_the_report_counts(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.standing = NO_PAPER

        job = await report(world)
        await world.messenger.step()

        assert world.printer.sent == []
        assert list(world.central.prints.missing) == [job.id]

    run(story())


def test_the_same_touch_twice_is_one_report_and_one_print(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        wish = world.wish(BODY, PrintReason.LOST)
        for _ in range(2):
            await world.desk.print(wish, empty=True)
            await world.desk.idle()
            await world.messenger.step()

        assert list(world.central.prints.missing) == [wish.id]
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_a_report_while_a_print_of_the_card_is_in_doubt_is_told_and_shown_with_that_print(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.UNKNOWN)
        in_doubt = await world.print()

        wish = world.wish(BODY, PrintReason.LOST)
        shown = await world.desk.print(wish, empty=True)
        await world.messenger.step()

        assert (shown.id, shown.missing) == (in_doubt.id, STORED)
        assert list(world.central.prints.missing) == [wish.id]
        assert world.desk.board.unknown[in_doubt.id].missing == "reported"
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_a_print_for_damage_reports_no_bin(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        job = await world.print()
        await world.messenger.step()

        assert (job.missing, world.central.prints.missing) == (None, {})

    run(story())


def test_what_central_says_of_it_stands_on_the_screen_whatever_the_print_does_meanwhile(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.prints.missing_answer = "on_order"
        world.printer.outcome = Sent(Result.UNKNOWN)
        job = await report(world)
        await world.messenger.step()

        await world.desk.answer(job.id, came_out=True)

        assert world.desk.board.newest is not None
        assert (world.desk.board.newest.state, world.desk.board.newest.missing) == (State.DONE, "on_order")

    run(story())


def test_a_central_of_an_earlier_release_hears_of_prints_and_later_of_the_bin(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.prints.knows_missing = False
        job = await report(world)

        delay = await world.messenger.step()

        assert [one[:2] for one in world.central.prints.ends()] == [(BODY, 2)]
        assert world.kept(job.id).missing == STORED
        assert delay < 600  # it asks again by itself
        world.central.prints.knows_missing = True
        await world.messenger.step()
        assert list(world.central.prints.missing) == [job.id]

    run(story())


def test_a_central_that_was_restored_hears_of_it_again(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        job = await report(world)
        await world.messenger.step()
        world.central.prints.missing.clear()
        world.central.prints.reports.clear()

        world.central.generation = "second"
        world.courier._relation.generation = "second"
        await world.messenger.step()

        assert list(world.central.prints.missing) == [job.id]

    run(story())


def test_what_central_says_of_prints_that_nobody_looks_at_any_more_fills_no_memory(tmp_path: Path) -> None:
    async def story() -> None:
        world = await PrintWorld(tmp_path).open()

        for number in range(1_000):
            world.desk.hear_of_missing(f"print-{number}", "reported")

        assert world.desk.board._missing == {}

    run(story())


def test_a_newer_centrals_answer_is_kept_and_says_that_nothing_is_ordered(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.prints.missing_answer = "put_off"
        job = await report(world)
        await world.messenger.step()

        shown = print_shown(world.kept(job.id), None, 0, lambda text: text)

        assert "Not ordered yet" in shown.message

    run(story())


def test_nobody_can_take_a_report_for_an_order() -> None:
    for state, answer in product(State, ["", *MissingAnswer]):
        job = Job("id", BODY, PrintReason.LOST, state, 0, version=2, missing=answer)

        said = print_shown(job, None, 0, lambda text: text).message

        assert ("Not ordered" in said) == (answer in ("", "reported", "set_aside")), said
        assert "old card stays valid" not in said or state not in (State.DONE, State.FAILED, State.UNKNOWN)
        if state in (State.FAILED, State.VOID):
            assert "can the new card" not in said  # there is none, or it is not to be used
        assert "filled" not in said  # the order may have been cancelled


def test_a_book_of_the_release_before_is_gone_on_with_and_stays_readable_for_it(tmp_path: Path) -> None:
    path = tmp_path / "prints.sqlite"
    with sqlite3.connect(path) as old:
        for statement in book_sql.SCHEMA:
            old.execute(statement)
    old.close()
    book = Book(path)

    book.add(_job(1), _bin(1))
    book.close()

    assert [one.id for one in Book(path).missing_to_tell("first", 10)] == [_job(1).id]
    with sqlite3.connect(path) as after:
        assert after.execute(book_sql.USER_VERSION).fetchone() == (1,)
    after.close()


def test_too_many_reports_are_refused_and_none_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_MISSING", 3)
    monkeypatch.setattr(books, "KEPT_MISSING", 1)
    book = Book(tmp_path / "prints.sqlite")
    for number in range(3):
        book.add(_job(number), _bin(number))

    with pytest.raises(PrintRefused, match="Too many"):
        book.add(_job(3), _bin(3))

    book.add(_job(2), _bin(2))  # the same touch again is no other report
    assert len(book.missing_to_tell("first", 10)) == 3
    assert book.one(_job(3).id) is None
    for number in range(3):
        book.missing_told(_bin(number).id, "first", "reported")
    book.add(_job(3), _bin(3))
    assert [one.id for one in book.missing_to_tell("first", 10)] == [_bin(3).id]
    assert [one.id for one in book.missing_to_tell("second", 10)] == [
        _bin(2).id,
        _bin(3).id,
    ]  # the oldest are forgotten


def test_what_central_has_not_heard_of_is_not_forgotten_for_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "KEPT_MISSING", 1)
    book = Book(tmp_path / "prints.sqlite")
    for number in range(4):
        book.add(_job(number), _bin(number))

    book.missing_told(_bin(3).id, "first", "reported")

    assert [one.id for one in book.missing_to_tell("first", 10)] == [_bin(number).id for number in range(3)]


def test_a_life_of_centrals_that_is_not_known_here_yet_is_the_one_that_has_heard(tmp_path: Path) -> None:
    """Nothing else has told of the restored central: what it has acknowledged is not told to it again."""

    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        job = await report(world)
        world.central.generation = "second"

        await world.messenger.step()

        assert world.book.missing_to_tell("second", 10) == []
        assert [one.id for one in world.book.missing_to_tell("first", 10)] == [job.id]

    run(story())


def test_a_message_says_when_central_was_heard_last(tmp_path: Path) -> None:
    """By that central knows when a report was made, also of a terminal that sends no scans."""

    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        await report(world)
        await world.messenger.step()

        told = next(one for one in world.central.requests if one.path.endswith("/missing"))
        contact = MissingReports.model_validate_json(told.body).contact
        assert contact is not None
        assert contact == world.courier.contact

    run(story())


@pytest.mark.more
def test_whenever_the_power_goes_a_report_that_was_shown_is_told_once(tmp_path: Path) -> None:
    whenever_the_power_goes(tmp_path, step=5)


@pytest.mark.heavy
def test_wherever_the_power_goes_a_report_that_was_shown_is_told_once(tmp_path: Path) -> None:
    whenever_the_power_goes(tmp_path, step=1)


def whenever_the_power_goes(folder: Path, step: int) -> None:
    async def story() -> int:
        disk = FaultDisk(random.Random(1))  # noqa: S311  # repeatable on purpose
        world = await (await PrintWorld(folder, book_disk=disk).open()).supplied()
        shown: set[str] = set()
        cut, at = True, 1 - step
        while cut:
            at += step
            disk.fail(Fault.DARK, at=disk.operations + at)
            wish = world.wish(BODY, PrintReason.LOST)
            try:
                await world.desk.print(wish, empty=True)
                shown.add(wish.id)
                await world.desk.idle()
                await world.messenger.step()
            except (BookFailed, OSError):
                pass
            cut = disk.is_dark
            disk.cut_power()
            await world.restart(boot=f"boot-{disk.operations}")
            await world.go_online()
            for job in list(world.desk.board.unknown.values()):
                await world.desk.answer(job.id, came_out=False)
            await world.messenger.step()
            assert shown <= set(world.central.prints.missing), at
            assert world.book.missing_to_tell(world.central.generation, 10) == []
        return at

    assert run(story()) > 15  # it did come by


def _job(number: int) -> Job:
    return Job(f"0197f0c0-0000-7000-8000-{number:012x}", code(number)[:8], PrintReason.LOST, State.FAILED, 0)


def _bin(number: int) -> MissingBin:
    return MissingBin(_job(number).id, code(number)[:8], 1, "", "boot", 5)
