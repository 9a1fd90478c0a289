"""Terminals that were copied or restored, and a central that was: what is set aside, who is told, how work goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from real_plant import until
from shop import Shop, Station

pytestmark = [pytest.mark.more, pytest.mark.needs("chromium"), pytest.mark.timeout(120)]

Look = Callable[..., Page]
Stand = Callable[[Station], Page]

FORKED = "Set aside: this terminal's memory was copied or restored. Call your supervisor."


def test_a_copied_terminal_is_set_aside_while_the_first_one_works_on(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    before, here, there = shop.plant.cards[0], shop.plant.cards[3], shop.plant.cards[6]
    first = shop.station("Line 4")
    first.scan(before)
    first.online()
    first.stop()
    copy = shop.add("Line 4", first.copy("copy"), language="de")
    first.start().online()
    first.scan(here)
    first.online()

    copy.start().heard()
    answer = copy.scan(there)
    copy.sent()
    again = first.scan(shop.plant.cards[9])

    assert (answer["outcome"], answer["colour"]) == ("set_aside", "red")
    assert (again["outcome"], again["pending"]) == ("opened", False)
    assert not shop.is_open(there)
    screen = kiosk_page(copy)
    expect(screen.locator('section[data-name="last"] .word')).to_have_text("Zurückgestellt")
    expect(screen.locator("footer")).to_contain_text("Zentrale lehnt dieses Terminal ab")
    expect(kiosk_page(first).locator("footer")).to_contain_text("Everything is sent.")
    page = central_page("/terminals")
    expect(page.locator(".notice")).to_contain_text("Line 4: its memory was copied to another device, or restored")
    expect(page.locator(".notice")).to_contain_text("its screen says “Central refuses this terminal”")
    expect(page.locator("tr", has_text="Copied or restored")).to_have_count(1)

    desk = central_page("/reviews", locale="de-DE")
    expect(desk.locator("section.case h2")).to_have_text(
        "An einem Gerät gescannt, dessen Speicher kopiert oder zurückgespielt wurde: "
        "dieses Gerät neu anmelden. Ist der Scan noch erwünscht?"
    )
    desk.get_by_role("button", name="Bestellen").click()
    expect(desk.locator("section.case")).to_have_count(0)
    assert shop.is_open(there)
    page.reload()
    expect(page.locator(".notice")).to_have_count(0)  # until the copy sends again

    shop.enrol(copy)
    until(lambda: copy.status()["central"]["state"] == "online", "the copy is a terminal of its own")
    assert copy.scan(shop.plant.cards[12])["outcome"] == "opened"
    copy.online()
    assert first.scan(shop.plant.cards[15])["outcome"] == "opened"
    assert shop.reviews() == []


def test_a_terminal_restored_to_yesterday_gets_going_again_by_what_its_page_and_central_say(
    shop: Shop, central_page: Look, kiosk_page: Stand
) -> None:
    today, later = shop.plant.cards[3], shop.plant.cards[6]
    line = shop.station("Line 4")
    line.scan(shop.plant.cards[0])
    line.online()
    line.stop()
    yesterday = line.copy("yesterday")
    line.start().online()
    line.scan(today)
    line.online()
    line.stop()

    line.back(yesterday)
    line.start().heard()
    answer = line.scan(later)
    line.sent()

    assert (answer["outcome"], answer["message"]) == ("set_aside", FORKED)
    kiosk = kiosk_page(line)
    expect(kiosk.locator("footer")).to_contain_text("Central refuses this terminal")
    expect(kiosk.locator(".refused .sentence")).to_have_text(FORKED)
    line.restart()
    for body in shop.plant.cards[9:11]:
        line.scan(body)
    line.sent()
    assert shop.reviews() == ["set_aside"] * 3  # no restart makes it honest again
    page = central_page("/terminals")
    expect(page.locator(".notice")).to_contain_text("make a code below and run its command there")
    page.get_by_role("button", name="Make a code").click()
    command = page.locator("#command").inner_text().split()
    shop.carry(line, command[-1])
    page.goto(f"{shop.desk.url}/terminals")
    page.get_by_role("button", name="Approve").click()

    until(lambda: line.status()["central"]["state"] == "online", "it is admitted", 30)
    assert line.scan(shop.plant.cards[12])["outcome"] == "opened"
    line.online()
    assert shop.reviews() == ["set_aside"] * 3
    assert {one["facts"]["standing"] for one in shop.get("/reviews")["items"]} == {"forked"}
    assert shop.is_open(today)


def test_a_device_that_was_set_up_anew_under_its_old_name_stands_beside_the_old_entry(
    shop: Shop, central_page: Look
) -> None:
    old = shop.station("Line 9")
    old.scan(shop.plant.cards[0])
    old.online()
    old.stop()
    shop.pass_s(3600)

    again = shop.add("Line 9", shop.folder / "anew")
    again.folder.mkdir()
    shop.enrol(again)
    again.start().online()

    assert again.scan(shop.plant.cards[3])["outcome"] == "opened"
    page = central_page("/terminals")
    rows = page.locator("tr", has_text="Line 9")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Silent")).to_contain_text("enrolled")
    expect(rows.filter(has_text="In touch")).to_contain_text("enrolled")
    silent = rows.filter(has_text="Silent")
    silent.get_by_text("Revoke …").click()
    silent.get_by_role("button", name="Revoke Line 9").click()
    expect(page.locator("tr", has_text="Line 9").filter(has_text="Revoked")).to_have_count(1)
    assert shop.reviews() == []


def test_a_restored_central_gets_its_scans_back_and_says_what_people_have_to_do_again(
    shop: Shop, central_page: Look
) -> None:
    line, dock = shop.station("Line 4"), shop.station("Goods in")
    kept, ordered, received = shop.plant.cards[0], shop.plant.cards[3], shop.plant.cards[7]
    line.scan(kept)
    dock.scan(received)
    line.online(), dock.online()
    backup = shop.back_up()
    shop.pass_s(7200)
    made = shop.card()
    line.online(), dock.online()
    order = line.scan(ordered)
    line.scan(made)
    shop.post(f"/signals/{order['id']}/acknowledge")
    dock.scan(received, "receive")
    line.online(), dock.online()
    before = shop.open_ones()

    shop.restore(backup)
    shop.pass_s(1800)
    for body in shop.plant.cards[20:40]:  # its ledger passes what the terminals know
        shop.act(body, "hold", reason="stock check")
    line.wake(), dock.wake()

    known = [f"{body[:4]}-{body[4:]}" for body in (kept, ordered)]
    until(lambda: [one[:9] for one in shop.open_ones()] == sorted(known), "the signals that scans alone determine")
    assert [one[:4] for one in before if one[:9] not in known] == [made[:4]]
    (signal,) = [one for one in shop.get("/signals", state="open")["items"] if one["id"] == order["id"]]
    assert signal["state"] == "released"  # somebody acknowledged it: that is lost
    until(lambda: sorted(shop.reviews()) == ["restored", "shown_green_refused"], "both are reported")
    desk = central_page("/reviews")
    report = desk.locator("section.case", has_text="Central was restored from a backup")
    expect(report).to_contain_text("What people did on pages after that, at least until")
    expect(desk.locator("section.case", has_text=made)).to_contain_text(
        "A terminal took this card, and it is not known here. Was central restored? Then make a new card."
    )
    report.get_by_role("button", name="Noted").click()
    expect(desk.locator("section.case", has_text="Central was restored")).to_have_count(0)
    german = central_page("/reviews?decided=1", locale="de-DE")
    expect(german.locator("section.case")).to_contain_text("Die Zentrale wurde aus einer Sicherung wiederhergestellt")
    line.online()
    assert line.scan(made)["outcome"] == "unknown_card"  # the register was loaded anew
