"""A plant that prints, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from central_plant import Plant, Terminal
from print_shop import PrintShop
from structlog.testing import capture_logs

from ekanban_central.database import Database
from ekanban_migrations import upgrade


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What central logs; structlog's own default would draw every traceback with all its values."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with central's schema."""
    return str(request.getfixturevalue(f"central_on_{request.param}"))


@pytest.fixture
def shop(database_url: str) -> Iterator[PrintShop]:
    """A plant with five cards and a printer."""
    upgrade.central(database_url)
    database = Database(database_url)
    yield PrintShop(Plant(database))
    database.close()


@pytest.fixture
def terminal(shop: PrintShop) -> Terminal:
    """A terminal at line 1."""
    return shop.plant.terminal()
