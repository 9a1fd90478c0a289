"""A new file that two processes open at once becomes a write-ahead log for both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ekanban_migrations import wal


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process in the middle of its first write."""
    with closing(sqlite3.connect(tmp_path / "central.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


@pytest.fixture
def opener(tmp_path: Path, holder: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One that SQLite does not let wait."""
    with closing(sqlite3.connect(tmp_path / "central.db", isolation_level=None, timeout=0)) as connection:
        yield connection


def test_a_process_that_is_turned_away_tries_again(
    holder: sqlite3.Connection, opener: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal.time, "sleep", lambda _seconds: holder.execute("COMMIT"))

    wal.switch_on(opener)

    assert opener.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_stays_locked_is_not_waited_for_for_ever(opener: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        wal.switch_on(opener, patience=0.05)


def test_a_file_that_cannot_be_written_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "central.db"
    sqlite3.connect(path).executescript("CREATE TABLE part (id); VACUUM").connection.close()
    monkeypatch.setattr(wal.time, "sleep", lambda _seconds: pytest.fail("it waits"))

    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opener, pytest.raises(sqlite3.OperationalError):
        wal.switch_on(opener)
