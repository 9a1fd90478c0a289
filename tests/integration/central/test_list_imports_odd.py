"""Files of cards and loops that are read without a fault, and yet must not be taken at their word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from central_plant import TABLES, Plant, outcomes
from list_desk import ListDesk
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ekanban_central import csv_work
from ekanban_central.imported import ImportState
from ekanban_central.master import ALIAS
from ekanban_core.card_code import CardCode
from ekanban_core.states import CardState, Closing

LOOP = "4711,Supermarket,Line 1"  # the plant's own, of 50 pieces and five cards
SHORT = "part,source,destination"


def test_a_foreign_code_with_separators_in_it_stays_one_code(plant: Plant, desk: ListDesk) -> None:
    scanned = "]C10104012345678901\x1d217\x1d10AB"
    desk.taken("cards", f'{SHORT},aliases\n{LOOP},"{scanned}\r\nSAP-1"\n')

    assert sorted(row["text"] for row in plant.rows("alias")) == ["(01)04012345678901(21)7(10)AB", "SAP-1"]


def test_a_number_of_one_off_cards_is_refused(desk: ListDesk) -> None:
    said = desk.refused("cards", f"{SHORT},cards,one_off\n{LOOP},7,yes\n")

    assert said == ["2, one_off: a number of cards is one of lasting ones; a one-off card has a row of its own, with a"
                    " code or aliases"]  # fmt: skip


def test_a_retired_card_of_another_plants_export_does_not_come_back(plant: Plant, desk: ListDesk) -> None:
    content = f"code,{SHORT},state\n7K3Q-M9X2-01CF,{LOOP},retired\n"

    found = desk.bring("cards", content)

    assert (found.state, dict(found.created), found.unchanged) == (ImportState.DONE, {}, 1)
    (remark,) = found.remarks
    assert (remark.line, remark.column) == (2, "state")
    line = plant.terminal()
    assert outcomes(line.send(line.reading(b"15K7K3QM9X201CF"))) == ["unknown_card"]


@pytest.mark.parametrize("written", ["7K3QM9X201CF", "7K3Q-M9X2-01CF", "15K7K3QM9X201CF"])
def test_a_code_that_stands_for_another_card_becomes_no_card_itself(plant: Plant, desk: ListDesk, written: str) -> None:
    with plant.database.transaction() as connection:  # entered while no card had this code
        connection.execute(insert(ALIAS), [{"text": written, "body": plant.cards[0]}])

    said = desk.refused("cards", f"code,{SHORT}\n7K3QM9X201CF,{LOOP}\n")

    assert said == [f"2, code: “{written}” stands for the card {plant.cards[0]} already: scans of this paper would be"
                    " scans of that card"]  # fmt: skip


@pytest.mark.parametrize("rounded", ["4,01235E+12", "4.01E+12", "1e+10"])
def test_a_number_that_a_spreadsheet_has_rounded_is_no_code(desk: ListDesk, rounded: str) -> None:
    text = f"a spreadsheet has rounded this number: “{rounded}”; make the column text there, and enter it again"

    assert desk.refused("cards", f"{SHORT};aliases\n".replace(",", ";") + f"{LOOP};{rounded}\n".replace(
        LOOP, LOOP.replace(",", ";"))) == [f"2, aliases: {text}"]  # fmt: skip
    assert desk.refused("parts", f"number;unit\n{rounded};pcs\n") == [f"2, number: {text}"]


def test_a_file_of_too_many_foreign_codes_is_refused(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_work, "MOST_NEW_ALIASES", 3)

    codes = "\n".join(f"SAP-{number}" for number in range(4))
    assert desk.refused("cards", f'{SHORT},aliases\n{LOOP},"{codes}"\n') == [
        "2, aliases: the file makes more than 3 codes of others; cut it"
    ]


def test_a_file_that_makes_too_many_prints_stale_is_refused(
    plant: Plant, desk: ListDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_work, "MOST_STALE_CARDS", 4)

    said = desk.refused("loops", f"{SHORT},quantity\n{LOOP},60\n")

    assert said == ["2, quantity: the file makes the papers of more than 4 cards stale; cut it"]


def test_two_centrals_that_are_brought_the_same_number_of_cards_make_it_once(
    plant: Plant, desk: ListDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, write = Barrier(2), csv_work.write

    def write_together(*given: Any) -> None:
        try:
            both.wait(0.5)  # where both have counted before either has written
        except Exception:  # one of them waits for the other, as it shall
            both.abort()
        write(*given)

    monkeypatch.setattr(csv_work, "write", write_together)
    others = ListDesk(plant)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.bring("cards", f"{SHORT},cards\n{LOOP},9\n"), (desk, others)))
    others.imports.stop()

    assert [one.state for one in found] == [ImportState.DONE] * 2
    assert sorted(card["number"] for card in plant.rows("card", loop_id=plant.loop_id)) == list(range(1, 10))


def test_foreign_codes_of_a_retired_card_are_told(plant: Plant, desk: ListDesk) -> None:
    code = CardCode(plant.cards[0], 1).shown
    desk.taken("cards", f"code,aliases\n{code},SAP-1\n")
    plant.change("card", {"body": plant.cards[0]}, state=CardState.RETIRED)

    found = desk.bring("cards", f"{SHORT},aliases\n{LOOP},SAP-1\n")

    assert (dict(found.created), found.unchanged) == ({}, 1)
    assert [(one.line, one.column) for one in found.remarks] == [(2, "aliases")]


def test_names_of_another_plant_are_not_those_of_this_one(plant: Plant, desk: ListDesk) -> None:
    other = {"id": 77, "code": "other", "name": "O", "time_zone": "UTC", "language": "en", "head": 0, "mark": 0}
    with plant.database.transaction() as connection:
        connection.execute(insert(TABLES["site"]), [other])
    plant.loop(Closing.TWO_SCAN, bin="B9", site_id=77)
    plant.change("location", {"site_id": 77, "name": "Line 1"}, name="Line 9")
    theirs = {name: plant.rows(name, site_id=77) for name in ("location", "loop", "card")}

    no_place = desk.refused("loops", f"{SHORT},bin,quantity\n4711,Supermarket,Line 9,B9,5\n")
    no_loop = desk.refused("cards", f"{SHORT},bin,cards\n4711,Supermarket,Line 9,B9,3\n")
    made = desk.taken("locations", "name,kind\nLine 9,machine\n")

    assert [one.partition(":")[0] for one in no_place] == ["2, destination"]
    assert [one.partition(":")[0] for one in no_loop] == ["2, part"]
    assert made == ({"locations": 1}, 0, 0)
    assert {name: plant.rows(name, site_id=77) for name in theirs} == theirs


def test_paper_of_a_retired_card_stays_as_it_is_when_the_quantity_changes(plant: Plant, desk: ListDesk) -> None:
    plant.change("card", {"body": plant.cards[0]}, state=CardState.RETIRED)

    desk.taken("loops", f"{SHORT},quantity\n{LOOP},60\n")

    assert {row["body"]: row["quantity_version"] for row in plant.rows("card")} == {
        body: 0 if body == plant.cards[0] else 2 for body in plant.cards
    }


def test_neither_retired_nor_one_off_cards_are_among_those_that_a_loop_shall_have(plant: Plant, desk: ListDesk) -> None:
    plant.change("card", {"body": plant.cards[0]}, state=CardState.RETIRED)
    desk.taken("cards", f"{SHORT},aliases,one_off\n{LOOP},SAP-1,yes\n")

    assert desk.taken("cards", f"{SHORT},cards\n{LOOP},5\n") == ({"cards": 1}, 0, 0)
    assert desk.taken("cards", f"{SHORT},cards\n{LOOP},5\n") == ({}, 0, 1)
    numbers = [row["number"] for row in plant.rows("card", loop_id=plant.loop_id)]
    assert sorted(numbers) == list(range(1, 8))  # of each card its own


@pytest.mark.parametrize(("times", "state"), [(2, ImportState.DONE), (3, ImportState.BROKEN)])
def test_what_somebody_makes_on_a_page_at_the_same_time_is_looked_at_anew(
    plant: Plant, desk: ListDesk, monkeypatch: pytest.MonkeyPatch, times: int, state: ImportState
) -> None:
    write, met = csv_work.write, iter(range(times))

    def write_beside_others(*given: Any) -> None:
        if next(met, None) is not None:
            raise IntegrityError("INSERT", None, Exception("that is there already"))
        write(*given)

    monkeypatch.setattr(csv_work, "write", write_beside_others)

    assert desk.bring("parts", "number\nHX-1\n").state is state
    assert len(plant.rows("part", number="HX-1")) == (state is ImportState.DONE)


def test_pages_that_are_open_hear_of_what_a_file_has_changed(plant: Plant, desk: ListDesk) -> None:
    desk.taken("parts", "number\nHX-1\n")

    assert plant.published == [(plant.site_id, plant.rows("ledger")[-1]["position"])]
