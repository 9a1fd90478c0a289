"""What happens while a print is under way: touches, answers, clocks that jump; and words that nobody foresaw."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from print_world import NO_PAPER, PrintWorld, settled
from scripted_central import ScriptedCentral, status
from terminal_world import BODY, CODE, code, run

from ekanban_core.card_code import CardCode
from ekanban_core.states import Outcome, PrintEnd, PrintReason
from ekanban_terminal.link import Reply, Request
from ekanban_terminal.printing.jobs import Job, State, Why
from ekanban_terminal.printing.messenger import SOON_S
from ekanban_terminal.printing.press import Result, Sent
from ekanban_terminal.printing.shown import print_shown

OTHER, SECOND = code(5)[:8], CardCode(BODY, 2).text
YEARS_MS = 20 * 365 * 86_400_000


async def impatient(folder: Path) -> PrintWorld:
    """A terminal that does not wait for its printer, with two cards in reserve."""
    world = PrintWorld(folder)
    world.central.add_card(OTHER)
    world.patience_s = 0.05
    world.begin()
    return await (await world.open()).supplied(BODY, OTHER)


async def lets_go(world: PrintWorld) -> None:
    """The printer answers after all, and what follows has been done."""
    assert world.printer.hangs is not None
    printer = world.desk.printer
    assert printer is not None
    world.printer.hangs.set()
    await settled(lambda: printer.is_free)
    await asyncio.sleep(0)
    await world.desk.idle()


def english(text: str) -> str:
    return text


def test_what_central_says_of_a_bin_while_its_card_comes_out_still_stands_when_it_is_out(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.prints.missing_answer = "on_order"
        world.printer.hangs = Event()
        await world.desk.print(world.wish(BODY, PrintReason.LOST), empty=True)
        await settled(lambda: world.printer.sent)
        await world.messenger.step()

        world.printer.hangs.set()
        await world.desk.idle()

        assert world.desk.board.newest is not None
        assert (world.desk.board.newest.state, world.desk.board.newest.missing) == (State.DONE, "on_order")

    run(story())


def test_the_same_touch_again_does_not_say_that_central_has_not_heard_of_the_bin(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.prints.missing_answer = "on_order"
        wish = world.wish(BODY, PrintReason.LOST)
        await world.desk.print(wish, empty=True)
        await world.desk.idle()
        await world.messenger.step()

        await world.desk.print(wish, empty=True)

        assert world.desk.board.newest is not None
        assert world.desk.board.newest.missing == "on_order"

    run(story())


def test_a_card_that_is_scanned_while_its_printer_stays_silent_is_out(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.hangs, world.printer.outcome = Event(), Sent(Result.UNKNOWN)
        job = await world.desk.print(world.wish())
        await settled(lambda: world.printer.sent)

        world.desk.scanned((await world.later(SECOND)).entry.code)
        world.printer.hangs.set()
        await world.desk.idle()

        assert (world.kept(job.id).state, world.desk.board.unknown) == (State.DONE, {})

    run(story())


def test_a_bin_without_a_card_names_the_paper_that_is_missed_and_not_the_one_in_reserve(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.central.position += 1
        await world.load()
        known = world.beliefs.known(BODY)[1]
        assert known is not None
        assert (known.card.print_version, known.card.pending_version) == (1, 2)

        await world.desk.print(world.wish(BODY, PrintReason.LOST), empty=True)
        await world.desk.idle()
        await world.messenger.step()

        assert [one.print_version for one in world.central.prints.missing.values()] == [1]

    run(story())


def test_a_printer_whose_call_breaks_after_nobody_waits_any_more_breaks_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        unheard: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))
        world = await impatient(tmp_path)
        breaks = Event()

        def broken() -> None:
            breaks.wait()
            raise ConnectionResetError

        world.printer.before_sending = broken
        job = await world.print()
        breaks.set()
        await settled(lambda: world.desk.printer is not None and world.desk.printer.is_free)

        assert world.kept(job.id).state is State.UNKNOWN
        assert unheard == []

    run(story())


def test_a_printer_that_does_not_answer_is_in_the_strip_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        world = await impatient(tmp_path)
        world.printer.hangs = Event()

        await world.print()

        assert world.desk.standing.ready is False
        assert "does not answer" in world.desk.standing.why.text
        await lets_go(world)

    run(story())


def test_paper_in_doubt_stays_a_question_though_newer_paper_is_valid_and_is_void_once_it_is_found(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.UNKNOWN)
        job = await world.print()
        held = world.central.cards[BODY]
        held.card = replace(held.card, print_version=7, pending_version=7)  # printed at central meanwhile

        await world.messenger.step()
        assert list(world.desk.board.unknown) == [job.id]
        await world.desk.answer(job.id, came_out=True)
        await world.messenger.step()

        assert (world.kept(job.id).state, world.desk.board.unknown) == (State.VOID, {})

    run(story())


@pytest.mark.parametrize("code", [403, 404, 409])
def test_a_box_in_between_that_says_no_is_not_central_that_does_not_print(tmp_path: Path, code: int) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.prints.request_states = ["queued", "done"]
        job = await world.print()
        world.central.faults.append(status(code))

        await world.messenger.step()
        assert world.kept(job.id).state is State.ASKED
        await world.messenger.step()

        assert world.kept(job.id).state is State.DONE

    run(story())


def test_scans_that_central_answers_while_it_is_asked_for_a_reserve_lead_to_the_next_one_soon(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        async def meanwhile(central: ScriptedCentral, request: Request) -> Reply:
            world.courier._delivery.sent += 1
            return central.serve(request)

        world.central.faults.append(meanwhile)
        world.clock.pass_s(4_000)
        await world.messenger.step()

        assert await world.messenger.step() <= SOON_S

    run(story())


def test_a_print_that_central_was_asked_for_is_followed_closely_until_it_is_out(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        await world.open()
        await world.load()
        world.central.prints.request_states = ["queued", "sending", "done"]
        await world.print()

        delays = [await world.messenger.step() for _ in range(2)]

        assert delays[0] <= 2 < 60 < delays[1]

    run(story())


def test_a_reserve_is_asked_for_in_the_life_of_central_that_was_heard_last(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        (asked,) = [one for one in world.central.requests if one.path.endswith("/reserve")]

        assert json.loads(asked.body)["generation"] == world.central.generation

    run(story())


@pytest.mark.parametrize("empty", [True, False])
def test_a_central_that_acknowledges_nothing_is_told_again_soon(tmp_path: Path, empty: bool) -> None:
    async def nothing(central: ScriptedCentral, request: Request) -> Reply:
        central.rewrite = lambda body: re.sub(rb'"results":\[.*\]', b'"results":[]', body)
        try:
            return central.serve(request)
        finally:
            central.rewrite = bytes

    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        await world.desk.print(world.wish(BODY, PrintReason.LOST), empty=empty)
        await world.desk.idle()
        world.central.faults.append(nothing)  # bins are told first

        assert await world.messenger.step() < 60

        await world.messenger.step()
        assert world.book.to_tell(9) == []
        assert world.book.missing_to_tell(world.central.generation, 9) == []

    run(story())


def test_paper_below_what_was_scanned_here_a_moment_ago_is_not_printed(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        held = world.central.cards[BODY]
        held.card = replace(held.card, pending_version=5)  # on its way from central's printer
        world.central.position += 1
        await world.load()
        world.go_offline()
        await world.later(CardCode(BODY, 5).text)  # it is there, and the register does not say so yet

        job = await world.print()

        assert (job.state, world.printer.sent) == (State.FAILED, [])

    run(story())


def test_nothing_is_sent_to_a_printer_that_still_has_an_earlier_card(tmp_path: Path) -> None:
    async def story() -> None:
        world = await impatient(tmp_path)
        world.printer.hangs = Event()
        await world.print()

        other = await world.print(OTHER)

        assert (other.state, world.printer.sent) == (State.FAILED, [f"{BODY}/2"])
        await lets_go(world)

    run(story())


def test_what_a_printer_says_after_the_terminal_has_ended_is_asked_about_at_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        world = await impatient(tmp_path)
        world.printer.hangs = Event()
        job = await world.print()
        await world.desk.close()

        await lets_go(world)

        assert asyncio.all_tasks() == {asyncio.current_task()}  # nobody writes into a book that is closed
        assert world.kept(job.id).state is State.UNKNOWN
        world.begin()
        await world.open()
        assert list(world.desk.board.unknown) == [job.id]

    run(story())


def test_a_printer_that_says_late_that_it_does_not_know_tells_nothing_new(tmp_path: Path) -> None:
    async def story() -> None:
        world = await impatient(tmp_path)
        world.printer.hangs, world.printer.outcome = Event(), Sent(Result.UNKNOWN)
        await world.print()

        await lets_go(world)

        assert len(world.book.to_tell(9)) == 1

    run(story())


def test_news_of_an_earlier_card_does_not_take_the_place_of_the_newest_on_the_screen(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path, printer=False)
        world.central.add_card(OTHER)
        await world.open()
        await world.load()
        world.central.prints.request_states = ["queued", "done"]
        earlier, newest = await world.print(), await world.print(OTHER)

        await world.messenger.step()

        assert world.kept(earlier.id).state is State.DONE
        assert world.desk.board.newest is not None
        assert world.desk.board.newest.id == newest.id

    run(story())


def test_a_print_that_never_had_a_version_is_nothing_for_central(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.standing = NO_PAPER

        job = await world.print()
        await world.messenger.step()

        assert (job.state, job.version) == (State.FAILED, None)
        assert world.central.prints.ends() == []

    run(story())


def test_a_printer_of_many_words_keeps_no_report_from_central(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.printer.outcome = Sent(Result.UNKNOWN, Why("It said {what}.", {"what": "Störung " * 500}))

        await world.print()
        await world.messenger.step()

        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.UNKNOWN)]

    run(story())


@pytest.mark.parametrize("jump_ms", [-YEARS_MS, YEARS_MS, -1_790_000_000_000 - 1])
def test_a_wall_clock_that_jumps_while_a_card_is_printed_changes_nothing(tmp_path: Path, jump_ms: int) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()

        def jumps() -> None:
            world.clock.wall += jump_ms

        world.printer.before_sending = jumps
        first = await world.desk.print(world.wish(BODY, PrintReason.LOST), empty=True)
        await world.desk.idle()
        world.clock.pass_s(5)
        await world.messenger.step()
        second = await world.print()  # dated years before or after the first

        assert [world.kept(first.id).state, second.state] == [State.DONE, State.DONE]
        assert [job.id for job in await world.desk.listed(9)] == [second.id, first.id]
        await world.messenger.step()
        assert [one.age_ms for one, _result in world.central.prints.reports.values()] == [5_000, 0]
        assert [one.age_ms for one in world.central.prints.missing.values()] == [5_000]
        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


@pytest.mark.parametrize("facts", [{"another": 1}, {"version": 2, "0": 3}])
def test_a_sentence_whose_facts_are_not_those_that_this_release_knows_is_shown_all_the_same(
    facts: dict[str, str | int],
) -> None:
    why = Why("Print {version} is older than print {newest} of {0}.", facts)

    shown = print_shown(Job("id", BODY, PrintReason.LOST, State.VOID, 0, version=2, why=why), None, 0, english)

    assert shown.message == f"{why.text} Do not use this card: destroy it."


@pytest.mark.parametrize("words", ["a {name} of central's", "50 % {", "}{", "^XZ~JA {0}", "‮مرحبا 🏭"])
def test_braces_and_odd_letters_in_anybodys_words_are_words(words: str) -> None:
    assert Why(words).filled(english) == words
    assert Why("It said {what}.", {"what": words}).filled(english) == f"It said {words}."
