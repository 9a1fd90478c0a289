"""The power goes at every operation of the print book's disk: no version comes out twice, no print is forgotten."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from fault_disk import Fault, FaultDisk, Op
from print_world import PrintWorld
from terminal_world import BODY, run

from ekanban_core.states import PrintEnd
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.jobs import BookFailed, State
from ekanban_terminal.printing.press import Result, Sent


def fault_disk(seed: int) -> FaultDisk:
    return FaultDisk(random.Random(seed))  # noqa: S311  # repeatable on purpose


def test_when_the_power_goes_no_version_is_printed_twice_and_no_print_forgotten(tmp_path: Path) -> None:
    whenever_the_power_goes(tmp_path, Result.DONE, seed=1, step=7)


@pytest.mark.heavy
@pytest.mark.parametrize("outcome", [Result.DONE, Result.UNKNOWN])
@pytest.mark.parametrize("seed", [1, 2])
def test_whenever_the_power_goes_no_version_is_printed_twice(tmp_path: Path, outcome: Result, seed: int) -> None:
    whenever_the_power_goes(tmp_path, outcome, seed, step=1)


def whenever_the_power_goes(folder: Path, outcome: Result, seed: int, step: int) -> None:
    async def story() -> int:
        disk = fault_disk(seed)
        world = await (await PrintWorld(folder, book_disk=disk).open()).supplied()
        cut, at = True, 1 - step
        while cut:  # until a print and its report pass without having come to the operation that fails
            at += step
            world.printer.outcome = Sent(outcome)
            cut = await _print_until(world, disk, at)
            world = await _started_again(world, disk)
            await _settled(world)
        return at

    operations = run(story())

    assert operations > 30  # it did come by


async def _print_until(world: PrintWorld, disk: FaultDisk, at: int) -> bool:
    """Print a card and tell central; the disk goes dark at this operation. Says whether it did."""
    disk.fail(Fault.DARK, at=disk.operations + at)
    try:
        await world.print()
        await world.messenger.step()
    except BookFailed:
        pass
    return disk.is_dark


async def _started_again(world: PrintWorld, disk: FaultDisk) -> PrintWorld:
    disk.cut_power()
    await world.restart(boot=f"boot-{disk.operations}")
    await world.go_online()
    return world


async def _settled(world: PrintWorld) -> None:
    """Whoever is asked says no, and central hears of it: then every paper that went out is accounted for, once."""
    for job in list(world.desk.board.unknown.values()):
        await world.desk.answer(job.id, came_out=False)
    await world.messenger.step()
    world.clock.pass_s(60)
    await world.messenger.step()

    sent = Counter(world.printer.sent)
    assert max(sent.values(), default=1) == 1
    told = {f"{body}/{version}" for body, version, _end in world.central.prints.ends()}
    assert set(sent) <= told
    assert all(job.state in (State.DONE, State.FAILED) for job in world.book.newest(10))
    assert world.book.to_tell(10) == []
    assert [one.body for one in world.book.reserve()] == [BODY]  # and the next one can be printed


def test_a_print_that_was_confirmed_stays_confirmed(tmp_path: Path) -> None:
    async def story() -> None:
        disk = fault_disk(3)
        world = await (await PrintWorld(tmp_path, book_disk=disk).open()).supplied()
        world.go_offline()
        job = await world.print()

        disk.cut_power()
        await world.restart(boot="boot-two")

        assert world.kept(job.id).state is State.DONE
        await world.go_online()
        assert world.central.prints.ends() == [(BODY, 2, PrintEnd.PRINTED)]

    run(story())


def test_a_version_counts_as_used_when_the_power_goes_while_it_is_sent(tmp_path: Path) -> None:
    async def story() -> None:
        disk = fault_disk(4)
        world = await (await PrintWorld(tmp_path, book_disk=disk).open()).supplied()
        world.go_offline()
        world.printer.before_sending = disk.cut_power
        await world.print()

        await world.restart(boot="boot-two")

        (job,) = world.desk.board.unknown.values()
        assert (job.state, job.version) == (State.UNKNOWN, 2)
        await world.desk.answer(job.id, came_out=False)
        assert (await world.print()).state is State.FAILED  # none left, rather than the same one again
        assert world.printer.sent == [f"{BODY}/2"]

    run(story())


def test_central_that_gives_a_used_version_again_is_not_believed(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        world.go_offline()
        await world.print()

        world.book.put([Reserved(BODY, 2, "first"), Reserved(BODY, 3, "first")], world.book.asks())

        assert [one.version for one in world.book.reserve()] == [3]

    run(story())


def test_a_damaged_book_prints_nothing_and_keeps_no_scan_from_green(tmp_path: Path) -> None:
    async def story() -> None:
        world = await (await PrintWorld(tmp_path).open()).supplied()
        await world.desk.close()
        (tmp_path / "prints.sqlite").write_bytes(b"no database" * 100)

        with pytest.raises(BookFailed):
            await world.desk.print(world.wish())

        assert world.desk.problem is not None
        assert (await world.scan()).entry.colour == "green"
        assert world.printer.sent == []

    run(story())


def test_a_book_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    book = Book(tmp_path / "prints.sqlite")
    book.newest(1)
    book._connection.execute("PRAGMA user_version = 99")  # type: ignore[union-attr]  # it is open
    book.close()

    with pytest.raises(BookFailed, match="newer release"):
        book.newest(1)


def test_the_disk_is_waited_for(tmp_path: Path) -> None:
    """What the promise stands on, should anyone change the pragmas: flushes between two commits."""
    disk = fault_disk(5)
    book = Book(Path("/prints.sqlite"), disk)
    book.newest(1)
    disk.trace = []

    book.put([Reserved(BODY, 2, "first")], book.asks())

    assert [op for op, _name in disk.trace].count(Op.SYNC) >= 3  # rollback journal, file, and the folder's list
