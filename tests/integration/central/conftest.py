"""Central on both databases: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from central_plant import Plant

from ekanban_central.database import Database
from ekanban_migrations import upgrade


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with central's schema."""
    upgrade.central(database_url)
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def plant(database: Database) -> Plant:
    """A plant with a loop of five cards and one terminal."""
    return Plant(database)
