"""Whatever a text holds goes into both databases and is found there again, as it was (promise 18)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from central_plant import TABLES, Plant

from ekanban_central import intake_known
from ekanban_central.driver import as_json, rows_of_all
from ekanban_central.sets import insert_rows, upsert_rows

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


def test_bytes_json_and_nothing_are_stored_as_they_are(plant: Plant) -> None:
    told: dict[str, Any] = {text: [text, None, 1, True, {"deep": text}] for text in TEXTS}
    row = {
        "terminal_id": TERMINAL, "epoch": UUID(int=8), "seq": 2**53 - 1, "scan_id": UUID(int=9),
        "content_hash": bytes(range(256)), "outcome": "opened", "answer": told, "body": None, "effect": None,
        "position": 1,
    }  # fmt: skip

    with plant.database.transaction() as connection:
        insert_rows(connection, TABLES["scan_identity"], [row])

    assert plant.rows("scan_identity") == [row]


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
        intake_known.SITES.given(ids={1, 2}),
    ]

    with plant.database.transaction() as connection:
        insert_rows(connection, TABLES["scan_identity"], [row])
        together = rows_of_all(connection, *asked)
        alone = [query.rows(connection, **values) for query, values in asked]

    assert together == alone
    assert together[1] == [row]
    assert not together[2]


@pytest.mark.needs("postgresql")
def test_bytes_do_not_go_through_json(postgres_url: str) -> None:
    from ekanban_central.database import Database
    from ekanban_migrations import upgrade

    upgrade.central(postgres_url)
    database = Database(postgres_url)
    row = {"terminal_id": TERMINAL, "content_hash": b"x", "answer": {}, "position": 1}

    with pytest.raises(TypeError, match="bytes"), database.transaction() as connection:
        upsert_rows(connection, TABLES["scan_aside"], [row])
    database.close()


def test_json_that_is_nested_deeper_than_usual_is_still_written() -> None:
    nested: Any = {"at": UUID(int=1)}
    for _ in range(400):
        nested = [nested]

    assert as_json(nested) == "[" * 400 + '{"at":"00000000-0000-0000-0000-000000000001"}' + "]" * 400
