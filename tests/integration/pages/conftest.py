"""Central's pages in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import chromium
from page_counter import Counter
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from playwright.sync_api import Browser


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[PagePlant]:
    """Riverside Works with 22 open signals."""
    plant = PagePlant(f"sqlite:///{tmp_path / 'central.db'}")
    plant.fill()
    yield plant
    plant.database.close()


@pytest.fixture
def desk(plant: PagePlant, tmp_path: Path) -> Iterator[Desk]:
    """Its central, served."""
    desk = Desk(plant, tmp_path)
    yield desk
    desk.stop()


@pytest.fixture(scope="module")  # not longer, see chromium
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def erika(browser: Browser, desk: Desk) -> Iterator[Seat]:
    """The supervisor at her desk; her console must have stayed silent."""
    with seat(browser, desk) as taken:
        yield taken
        assert taken.said == []


@pytest.fixture
def second(browser: Browser, desk: Desk) -> Iterator[Seat]:
    """The supervisor at a second browser."""
    with seat(browser, desk) as taken:
        yield taken
        assert taken.said == []


# Pages ask what tests/integration/central asks of both databases: PostgreSQL's turn is make test-more
@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.more])]
)
def works(request: pytest.FixtureRequest) -> Iterator[PagePlant]:
    """Riverside Works on both databases, with nothing open."""
    plant = PagePlant(str(request.getfixturevalue(f"central_on_{request.param}")))
    yield plant
    plant.database.close()


@pytest.fixture
def counter(works: PagePlant, tmp_path: Path) -> Iterator[Counter]:
    """Its central without a browser: pages by session, the API by token."""
    counter = Counter(works, tmp_path)
    yield counter
    counter.close()
