"""The schema's history, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from ekanban_central import ledger, loading, tables
from ekanban_central.database import Database
from ekanban_central.replay import replay_site
from ekanban_migrations import upgrade
from ekanban_migrations.upgrade import Schema


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: these tests make the schema."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'central.db'}"


def test_the_history_leads_to_the_tables_that_the_code_works_with(database: Database) -> None:
    assert tables.Ledger.metadata is SQLModel.metadata

    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_partial_indexes_are_as_the_tables_say(database: Database) -> None:
    with database.reading() as connection:
        made = {index["name"]: index for index in inspect(connection).get_indexes("signal")}

    one_open = made["one_open_signal_per_card"]
    assert one_open["unique"]
    options = one_open["dialect_options"]
    assert "closed_how IS NULL" in str(options[f"{database.backend}_where"])


def test_a_schema_that_is_current_stays_as_it_is(database_url: str, database: Database) -> None:
    before = _generation(database)

    upgrade.central(database_url)

    assert _generation(database) == before


def test_a_newer_schema_is_refused_and_left_alone(database_url: str, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(upgrade.SchemaNewer):
        upgrade.central(database_url)

    with database.reading() as connection:
        assert upgrade.central_schema(connection) is Schema.NEWER
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_what_an_earlier_release_has_stored_is_what_this_one_reads(database_url: str) -> None:
    told = {"reason": "opened", "facts": {"due_ms": 2**53}, "text": 'ü "\\\\" \n', "none": None, "deep": [1, [True]]}
    rows = [told, {"reason": "received"}]
    upgrade.central(database_url, "0002")
    database = Database(database_url)
    try:
        with database.transaction() as connection:
            connection.execute(_SITE_OF_OLD)
            for position, data in enumerate(rows, 1):
                row = {"site_id": 1, "position": position, "data": json.dumps(data)}
                connection.execute(_LEDGER_OF_OLD, row)

        upgrade.central(database_url)

        with database.reading() as connection:
            read = connection.execute(select(ledger.LEDGER.c.data).order_by(ledger.LEDGER.c.position)).scalars()
            assert list(read) == rows
            assert upgrade.central_schema(connection) is Schema.CURRENT
        with pytest.raises(DBAPIError, match="append-only"), database.transaction() as connection:
            connection.execute(delete(ledger.LEDGER))
    finally:
        database.close()


def test_loops_that_know_nothing_of_paper_get_empty_words(database_url: str) -> None:
    upgrade.central(database_url, "0004")
    database = Database(database_url)
    try:
        with database.transaction() as connection:
            connection.execute(_SITE_OF_OLD)
            for statement in _LOOP_OF_OLD:
                connection.execute(text(statement.replace("NIL", f"'{1:032x}'")))

        upgrade.central(database_url)

        with database.reading() as connection:
            (site,) = connection.execute(select(ledger.SITE)).mappings()
            (loop,) = connection.execute(select(loading.LOOP)).mappings()
            (part,) = connection.execute(select(loading.PART)).mappings()
        assert (site["base_url"], site["owner"]) == ("", "")
        assert (loop["supplier_part"], loop["remark"], loop["layout"], loop["quantity"]) == ("", "", "", 40)
        assert part["picture"] is None
    finally:
        database.close()


def test_cards_that_got_the_same_number_are_all_there_with_numbers_of_their_own(database_url: str) -> None:
    upgrade.central(database_url, "0008")
    database = Database(database_url)
    old = [("AAAAAAAA", 1, "retired", 1), ("BBBBBBBB", 1, "active", 2), ("CCCCCCCC", 2, "draft", 0),
           ("DDDDDDDD", 2, "draft", 0), ("EEEEEEEE", 2, "active", 1), ("FFFFFFFF", 3, "active", 1)]  # fmt: skip
    try:
        with database.transaction() as connection:
            connection.execute(_SITE_OF_OLD)
            for statement in _LOOP_OF_OLD:
                connection.execute(text(statement.replace("NIL", f"'{1:032x}'")))
            for body, number, state, version in old:
                row = {"body": body, "number": number, "state": state, "version": version}
                connection.execute(_CARD_OF_OLD, row)

        upgrade.central(database_url)

        with database.reading() as connection:
            cards = {row["body"]: row for row in connection.execute(select(loading.CARD)).mappings()}
            told = [dict(row) for row in connection.execute(select(ledger.LEDGER)).mappings()]
            head = ledger.head(connection, 1)
            again = replay_site(connection, 1)
        assert {body: card["number"] for body, card in cards.items()} == {
            "AAAAAAAA": 4, "BBBBBBBB": 1, "CCCCCCCC": 5, "DDDDDDDD": 6, "EEEEEEEE": 2, "FFFFFFFF": 3,
        }  # fmt: skip
        assert {body: card["changed"] for body, card in cards.items() if card["changed"]} == {
            "AAAAAAAA": 1, "CCCCCCCC": 2, "DDDDDDDD": 3,
        }  # fmt: skip
        assert {body: card["number"] for body, card in again.cards.items()} == {
            "AAAAAAAA": 4, "CCCCCCCC": 5, "DDDDDDDD": 6,
        }  # fmt: skip
        assert ([row["position"] for row in told], head.position) == ([1, 2, 3], 3)
        assert {row["mark"] for row in told} == {head.mark} != {0}
        with pytest.raises(DBAPIError), database.transaction() as connection:
            connection.execute(_CARD_OF_OLD, {"body": "GGGGGGGG", "number": 3, "state": "draft", "version": 0})
    finally:
        database.close()


_CARD_OF_OLD = text(
    "INSERT INTO card (body, site_id, loop_id, number, state, print_version, pending_version, quantity_version,"
    " one_off, changed) SELECT :body, 1, id, :number, :state, :version, :version, 0, false, 0 FROM loop"
)
_LOOP_OF_OLD = (
    "INSERT INTO part (id, number, description, unit, revision) VALUES (NIL, '4711', '', 'pcs', '')",
    "INSERT INTO location (id, site_id, name, kind) VALUES (NIL, 1, 'Line 1', 'line')",
    "INSERT INTO loop (id, site_id, part_id, source_id, destination_id, bin, kind, quantity, container, lead_time_s,"
    " min_cycle_s, closing, states, holds_back, out_of_sequence, changed)"
    " VALUES (NIL, 1, NIL, NIL, NIL, '', 'withdrawal', 40, '', 60, 0, 'two_scan', '', false, 'warn', 0)",
)
_SITE_OF_OLD = text(
    "INSERT INTO site (id, code, name, time_zone, language, head, mark) VALUES (1, 'plant', 'Plant', 'UTC', 'en', 0, 0)"
)
_LEDGER_OF_OLD = text(
    "INSERT INTO ledger (site_id, position, at_ms, kind, actor_kind, data)"
    " VALUES (:site_id, :position, 1, 'scan', 'terminal', :data)"
)


def test_an_empty_database_is_seen_as_such(database_url: str) -> None:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            assert upgrade.central_schema(connection) is Schema.EMPTY
    finally:
        database.close()


def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    program = "import sys; from ekanban_migrations import upgrade; upgrade.central(sys.argv[1])"
    started = [subprocess.Popen([sys.executable, "-c", program, database_url]) for _ in range(3)]

    ended = [process.wait(60) for process in started]

    assert ended == [0, 0, 0]
    database = Database(database_url)
    try:
        assert _generation(database)
    finally:
        database.close()


def test_sqlite_is_durable_and_checks_references(database: Database) -> None:
    if database.backend != "sqlite":
        with database.reading() as connection:
            assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
        return
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def _generation(database: Database) -> str:
    with database.reading() as connection:
        return ledger.generation(connection)
