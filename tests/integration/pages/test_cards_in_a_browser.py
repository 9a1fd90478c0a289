"""Loops and cards as a supervisor works with them."""

from __future__ import annotations

import pytest
from page_desk import Seat
from page_plant import PagePlant
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")


def test_keys_select_cards_and_one_reason_reports_them_lost(plant: PagePlant, erika: Seat) -> None:
    page = erika.open(f"/loops/{plant.loops[0]}")
    for key in ("j", " ", "j", " "):
        page.keyboard.press(key)
    expect(page.locator(".picked-count")).to_have_text("2 cards selected")

    page.keyboard.press("l")
    dialog = page.locator("#ask-lost")
    expect(dialog.locator("h2")).to_have_text("Report 2 cards lost?")
    page.keyboard.type("Fell behind the rack")
    page.keyboard.press("Enter")

    expect(page.locator(".notice.green")).to_contain_text("Reported lost: 2 cards")
    expect(page.locator("#rows .state", has_text="Reported lost")).to_have_count(2)
    expect(page.locator(".picked")).to_be_hidden()


def test_retiring_names_the_card_and_a_refusal_says_what_to_do(plant: PagePlant, erika: Seat) -> None:
    body = next(body for body in plant.cards if plant.open_signal(body))
    page = erika.open(f"/cards?q={body}")
    row = page.locator("#rows tr")
    row.locator("input").check()

    page.get_by_role("button", name="Retire …").click()
    button = page.get_by_role("button", name=f"Retire card {body[:4]}-{body[4:]}")
    button.click()
    expect(page.locator(".notice.amber")).to_contain_text(f"{body[:4]}-{body[4:]}: ")
    expect(row.locator("input")).to_be_checked()  # to be tried again in another way
    page.get_by_role("button", name="Retire …").click()
    page.get_by_label("cancel open signals too").check()
    button.click()

    expect(page.locator(".notice.green")).to_contain_text("Retired: ")
    expect(page.locator("#rows tr")).to_have_count(0)
    erika.said[:] = [text for text in erika.said if "409" not in text]  # Chromium tells of each


def test_a_scan_stands_in_the_list_and_what_is_selected_stays_selected(plant: PagePlant, erika: Seat) -> None:
    loop = next(place for place in range(14) if plant.open_signal(plant.cards[place * 3]) is None)
    body = plant.cards[loop * 3]
    page = erika.open(f"/loops/{plant.loops[loop]}")
    row = page.locator(f"#card-{body}")
    row.locator("input").check()

    plant.scan(body, terminal=2)

    expect(row).to_contain_text("Released", timeout=30_000)
    expect(row).to_contain_text("Goods in")
    expect(row.locator("input")).to_be_checked()
    expect(page.locator(".picked-count")).to_have_text("1 card selected")
