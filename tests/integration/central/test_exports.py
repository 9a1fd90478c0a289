"""What central exports is what it has, harmless in a spreadsheet, and comes back by an import (promise 18)."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from central_plant import TABLES, Plant
from list_desk import HEAD, ListDesk, told
from sqlalchemy import delete, insert

from ekanban_central.csv_files import BOM, FORMULA
from ekanban_central.database import Database
from ekanban_central.imported import ImportState
from ekanban_core.states import Closing
from ekanban_migrations import upgrade

OTHER = {"id": 77, "code": "other", "name": "O", "time_zone": "UTC", "language": "en", "head": 0, "mark": 0}
KINDS = ("locations", "parts", "loops", "cards")


@pytest.fixture
def desk(plant: Plant) -> Iterator[ListDesk]:
    """Of a plant with dangerous names."""
    desk = ListDesk(plant)
    desk.taken("parts", 'number,description\n\'\'=1+1,-5\n@X,"a;b, ""c"""\n')
    desk.taken("loops", f"{HEAD},bin,states,min_cycle,holds_back,remark,cards,source_kind,destination_kind\n"
               "''=1+1,+Ruland,Line 2,supplier,20,5 d,B1,ready in_transit,90 s,yes,'=HYPERLINK(1),2,supplier,line\n"
               "@X,Supermarket,Line 1,signal,1,36 h,,,,,,,,\n")  # fmt: skip
    desk.taken("cards", "part,source,destination,bin,aliases,one_off\n"
               "''=1+1,+Ruland,Line 2,B1,\"00012\n-77\",\n@X,Supermarket,Line 1,,(01)04012345678901,yes\n")  # fmt: skip
    yield desk
    desk.imports.stop()


def cells(text: str) -> list[list[str]]:
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def test_what_was_exported_is_imported_again_and_changes_nothing(desk: ListDesk) -> None:
    files = {kind: desk.export(kind) for kind in KINDS}

    done = {kind: desk.taken(kind, text) for kind, text in files.items()}

    assert done == {kind: ({}, 0, len(cells(text)) - 1) for kind, text in files.items()}
    assert min(unchanged for _created, _changed, unchanged in done.values()) > 1


def test_an_empty_plant_gets_all_of_it_back(desk: ListDesk, central_on_sqlite: str, tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    shutil.copy(central_on_sqlite.removeprefix("sqlite:///"), file)
    database = Database(f"sqlite:///{file}")
    upgrade.central(f"sqlite:///{file}")
    with database.transaction() as connection:
        for table in reversed(TABLES.values()):
            connection.execute(delete(table))
    other = ListDesk(Plant(database, cards=1))
    for kind in KINDS:
        found = other.bring(kind, desk.export(kind))
        assert found.state is ImportState.DONE, told(found)

    for kind in KINDS[:3]:
        assert sorted(cells(other.export(kind))) == sorted(cells(desk.export(kind)))
    here = {tuple(row[:7]) for row in cells(other.export("cards"))}
    assert here >= {tuple(row[:7]) for row in cells(desk.export("cards"))}
    other.imports.stop()
    database.close()


def test_of_another_plant_nothing_is_exported(plant: Plant, desk: ListDesk) -> None:
    kinds = ("locations", "loops", "cards", "signals", "ledger")
    line = plant.terminal()
    line.send(line.scan(plant.cards[0]), line.scan(plant.cards[0], "receive"))
    before = {kind: desk.export(kind) for kind in kinds}

    with plant.database.transaction() as connection:
        connection.execute(insert(TABLES["site"]), [OTHER])
    (theirs,) = plant.loop(Closing.TWO_SCAN, bin="B9", site_id=OTHER["id"])
    scanner = plant.terminal("Theirs")
    plant.change("terminal", {"id": scanner.id}, site_id=OTHER["id"])
    scanner.send(scanner.scan(theirs))

    assert {kind: desk.export(kind) for kind in kinds} == before
    assert len(cells(before["signals"])) == 2


def test_no_value_is_a_formula(plant: Plant, desk: ListDesk) -> None:
    line = plant.terminal("=line")
    line.send(line.reading(b"-77"), line.reading(b"=cmd"))

    tables = {kind: cells(desk.export(kind)) for kind in (*KINDS, "signals", "ledger")}

    assert min(map(len, tables.values())) > 1
    for kind, table in tables.items():
        assert not [value for row in table for value in row if value.startswith(FORMULA)], kind
        assert {len(row) for row in table} == {len(table[0])}, kind


def test_the_ledger_is_whole_and_in_its_order(plant: Plant, desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ekanban_central.exports.AT_ONCE", 7)

    table = cells(desk.export("ledger"))

    assert [int(row[0]) for row in table[1:]] == list(range(1, len(plant.rows("ledger")) + 1))


def test_open_and_past_signals_are_exported(plant: Plant, desk: ListDesk) -> None:
    line = plant.terminal()
    line.send(line.scan(plant.cards[0]), line.scan(plant.cards[1]))
    plant.pass_s(60)
    line.send(line.scan(plant.cards[0], "receive"))

    table = cells(desk.export("signals"))

    assert sorted(row[table[0].index("state")] for row in table[1:]) == ["received", "released"]


def test_long_lists_come_page_by_page(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {kind: desk.export(kind) for kind in KINDS}
    monkeypatch.setattr("ekanban_central.exports.AT_ONCE", 2)

    assert {kind: desk.export(kind) for kind in KINDS} == whole
