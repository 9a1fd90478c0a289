"""However many scans a batch holds, PostgreSQL is asked three times, and nothing is decided under the site's lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from central_plant import Plant, outcomes
from sqlalchemy import Connection

from ekanban_central import pipeline
from ekanban_central.database import Database
from ekanban_central.pipeline import Statement
from ekanban_migrations import upgrade

RUN = pipeline.run


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], bool]]:
    """The statements of each round trip, by their first words, and whether it commits."""
    made: list[tuple[list[str], bool]] = []

    def run(connection: Connection, statements: Sequence[Statement], *, commit: bool = False) -> list[bytes | None]:
        made.append(([" ".join(text.split()[:3]) for text, _ in statements], commit))
        return RUN(connection, statements, commit=commit)

    monkeypatch.setattr(pipeline, "run", run)
    return made


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("count", [1, 100])
def test_scans_are_looked_up_judged_and_committed_in_three_round_trips(
    postgres_url: str, trips: list[Any], count: int
) -> None:
    upgrade.central(postgres_url)
    database = Database(postgres_url)
    plant = Plant(database, cards=count)
    terminal = plant.terminal()
    trips.clear()

    receipt = terminal.send(*(terminal.scan(body) for body in plant.cards))

    assert outcomes(receipt) == ["opened"] * count
    assert [commit for _, commit in trips] == [False, False, True]
    written = trips[-1][0]
    head = next(place for place, text in enumerate(written) if text.startswith("WITH one AS"))
    assert {text for text in written[head + 1 :]} == {
        "INSERT INTO ledger", "UPDATE card SET", "INSERT INTO signal", "INSERT INTO scan_identity",
    }  # fmt: skip
    assert {text.partition(" SET")[0] for text in written[:head]} <= {
        "UPDATE terminal", "INSERT INTO terminal_epoch", "INSERT INTO terminal_boot",
    }  # fmt: skip
    database.close()


@pytest.mark.needs("postgresql")
def test_a_question_for_a_person_takes_one_round_trip_more(postgres_url: str, trips: list[Any]) -> None:
    upgrade.central(postgres_url)
    database = Database(postgres_url)
    plant = Plant(database)
    terminal = plant.terminal()
    trips.clear()

    receipt = terminal.send(terminal.scan(plant.cards[0], "receive"))

    assert outcomes(receipt) == ["review"]
    assert [commit for _, commit in trips] == [False, False, False, True]
    (review,), (raised,) = plant.rows("review"), [row for row in plant.rows("ledger") if row["kind"] == "review_raised"]
    assert review["position"] == raised["position"]
    database.close()
