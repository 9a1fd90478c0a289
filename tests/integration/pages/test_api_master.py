"""Master data and cards for programs, on both databases."""

from __future__ import annotations

from uuid import uuid4

import pytest
from page_counter import Counter
from page_plant import PagePlant
from sqlalchemy import select

from ekanban_central.ledger import LEDGER
from ekanban_core.lifecycle import Step

LOOP = {
    "part": "4711-0815", "source": "Supermarket B", "destination": "Packing", "kind": "withdrawal", "quantity": 20,
    "lead_time_s": 1800,
}  # fmt: skip


def kinds(plant: PagePlant) -> list[str]:
    with plant.database.reading() as connection:
        statement = select(LEDGER.c.kind).where(LEDGER.c.site_id == plant.site_id).order_by(LEDGER.c.position)
        return [row.kind for row in connection.execute(statement)]


def changed(plant: PagePlant, body: str) -> int:
    """The ledger position at which the terminals' registers see a card anew."""
    with plant.database.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT changed FROM card WHERE body = '{body}'").scalar_one())  # noqa: S608  # a body of our own


def test_a_loop_is_made_from_nothing_and_its_cards_are_scanned(works: PagePlant, counter: Counter) -> None:
    counter.post("/parts", 201, number="NEW-1", description="Clip", unit="pcs")
    counter.post("/locations", 201, name="Tugger stop 3", kind="supermarket")
    loop = counter.post("/loops", 201, **{**LOOP, "part": "NEW-1", "source": "Tugger stop 3", "states": ["ready"]})

    cards = counter.post("/cards", 201, loop_id=loop["id"], count=3, printed=True)["items"]
    works.scan(cards[0]["body"])

    assert [card["number"] for card in cards] == [1, 2, 3]
    assert {card["state"] for card in cards} == {"active"}
    assert counter.get(f"/cards/{cards[0]['code']}")["signal"] is not None
    assert counter.get(f"/loops/{loop['id']}")["cards"] == 3
    assert {"part_created", "location_created", "loop_created", "card_created", "card_activated"} <= set(kinds(works))


def test_a_card_is_a_draft_until_it_is_printed(works: PagePlant, counter: Counter) -> None:
    (card,) = counter.post("/cards", 201, loop_id=str(works.loops[0]))["items"]

    assert (card["state"], card["print_version"]) == ("draft", 0)


def test_a_card_keeps_the_code_that_its_paper_carries_already(works: PagePlant, counter: Counter) -> None:
    wish = {"loop_id": str(works.loops[0]), "body": "7K3QM9X2"}

    (card,) = counter.post("/cards", 201, **wish)["items"]

    assert card["code"] == "7K3Q-M9X2-01CF"
    assert "exists already" in counter.post("/cards", 409, **wish)["detail"]
    counter.post("/cards", 422, **wish, count=2)
    counter.post("/cards", 422, loop_id=str(works.loops[0]), body="7K3QM9XU")


def test_lists_page_by_cursor(works: PagePlant, counter: Counter) -> None:
    for path, total in (("/parts", 12), ("/locations", 11), ("/loops", 14), ("/cards", 42)):
        seen, cursor = [], None
        while True:
            page = counter.get(path, limit=5, **({"cursor": cursor} if cursor else {}))
            seen += [item.get("id", item.get("body")) for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == total


def test_lists_are_narrowed(works: PagePlant, counter: Counter) -> None:
    assert [part["number"] for part in counter.get("/parts", number="SEAL-22")["items"]] == ["SEAL-22"]
    assert len(counter.get("/loops", part="4711-0815", source="Supermarket A")["items"]) == 1
    assert len(counter.get("/cards", loop_id=str(works.loops[0]))["items"]) == 3
    assert {place["kind"] for place in counter.get("/locations", kind="supplier")["items"]} == {"supplier"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/parts", {"number": "4711-0815"}, 409),
        ("/parts", {"number": ""}, 422),
        ("/parts", {"number": "a\u0000b"}, 422),
        ("/parts", {"number": "a", "colour": "red"}, 422),
        ("/locations", {"name": "Line 1", "kind": "line"}, 409),
        ("/locations", {"name": "Line 9", "kind": "moon"}, 422),
        ("/loops", {**LOOP, "part": "nothing"}, 422),
        ("/loops", {**LOOP, "source": "nowhere"}, 422),
        ("/loops", {**LOOP, "destination": "Supermarket B"}, 422),
        ("/loops", {**LOOP, "quantity": 0}, 422),
        ("/loops", {**LOOP, "states": ["received"]}, 422),
        ("/cards", {"loop_id": str(uuid4())}, 422),
        ("/cards", {"loop_id": "x"}, 422),
    ],
)
def test_wrong_master_data_is_refused_with_a_reason_and_leaves_nothing(
    works: PagePlant, counter: Counter, path: str, body: dict[str, object], status: int
) -> None:
    before = kinds(works)

    problem = counter.post(path, status, **body)

    assert problem["detail"]
    assert kinds(works) == before


def test_a_doubled_loop_is_refused(works: PagePlant, counter: Counter) -> None:
    counter.post("/loops", 201, **LOOP)

    assert "exists already" in counter.post("/loops", 409, **LOOP)["detail"]


def test_another_quantity_makes_all_prints_stale_and_tells_the_terminals(works: PagePlant, counter: Counter) -> None:
    body, loop = works.cards[0], str(works.loops[0])
    before = changed(works, body)

    answer = counter.api.patch(f"/api/v1/loops/{loop}", json={"quantity": 150})
    works.scan(body)

    assert answer.json()["quantity"] == 150
    assert changed(works, body) > before
    signal = works.open_signal(body)
    assert signal is not None
    assert signal["quantity"] == 150
    assert "quantity_changed" in kinds(works)


def test_parts_and_locations_and_the_site_get_other_words(works: PagePlant, counter: Counter) -> None:
    part = counter.get("/parts", number="SEAL-22")["items"][0]
    place = counter.get("/locations", kind="machine")["items"][0]

    assert (
        counter.api.patch(f"/api/v1/parts/{part['id']}", json={"description": "Seal"}).json()["description"] == "Seal"
    )
    assert counter.api.patch(f"/api/v1/locations/{place['id']}", json={"name": "Lathe"}).json()["name"] == "Lathe"
    ada = counter.program(works.admin)
    assert ada.patch(f"/api/v1/sites/{works.site_id}", json={"time_zone": "Asia/Tokyo"}).status_code == 200
    assert ada.patch(f"/api/v1/sites/{works.site_id}", json={"time_zone": "Mars/Base"}).status_code == 422
    assert {"part_changed", "location_changed", "site_changed"} <= set(kinds(works))


def test_only_administrators_make_sites(works: PagePlant, counter: Counter) -> None:
    new = {"code": "second", "name": "Second plant", "time_zone": "Europe/Madrid"}

    assert counter.api.post("/api/v1/sites", json=new).status_code == 403
    assert counter.program(works.admin).post("/api/v1/sites", json=new).status_code == 201
    assert [site["code"] for site in counter.get("/sites")["items"]] == ["riverside", "second"]


def test_a_card_is_held_and_released(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]

    held = counter.post(f"/cards/{body}/hold", reason="Engineering change")
    works.scan(body)
    assert (held["state"], held["signal"]) == ("on_hold", None)
    assert works.open_signal(body) is None

    released = counter.post(f"/cards/{body}/release")
    works.pass_s(60)
    works.scan(body)
    assert released["state"] == "active"
    assert works.open_signal(body) is not None


def test_a_card_retires_with_its_signal_only_when_that_is_wanted(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]
    works.scan(body)

    refused = counter.post(f"/cards/{body}/retire", 409)
    done = counter.post(f"/cards/{body}/retire", reason="Loop is given up", cancel=True)

    assert "order is open" in refused["detail"]
    assert done["state"] == "retired"
    assert works.open_signal(body) is None
    counter.post(f"/cards/{body}/hold", 409)


def test_a_lost_card_is_reinstated(works: PagePlant, counter: Counter) -> None:
    body = works.cards[0]

    assert counter.post(f"/cards/{body}/lost", reason="Not at its place")["state"] == "lost"
    assert counter.post(f"/cards/{body}/reinstate")["state"] == "active"


def test_cards_that_do_not_exist_and_codes_that_are_none(counter: Counter) -> None:
    assert "There is no such card" in counter.get("/cards/00000000", 404)["detail"]
    assert "expected" in counter.get("/cards/7K3QM9X201CE", 404)["detail"]
    counter.post("/cards/00000000/hold", 404)
    counter.post("/cards/00000000/burn", 422)


def test_a_viewer_changes_nothing(works: PagePlant, counter: Counter) -> None:
    viewer = counter.program(works.viewer)
    works.scan(works.cards[0])
    works.step(works.cards[0], Step.RECEIVE)

    assert viewer.get("/api/v1/cards").status_code == 200
    for path, body in (
        ("/parts", {"number": "x"}), ("/locations", {"name": "x", "kind": "line"}), ("/loops", LOOP),
        ("/cards", {"loop_id": str(works.loops[0])}), (f"/cards/{works.cards[0]}/hold", {}),
    ):  # fmt: skip
        assert viewer.post(f"/api/v1{path}", json=body).status_code == 403
