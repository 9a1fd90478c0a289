"""Parts, locations, loops and cards come by CSV files: all rows or none, once, in a person's name (promise 20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from central_plant import TABLES, Plant, outcomes
from list_desk import HEAD, ListDesk
from sqlalchemy import insert

from ekanban_central.imported import ImportState
from ekanban_central.ledger import Actor
from ekanban_central.replay import replay_site
from ekanban_core.card_code import CardCode

ANNA = UUID("019caea2-5480-7238-abc9-f3c67d99e125")
LOOP = "4711,Supermarket,Line 1"  # the plant's own, of 50 pieces and five cards


@pytest.fixture
def desk(plant: Plant) -> Iterator[ListDesk]:
    """Anna's."""
    row = {"id": ANNA, "name": "anna", "display_name": "Anna Arndt", "role": "supervisor", "active": True}
    with plant.database.transaction() as connection:
        connection.execute(insert(TABLES["person"]), [row])
    desk = ListDesk(plant, Actor.person(ANNA))
    yield desk
    desk.imports.stop()


def named(plant: Plant, table: str, **where: Any) -> dict[str, Any]:
    (row,) = plant.rows(table, **where)
    return row


def test_parts_are_made_then_changed_then_left_as_they_are(plant: Plant, desk: ListDesk) -> None:
    content = "number;description;unit\nHX-1;Bolt;pcs\nHX-2;'=SUM(A1);\n"

    made = desk.taken("parts", content)
    again = desk.taken("parts", content)
    changed = desk.taken("parts", "number;unit;description\nHX-1;box;\nHX-2;;Nut\n")

    assert made == ({"parts": 2}, 0, 0)
    assert again == ({}, 0, 2)
    assert changed == ({}, 2, 0)
    assert named(plant, "part", number="HX-1") | {"id": 0} == {
        "id": 0, "number": "HX-1", "description": "Bolt", "unit": "box", "revision": "", "picture": None,
    }  # fmt: skip
    assert named(plant, "part", number="HX-2")["description"] == "Nut"


def test_every_change_names_who_brought_which_line_of_which_file(plant: Plant, desk: ListDesk) -> None:
    found = desk.bring("parts", "number\nHX-1\n\nHX-2\n")

    made = plant.rows("ledger", kind="part_created")[-2:]
    (end,) = plant.rows("ledger", kind="list_imported")
    assert [row["data"]["import"] for row in made] == [
        {"id": str(found.id), "file": "parts.csv", "line": line} for line in (2, 4)
    ]
    assert {(row["actor_kind"], row["actor"]) for row in (*made, end)} == {("person", str(ANNA))}
    assert end["data"]["import"] == str(found.id)
    assert (end["data"]["kind"], end["data"]["file"]) == ("parts", found.sha256)
    assert (found.person, found.name, found.total) == ("Anna Arndt", "parts.csv", 2)


def test_locations_are_made_and_change_their_kind(plant: Plant, desk: ListDesk) -> None:
    content = "name,kind\nLine 1,machine\nGoods in,SUPPLIER\n"

    assert desk.taken("locations", content) == ({"locations": 1}, 1, 0)
    assert desk.taken("locations", content) == ({}, 0, 2)
    assert named(plant, "location", name="Line 1")["kind"] == "machine"


def test_loops_come_with_their_cards_and_the_locations_that_they_name(plant: Plant, desk: ListDesk) -> None:
    content = (
        f"{HEAD},bin,min_cycle,closing,states,holds_back,cards,source_kind,destination_kind\n"
        "4711,Ruland,Line 2,supplier,20,5 d,B1,1.5 h,one_scan,ready in_transit,yes,3,supplier,line\n"
        "4711,Ruland,Line 2,supplier,20,5 d,B2,,,,,,supplier,line\n"
    )

    made, again = desk.taken("loops", content), desk.taken("loops", content)

    assert made == ({"locations": 2, "loops": 2, "cards": 3}, 0, 0)
    assert again == ({}, 0, 2)
    loop = named(plant, "loop", bin="B1")
    kept = ("quantity", "lead_time_s", "min_cycle_s", "closing", "states", "holds_back", "out_of_sequence")
    assert [loop[name] for name in kept] == [20, 432_000, 5_400, "one_scan", "ready,in_transit", True, "warn"]
    cards = plant.rows("card", loop_id=loop["id"])
    assert sorted(card["number"] for card in cards) == [1, 2, 3]
    assert {card["state"] for card in cards} == {"draft"}
    assert all(card["changed"] for card in cards)
    assert loop["changed"]


def test_another_quantity_makes_prints_stale_as_it_does_on_the_page(plant: Plant, desk: ListDesk) -> None:
    line = plant.terminal()

    done = desk.taken("loops", f"part,source,destination,quantity\n{LOOP},60\n")

    assert done == ({}, 1, 0)
    assert named(plant, "loop", id=plant.loop_id)["quantity"] == 60
    cards = plant.rows("card", loop_id=plant.loop_id)
    assert {card["quantity_version"] for card in cards} == {2}
    assert min(card["changed"] for card in cards) > named(plant, "loop", id=plant.loop_id)["changed"]
    assert outcomes(line.send(line.scan(plant.cards[0]))) == ["stale_print"]
    (entry,) = plant.rows("ledger", kind="loop_changed")
    assert entry["data"]["import"]["line"] == 2


def test_a_change_of_anything_else_leaves_the_paper_good(plant: Plant, desk: ListDesk) -> None:
    content = f"part,source,destination,quantity,remark\n{LOOP},50,Keep dry\n"

    assert desk.taken("loops", content) == ({}, 1, 0)
    assert {card["quantity_version"] for card in plant.rows("card", loop_id=plant.loop_id)} == {0}


def test_a_loop_has_as_many_cards_as_the_file_says_and_loses_none(plant: Plant, desk: ListDesk) -> None:
    head = "part,source,destination,cards\n"

    assert desk.taken("cards", f"{head}{LOOP},7\n") == ({"cards": 2}, 0, 0)
    assert desk.taken("loops", f"{head}{LOOP},7\n") == ({}, 0, 1)
    fewer = desk.bring("cards", f"{head}{LOOP},3\n")

    assert (fewer.state, fewer.created, fewer.unchanged) == (ImportState.DONE, {}, 1)
    (remark,) = fewer.remarks
    assert remark.text.format(**remark.facts) == "the loop has 7 cards, the file says 3; none is retired by a file"
    assert sorted(card["number"] for card in plant.rows("card", loop_id=plant.loop_id)) == list(range(1, 8))


def test_a_number_of_cards_counts_those_that_the_file_names_one_by_one(plant: Plant, desk: ListDesk) -> None:
    content = f"part,source,destination,cards,aliases\n{LOOP},8,\n{LOOP},,SAP-1\n{LOOP},,SAP-2\n"

    assert desk.taken("cards", content) == ({"cards": 3, "aliases": 2}, 0, 0)
    assert desk.taken("cards", content) == ({}, 0, 3)


def test_codes_of_others_make_a_card_each(plant: Plant, desk: ListDesk) -> None:
    content = f"part,source,destination,aliases\n{LOOP},00000012345\n{LOOP},00000012346\n"

    assert desk.taken("cards", content) == ({"cards": 2, "aliases": 2}, 0, 0)
    assert desk.taken("cards", content) == ({}, 0, 2)
    bodies = {row["text"]: row["body"] for row in plant.rows("alias")}
    assert sorted(bodies) == ["00000012345", "00000012346"]
    line = plant.terminal()
    assert outcomes(line.send(line.reading(b"00000012346"))) == ["opened"]
    assert len(plant.open_signals(bodies["00000012346"])) == 1


def test_a_card_that_is_there_gets_codes_of_others(plant: Plant, desk: ListDesk) -> None:
    code = CardCode(plant.cards[0], 1).shown
    content = f'code,aliases\n{code},"SAP-1\nSAP-2"\n'

    assert desk.taken("cards", content) == ({"aliases": 2}, 0, 0)
    assert desk.taken("cards", content) == ({}, 0, 1)
    entries = plant.rows("ledger", kind="alias_added")
    assert [(row["body"], row["data"]["text"]) for row in entries] == [
        (plant.cards[0], one) for one in ("SAP-1", "SAP-2")
    ]
    assert named(plant, "card", body=plant.cards[0])["changed"] == entries[-1]["position"]


def test_paper_that_was_drawn_elsewhere_becomes_a_card(plant: Plant, desk: ListDesk) -> None:
    content = f"code,part,source,destination\n7K3Q-M9X2-01CF,{LOOP}\n"

    assert desk.taken("cards", content) == ({"cards": 1}, 0, 0)
    assert desk.taken("cards", content) == ({}, 0, 1)
    line = plant.terminal()
    assert outcomes(line.send(line.reading(b"15K7K3QM9X201CF"))) == ["opened"]


def test_the_ledger_rebuilds_what_files_have_made(plant: Plant, desk: ListDesk) -> None:
    desk.taken("cards", f"part,source,destination,cards,aliases\n{LOOP},9,\n{LOOP},,SAP-1\n")
    desk.taken("loops", f"part,source,destination,quantity\n{LOOP},60\n")

    with plant.database.reading() as connection:
        state = replay_site(connection, plant.site_id)

    kept = ("state", "number", "quantity_version", "print_version", "one_off")
    assert {body: [one[name] for name in kept] for body, one in state.cards.items()} == {
        row["body"]: [row[name] for name in kept] for row in plant.rows("card")
    }


def test_a_look_beforehand_counts_the_same_and_changes_nothing(plant: Plant, desk: ListDesk) -> None:
    content = (
        f"{HEAD},cards,destination_kind\n{LOOP},withdrawal,60,1 h,6,\n4711,Supermarket,Line 9,withdrawal,5,1 h,2,line\n"
    )
    before, entries = desk.everything(), plant.count("ledger")

    looked = desk.bring("loops", content, dry_run=True)

    assert looked.state is ImportState.CHECKED
    assert (looked.created, looked.changed) == ({"locations": 1, "loops": 1, "cards": 3}, 1)
    assert (desk.everything(), plant.count("ledger")) == (before, entries)
    assert desk.taken("loops", content) == (looked.created, looked.changed, looked.unchanged)


def test_two_people_who_bring_the_same_at_once_make_it_once(plant: Plant, desk: ListDesk) -> None:
    others = ListDesk(plant)
    content = "number\n" + "".join(f"HX-{number}\n" for number in range(50))

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda one: one.bring("parts", content), (desk, others)))
    others.imports.stop()

    assert [one.state for one in both] == [ImportState.DONE] * 2
    assert sorted(one.created.get("parts", 0) for one in both) == [0, 50]
