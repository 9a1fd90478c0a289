"""Review desk and terminals follow what happens while somebody looks at them, and take nothing out of their hands."""

from __future__ import annotations

import pytest
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from playwright.sync_api import Browser, expect

from ekanban_core.states import TerminalState

pytestmark = pytest.mark.needs("chromium")


def test_a_question_appears_on_the_desk_and_leaves_it_when_its_scan_is_taken_back(
    plant: PagePlant, erika: Seat
) -> None:
    body = plant.cards[0]
    page = erika.open("/reviews")
    before = page.locator(".case").count()

    asked = plant.scan(body)  # ten hours after its order: probably received without a scan

    case = page.locator(".case", has_text="probably received without a scan")
    expect(case).to_have_count(1)
    expect(page.locator("nav [data-count='/reviews']")).to_have_text(str(before + 1))
    expect(page).to_have_title(f"Review desk ({before + 1}) – Riverside Works")
    expect(page.locator(".chip .count").first).to_have_text(str(before + 1))
    plant.scan(body, "undo", target=asked)
    expect(case).to_have_count(0)
    assert erika.said == []


def test_what_somebody_else_decides_leaves_the_desk_of_everybody(plant: PagePlant, erika: Seat, second: Seat) -> None:
    plant.scan(plant.cards[0])
    for one in (erika, second):
        one.open("/reviews")
    case = second.page.locator(".case", has_text="probably received without a scan")
    expect(case).to_have_count(1)

    mine = erika.page.locator(".case", has_text="probably received without a scan")
    mine.get_by_role("button", name="Not received: leave it open").click()

    expect(case).to_have_count(0)


def test_what_one_reads_or_writes_at_the_desk_stays_until_one_has_done(plant: PagePlant, erika: Seat) -> None:
    first, other = plant.cards[0], plant.cards[1]
    asked = plant.scan(first)
    page = erika.open("/reviews")
    case = page.locator(".case", has_text="probably received without a scan").first
    note = case.locator("input[name=note]")
    note.fill("I go and look")

    plant.scan(first, "undo", target=asked)
    plant.scan(other)
    expect(page.locator(".case", has_text="probably received without a scan")).to_have_count(2)

    expect(note).to_have_value("I go and look")
    note.fill("")
    page.locator("h1").click()
    expect(page.locator(".case", has_text="probably received without a scan")).to_have_count(1)


def test_a_terminal_appears_is_approved_elsewhere_and_its_scans_count(
    plant: PagePlant, erika: Seat, second: Seat
) -> None:
    page = erika.open("/terminals")
    other = second.open("/terminals")

    plant.terminal("Line 6", TerminalState.PENDING)
    plant.scan(plant.cards[0])  # whatever happens: who looks asks anew
    row = page.locator("tr", has_text="Line 6")
    expect(row).to_contain_text("Approve")
    row.locator("summary").click()
    other.locator("tr", has_text="Line 6").get_by_role("button", name="Approve").click()

    expect(other.locator("tr", has_text="Line 6")).to_contain_text("In touch")
    expect(row.locator(".menu")).to_be_visible()  # what one is about to do is not taken away
    row.locator("summary").click()
    expect(row).to_contain_text("In touch")
    assert erika.said == []


@pytest.mark.more
def test_scans_that_a_disk_has_lost_appear_at_their_terminal_and_on_the_desk(
    plant: PagePlant, erika: Seat, second: Seat
) -> None:
    page, desk = erika.open("/terminals"), second.open("/reviews")

    lost = plant.lose_scans(2)

    link = page.locator("tr", has_text="Line 4").get_by_role("link", name="2 scans missing")
    expect(link).to_be_visible()
    case = desk.locator(".case", has_text="Scans are missing: 2.")
    expect(case).to_contain_text("Line 4")
    plant.terminals[0].send(lost[0])
    expect(page.get_by_role("link", name="1 scan missing")).to_be_visible()
    page.get_by_role("link", name="1 scan missing").click()
    page.locator(".case", has_text="Scans are missing").get_by_role("button", name="Noted").click()
    expect(case).to_have_count(0)


@pytest.mark.more
def test_the_desk_says_when_it_is_not_live(browser: Browser, desk: Desk) -> None:
    with seat(browser, desk) as cut_off:
        page = cut_off.open("/reviews")
        expect(page.locator(".notice")).to_have_count(0)

        page.context.set_offline(True)
        desk.loop.call_soon_threadsafe(desk.app.state.central.hub.close)  # a stream that stands is not cut by that

        expect(page.locator(".notice")).to_contain_text("Not live", timeout=30_000)


@pytest.mark.more
def test_the_desk_says_so_when_central_answers_that_it_cannot(plant: PagePlant, browser: Browser, desk: Desk) -> None:
    with seat(browser, desk) as held_up:
        page = held_up.open("/reviews")
        page.route("**/reviews*", lambda route: route.fulfill(status=503, content_type="text/html", body=""))

        plant.scan(plant.cards[0])

        expect(page.locator(".notice")).to_contain_text("Not live")
