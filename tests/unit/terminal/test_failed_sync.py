"""What the attack on storage (`make storage`) found, in its shortest form."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from fault_disk import Fault, FaultDisk, Op
from terminal_world import World, code, run

from ekanban_core.states import Outcome
from ekanban_terminal.errors import JournalFailed

T = TypeVar("T")


class WorstCase(random.Random):
    """Of everything that was not synced, nothing reaches the platter."""

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]  # as the disk calls it
        return seq[0]


def _world(folder: Path, disk: FaultDisk) -> World:
    world = World(folder, disk=disk)
    world.folder = Path("/data")
    world.begin()
    world.register.path = folder / "register.sqlite"
    return world


def test_a_second_refusal_does_not_make_the_first_one_forgotten(tmp_path: Path) -> None:
    """The first scan's commit failed and is on the disk all the same; the second one never came that far."""

    async def shift() -> None:
        disk = FaultDisk(random.Random(1))  # noqa: S311  # repeatable on purpose
        world = await _world(tmp_path, disk).open()
        disk.fail(Fault.SYNC_LOSES, lasting=True)
        first, second = await world.scan(code(1)), await world.scan(code(2))
        disk.mend()

        await world.store.open()

        assert not first.stored
        assert not second.stored
        kept = {one.id: one for one in world.journal.last(10)}
        assert kept[first.entry.id].message.local_outcome is Outcome.SET_ASIDE
        assert second.entry.id not in kept

    run(shift())


@pytest.mark.parametrize("scans", range(6))
def test_a_power_cut_while_a_failed_sync_is_made_good_leaves_a_whole_journal(tmp_path: Path, scans: int) -> None:
    """The log is moved, and its emptying is lost: what it has then must not be older than the file."""

    async def shift() -> None:
        disk, world, _ = await _failed(tmp_path / "to see when", scans)
        begun, disk.trace = disk.operations, []
        await world.store.open()
        emptied = begun + 1 + max(at for at, (op, _) in enumerate(disk.trace) if op is Op.TRUNCATE)
        disk, world, green = await _failed(tmp_path / "to cut then", scans)
        disk.fail(Fault.DARK, at=emptied + 1)
        with pytest.raises(JournalFailed):
            await world.store.open()

        disk.cut_power()
        world.begin()
        await world.store.open()

        assert {one.id for one in world.journal.last(100)} >= green

    run(shift())


async def _failed(folder: Path, scans: int) -> tuple[FaultDisk, World, set[str]]:
    """A terminal with so many green scans, and one whose sync failed."""
    folder.mkdir()
    disk = FaultDisk(WorstCase(1))
    world = await _world(folder, disk).open()
    green = {(await world.scan(code(number))).entry.id for number in range(scans)}
    disk.fail(Fault.SYNC_LOSES, lasting=True)
    await world.scan(code(99))
    disk.mend()
    return disk, world, green
