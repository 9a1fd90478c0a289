"""A journal of an earlier release: all that it holds goes on, whenever the power is cut while it is brought up."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from fault_disk import Fault, FaultDisk
from terminal_world import World, run

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.errors import JournalFailed

OLD = Path(__file__).parents[2] / "fixtures" / "journals"
JOURNAL = Path("/data/journal.sqlite")


def _old(folder: Path, schema: int) -> bytes:
    path = folder / "old.sqlite"
    old = sqlite3.connect(path)
    old.executescript((OLD / f"schema-{schema}.sql").read_text())
    old.execute("PRAGMA journal_mode = WAL")
    old.close()
    return path.read_bytes()


def _world(folder: Path, disk: FaultDisk) -> World:
    world = World(folder, disk=disk)
    world.folder = JOURNAL.parent
    world.begin()
    world.register.path = folder / "register.sqlite"
    return world


def _disk(content: bytes) -> FaultDisk:
    disk = FaultDisk(random.Random(1))  # noqa: S311  # repeatable on purpose
    disk.restore({str(JOURNAL): content})
    return disk


@pytest.mark.parametrize("schema", range(1, sql.SCHEMA_VERSION))
def test_the_scans_of_an_earlier_release_are_there_and_are_sent(tmp_path: Path, schema: int) -> None:
    content = _old(tmp_path, schema)

    async def shift() -> None:
        world = await _world(tmp_path, _disk(content)).open()

        assert [kept.state for kept in world.journal.last(10)] == ["waiting", "waiting", "taken", "taken", "taken"]
        assert world.journal.fact("position") == "4"
        batch = await world.store.batch(100, 10**7)
        assert batch is not None
        assert [scan.message.seq for scan in batch.scans] == [4, 5]
        assert (await world.later()).stored

    run(shift())


@pytest.mark.parametrize("schema", range(1, sql.SCHEMA_VERSION))
def test_a_power_cut_while_an_earlier_journal_is_brought_up_loses_nothing(tmp_path: Path, schema: int) -> None:
    content = _old(tmp_path, schema)

    async def shift() -> None:
        disk = _disk(content)
        before = disk.operations
        whole = _world(tmp_path, disk)
        await whole.store.open()
        kept, operations = whole.journal.last(10), disk.operations - before
        assert operations > 20
        for at in range(1, operations + 1):
            disk = _disk(content)
            disk.fail(Fault.DARK, at=disk.operations + at)
            world = _world(tmp_path, disk)
            with pytest.raises(JournalFailed):
                await world.store.open()
            disk.cut_power()
            world.begin()
            await world.store.open()

            assert world.journal.last(10) == kept, f"cut at operation {at}"

    run(shift())
