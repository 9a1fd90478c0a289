"""A list with anything wrong in it changes nothing, and everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from central_plant import TABLES, Plant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from list_desk import HEAD, ListDesk, told
from sqlalchemy import insert

from ekanban_central import csv_import
from ekanban_central.database import Database
from ekanban_central.imported import ImportState
from ekanban_core.card_code import CardCode
from ekanban_core.states import Closing

LOOP = "4711,Supermarket,Line 1"  # the plant's own
SHORT = "part,source,destination"


@pytest.fixture(scope="module")
def sqlite_desk(_migrated: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListDesk]:
    """One for many files that change nothing."""
    file = tmp_path_factory.mktemp("lists") / "central.db"
    file.write_bytes(_migrated)
    database = Database(f"sqlite:///{file}")
    desk = ListDesk(Plant(database))
    yield desk
    desk.imports.stop()
    database.close()


def test_all_that_is_wrong_is_told_at_once(desk: ListDesk) -> None:
    said = desk.refused(
        "loops",
        f"{HEAD},destination_kind\n"
        "4711,Supermarket,Line 8,production,5,1 h,line\n"
        "4712,Supermarket,line1,production,1.000,5,\n"
        "4711,Supermarket,Line 8,production,5,1 h,line\n"
        "4711,Line 1,Line 1,foo,,1 h,\n"
        ",Supermarket,Mars,production,5,400 d,\n",
    )

    assert said == [
        "3, quantity: expected a whole number without separators, got “1.000”; write 1000, if that is meant",
        "3, lead_time: expected a number and its unit, such as 30 min, 8 h or 5 d, got “5”",
        "3, part: there is no part “4712”: import it first (--kind parts)",
        "3, destination: there is no location “line1”: did you mean “Line 1”?",
        "4, part: this stands on line 2 already",
        "5, kind: expected production, withdrawal, supplier, signal, got “foo”",
        "5, destination: expected another location than the source",
        "6, part: this value is missing",
        "6, lead_time: expected a time from 1 s to 366 d, got “400 d”",
        "6, destination: there is no location “Mars”: import it first (--kind locations), or say in the column"
        " destination_kind what it is (supplier, supermarket, machine, line)",
    ]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("parts", "number\n" + "x" * 61, ["2, number: expected at most 60 characters, got 61"]),
        ("parts", "number\nA\u202eB\n", ["2, number: expected printable characters, got '\\u202e'"]),
        ("parts", "number\nA\nA\n", ["3, number: this stands on line 2 already"]),
        ("parts", 'number\n" "\n', ["1, : there is no row below the first line"]),
        ("parts", "number,unit\n,pcs\n", ["2, number: this value is missing"]),
        ("locations", "name,kind\nX,\n", ["2, kind: this value is missing"]),
        ("locations", "name,kind\nX,place\n", ["2, kind: expected supplier, supermarket, machine, line, got “place”"]),
        ("loops", f"{SHORT}\n{LOOP}x\n", ["2, destination: there is no location “Line 1x”: import it first (--kind"
         " locations), or say in the column destination_kind what it is (supplier, supermarket, machine, line)"]),
        ("loops", f"{SHORT},bin\n{LOOP},B\n{LOOP},C\n", [
            f"1, {name}: this column is missing: the loop on line 2 is new, and needs it"
            for name in ("kind", "quantity", "lead_time")]),
        ("loops", f"{HEAD},bin\n{LOOP},withdrawal,,1 h,B\n", ["2, quantity: this loop is new, and needs this value"]),
        ("loops", f"{HEAD}\n{LOOP},supplier,50,1 h\n",
         ["2, kind: this loop is there already, with “withdrawal”; that cannot be changed"]),
        ("loops", f"{SHORT},source_kind\n{LOOP},machine\n",
         ["2, source_kind: “Supermarket” is of the kind supermarket, not “machine”; change it by --kind locations"]),
        ("loops", f"{SHORT},states\n{LOOP},waiting\n",
         ["2, states: expected some of acknowledged, in_process, ready, in_transit, got “waiting”"]),
        ("loops", f"{SHORT},states\n{LOOP},ready shipped\n",
         ["2, states: expected some of acknowledged, in_process, ready, in_transit, got “shipped”"]),
        ("cards", f"{SHORT}\n{LOOP}\n",
         ["2, code: expected a code, aliases or a number of cards: this row has none of them"]),
        ("cards", f"{SHORT},cards,aliases\n{LOOP},2,X\n",
         ["2, cards: a row with a code or aliases is one card; the number of cards has a row of its own"]),
        ("cards", f"{SHORT},cards\n{LOOP},1001\n", ["2, cards: expected a whole number from 1 to 1000, got “1001”"]),
        ("cards", f"{SHORT},cards\n{LOOP}x,1\n",
         ["2, part: there is no loop of this part, source, destination and bin: import it first (--kind loops)"]),
        ("cards", f"{SHORT},aliases\n{LOOP},X\n{LOOP},X\n", ["3, aliases: this stands on line 2 already"]),
        ("cards", f"{SHORT},aliases\n{LOOP},EKC-EMPTY\n",
         ["2, aliases: This is a command card: it cannot stand for a card."]),
        ("cards", "code\n7K3QM9X201CE\n",
         ["2, code: Not a card code: check characters are CE, expected CF"]),
        ("cards", "code\n7K3QM9X201CF\n", ["2, code: there is no card “7K3QM9X201CF” here; to make it, say of which"
         " loop it is (part, source, destination, bin)"]),
        ("cards", f"code,{SHORT},aliases\n7K3QM9X201CF,{LOOP},7K3QM9X201CF\n",
         ["2, aliases: “7K3QM9X201CF” is the code of a card of this plant; it needs no other one"]),
    ],
)  # fmt: skip
def test_a_list_with_something_wrong_changes_nothing(
    sqlite_desk: ListDesk, kind: str, content: str, said: list[str]
) -> None:
    assert sqlite_desk.refused(kind, content) == said


def test_a_code_stands_for_one_card(plant: Plant, desk: ListDesk) -> None:
    plant.loop(Closing.TWO_SCAN, bin="B")
    desk.taken("cards", f"code,aliases\n{plant.cards[0]},SAP-1\n")

    other = desk.refused("cards", f"code,aliases\n{plant.cards[1]},SAP-1\n")
    of_other_loop = desk.refused("cards", f"{SHORT},bin,aliases\n{LOOP},B,SAP-1\n")
    own = desk.refused("cards", f"code,aliases\n{plant.cards[1]},{CardCode(plant.cards[0], 1).text}\n")
    moved = desk.refused("cards", f"code,{SHORT},bin\n{plant.cards[0]},{LOOP},B\n")

    assert other == [f"2, aliases: “SAP-1” stands for the card {plant.cards[0]} already"]
    text = "is of another loop; cards stay with their loop, and codes with their card"
    assert of_other_loop == moved == [f"2, part: the card {plant.cards[0]} {text}"]
    code = CardCode(plant.cards[0], 1).text
    assert own == [f"2, aliases: “{code}” is the code of a card of this plant; it needs no other one"]


def test_cards_of_another_plant_are_out_of_reach(plant: Plant, desk: ListDesk) -> None:

    with plant.database.transaction() as connection:
        connection.execute(insert(TABLES["site"]), [{"id": 77, "code": "other", "name": "O", "time_zone": "UTC",
                                                     "language": "en", "head": 0, "mark": 0}])  # fmt: skip
    (theirs,) = plant.loop(Closing.TWO_SCAN, site_id=77)

    known = desk.refused("cards", f"code,aliases\n{theirs},SAP-1\n")
    claimed = desk.refused("cards", f"code,{SHORT}\n{theirs},{LOOP}\n")

    assert known == claimed == [f"2, code: {theirs} is a card of another plant"]


def test_a_file_of_too_many_rows_is_refused(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_import, "MOST_ROWS", 3)

    assert desk.refused("parts", "number\nA\nB\nC\nD\nE\n") == [
        "5, : a file has at most 3 rows; cut it, each part with the first line"
    ]


def test_a_file_larger_than_any_list_is_not_read_to_its_end(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_import, "MOST_BYTES", 1_000)

    assert desk.taken("parts", "number\n" + "A" * 60 + "\n" * 932) == ({"parts": 1}, 0, 0)
    wide = desk.refused("parts", 'number\n"' + "\n" * 1_000 + '"\n')
    assert wide[0] == "1, : the file has more than 1000 bytes: this is no such list"


def test_what_fails_in_the_middle_leaves_nothing_half_done(
    plant: Plant, desk: ListDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.everything()

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("ekanban_central.csv_work._Writer._mark", fail)
    found = desk.bring("cards", f"{SHORT},cards\n{LOOP},9\n")

    assert found.state is ImportState.BROKEN
    assert told(found)[0].startswith("0, : Central failed, and nothing was changed")
    assert desk.everything() == before


WHOLE = f"{HEAD},cards,destination_kind,remark\n" + "".join(
    f"4711,Supermarket,Bin {number},withdrawal,5,1 h,2,line,'=A{number}\n" for number in range(4)
)


@given(
    st.integers(0, len(WHOLE) - 1),
    st.integers(0, 12),
    st.sampled_from([b"", b"\0", b'"', b",", b";", b"\n", b"\r", b"\xff", b"'", b"1,5", b"9" * 30, "é\u2028".encode()]),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_taken_whole_or_not_at_all(
    sqlite_desk: ListDesk, begin: int, length: int, instead: bytes
) -> None:
    damaged = WHOLE.encode()[:begin] + instead + WHOLE.encode()[begin + length :]
    before = sqlite_desk.everything()

    found = sqlite_desk.bring("loops", damaged)
    after = sqlite_desk.everything()

    assert found.state in (ImportState.DONE, ImportState.REFUSED)
    if found.state is ImportState.REFUSED:
        assert after == before
        assert told(found)
    else:
        assert found.total == len([line for line in damaged.split(b"\n") if line.strip()]) - 1 or b'"' in damaged
        assert len(after["loop"]) - len(before["loop"]) == found.created.get("loops", 0)
        assert len(after["card"]) - len(before["card"]) == found.created.get("cards", 0)
        assert sqlite_desk.taken("loops", damaged) == ({}, 0, found.total)
