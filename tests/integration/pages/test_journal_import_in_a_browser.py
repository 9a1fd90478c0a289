"""Somebody carries a dead terminal's export to the page of terminals."""

from __future__ import annotations

from pathlib import Path

import pytest
from journal_files import export
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.more, pytest.mark.needs("chromium")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def journal(plant: PagePlant, tmp_path: Path) -> Path:
    """What Line 4 scanned before it died: two bins of which nothing is on order."""
    line4 = plant.terminals[0]
    free = [body for body in plant.cards if plant.open_signal(body) is None]
    path = tmp_path / "line4.jsonl"
    path.write_bytes(export(line4, [line4.scan(body) for body in free[:2]]))
    return path


def test_a_journal_is_brought_and_its_orders_stand_on_both_pages(erika: Seat, second: Seat, journal: Path) -> None:
    watched = second.open("/terminals")
    page = erika.open("/terminals")
    page.get_by_label("The exported file").set_input_files(journal)

    page.get_by_role("button", name="Import the journal").click()

    for one in (page, watched):
        entry = one.locator(".brought > li")
        expect(entry).to_have_count(1)
        expect(entry).to_contain_text("Taken in")
        expect(entry).to_contain_text("2 scans: 2 new; 2 orders opened.")
    expect(page.locator(".brought > li")).to_be_in_viewport()
    assert page.url.partition("#")[2].startswith("import-")


def test_nothing_is_sent_before_a_file_is_chosen(erika: Seat) -> None:
    page = erika.open("/terminals")

    page.get_by_role("button", name="Import the journal").click()

    assert page.get_by_label("The exported file").evaluate("field => field.validity.valueMissing")
    expect(page.locator(".brought > li")).to_have_count(0)


def test_a_file_that_was_changed_by_hand_is_named_by_line(erika: Seat, journal: Path) -> None:
    journal.write_bytes(journal.read_bytes().replace(b'"intent":"empty"', b'"intent":"ship"'))
    page = erika.open("/terminals")
    page.get_by_label("The exported file").set_input_files(journal)

    page.get_by_role("button", name="Only check").click()

    entry = page.locator(".brought > li")
    expect(entry).to_contain_text("Refused, nothing changed")
    expect(entry.locator("ul li")).to_have_text([
        f"Line {number}: its checksum does not hold: it was changed, or copied badly" for number in (3, 4)
    ])  # fmt: skip


def test_on_a_phone_it_fits_and_is_big_enough_to_touch(browser: Browser, desk: Desk, journal: Path) -> None:
    with seat(browser, desk, **PHONE) as phone:
        page = phone.open("/terminals")
        page.get_by_label("The exported file").set_input_files(journal)
        button = page.get_by_role("button", name="Import the journal")
        box = button.bounding_box()
        button.click()

        expect(page.locator(".brought > li")).to_contain_text("Taken in")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert box is not None
        assert box["height"] >= 30
        assert phone.said == []
