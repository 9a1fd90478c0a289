"""Review desk, terminals and the card's page as people use them."""

from __future__ import annotations

import pytest
from page_desk import Desk, Seat, seat
from page_plant import PagePlant
from playwright.sync_api import Browser, expect

from ekanban_core.card_code import CardCode
from ekanban_core.states import TerminalState

pytestmark = pytest.mark.needs("chromium")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def address(body: str) -> str:
    return f"/c/{CardCode(body, 1).text}"


def test_one_press_closes_a_forgotten_receipt_and_opens_the_next(plant: PagePlant, erika: Seat) -> None:
    body = plant.cards[0]
    before = plant.open_signal(body)
    plant.scan(body)  # ten hours after its order: probably received without a scan
    page = erika.open("/reviews")
    case = page.locator(".case", has_text="probably received without a scan")
    case.locator("summary").click()
    expect(case.locator(".facts")).to_contain_text("The rules said")

    case.get_by_role("button", name="Received: close it and open the next").click()

    expect(page.locator(".case", has_text="probably received")).to_have_count(0)
    after = plant.open_signal(body)
    assert before is not None
    assert after is not None
    assert after["id"] != before["id"]


def test_the_desks_count_stands_on_every_page_and_is_live_on_the_list(plant: PagePlant, erika: Seat) -> None:
    page = erika.open("/signals")
    expect(page.locator("nav .count")).to_be_hidden()

    free = next(body for body in plant.cards if plant.open_signal(body) is None)
    plant.scan(free, "receive")

    expect(page.locator("nav .count")).to_have_text("1")


def test_a_terminal_is_approved_and_revoking_asks_first(plant: PagePlant, erika: Seat) -> None:
    plant.terminal("Line 6", TerminalState.PENDING)
    page = erika.open("/terminals")
    row = page.locator("tr", has_text="Line 6")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_contain_text("In touch")

    row.locator("summary").click()
    row.get_by_role("button", name="Revoke Line 6").click()

    expect(row).to_contain_text("Revoked")


def test_a_code_is_shown_with_the_command_to_run(erika: Seat) -> None:
    page = erika.open("/terminals")

    page.get_by_role("button", name="Make a code").click()

    expect(page.locator("#command")).to_contain_text("ekanban terminal enroll http://127.0.0.1:8000 ")
    page.get_by_role("button", name="Copy the command").click()
    assert page.evaluate("getSelection().toString()").startswith("ekanban terminal enroll")


def test_on_the_phone_the_next_step_is_one_touch(browser: Browser, desk: Desk) -> None:
    body = desk.plant.cards[3]
    with seat(browser, desk, **PHONE) as phone:
        page = phone.open(address(body))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        main = page.locator("button.big")
        box = main.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] < 844  # without scrolling
        word = main.inner_text()

        main.tap()

        expect(page.locator(".timeline li")).not_to_have_count(0)
        expect(page.locator("button.big")).not_to_have_text(word)
        assert phone.said == []


def test_a_stranger_with_a_phone_sees_only_sign_in(browser: Browser, desk: Desk) -> None:
    with seat(browser, desk, "stranger", **PHONE) as phone:
        page = phone.open(address(desk.plant.cards[3]))

        expect(page.locator("main")).to_have_text("Sign in to see this card. Sign in")
        page.get_by_role("link", name="Sign in").click()
        assert "/sign-in?next=/c/" in page.url


@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.more)])
@pytest.mark.parametrize(
    ("width", "height"),
    [(390, 844), *(pytest.param(*size, marks=pytest.mark.more) for size in [(1920, 1080), (1366, 768)])],
)
def test_no_page_is_wider_than_its_screen_or_complains(
    browser: Browser, desk: Desk, width: int, height: int, scheme: str
) -> None:
    desk.plant.scan(desk.plant.cards[0])
    device = desk.plant.terminals[0]
    device.send(device.reading(b"W" * 400, local_outcome="opened"))
    paths = [
        "/signals",
        "/signals?wall=1",
        "/reviews",
        "/reviews?decided=1",
        "/terminals",
        address(desk.plant.cards[3]),
    ]
    with seat(browser, desk, viewport={"width": width, "height": height}, color_scheme=scheme) as taken:
        for path in paths:
            page = taken.open(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            title = page.title()
            assert title.endswith("– Riverside Works")
        assert taken.said == []


def test_light_or_dark_is_remembered(erika: Seat) -> None:
    page = erika.open("/reviews")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("button", name="Light or dark").click()
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != paper


def test_without_motion_a_new_row_is_tinted_and_stands_still(browser: Browser, desk: Desk) -> None:
    with seat(browser, desk, reduced_motion="reduce") as calm:
        page = calm.open("/signals")
        free = next(body for body in desk.plant.cards if desk.plant.open_signal(body) is None)

        desk.plant.scan(free)

        row = calm.row(free)
        expect(row).to_be_visible()
        style = row.locator("td").first.evaluate("cell => [getComputedStyle(cell).animationName, cell.className]")
        assert style[0] == "none"
        assert page.evaluate("document.getAnimations().length") == 0
