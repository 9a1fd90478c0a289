"""Printing as a supervisor does it: chosen, looked at, printed, and seen to come out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from page_printing import register, want
from playwright.sync_api import Browser, expect

from ekanban_central.print_engine import Sent, Standing
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrinterDialect, PrinterWay, PrintState

pytestmark = pytest.mark.needs("chromium")
CONTRAST = (Path(__file__).parents[1] / "kiosk" / "contrast.js").read_text()
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_selected_cards_are_looked_at_and_printed_and_their_job_is_followed(
    plant: PagePlant, erika: Seat, desk: Desk
) -> None:
    register(plant, desk)
    desk.engine.go.clear()
    page = erika.open(f"/loops/{plant.loops[0]}")
    page.locator("#pick-all").check()
    page.keyboard.press("p")

    expect(page.locator("h1")).to_have_text("Print 3 cards")
    picture = page.locator(".stage img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100
    expect(page.locator(".printer-one .state")).to_have_text("Ready")
    page.get_by_role("link", name="The next card").click()
    expect(page.locator(".leaf").first).to_contain_text("2 of 3")
    expect(picture).to_have_attribute("src", re.compile("show=2"))
    page.get_by_role("button", name="Print 3 cards").click()

    expect(page.locator(".job-state .state")).to_have_text("Is printed")
    desk.engine.go.set()
    expect(page.locator(".job-state .state")).to_have_text("On paper")
    expect(page.locator(".job-bar")).to_contain_text("3 of 3")
    expect(page.locator("#rows .state", has_text="On paper")).to_have_count(3)
    assert desk.engine.sent == 1


def test_another_layout_is_tried_and_what_stands_in_the_way_is_said(plant: PagePlant, erika: Seat, desk: Desk) -> None:
    register(plant, desk, name="Office", way=PrinterWay.IPP, dialect=PrinterDialect.PDF, dpi=600,
             address="ipp://office.plant.example/ipp/print")  # fmt: skip
    page = erika.open(f"/cards/print?id={plant.cards[0]}&id={plant.cards[1]}")
    picture = page.locator(".stage img")
    before = picture.get_attribute("src")

    page.get_by_label("Layout").select_option("a6")
    expect(picture).to_have_attribute("src", re.compile("layout=a6"))
    assert picture.get_attribute("src") != before
    page.get_by_label("Sheet").select_option("a4-a6")
    skip = page.get_by_label("Places used up")
    skip.fill("77")
    skip.blur()
    expect(page.locator(".obstacles")).to_contain_text("Nothing is printed like this")
    expect(page.locator(".print-go button")).to_be_disabled()
    expect(skip).to_have_value("77")
    skip.fill("1")
    skip.blur()

    expect(page.locator(".obstacles")).to_have_count(0)
    assert "skip=1" in page.url
    assert "csrf" not in page.url


def test_after_a_jam_a_person_says_what_came_out_and_prints_the_rest_again(
    plant: PagePlant, erika: Seat, desk: Desk
) -> None:
    register(plant, desk)
    desk.engine.ends = Sent(PrintState.UNKNOWN, 0, 4, "The connection broke.")
    page = erika.open("/cards/print?" + "&".join(f"id={body}" for body in plant.cards[:4]))
    page.locator(".print-go button").click()
    expect(page.locator(".job-state .state")).to_have_text("Somebody must look")
    desk.engine.ends = Sent(PrintState.DONE, 9, 9)

    rows = page.locator("#rows tr")
    rows.nth(0).locator("input").check()
    rows.nth(2).locator("input").click(modifiers=["Shift"])
    expect(page.locator(".picked-count")).to_have_text("3 cards selected")
    page.get_by_role("button", name="These came out").click()
    expect(page.locator(".job-bar")).to_contain_text("3 of 4")
    page.get_by_role("button", name="Print the 1 missing card again").click()

    expect(page.locator("h1")).to_contain_text("1 card")
    expect(page.locator(".job-state .state")).to_have_text("On paper")
    expect(page.locator("#rows")).to_contain_text(CardCode(plant.cards[3], 3).shown)


def test_on_the_phone_a_replacement_is_wanted_and_its_paper_confirmed(browser: Browser, desk: Desk) -> None:
    plant = desk.plant
    register(plant, desk)
    desk.engine.ends = Sent(PrintState.ACCEPTED, 0, 1)
    desk.engine.go.clear()
    body = next(body for body in plant.cards if plant.open_signal(body) is None)
    with seat(browser, desk, **PHONE) as phone:
        page = phone.open(f"/c/{CardCode(body, 1).text}")
        page.locator("summary", has_text="Print a replacement").tap()
        page.get_by_label("is damaged").check()
        page.get_by_role("button", name="Print card").tap()
        expect(page.locator(".paper-now .state")).to_have_text("Is printed")

        desk.engine.go.set()
        confirm = page.get_by_role("button", name="I have it in my hand")
        expect(confirm).to_be_visible()
        box = confirm.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 844  # without scrolling
        confirm.tap()

        expect(page.locator(".notice")).to_contain_text("Destroy this paper.")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert phone.said == []


def test_a_printer_is_registered_and_asked_how_it_is(browser: Browser, desk: Desk) -> None:
    desk.engine.says = Standing(False, "No paper: put new labels in.")
    with seat(browser, desk, "administrator") as ada:
        page = ada.open("/printers")
        page.get_by_role("link", name="Register a printer").first.click()
        page.locator("[name=name]").fill("Labels")
        page.locator("[name=address]").fill("labels.plant.example:9100")
        page.get_by_role("button", name="Register the printer").click()

        row = page.locator("#rows tr")
        expect(row.locator(".state")).to_have_text("Not ready")
        expect(row).to_contain_text("No paper")
        desk.engine.says = Standing(True, "Ready.")
        row.get_by_role("button", name="Ask Labels again").click()
        expect(row.locator(".state")).to_have_text("Ready")
        desk.engine.go.clear()
        want(desk, desk.plant.cards[:1])
        expect(row.locator(".number")).to_have_text("1")
        expect(row.locator(".state")).to_have_text("Ready")  # asked again
        desk.engine.go.set()
        assert ada.said == []


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (390, 844, "dark")])
def test_no_page_of_cards_and_printing_is_wider_than_its_screen_shifts_fades_or_complains(
    browser: Browser, desk: Desk, width: int, height: int, scheme: str
) -> None:
    plant = desk.plant
    register(plant, desk, name="A printer with a name that is as long as printers' names may be at the very most, ok")
    paths = [
        "/loops", f"/loops/{plant.loops[0]}", "/cards", f"/cards/print?id={plant.cards[0]}", "/print-jobs", "/printers",
        "/printers/new", "/audits",
    ]  # fmt: skip
    with seat(
        browser, desk, "administrator", viewport={"width": width, "height": height}, color_scheme=scheme
    ) as taken:
        page = taken.page
        for path in paths:
            with page.expect_event("requestfinished"):
                taken.open(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.title().endswith("– Riverside Works")
            assert shift(page) < 0.02, path
            assert page.evaluate(CONTRAST, 4.5) == [], path
        assert taken.said == []


def shift(page: object) -> float:
    """How far what stood on the page has moved while it came: the sum of the browser's own layout shift scores."""
    return page.evaluate(  # type: ignore[attr-defined, no-any-return]
        """() => new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
            .observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 50);
        })"""
    )
