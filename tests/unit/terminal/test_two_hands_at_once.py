"""Two people, or one and the printer, at the print desk in the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest
from print_world import PrintWorld, settled
from terminal_world import BODY, CODE, code, run

from ekanban_core.card_code import CardCode
from ekanban_core.states import CardState, Intent, Outcome, PrintEnd
from ekanban_terminal.printing.jobs import Job, PrintRefused, State, Wish
from ekanban_terminal.printing.press import Result, Sent

T = TypeVar("T")
OTHER = code(5)[:8]


class SlowBook:
    """Does the book's work at once; while it is slow nobody hears of it yet, as from a thread and its disk."""

    def __init__(self) -> None:
        self.quick = asyncio.Event()
        self.quick.set()
        self.still = 0  # so many works are quick, then it is slow

    async def __call__(self, work: Callable[[], T]) -> T:
        found = work()
        if self.still:
            self.still -= 1
            if not self.still:
                self.quick.clear()
            return found
        await self.quick.wait()
        return found


async def in_one_moment(world: PrintWorld, one: Coroutine[Any, Any, Any], other: Coroutine[Any, Any, Any]) -> list[Any]:
    """What one does stands in the book, and is not heard of yet, when the other comes. Both have read it before."""
    book = world.desk._keeping._run
    assert isinstance(book, SlowBook)
    book.still = 1
    tasks = [asyncio.ensure_future(work) for work in (one, other)]
    for _ in range(10):  # whoever can go on goes on
        await asyncio.sleep(0)
    book.quick.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    await world.desk.idle()
    return done


async def slow_world(folder: Path, *bodies: str) -> PrintWorld:
    world = PrintWorld(folder)
    for body in bodies:
        world.central.add_card(body)
    await (await world.open()).supplied(BODY, *bodies)
    world.desk._keeping._run = SlowBook()
    return world


async def in_doubt(world: PrintWorld) -> Job:
    world.printer.outcome = Sent(Result.UNKNOWN)
    return await world.print()


def test_two_cards_wished_for_in_the_same_moment_are_both_printed(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path, OTHER)

        jobs = await in_one_moment(world, world.desk.print(world.wish()), world.desk.print(world.wish(OTHER)))

        assert [world.kept(job.id).state for job in jobs] == [State.DONE, State.DONE]
        assert world.printer.sent == [f"{BODY}/2", f"{OTHER}/2"]

    run(story())


def test_one_card_wished_for_by_two_hands_in_the_same_moment_is_one_print(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)

        first, second = await in_one_moment(world, world.desk.print(world.wish()), world.desk.print(world.wish()))

        assert first.id == second.id
        assert [(one.state, one.version) for one in world.book.newest(5)] == [(State.DONE, 2)]

    run(story())


def test_of_yes_and_no_in_the_same_moment_one_counts_and_the_other_hears_it(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)
        job = await in_doubt(world)

        yes, no = await in_one_moment(
            world, world.desk.answer(job.id, came_out=True), world.desk.answer(job.id, came_out=False)
        )
        await world.messenger.step()

        assert isinstance(yes, Job)
        assert isinstance(no, PrintRefused)
        assert world.kept(job.id).state is State.DONE
        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.UNKNOWN), (BODY, 2, PrintEnd.PRINTED)]

    run(story())


def test_a_card_that_is_scanned_while_somebody_says_no_did_come_out(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)
        job = await in_doubt(world)

        async def scan() -> None:
            world.desk.scanned(CardCode(BODY, 2).text)

        await in_one_moment(world, world.desk.answer(job.id, came_out=False), scan())

        assert world.kept(job.id).state is State.DONE
        assert (await world.later(CODE)).entry.outcome is Outcome.SUPERSEDED_PRINT

    run(story())


def test_what_the_printer_says_late_is_not_believed_before_what_a_person_says(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)
        job = await in_doubt(world)

        async def printer_answers() -> None:
            world.desk._work._late(job, Sent(Result.FAILED))

        await in_one_moment(world, world.desk.answer(job.id, came_out=True), printer_answers())

        assert world.kept(job.id).state is State.DONE
        assert world.desk.board.unknown == {}

    run(story())


def test_a_touch_that_names_another_card_than_before_is_refused_and_tells_of_no_bin(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path, OTHER)
        wish = world.wish()
        await world.desk.print(wish)
        await world.desk.idle()

        with pytest.raises(PrintRefused, match="Another card"):
            await world.desk.print(replace(wish, body=OTHER), empty=True)

        assert world.book.missing_to_tell("first", 10) == []
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


async def waits_behind_another(world: PrintWorld) -> Job:
    """A print whose turn comes when the printer lets go of another card."""
    world.printer.hangs = Event()
    await world.desk.print(world.wish(OTHER))
    await settled(lambda: world.printer.sent)
    return await world.desk.print(world.wish())


async def has_its_turn(world: PrintWorld, job: Job) -> Job:
    assert world.printer.hangs is not None
    world.printer.hangs.set()
    await world.desk.idle()
    return world.kept(job.id)


def test_a_card_that_waited_for_its_turn_shows_the_quantity_of_now(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path, OTHER)
        job = await waits_behind_another(world)
        await quantity_becomes(world, 80)

        job = await has_its_turn(world, job)
        await world.messenger.step()

        assert job.state is State.DONE
        assert [sheet.card.quantity for sheet in world.printer.sheets] == [50, 80]
        assert [report.quantity for report, _result in world.central.prints.reports.values()] == [50, 80]

    run(story())


def test_a_card_that_went_out_of_use_while_it_waited_costs_no_paper(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path, OTHER)
        job = await waits_behind_another(world)
        held = world.central.cards[BODY]
        held.card = replace(held.card, state=CardState.RETIRED)
        await heard_by_register(world)

        job = await has_its_turn(world, job)

        assert (job.state, job.version) == (State.FAILED, None)
        assert "out of use" in job.why.text
        assert world.printer.sent == [f"{OTHER}/2"]

    run(story())


@pytest.mark.parametrize("restarted", [False, True])
def test_central_hears_what_the_paper_shows_though_the_quantity_changed_meanwhile(
    tmp_path: Path, restarted: bool
) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)
        job = await in_doubt(world)
        await quantity_becomes(world, 80)
        if restarted:
            await world.restart(boot="boot-two")

        await world.desk.answer(job.id, came_out=True)
        await world.go_online()

        told = [(report.end, report.quantity) for report, _result in world.central.prints.reports.values()]
        assert told == [(PrintEnd.UNKNOWN, 50), (PrintEnd.PRINTED, 50)]

    run(story())


def test_a_card_for_one_cycle_that_was_received_here_offline_is_not_printed_again(tmp_path: Path) -> None:
    async def story() -> None:
        world = PrintWorld(tmp_path)
        held = world.central.cards[BODY]
        held.card = replace(held.card, one_off=True)
        await (await world.open()).supplied()
        world.go_offline()
        await world.later(CODE)
        received = await world.later(CODE, intent=Intent.RECEIVE)

        with pytest.raises(PrintRefused, match="out of use"):
            await world.desk.print(world.wish())

        assert received.entry.outcome is Outcome.RECEIVED
        assert world.printer.sent == []

    run(story())


async def quantity_becomes(world: PrintWorld, quantity: int) -> None:
    """Another quantity at central, of which the register hears."""
    held = world.central.cards[BODY]
    held.policy = replace(held.policy, quantity=quantity)
    await heard_by_register(world)


async def heard_by_register(world: PrintWorld) -> None:
    world.central.position += 1
    await world.load()


def test_the_same_touch_for_the_same_card_is_the_same_print(tmp_path: Path) -> None:
    async def story() -> None:
        world = await slow_world(tmp_path)
        wish: Wish = world.wish()

        jobs = await asyncio.gather(world.desk.print(wish), world.desk.print(wish))
        await world.desk.idle()

        assert {job.id for job in jobs} == {wish.id}
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())
