"""Whatever a text holds goes into both databases and is found there again, as it was (promise 18)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from central_plant import TABLES, Plant
from sqlalchemy import Connection, Text, bindparam, func, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from ekanban_central import intake_known, ledger
from ekanban_central.database import Database
from ekanban_central.driver import Query, as_json, rows_of_all
from ekanban_central.ledger import SYSTEM, Entry
from ekanban_central.sets import Counted, Statements, insert_rows

TEXTS = [
    "", " ", "\\", "\\N", "\\.", "tab\there", "line\nline\r\n", 'quote "twice"', "it's", "{a,b}", "NULL",
    "%s %(x)s", "ü€😀",
]  # fmt: skip
TERMINAL = UUID(int=7)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_text_is_stored_and_looked_up_as_it_is(plant: Plant, text: str) -> None:
    with plant.database.transaction() as connection:
        insert_rows(connection, TABLES["alias"], [{"text": text, "body": plant.cards[0]}])

        found = intake_known.ALIASES.rows(connection, texts={text, "another"})
        ((together,),) = [rows_of_all(connection, intake_known.ALIASES.given(texts={text, "another"}))[0]]

    assert found == [together] == [{"text": text, "body": plant.cards[0]}]


@pytest.mark.parametrize("many", [1, 500], ids=["one", "many"])
def test_bytes_json_and_nothing_are_stored_as_they_are(plant: Plant, many: int) -> None:
    told: dict[str, Any] = {text: [text, None, 1, True, {"deep": text}] for text in TEXTS}
    rows = [
        {
            "terminal_id": TERMINAL, "epoch": UUID(int=8), "seq": 2**53 - number, "scan_id": UUID(int=9 + number),
            "content_hash": bytes(range(256)), "outcome": "opened", "answer": told, "body": None, "effect": None,
            "position": 1,
        }
        for number in range(1, 1 + many)
    ]  # fmt: skip

    with plant.database.transaction() as connection:
        insert_rows(connection, TABLES["scan_identity"], rows)

    assert sorted(plant.rows("scan_identity"), key=lambda row: -row["seq"]) == rows


def test_many_questions_in_one_get_the_rows_that_each_gets_alone(plant: Plant) -> None:
    row = {
        "terminal_id": TERMINAL, "epoch": UUID(int=8), "seq": 2**53 - 1, "scan_id": UUID(int=9),
        "content_hash": bytes(range(256)), "outcome": "opened", "answer": {"deep": TEXTS}, "body": None,
        "effect": None, "position": 1,
    }  # fmt: skip
    asked = [
        intake_known.GENERATION.given(),
        intake_known.IDENTITIES.given(ids={UUID(int=9), UUID(int=10)}),
        intake_known.ALIASES.given(texts=set()),
        intake_known.SITES.given(terminals={TERMINAL, plant.terminal().id}),
    ]

    with plant.database.transaction() as connection:
        insert_rows(connection, TABLES["scan_identity"], [row])
        together = rows_of_all(connection, *asked)
        alone = [query.rows(connection, **values) for query, values in asked]

    assert together == alone
    assert together[1] == [row]
    assert not together[2]


def test_what_is_said_together_is_done_in_order_and_answers_what_is_asked_between(plant: Plant) -> None:
    row = {"terminal_id": TERMINAL, "content_hash": b"\x00\xff", "answer": {}, "position": 1}

    with plant.database.transaction() as connection:
        statements = Statements(connection)
        statements.insert(TABLES["alias"], [{"text": "A", "body": plant.cards[0]}])
        before = statements.ask(intake_known.ALIASES, texts={"A"})
        statements.update(TABLES["alias"], [{"text": "A", "body": plant.cards[1]}])
        after = statements.ask(intake_known.ALIASES, texts={"A"})
        statements.upsert(TABLES["scan_aside"], [row])
        statements.upsert(TABLES["scan_aside"], [{**row, "position": 2}])
        statements.run()

    assert [one["body"] for one in (*before, *after)] == plant.cards[:2]
    assert plant.rows("scan_aside") == [{**row, "position": 2}]


def test_numbers_of_rows_are_counted_from_a_head_that_an_earlier_statement_takes(plant: Plant) -> None:
    aside = {"terminal_id": TERMINAL, "answer": {}}
    body = plant.cards[0]

    with plant.database.transaction() as connection:
        before = ledger.head(connection, plant.site_id).position
        statements = Statements(connection)
        entries = [Entry("noted", SYSTEM, data={"number": number}) for number in range(3)]
        head = ledger.reserve(statements, plant.site_id, entries, 1)
        counted = Counted(head, ("position",))
        rows = [{**aside, "content_hash": bytes([number]), "position": number - 2} for number in range(3)]
        statements.insert(TABLES["scan_aside"], rows, counted)
        statements.update(TABLES["card"], [{"body": body, "changed": -1}], Counted(head, ("changed",)))
        ledger.write(statements, entries, 1, head)
        statements.run()

    assert head.position == before + 3
    assert [row["position"] for row in plant.rows("scan_aside")] == [before + 1, before + 2, before + 3]
    assert [row["changed"] for row in plant.rows("card") if row["body"] == body] == [before + 2]
    written = [row for row in plant.rows("ledger") if row["kind"] == "noted"]
    assert [(row["position"], row["mark"], row["data"]["number"]) for row in written] == [
        (before + 1 + number, head.mark, number) for number in range(3)
    ]


def test_nothing_after_a_statement_that_fails_is_done_and_nothing_is_committed(plant: Plant) -> None:
    def twice(connection: Connection) -> None:
        statements = Statements(connection)
        statements.insert(TABLES["alias"], [{"text": "A", "body": plant.cards[0]}])
        statements.insert(TABLES["alias"], [{"text": "A", "body": plant.cards[1]}])
        statements.insert(TABLES["alias"], [{"text": "B", "body": plant.cards[1]}])
        statements.run(commit=True)

    for _ in range(3):  # the same connection goes on
        with pytest.raises(IntegrityError), plant.database.transaction() as connection:
            twice(connection)

    assert plant.count("alias") == 0


@pytest.mark.needs("postgresql")
def test_a_commit_that_postgresql_turned_into_a_rollback_is_an_error(postgres_url: str) -> None:
    """It answers the COMMIT of a failed transaction with success, and with the word ROLLBACK."""
    database = Database(postgres_url)
    with database.transaction() as connection:
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT 1 / 0")
        with pytest.raises(DBAPIError, match="got ROLLBACK"):
            Statements(connection).run(commit=True)
    database.close()


@pytest.mark.needs("postgresql")
def test_a_text_that_postgresql_cannot_hold_is_refused_not_cut(postgres_url: str) -> None:
    database = Database(postgres_url)
    echo = Query(lambda _among: select(bindparam("said", type_=Text).label("said")))

    with database.transaction() as connection:
        with pytest.raises(DataError):
            echo.rows(connection, said="cut\0here")
        assert echo.rows(connection, said="50 % whole") == [{"said": "50 % whole"}]
    database.close()


@pytest.mark.needs("postgresql")
def test_a_connection_that_is_cut_under_a_statement_is_an_error_and_is_not_used_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    cut = Query(lambda _among: select(func.pg_terminate_backend(func.pg_backend_pid()).label("done")))

    with pytest.raises(OperationalError), database.transaction() as connection:
        cut.rows(connection)

    with database.transaction() as connection:
        assert connection.execute(select(1)).scalar_one() == 1
    database.close()


def test_json_that_is_nested_deeper_than_usual_is_still_written() -> None:
    nested: Any = {"at": UUID(int=1)}
    for _ in range(400):
        nested = [nested]

    assert as_json(nested) == "[" * 400 + '{"at":"00000000-0000-0000-0000-000000000001"}' + "]" * 400
