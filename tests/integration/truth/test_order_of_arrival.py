"""Receive and empty of one card reach central in the wrong order, undos come too late: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from shop import Shop, Station

pytestmark = [pytest.mark.more, pytest.mark.needs("chromium"), pytest.mark.timeout(120)]

Look = Callable[..., Page]
Stand = Callable[[Station], Page]


def test_a_receipt_that_overtakes_its_order_is_closed_by_one_key(shop: Shop, central_page: Look) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    body = shop.plant.cards[0]
    line.offline()
    order = line.scan(body)
    shop.pass_s(1200)

    receipt = dock.scan(body, "receive")
    line.sent()

    assert (receipt["outcome"], receipt["colour"]) == ("review", "amber")
    assert shop.signals(body) == {order["id"]: None}
    desk = central_page("/reviews", locale="de-DE")
    case = desk.locator("section.case")
    expect(case.locator("h2")).to_have_text("Gescannt als „erhalten“, aber für diese Karte ist nichts bestellt.")
    case.get_by_role("button", name="Erhalten: schließen").click()
    expect(desk.locator("section.case")).to_have_count(0)
    assert shop.signals(body) == {order["id"]: "received"}


def test_a_receipt_from_before_the_order_does_not_offer_to_close_it(shop: Shop, central_page: Look) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    body = shop.plant.cards[0]
    dock.scan(body, "receive")
    shop.pass_s(1200)

    order = line.scan(body)

    expect(central_page("/reviews").locator("section.case").get_by_role("button")).to_have_text(["Nothing to do"])
    assert shop.signals(body) == {order["id"]: None}


@pytest.mark.parametrize("first", ["the receipt", "the next order"])
def test_receive_and_next_empty_that_were_stored_offline_end_alike_in_either_order(
    shop: Shop, central_page: Look, first: str
) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    body = shop.plant.cards[0]
    order = line.scan(body)
    line.online(), dock.online()
    line.offline(), dock.offline()
    shop.pass_s(1200)
    dock.scan(body, "receive")
    shop.pass_s(1200)
    again = line.scan(body)
    assert again["outcome"] == "already_open"  # as far as Line 4 knows

    for station in (dock, line) if first == "the receipt" else (line, dock):
        station.sent()

    if first == "the next order":  # central could not know of the receipt: a person decides, in one action
        assert shop.signals(body) == {order["id"]: "received"}
        desk = central_page("/reviews")
        case = desk.locator("section.case")
        expect(case.get_by_role("button")).to_have_text(["Order it", "Nothing to do"])
        case.get_by_role("button", name="Order it").click()
        expect(desk.locator("section.case")).to_have_count(0)
    assert shop.signals(body) == {order["id"]: "received", again["id"]: None}
    assert shop.reviews() == []


def test_a_bin_that_was_empty_again_before_its_receipt_arrived_is_ordered_by_one_key(
    shop: Shop, central_page: Look
) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    body = shop.plant.cards[0]
    order = line.scan(body)
    line.online(), dock.online()
    dock.offline()
    shop.pass_s(120)
    dock.scan(body, "receive")
    shop.pass_s(120)
    again = line.scan(body)  # within the minimum cycle time: no question is asked yet
    assert (again["outcome"], shop.reviews()) == ("already_open", [])

    dock.sent()

    assert shop.signals(body) == {order["id"]: "received"}
    desk = central_page("/reviews", locale="de-DE")
    case = desk.locator("section.case")
    expect(case.locator("h2")).to_contain_text("Leer gescannt, als die Bestellung hier noch offen war.")
    expect(case).to_contain_text("Line 4")
    expect(case).to_contain_text("Behälter leer")
    case.get_by_role("button", name="Bestellen").click()
    expect(desk.locator("section.case")).to_have_count(0)
    assert shop.signals(body) == {order["id"]: "received", again["id"]: None}
    assert shop.reviews() == []


def test_a_receipt_that_comes_after_the_desk_has_assumed_it_is_late(shop: Shop, kiosk_page: Stand) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in", language="de")
    body = shop.plant.cards[0]
    order = line.scan(body)
    line.online(), dock.online()
    dock.offline()
    shop.pass_s(1200)
    dock.scan(body, "receive")
    shop.pass_s(1200)
    again = line.scan(body)
    shop.decide("probably_received", "received_next")

    dock.sent()

    assert shop.signals(body) == {order["id"]: "assumed", again["id"]: None}
    assert shop.reviews() == []
    expect(kiosk_page(dock).locator("ol.rows .word:visible")).to_have_text(["Zu spät"])


def test_an_undo_of_what_has_moved_on_is_shown_and_may_cancel(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    line, body = shop.station("Line 4"), shop.plant.cards[0]
    order = line.scan(body)
    line.online()
    line.offline()
    undo = line.post("/api/v1/undo")
    shop.post(f"/signals/{order['id']}/acknowledge")
    line.sent()

    assert (undo["outcome"], undo["message"], undo["pending"]) == ("undone", "Stored, not yet taken back.", True)
    assert shop.signals(body) == {order["id"]: None}
    kiosk = kiosk_page(line)
    expect(kiosk.locator(".refused .sentence")).to_have_text("It has gone further since. Your supervisor decides.")
    desk = central_page("/reviews")
    case = desk.locator("section.case")
    expect(case.locator("h2")).to_have_text("An undo came after its scan had gone further.")
    case.get_by_label("Note").fill("Wrong card")
    case.get_by_role("button", name="Cancel the signal").click()
    expect(desk.locator("section.case")).to_have_count(0)
    assert shop.signals(body) == {order["id"]: "cancelled"}


def test_an_undo_while_offline_takes_back_what_it_followed(shop: Shop) -> None:
    line, body = shop.station("Line 4"), shop.plant.cards[0]
    line.offline()
    order = line.scan(body)
    line.post("/api/v1/undo")

    line.sent()

    assert shop.signals(body) == {order["id"]: "undone"}
    assert line.status()["last"]["outcome"] == "undone"
    assert line.get("/api/v1/refused")["items"] == []
    assert line.online().scan(body)["outcome"] == "opened"
