"""A central on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from security_world import World, make_world

from ekanban_central import passwords


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashing as production does it would take most of these tests' time."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


# Who may do what is asked of both databases in the same plain statements: PostgreSQL's turn is make test-more
@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.more])]
)
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"central_on_{request.param}"))


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    world = make_world(database_url, tmp_path)
    yield world
    world.central.database.close()
