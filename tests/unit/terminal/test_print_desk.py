"""Cards printed again at the terminal: the reserve, the jam, the question, the double touch."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event

import pytest
from print_world import NO_PAPER, PrintWorld, settled
from scripted_central import lose_answer, refuse_connection
from terminal_world import BODY, CODE, code, run

from ekanban_core.card_code import CardCode
from ekanban_core.lifecycle import quantity_changed
from ekanban_core.states import Outcome, PrintAnswer, PrintEnd, PrintReason
from ekanban_terminal.printing.jobs import PrintRefused, State
from ekanban_terminal.printing.press import Result, Sent

SECOND = CardCode(BODY, 2).text


def test_offline_a_card_is_printed_from_the_reserve(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()

        job = await world.print()

        assert (job.state, job.version) == (State.DONE, 2)
        assert world.printer.sent == [f"{BODY}/2"]
        assert world.printer.names == [job.id]

    run(story())


def test_once_the_new_card_is_out_the_old_one_is_red_at_once_and_offline(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()

        old, new = await world.later(CODE), await world.later(SECOND)

        assert old.entry.outcome is Outcome.SUPERSEDED_PRINT
        assert old.entry.colour == "red"
        assert new.entry.outcome is Outcome.OPENED

    run(story())


def test_the_old_card_stays_red_after_a_restart_offline(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()

        await world.restart(boot="boot-two")

        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


def test_central_hears_of_it_after_days_and_every_other_terminal_by_the_register(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()
        await world.restart(boot="boot-two")
        world.clock.pass_s(3 * 86_400)

        await world.go_online()

        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.PRINTED)]
        assert world.central.cards[BODY].card.print_version == 2
        assert world.register.card(BODY).print_version == 2  # type: ignore[union-attr]  # it is loaded
        assert world.book.to_tell(10) == []

    run(story())


@pytest.mark.parametrize("fault", [refuse_connection, lose_answer])
def test_a_report_is_told_until_central_has_acknowledged_it(tmp_path: Path, fault: object) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        await world.print()
        world.central.faults.append(fault)  # type: ignore[arg-type]  # one of Fault

        first, second = await world.messenger.step(), await world.messenger.step()

        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.PRINTED)]
        assert world.book.to_tell(10) == []
        assert first < second

    run(story())


def test_after_a_jam_both_papers_are_valid_and_a_person_is_asked(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        world.printer.outcome = Sent(Result.UNKNOWN)

        job = await world.print()

        assert job.state is State.UNKNOWN
        assert list(world.desk.board.unknown) == [job.id]
        assert (await world.later(CODE)).entry.outcome is Outcome.OPENED
        assert world.printer.sent == [f"{BODY}/2"]  # and nothing was tried again

    run(story())


def test_the_new_cards_first_scan_ends_the_doubt(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        world.printer.outcome = Sent(Result.UNKNOWN)
        job = await world.print()

        scanned = await world.later(SECOND)
        world.desk.scanned(scanned.entry.code)
        await world.desk.idle()

        assert scanned.entry.outcome is Outcome.OPENED
        assert world.kept(job.id).state is State.DONE
        assert world.desk.board.unknown == {}
        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT
        await world.go_online()
        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.UNKNOWN), (BODY, 2, PrintEnd.PRINTED)]

    run(story())


def test_the_scan_of_a_print_in_doubt_alone_makes_the_old_one_red(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()  # its register does not tell of the reserve yet
        world.go_offline()
        world.printer.outcome = Sent(Result.UNKNOWN)
        await world.print()

        await world.later(SECOND)

        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


def test_yes_it_came_out_makes_the_old_card_worthless(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.UNKNOWN)
        job = await world.print()

        answered = await world.desk.answer(job.id, came_out=True)
        again = await world.desk.answer(job.id, came_out=True)

        assert answered.state is again.state is State.DONE
        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT
        await world.messenger.step()
        assert world.central.prints.answers() == [PrintAnswer.PENDING, PrintAnswer.CONFIRMED]

    run(story())


def test_no_it_did_not_leaves_the_old_card_and_the_next_try_has_another_version(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.UNKNOWN)
        job = await world.print()
        world.printer.outcome = Sent(Result.DONE)

        await world.desk.answer(job.id, came_out=False)
        old = await world.later(CODE)
        await world.messenger.step()
        again = await world.print()

        assert old.entry.outcome is Outcome.OPENED
        assert (again.state, again.version) == (State.DONE, 3)
        assert world.printer.sent == [f"{BODY}/2", f"{BODY}/3"]
        with pytest.raises(PrintRefused):
            await world.desk.answer(job.id, came_out=True)

    run(story())


def test_without_a_version_in_reserve_and_without_central_it_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()

        again = await world.print()

        assert again.state is State.FAILED
        assert "central cannot be reached" in again.why.text
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_a_card_never_scanned_here_gets_its_version_from_central_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path)
        world.central.add_card(code(5)[:8])
        await (await world.open()).supplied(BODY)

        job = await world.print(code(5)[:8], PrintReason.LOST)

        assert (job.state, job.version) == (State.DONE, 2)

    run(story())


@pytest.mark.parametrize(("online", "version"), [(True, 3), (False, 2)])
def test_a_reserve_from_before_a_new_quantity_is_exchanged_where_central_answers_and_printed_where_not(
    tmp_path: Path, online: bool, version: int
) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        held = world.central.cards[BODY]
        held.card, _events = quantity_changed(held.card)
        world.central.position += 1
        await world.load()
        if not online:
            world.go_offline()

        job = await world.print()

        assert (job.state, job.version) == (State.DONE, version)

    run(story())


def test_why_central_gives_no_version_is_said(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()
        world.courier._relation.stand("online")
        world.central.retire(BODY)  # of which this terminal has not heard

        job = await world.print()

        assert job.state is State.FAILED
        assert "card" in job.why.text.lower()
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_the_same_touch_twice_prints_once(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        wish = world.wish()

        first, second = await world.desk.print(wish), await world.desk.print(wish)
        await world.desk.idle()
        third = await world.desk.print(wish)

        assert first.id == second.id == third.id
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_two_touches_while_one_is_printed_print_once(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.hangs = Event()
        first = await world.desk.print(world.wish())
        await settled(lambda: world.printer.sent)

        second = await world.desk.print(world.wish(reason=PrintReason.LOST))
        world.printer.hangs.set()
        await world.desk.idle()

        assert first.id == second.id
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_a_printer_without_paper_costs_no_version(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        world.printer.standing = NO_PAPER

        job = await world.print()

        assert (job.state, job.version) == (State.FAILED, None)
        assert job.why == NO_PAPER.why
        assert [one.version for one in world.book.reserve()] == [2]

    run(story())


def test_a_card_that_does_not_fit_costs_no_version(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.refuses = PrintRefused("The description is too long.")

        job = await world.print()

        assert (job.state, job.why.text) == (State.FAILED, "The description is too long.")
        assert [one.version for one in world.book.reserve()] == [2]

    run(story())


def test_a_printer_that_never_answers_is_a_doubt_and_not_a_wait(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path)
        world.patience_s = 0.05
        world.begin()
        await (await world.open()).supplied(BODY)
        world.printer.hangs = Event()

        job = await world.print()
        other = await world.print()

        assert job.state is State.UNKNOWN
        assert other.id == job.id  # the same question, and no second paper
        world.printer.hangs.set()  # the printer answers after all: it is out
        await settled(lambda: world.kept(job.id).state is State.DONE)
        await world.desk.idle()
        assert world.desk.board.unknown == {}

    run(story())


def test_the_version_is_used_up_before_a_byte_goes_out(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        found: list[tuple[State, int | None, int]] = []

        def look() -> None:  # as another process sees the disk at that moment
            other = type(world.book)(world.book.path)
            job = other.newest(1)[0]
            found.append((job.state, job.version, len(other.reserve())))
            other.close()

        world.printer.before_sending = look
        await world.print()

        assert found == [(State.SENDING, 2, 0)]

    run(story())


def test_a_reserve_of_a_central_that_was_restored_is_not_used(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.generation = "second"
        world.courier._loader.at_once()
        await world.courier.step()  # its cursor is of another life
        await world.courier.step()
        assert world.courier.generation == "second"
        world.go_offline()

        job = await world.print()

        assert job.state is State.FAILED
        assert world.printer.sent == []

    run(story())


def test_a_version_older_than_the_valid_paper_is_not_printed(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        held = world.central.cards[BODY]
        held.card = type(held.card)(BODY, held.card.state, 7, 7)  # printed at central meanwhile
        world.central.position += 1
        await world.load()
        world.go_offline()

        job = await world.print()

        assert job.state is State.FAILED
        assert world.printer.sent == []

    run(story())


def test_paper_that_central_calls_superseded_is_to_be_destroyed(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        job = await world.print()
        held = world.central.cards[BODY]
        held.card = type(held.card)(BODY, held.card.state, 7, 7)  # a newer one was printed at central meanwhile

        await world.go_online()

        assert world.kept(job.id).state is State.VOID
        assert world.desk.board.newest is not None
        assert world.desk.board.newest.state is State.VOID
        assert (await world.later(SECOND)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


def test_without_a_printer_central_prints_and_its_progress_is_followed(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.prints.request_states = ["queued", "sending", "done"]

        job = await world.print()
        asked = job.state
        await world.messenger.step()
        await world.messenger.step()

        assert asked is State.ASKED
        assert (world.kept(job.id).state, world.kept(job.id).version) == (State.DONE, 2)
        assert {one.id for one in world.central.prints.requests} == {job.id}
        assert [one.again for one in world.central.prints.requests] == [False, True, True]
        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


def test_without_a_printer_and_without_central_it_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.go_offline()

        job = await world.print()

        assert job.state is State.FAILED
        assert "no printer" in job.why.text

    run(story())


def test_why_central_does_not_print_is_said(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.prints.refuses = "No printer is registered for this terminal."

        job = await world.print()

        assert (job.state, job.why.text) == (State.FAILED, "No printer is registered for this terminal.")

    run(story())


def test_a_print_that_central_gives_up_is_not_asked_after_for_ever(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.prints.request_states = ["queued"]
        job = await world.print()
        world.central.prints.refuses = "The card is out of use."

        while_asked = await world.messenger.step()
        after = await world.messenger.step()

        assert (world.kept(job.id).state, world.kept(job.id).why.text) == (State.FAILED, "The card is out of use.")
        assert while_asked == after > 60

    run(story())


def test_a_request_whose_answer_was_lost_is_not_sent_days_later(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.faults.append(lose_answer)

        job = await world.print()
        await world.messenger.step()

        assert job.state is State.FAILED
        assert "may still print" in job.why.text
        assert len(world.central.prints.requests) == 1

    run(story())


def test_while_one_card_is_printed_others_wait_their_turn(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path)
        world.central.add_card(code(5)[:8])
        await (await world.open()).supplied(BODY, code(5)[:8])
        world.printer.hangs = Event()
        await world.desk.print(world.wish())
        second = await world.desk.print(world.wish(code(5)[:8]))
        await settled(lambda: world.printer.sent)
        waiting = world.kept(second.id).state

        world.printer.hangs.set()
        await world.desk.idle()

        assert waiting is State.QUEUED
        assert world.printer.sent == [f"{BODY}/2", f"{code(5)[:8]}/2"]

    run(story())


def test_an_answer_about_no_print_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        with pytest.raises(PrintRefused):
            await world.desk.answer("0197f0c0-0000-7000-8000-000000000000", came_out=True)
        with pytest.raises(PrintRefused):
            await world.desk.print(world.wish("00000000"))

    run(story())


def test_a_print_that_failed_shows_at_once_how_the_printer_stands(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.FAILED)

        def runs_out() -> None:
            world.printer.standing = NO_PAPER

        world.printer.before_sending = runs_out
        await world.print()

        assert world.desk.standing == NO_PAPER

    run(story())


def test_a_mistake_of_this_program_leaves_no_print_that_seems_to_go_on(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        def broken() -> None:
            raise ZeroDivisionError

        world.printer.before_sending = broken
        job = await world.print()

        assert job.state is State.UNKNOWN  # bytes may have gone
        await asyncio.sleep(0)

    run(story())
