"""The terminal said one thing and central says another: what worker and supervisor read, and how it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from real_plant import until
from shop import Shop, Station

from ekanban_core.states import Closing

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(120)]

Look = Callable[..., Page]
Stand = Callable[[Station], Page]


def test_what_was_green_and_is_refused_stays_on_the_kiosk_until_somebody_has_seen_it(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    retired, held, lost, ordered = shop.plant.cards[:4]
    line.offline()
    shop.act(retired, "retire", reason="worn")
    shop.act(held, "hold", reason="stock check")
    shop.act(lost, "lost", reason="under the press")
    dock.scan(ordered)

    shown = [line.scan(body) for body in (retired, held, lost, ordered)]
    line.sent()

    assert {(one["outcome"], one["pending"]) for one in shown} == {("opened", True)}
    assert [(one["central"]["outcome"]) for one in line.get("/api/v1/refused")["items"]] == ["on_hold", "retired"]
    kiosk = kiosk_page(line)
    rows = kiosk.locator("ol.rows .word:visible")
    expect(rows).to_have_text(["Already ordered", "Found again", "On hold", "Out of use"])
    expect(kiosk.locator(".refused .title")).to_have_text("Refused at central: 2")
    expect(kiosk.locator(".refused .sentence")).to_have_text(
        "Not done: this card is out of use. Give it to your supervisor."
    )

    line.restart()
    kiosk = kiosk_page(line)
    kiosk.locator(".refused .key").click()
    expect(kiosk.locator(".refused .title")).to_have_text("Refused at central: 1")
    expect(kiosk.locator(".refused .sentence")).to_have_text("Not ordered: this card is on hold. Ask your supervisor.")
    kiosk = kiosk_page(line)
    kiosk.keyboard.press("Tab")
    kiosk.keyboard.press("Enter")
    expect(kiosk.locator(".refused")).to_be_hidden()
    assert line.get("/api/v1/refused")["items"] == []

    assert sorted(shop.reviews()) == ["found", "shown_green_refused", "shown_green_refused"]
    desk = central_page("/reviews")
    case = desk.locator("section.case", has_text="this card is on hold")
    expect(case).to_contain_text("The worker saw green, and the scan could not be carried out.")
    expect(case).to_contain_text(f"{held[:4]}-{held[4:]}")
    case.get_by_role("button", name="Order it").click()
    expect(desk.locator("section.case", has_text="this card is on hold")).to_have_count(0)
    assert shop.is_open(held)
    assert not shop.is_open(retired)


def test_an_old_print_that_was_green_there_is_refused_and_says_what_to_do_with_the_paper(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    line, dock = shop.station("Line 4", language="de"), shop.station("Goods in")
    body = shop.plant.cards[0]
    line.offline()
    for _ in range(2):  # a print that nobody made counts when it is scanned again
        dock.scan(body, "withdraw", version=2)

    assert line.scan(body)["outcome"] == "opened"
    line.sent()

    kiosk = kiosk_page(line)
    expect(kiosk.locator("ol.rows .word:visible")).to_have_text(["Alter Ausdruck"])
    expect(kiosk.locator(".refused .sentence")).to_contain_text("Nicht bestellt")
    desk = central_page("/reviews?kind=shown_green_refused", locale="de-DE")
    expect(desk.locator("section.case")).to_contain_text("Das Terminal zeigte Grün")
    assert not shop.is_open(body)


def test_what_was_red_there_and_is_possible_here_waits_for_the_supervisor(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    line = shop.station("Line 4")
    body = shop.plant.cards[0]
    shop.act(body, "hold", reason="stock check")
    line.online()
    line.offline()
    shop.act(body, "release")
    unheard_of = shop.card()

    red = [line.scan(body), line.scan(unheard_of)]
    line.sent()

    assert [(one["outcome"], one["colour"]) for one in red] == [("on_hold", "red"), ("unknown_card", "red")]
    assert shop.open_ones() == []
    kiosk = kiosk_page(line)
    expect(kiosk.locator("ol.rows .word:visible")).to_have_text(["For review", "For review"])
    expect(kiosk.locator('section[data-name="last"] .why')).to_have_text(
        "The terminal refused this, it would be possible now. Your supervisor decides."
    )
    desk = central_page("/reviews")
    why = "The worker saw red, and the scan would have been possible. Is it still wanted?"
    expect(desk.locator("section.case h2")).to_have_text([why, why])

    line.online()
    assert line.scan(body)["outcome"] == "opened"  # with a fresh register the same scan is carried out
    desk.reload()
    case = desk.locator("section.case", has_text=f"{body[:4]}-{body[4:]}")
    expect(case.get_by_role("button")).to_have_text(["Nothing to do"])  # what was wanted is on order
    case.get_by_role("button").click()
    desk.get_by_role("button", name="Order it").click()
    expect(desk.locator("section.case")).to_have_count(0)
    assert shop.is_open(unheard_of)


@pytest.mark.parametrize(
    ("button", "left"), [("Received: close it and open the next", True), ("Received: close it", False)]
)
def test_a_forgotten_receipt_is_settled_by_one_key(shop: Shop, central_page: Look, button: str, left: bool) -> None:
    line, body = shop.station("Line 4"), shop.plant.cards[0]
    line.scan(body)
    line.online()
    shop.pass_s(3600)

    again = line.scan(body)

    assert (again["outcome"], again["colour"]) == ("already_open", "amber")
    desk = central_page("/reviews")
    case = desk.locator("section.case")
    expect(case.locator("h2")).to_have_text("Empty again, long after the release: probably received without a scan.")
    case.get_by_role("button", name=button, exact=True).click()
    expect(desk.locator("section.case")).to_have_count(0)
    (closed,) = shop.get("/signals", state="closed")["items"]
    assert closed["closed_how"] == ("assumed" if left else "received")
    still_open = shop.get("/signals", state="open")["items"]
    assert [one["id"] for one in still_open] == ([again["id"]] if left else [])
    if left:
        assert still_open[0]["opened_at"] > closed["opened_at"]
    until(lambda: line.online().scan(body, "lookup")["signal"] is not None or not left, "the terminal knows it")


def test_in_a_one_scan_loop_the_next_empty_receives_and_its_undo_takes_both_back(shop: Shop, kiosk_page: Stand) -> None:
    line, body = shop.station("Line 4", language="de"), shop.card(Closing.ONE_SCAN)
    line.online()
    first = line.scan(body)
    line.online()
    shop.pass_s(3600)
    line.online()

    second = line.scan(body)
    line.online()

    assert second["message"].startswith("Letzter Behälter gilt als erhalten. Neu bestellt, fällig ")
    assert shop.signals(body) == {first["id"]: "assumed", second["id"]: None}
    kiosk = kiosk_page(line)
    kiosk.locator("#undo").click()
    expect(kiosk.locator('section[data-name="last"] .word')).to_have_text("Zurückgenommen")
    line.online()
    assert shop.signals(body) == {first["id"]: None, second["id"]: "undone"}
    assert shop.reviews() == []
