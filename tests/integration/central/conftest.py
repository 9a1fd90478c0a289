"""Central on both databases: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from central_plant import Plant, Terminal
from fastapi.testclient import TestClient
from list_desk import ListDesk
from print_shop import PrintShop
from security_world import World, make_world
from structlog.testing import capture_logs

from ekanban_central.database import Database
from ekanban_core.states import Role
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
def database(database_url: str) -> Iterator[Database]:
    """The same, open."""
    upgrade.central(database_url)
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def plant(database: Database) -> Plant:
    """A plant with a loop of five cards and one terminal."""
    return Plant(database)


@pytest.fixture
def desk(plant: Plant) -> Iterator[ListDesk]:
    """Where lists are brought to it."""
    desk = ListDesk(plant)
    yield desk
    desk.imports.stop()


@pytest.fixture
def shop(plant: Plant) -> PrintShop:
    """The same plant with a printer."""
    return PrintShop(plant)


@pytest.fixture
def terminal(plant: Plant) -> Terminal:
    """A terminal at its line."""
    return plant.terminal()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A central as an application. Small bodies only."""
    world = make_world(database_url, tmp_path, body_limit=65_536)
    yield world
    world.central.database.close()


@pytest.fixture
def cards(world: World) -> list[str]:
    return Plant(world.central.database, site_id=1).cards


@pytest.fixture
def office(world: World) -> TestClient:
    """An administrator, beside a printer."""
    admin = world.script(Role.ADMIN)
    printer = {"name": "office", "way": "raw", "address": "192.0.2.1:9100", "dialect": "zpl"}
    assert admin.post("/api/v1/printers", json=printer).status_code == 201
    return admin
