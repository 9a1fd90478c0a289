"""The disk that fails on purpose: it must be seen to lose what a real one may lose, and nothing else."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_disk import Fault, FaultDisk, Op

FILE = Path("/data/some thing.sqlite")


def _disk(seed: int = 1, **more: int) -> FaultDisk:
    return FaultDisk(random.Random(seed), **more)  # noqa: S311  # repeatable on purpose


def _open(disk: FaultDisk, *, synchronous: str = "FULL") -> sqlite3.Connection:
    connection = disk.connect(FILE, isolation_level=None)
    assert connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal"
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("CREATE TABLE IF NOT EXISTS scan (n INTEGER PRIMARY KEY, padding TEXT)")
    disk.sync(FILE.parent)  # SQLite leaves a new database's name to its user
    return connection


def _add(connection: sqlite3.Connection, count: int) -> None:
    for _ in range(count):
        connection.execute("INSERT INTO scan (padding) VALUES (?)", ("x" * 500,))


def _found(disk: FaultDisk) -> int:
    connection = disk.connect(FILE, isolation_level=None)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    count: int = connection.execute("SELECT count(*) FROM scan").fetchone()[0]
    connection.close()
    return count


def _lost(synchronous: str, seed: int) -> int:
    disk = _disk(seed)
    connection = _open(disk, synchronous=synchronous)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _add(connection, 20)
    disk.cut_power()
    connection.close()
    return 20 - _found(disk)


def test_a_power_cut_takes_acknowledged_commits_with_synchronous_normal_and_none_with_full() -> None:
    normal = [_lost("NORMAL", seed) for seed in range(40)]
    full = [_lost("FULL", seed) for seed in range(40)]

    assert set(full) == {0}
    assert sum(lost > 0 for lost in normal) >= 20
    assert 0 in normal  # and sometimes luck keeps everything
    assert any(0 < lost < 20 for lost in normal)  # or a part


def test_a_killed_process_has_lost_nothing_even_with_synchronous_off() -> None:
    disk = _disk()
    connection = _open(disk, synchronous="OFF")
    _add(connection, 20)

    disk.kill()

    connection.close()
    assert _found(disk) == 20


def test_a_checkpoint_moves_everything_and_a_power_cut_after_it_takes_nothing() -> None:
    for seed in range(20):
        disk = _disk(seed)
        connection = _open(disk)
        _add(connection, 50)
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        _add(connection, 3)

        disk.cut_power()

        connection.close()
        assert _found(disk) == 53


def test_the_same_random_loses_the_same_and_another_one_something_else() -> None:
    once, again = ([_lost("NORMAL", seed) for seed in range(10)] for _ in range(2))
    other = [_lost("NORMAL", seed) for seed in range(10, 20)]

    assert once == again != other


def test_the_name_of_a_new_file_is_lost_with_the_power_until_its_folder_was_synced() -> None:
    kept = set()
    for seed in range(20):
        disk = _disk(seed)
        connection = disk.connect(FILE, isolation_level=None)
        connection.execute(
            "CREATE TABLE scan (n)"
        )  # in a rollback journal, whose removal no sync of the folder follows
        disk.cut_power()
        connection.close()
        kept.add(str(FILE) in disk.snapshot())

    assert True in kept


@pytest.mark.parametrize(
    ("kind", "op", "says"),
    [
        (Fault.ERROR, Op.WRITE, "disk I/O error"),
        (Fault.ERROR, Op.SYNC, "disk I/O error"),
        (Fault.FULL, Op.WRITE, "database or disk is full"),
        (Fault.TORN, Op.WRITE, "disk I/O error"),
        (Fault.SYNC_LOSES, Op.SYNC, "disk I/O error"),
        (Fault.SYNC_REVERTS, Op.SYNC, "disk I/O error"),
        (Fault.DARK, Op.WRITE, "disk I/O error"),
    ],
)
def test_each_fault_is_told_to_whoever_commits(kind: Fault, op: Op, says: str) -> None:
    disk = _disk()
    connection = _open(disk)
    disk.trace = []
    _add(connection, 1)
    ahead = [traced for traced, _name in disk.trace].index(op)
    disk.fail(kind, at=disk.operations + 1 + ahead)

    with pytest.raises(sqlite3.OperationalError, match=says):
        _add(connection, 1)

    connection.close()


@pytest.mark.parametrize("op", [Op.OPEN, Op.READ, Op.SIZE, Op.ACCESS, Op.SHARED, Op.TRUNCATE, Op.DELETE])
def test_each_other_operation_can_fail_too(op: Op) -> None:
    def work(disk: FaultDisk) -> None:
        connection = _open(disk)
        try:
            _add(connection, 10)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            connection.close()

    disk = _disk()
    disk.trace = []
    work(disk)
    at = [traced for traced, _name in disk.trace].index(op) + 1
    failing = _disk()
    failing.fail(Fault.ERROR, at=at)

    with pytest.raises((sqlite3.OperationalError, AssertionError)):
        work(failing)


@pytest.mark.parametrize(("kind", "read_before_the_cut"), [(Fault.SYNC_LOSES, {2}), (Fault.SYNC_REVERTS, {1, 2})])
def test_what_a_failed_sync_left_in_the_cache_is_read_until_the_power_goes(
    kind: Fault, read_before_the_cut: set[int]
) -> None:
    before, after = set(), set()
    for seed in range(30):
        disk = _disk(seed)
        connection = _open(disk)
        _add(connection, 1)
        disk.fail(kind, lasting=True)
        with pytest.raises(sqlite3.OperationalError):
            _add(connection, 1)
        disk.kill()
        reader = disk.connect(FILE)
        before.add(reader.execute("SELECT count(*) FROM scan").fetchone()[0])

        disk.cut_power()

        connection.close()
        reader.close()
        after.add(_found(disk))

    assert before == read_before_the_cut
    assert after == {1, 2}


def test_pages_that_are_called_clean_after_a_failed_sync_are_not_written_by_the_next_one() -> None:
    """Why the journal moves everything out of the log before it goes on: the next sync succeeds, and means nothing."""
    left = set()
    for seed in range(30):
        disk = _disk(seed)
        connection = _open(disk)
        disk.fail(Fault.SYNC_LOSES, lasting=True)
        with pytest.raises(sqlite3.OperationalError):
            _add(connection, 1)
        disk.kill()
        connection.close()
        connection = disk.connect(FILE, isolation_level=None)  # finds the scan in the log
        connection.execute("PRAGMA synchronous = FULL")
        _add(connection, 1)
        disk.cut_power()
        connection.close()
        left.add(_found(disk))

    assert left == {0, 2}


def test_a_full_disk_takes_again_once_there_is_room() -> None:
    disk = _disk(room=40_000)
    connection = _open(disk)

    with pytest.raises(sqlite3.OperationalError, match="full"):
        _add(connection, 50)
    disk.room = 1_000_000

    _add(connection, 1)
    connection.close()
    assert 1 < _found(disk) < 51


def test_a_lasting_fault_stays_until_it_is_mended() -> None:
    disk = _disk()
    connection = _open(disk)
    disk.fail(Fault.ERROR, lasting=True)

    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError):
            _add(connection, 1)
    disk.mend()

    _add(connection, 1)
    connection.close()
    assert _found(disk) == 1


@pytest.mark.parametrize("end", [FaultDisk.kill, FaultDisk.cut_power, lambda disk: disk.restore(disk.snapshot())])
def test_what_was_open_before_gets_errors_and_changes_nothing(end: Callable[[FaultDisk], None]) -> None:
    disk = _disk()
    connection = _open(disk)
    _add(connection, 3)
    end(disk)
    before = disk.snapshot()

    with pytest.raises(sqlite3.OperationalError):
        _add(connection, 1)
    connection.close()

    assert disk.snapshot() == before
    assert _found(disk) == 3


def test_in_the_dark_nothing_works_until_somebody_says_what_happened() -> None:
    disk = _disk()
    connection = _open(disk)
    _add(connection, 3)
    disk.fail(Fault.DARK)
    with pytest.raises(sqlite3.OperationalError):
        _add(connection, 1)
    connection.close()
    with pytest.raises(sqlite3.OperationalError):
        disk.connect(FILE).execute("SELECT 1 FROM scan")
    with pytest.raises(OSError, match="Input/output"):
        disk.sync(FILE.parent)

    disk.kill()

    assert _found(disk) in (3, 4)


def test_a_backup_is_brought_back_here_and_on_another_disk() -> None:
    disk, clone = _disk(), _disk(2)
    connection = _open(disk)
    _add(connection, 3)
    backup = disk.snapshot()
    _add(connection, 3)

    clone.restore(backup)
    disk.restore(backup)

    connection.close()
    clone.cut_power()
    assert _found(disk) == _found(clone) == 3


def test_a_flipped_byte_is_found_by_the_check() -> None:
    disk = _disk()
    connection = _open(disk)
    _add(connection, 50)
    connection.close()
    disk.damage(FILE, 4096 + 3, 0xFF)  # the number of cells of the table's first page

    with pytest.raises((AssertionError, sqlite3.DatabaseError)):
        _found(disk)


def test_two_connections_on_one_file_keep_each_other_out() -> None:
    disk = _disk()
    connection, other = _open(disk), disk.connect(FILE, isolation_level=None, timeout=0.0)
    connection.execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    _add(connection, 1)
    assert other.execute("SELECT count(*) FROM scan").fetchone()[0] == 0
    connection.execute("COMMIT")

    assert other.execute("SELECT count(*) FROM scan").fetchone()[0] == 1
    other.execute("BEGIN IMMEDIATE")
    other.close()
    connection.close()


def test_two_disks_know_nothing_of_each_other() -> None:
    disk, other = _disk(), _disk()
    connection = _open(disk)
    before = disk.operations
    _add(_open(other), 2)
    disk.fail(Fault.ERROR, lasting=True)

    assert disk.operations == before
    assert _found(other) == 2
    connection.close()
