"""What the page of open signals asks of the database: once for each change, and the same whatever lies in the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from page_counter import Counter
from page_plant import PagePlant, open_many
from sqlalchemy import event, text

from ekanban_central import signals_view
from ekanban_central.signals_filter import ORDERS, Filter


@pytest.fixture
def asked(counter: Counter) -> Iterator[list[str]]:
    """Statements that central executes."""
    statements: list[str] = []
    engine = counter.app.state.central.database.engine

    def note(*said: Any) -> None:
        statements.append(said[2])

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def of_signals(statements: list[str]) -> int:
    return sum("FROM signal" in one for one in statements)


def test_the_list_and_its_counts_are_read_once_for_all_who_look_at_an_unchanged_plant(
    works: PagePlant, counter: Counter, asked: list[str]
) -> None:
    works.scan(works.cards[0])
    erika, viktor = counter.browser(), counter.browser(works.viewer)
    assert works.cards[0] in erika.client.get("/signals").text
    asked.clear()

    page = viktor.client.get("/signals").text

    assert works.cards[0] in page
    assert of_signals(asked) == 0


def test_a_scan_stands_on_the_next_look(works: PagePlant, counter: Counter) -> None:
    erika = counter.browser()
    erika.client.get("/signals")

    works.scan(works.cards[3])

    page = erika.client.get("/signals").text
    assert works.cards[3] in page
    assert "(1)" in page.partition("</title>")[0]


def test_a_signal_that_falls_overdue_with_nothing_else_happening_is_counted(works: PagePlant, counter: Counter) -> None:
    works.scan(works.cards[0])
    erika = counter.browser()
    before = erika.client.get("/signals?overdue=1").text

    works.pass_s(61 * 60)  # its loop's lead time is an hour

    assert works.cards[0] not in before
    assert works.cards[0] in erika.client.get("/signals?overdue=1").text
    counts = counter.app.state.central.shared._kept["open"]
    assert sum(group.overdue for group in counts.groups) == 1


@pytest.fixture
def busy_works(postgres_url: str) -> Iterator[PagePlant]:
    """A plant on PostgreSQL with a thousand open signals and nothing past, as its statistics say."""
    works = PagePlant(postgres_url)
    open_many(works, 1_000)
    with works.database.transaction() as connection:
        connection.execute(text("ANALYZE"))
    yield works
    works.database.close()


@pytest.mark.needs("postgresql")
def test_the_list_is_not_planned_anew_for_each_look(busy_works: PagePlant) -> None:
    with busy_works.database.reading() as connection:
        for _ in range(16):  # the driver prepares a statement at its fifth use, PostgreSQL keeps a plan five uses later
            signals_view.page(connection, busy_works.site_id, Filter(), busy_works.now, 10)

        kept = connection.execute(
            text(
                "SELECT max(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%ORDER BY signal.due_ms%'"
            )
        ).scalar_one()

    assert kept


@pytest.mark.needs("postgresql")
def test_the_list_reads_along_its_index_though_statistics_know_of_no_past(busy_works: PagePlant) -> None:
    with busy_works.database.transaction() as connection:
        connection.execute(text(AGED))

    for order in ORDERS:
        plan = _plan(busy_works, Filter(order=order))
        assert f"ix_signal_open_{order.strip('-')} on signal" in plan, plan


def _plan(works: PagePlant, wanted: Filter) -> str:
    """How PostgreSQL reads the first page."""
    with works.database.reading() as connection:
        asked: list[Any] = []
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2:4]))
        signals_view.page(connection, works.site_id, wanted, works.now)
        statement, values = asked[0]
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))


AGED = """
    INSERT INTO signal (id, site_id, body, loop_id, state, urgent, quantity, opened_earliest_ms, opened_latest_ms,
                        due_ms, closed_earliest_ms, closed_latest_ms, closed_how, closed_reason, changed)
    SELECT gen_random_uuid(), site_id, body, loop_id, 'received', false, quantity, opened_earliest_ms - n,
           opened_latest_ms - n, due_ms - n, due_ms, due_ms, 'received', '', changed
    FROM signal, generate_series(1, 40) n"""
