"""Pages of cards on paper as people see them: nothing is cut off, Enter prints and decides nothing by itself."""

from __future__ import annotations

import pytest
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from page_printing import register, want
from playwright.sync_api import Browser, Page, expect

from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart
from ekanban_central.ledger import SYSTEM
from ekanban_central.master import Desk as Writer
from ekanban_central.master import create_cards, create_location, create_loop, create_part
from ekanban_central.print_engine import Sent
from ekanban_core.states import LocationKind, LoopKind, PrintState

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.more]  # a browser of some seconds each
LONG_PART = "VERY-LONG-PART-NUMBER-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONG_PLACE = "Oberflächentechnik-Beschichtungsanlage Halle 12 Nord, Regalzeile 44"
CUT = """() => [
  ...[...document.querySelectorAll("table.list th, h1, .loop-head, .tabs a")]
    .filter((one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1),
  ...[...document.querySelectorAll("td .state, h1")].filter((one) => {
    const [mine, around] = [one, one.closest("td") ?? document.body].map((box) => box.getBoundingClientRect());
    return mine.right > around.right + 1;
  }),
].map((one) => one.textContent.trim())"""
LOW = """() => [...document.querySelectorAll("main .chip, main .tabs a, main button, main .button")]
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 40)"""


def long_loop(plant: PagePlant) -> str:
    """A loop whose every name is as long as it may be; its address."""
    with plant.database.transaction() as connection:
        desk = Writer(connection, plant.site_id, SYSTEM, plant.now, plant.random)
        create_part(desk, NewPart(number=LONG_PART, description="W" * 190))
        create_location(desk, NewLocation(name=LONG_PLACE, kind=LocationKind.LINE))
        new = NewLoop(
            part=LONG_PART, source="Supermarket A", destination=LONG_PLACE, bin="R" * 40, kind=LoopKind.WITHDRAWAL,
            quantity=2_000_000_000, container="K" * 40, lead_time_s=86_400,
        )  # fmt: skip
        loop = create_loop(desk, new)
        create_cards(desk, loop, NewCards(count=2, printed=True))
    return f"/loops/{loop}"


def job_in_each_state(plant: PagePlant, desk: Desk, page: Page) -> str:
    """Jobs that ended otherwise, and the address of one that somebody must look at."""
    register(plant, desk)
    address = ""
    ends = Sent(PrintState.FAILED, 0, 1), Sent(PrintState.ACCEPTED, 0, 1), Sent(PrintState.UNKNOWN, 0, 1)
    for place, desk.engine.ends in enumerate(ends):
        address = f"/print-jobs/{want(desk, plant.cards[place : place + 1])}"
        page.goto(desk.url + address)
        expect(page.locator(".job-now .state:not(:text-is('Wartet'), :text-is('Wird gedruckt'))")).to_be_visible()
    return address


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (800, 480), (390, 844)])
def test_german_words_and_the_longest_names_are_not_cut_off(
    browser: Browser, desk: Desk, width: int, height: int
) -> None:
    plant = desk.plant
    with seat(browser, desk, "administrator", viewport={"width": width, "height": height}, locale="de-DE") as ada:
        paths = [long_loop(plant), job_in_each_state(plant, desk, ada.page), "/print-jobs", "/printers", "/audits"]
        for path in paths:
            page = ada.open(path)

            assert page.evaluate(CUT) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            if width < 1000:
                assert page.evaluate(LOW) == [], path
        assert ada.said == []


def test_enter_in_a_field_tries_a_number_and_prints_nothing(plant: PagePlant, erika: Seat, desk: Desk) -> None:
    register(plant, desk)
    page = erika.open(f"/cards/print?loop={plant.loops[0]}&count=2")
    count = page.get_by_label("How many")

    count.fill("5")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Make and print 5 cards")
    assert "/cards/print?" in page.url
    count.fill("2000")
    count.blur()
    assert count.evaluate("field => field.matches(':invalid')")
    expect(page.locator("h1")).to_have_text("Make and print 5 cards")
    assert desk.engine.sent == 0


def test_enter_in_a_note_of_the_review_desk_decides_nothing(plant: PagePlant, erika: Seat) -> None:
    plant.miss(next(body for body in plant.cards if plant.open_signal(body) is None))
    page = erika.open("/reviews")

    page.get_by_label("Note").fill("Ask the night shift")
    page.keyboard.press("Enter")
    page.reload()

    expect(page.locator(".case form")).to_have_count(1)


def test_what_can_be_done_about_a_job_follows_what_a_colleague_does(
    plant: PagePlant, erika: Seat, second: Seat, desk: Desk
) -> None:
    register(plant, desk)
    desk.engine.ends = Sent(PrintState.ACCEPTED, 0, 2)
    job = f"/print-jobs/{want(desk, plant.cards[:2])}"
    page, colleague = erika.open(job), second.open(job)
    expect(page.get_by_label("Came out")).to_have_value("2")  # offered, typed by nobody

    expect(colleague.get_by_label("Came out")).to_have_value("2")
    colleague.get_by_role("button", name="Note that they came out").click()

    expect(page.locator(".job-state .state")).to_have_text("On paper")
    expect(page.get_by_role("button", name="Note that they came out")).to_have_count(0)


def test_a_wish_that_central_has_not_answered_yet_is_not_made_anew_by_what_happens_meanwhile(
    plant: PagePlant, erika: Seat, second: Seat, desk: Desk
) -> None:
    register(plant, desk)
    desk.engine.ends = Sent(PrintState.FAILED, 0, 3)
    job = f"/print-jobs/{want(desk, plant.cards[:3])}"
    page, colleague = erika.open(job), second.open(job)
    sent = page.locator("form", has_text="Print the 3 missing cards again")
    wish = sent.locator("[name=request_id]").input_value()
    sent.evaluate("form => { form.dataset.sent = '1'; }")  # as page.js does; Playwright would wait for the answer

    colleague.locator("#rows input").first.check()
    colleague.get_by_role("button", name="These came out").click()

    expect(page.locator(".job-bar")).to_contain_text("1 of 3")
    expect(page.locator("form[data-sent] [name=request_id]")).to_have_value(wish)
