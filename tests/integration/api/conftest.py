"""Riverside Works on each database, with signals and reviews, behind a gateway that signs."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from api_gateway import Gateway
from fastapi import FastAPI
from page_counter import Counter
from page_plant import PagePlant
from structlog.testing import capture_logs

from ekanban_core.states import Intent


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the services log; structlog's own default would draw every traceback with all its values."""
    with capture_logs() as entries:
        yield entries


# Routes ask what tests/integration/central asks of both databases: PostgreSQL's turn is make test-more
@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.more])],
)
def works(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagePlant]:
    """Open signals in all states, past ones, and things to decide; one for the tests of a file."""
    url = f"sqlite:///{tmp_path_factory.mktemp('works') / 'central.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    plant = PagePlant(url)
    plant.fill()
    for body in plant.cards[-6:]:
        plant.scan(body, Intent.RECEIVE)
    yield plant
    plant.database.close()


@pytest.fixture(scope="module")
def counter(works: PagePlant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """Its central without a network."""
    counter = Counter(works, tmp_path_factory.mktemp("central"))
    yield counter
    counter.close()


@pytest.fixture(scope="module")
def gateway(counter: Counter, works: PagePlant) -> Gateway:
    """Its central, reached through a terminal's hands."""
    return Gateway(counter.app, works)


@pytest.fixture(scope="module")
def app(counter: Counter) -> FastAPI:
    """Its central."""
    return counter.app
