"""An import beside scans on PostgreSQL: cards in the order of their codes, the site's head last (decision 12).

Whoever takes them in another order holds up scans that hold up it, and one of both fails.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from central_plant import Plant
from list_desk import ListDesk
from sqlalchemy import select, text

from ekanban_central.imported import ImportState
from ekanban_central.ledger import SITE
from ekanban_central.loading import CARD

LOOP = "4711,Supermarket,Line 1"  # the plant's own, of 50 pieces and five cards
PATIENCE_S = 60


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite has one writer, and no order."""
    return str(request.getfixturevalue("central_on_postgresql"))


def wait_until_somebody_waits(plant: Plant) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with plant.database.reading() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("the import does not wait for the scan")


@pytest.mark.parametrize("kind", ["loops", "cards"])
def test_an_import_that_waits_for_a_scan_holds_nothing_that_the_scan_needs(
    plant: Plant, desk: ListDesk, kind: str
) -> None:
    desk.taken("cards", f"part,source,destination,cards\n{LOOP},25\n")
    bodies = sorted(row["body"] for row in plant.rows("card"))
    content = {
        "loops": f"part,source,destination,quantity\n{LOOP},60\n",
        "cards": "code,aliases\n" + "".join(f"{body},SAP-{body}\n" for body in reversed(bodies)),
    }[kind]
    hold = select(CARD.c.body).with_for_update(key_share=True, nowait=True)

    with ThreadPoolExecutor(1) as other:
        with plant.database.transaction() as scan:
            scan.execute(hold.where(CARD.c.body == bodies[0])).one()
            brought = other.submit(desk.bring, kind, content)
            wait_until_somebody_waits(plant)
            scan.execute(hold.where(CARD.c.body.in_(bodies[1:]))).all()
            scan.execute(select(SITE.c.id).with_for_update(nowait=True)).all()
        found = brought.result(PATIENCE_S)

    assert found.state is ImportState.DONE
