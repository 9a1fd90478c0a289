"""A report that central cannot take keeps back no other report, no reserve, and nothing that is followed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from print_world import PrintWorld
from terminal_world import BODY, code, run

from ekanban_core.states import PrintReason
from ekanban_core.wire import MOST_REPORTS
from ekanban_terminal.printing.jobs import Job
from ekanban_terminal.printing.telling import Refused, tell_all

CARDS = (BODY, code(5)[:8], code(6)[:8])


async def report(world: PrintWorld, body: str = BODY) -> Job:
    """Report an empty bin without its card, and wait until it is known what became of the print."""
    job = await world.desk.print(world.wish(body, PrintReason.LOST), empty=True)
    await world.desk.idle()
    return job


async def three_reports(tmp_path: Path) -> tuple[PrintWorld, list[str]]:
    """Of three cards, each with a print; none is told yet."""
    world = PrintWorld(tmp_path)
    for body in CARDS[1:]:
        world.central.add_card(body)
    await (await world.open()).supplied(*CARDS)
    return world, [(await report(world, body)).id for body in CARDS]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bin_that_central_fails_on_keeps_no_other_back(tmp_path: Path, place: int) -> None:
    async def story() -> None:
        world, ids = await three_reports(tmp_path)
        world.central.prints.fails_on = ids[place]

        await world.messenger.step()

        assert list(world.central.prints.missing) == [one for one in ids if one != ids[place]]
        assert world.book.to_tell(10) == []
        world.central.prints.fails_on = ""
        await world.messenger.step()
        assert sorted(world.central.prints.missing) == sorted(ids)

    run(story())


def test_a_print_that_central_fails_on_keeps_no_other_print_and_no_reserve_back(tmp_path: Path) -> None:
    async def story() -> None:
        world, _ids = await three_reports(tmp_path)
        first, *others = [one.ended.id for one in world.book.to_tell(10)]
        world.central.prints.fails_on = first

        delay = await world.messenger.step()

        assert list(world.central.prints.reports) == others
        assert {CARDS[1], CARDS[2]} <= {one.body for one in world.book.reserve()}
        assert delay < 600  # it is told again by itself
        assert [one.ended.id for one in world.book.to_tell(10)] == [first]

    run(story())


def test_a_proxy_that_takes_short_messages_only_hears_all(tmp_path: Path) -> None:
    async def story() -> None:
        world, ids = await three_reports(tmp_path)
        world.central.prints.takes = 1

        await world.messenger.step()

        assert list(world.central.prints.missing) == ids
        assert world.book.to_tell(10) == []

    run(story())


def test_a_central_that_fails_whatever_it_is_told_is_left_alone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        world, _ids = await three_reports(tmp_path)
        monkeypatch.setattr("ekanban_terminal.printing.telling.MOST_REFUSALS", 2)
        world.central.prints.takes = 0
        asked = len(world.central.requests)

        await world.messenger.step()

        paths = [one.path.rpartition("/")[2] for one in world.central.requests[asked:]]
        assert (paths.count("missing"), paths.count("report")) == (2, 2)

    run(story())


def test_a_row_that_is_damaged_is_told_as_it_stands_and_keeps_nothing_back(tmp_path: Path) -> None:
    async def story() -> None:
        world, ids = await three_reports(tmp_path)
        world.book.close()
        with sqlite3.connect(world.book.path) as damaged:
            damaged.execute("UPDATE missing SET cursor = ? WHERE id = ?", ("x" * 101, ids[0]))
        damaged.close()

        await world.messenger.step()

        assert list(world.central.prints.missing) == ids[1:]
        assert [world.kept(one).missing for one in ids] == ["set_aside", "reported", "reported"]
        assert world.book.to_tell(10) == []

    run(story())


def test_however_many_reports_central_does_not_take_all_others_are_told() -> None:
    untold = list(range(3 * MOST_REPORTS))
    told: list[int] = []

    async def waiting(most: int) -> list[int]:
        return untold[:most]

    async def tell(part: Sequence[int]) -> bool:
        if any(one % 2 == 0 for one in part):
            raise Refused("not these")
        for one in part:
            untold.remove(one)
        told.extend(part)
        return True

    with pytest.raises(Refused):
        run(tell_all(waiting, tell, str))

    assert told == list(range(1, 3 * MOST_REPORTS, 2))
