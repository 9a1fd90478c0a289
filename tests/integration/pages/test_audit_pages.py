"""Card audits as a supervisor walks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from page_counter import Counter
from page_desk import Desk, Seat
from page_plant import PagePlant
from page_printing import register
from playwright.sync_api import expect

from ekanban_core.card_code import CardCode


@pytest.fixture
def works(central_on_sqlite: str) -> Iterator[PagePlant]:
    """One database is enough: what lies below is tested on both."""
    plant = PagePlant(central_on_sqlite)
    yield plant
    plant.database.close()


def code(body: str, version: int = 1) -> str:
    return CardCode(body, version).text


def test_an_audit_counts_what_is_scanned_and_prints_what_is_missing(works: PagePlant, counter: Counter) -> None:
    register(works, counter)
    erika = counter.browser()
    asked = {"destination": "Line 1", "source": "Fastener World", "name": "Spring"}
    audit = erika.post("/audits", **asked, terminal=str(works.terminals[1].id)).headers["location"]
    works.pass_s(60)
    works.scan(works.cards[0], "lookup", terminal=1)
    works.scan(works.cards[20], "lookup", terminal=1)

    page = erika.get(audit).text
    assert "<title>Spring · Audit (2)" in page
    assert re.findall(r'<tr id="line-(\w+)"', page) == [*works.cards[:3], works.cards[20]]
    assert "Out of place" in page
    assert ("Not seen yet" in page, "Missing" in page) == (True, False)  # somebody still walks
    assert re.findall(r'<tr id="line-(\w+)"', erika.get(f"{audit}?found=missing").text) == works.cards[1:3]
    assert erika.post(f"{audit}/end").status_code == 303
    assert erika.post(f"{audit}/end").status_code == 409
    assert "Missing" in erika.get(audit).text

    job = erika.post(f"{audit}/replace").headers["location"]
    counter.app.state.central.printers.work_off()
    assert erika.get(job).text.count('<tr id="item-') == 2
    assert "Printed anew" in erika.get(audit).text
    none = erika.post(f"{audit}/replace", request_id=str(uuid4()))
    assert none.status_code == 409
    assert "Nothing is missing that could be printed." in none.text


def test_codes_are_noted_by_hand_and_old_paper_is_told(works: PagePlant, counter: Counter) -> None:
    erika = counter.browser()
    audit = erika.post("/audits", part="4711-0815").headers["location"]

    def noted(text: str) -> str:
        answer = erika.client.post(
            f"{audit}/seen", data={"csrf": erika.csrf, "code": text}, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 200
        return str(answer.json()["notices"][0]["text"])

    assert noted(code(works.cards[0])).startswith("Seen: ")
    assert "does not belong here" in noted(code(works.cards[9]))
    assert noted("hello").startswith("No card has this code: hello")
    counter.post(f"/cards/{works.cards[1]}/hold")
    assert "1" in erika.get(audit).text


def test_an_audit_of_nothing_is_refused_and_what_was_typed_survives(works: PagePlant, counter: Counter) -> None:
    answer = counter.browser().post("/audits", part="no such part", name="Mine")

    assert answer.status_code == 422
    assert 'value="no such part"' in answer.text
    assert 'value="Mine"' in answer.text
    assert "No audit was made yet." in answer.text


def test_a_viewer_begins_no_audit(works: PagePlant, counter: Counter) -> None:
    viktor = counter.browser(works.viewer)

    assert "Begin an audit" not in viktor.get("/audits").text
    assert viktor.post("/audits").status_code == 403


@pytest.mark.needs("chromium")
def test_a_walk_is_followed_live_and_codes_are_typed_one_after_the_other(
    plant: PagePlant, erika: Seat, desk: Desk
) -> None:
    page = erika.open(f"/audits?loop={plant.loops[0]}")
    page.get_by_role("button", name="Begin the audit").click()
    missing = page.locator(".figure").nth(1).locator("strong")
    expect(missing).to_have_text("3")

    page.keyboard.type(code(plant.cards[0]))
    page.keyboard.press("Enter")
    expect(page.locator(".notice.green")).to_contain_text("Seen: ")
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.amber")).to_contain_text("No card has this code: nonsense")
    expect(missing).to_have_text("2")
    plant.now = desk.now_ms() + 1_000
    plant.scan(plant.cards[1], "lookup")
    expect(missing).to_have_text("1")
    colleague = erika.page.context.new_page()
    colleague.goto(page.url)
    colleague.keyboard.type(code(plant.cards[2]))
    colleague.keyboard.press("Enter")
    expect(missing).to_have_text("0", timeout=30_000)  # the page asks by itself only after a minute

    page.locator("summary", has_text="End the audit").click()
    page.locator(".menu button.danger").click()
    expect(page.locator("#seen")).to_have_count(0)
