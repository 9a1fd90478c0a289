"""A card printed again at the kiosk, in a real browser: three touches with gloves, a keyboard, what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import kiosk_states
import pytest
from kiosk_screen import Screen, Service, Terminal
from playwright.sync_api import Browser, Page, Request, Route, expect

from ekanban_core.states import Colour
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.printing.jobs import State
from ekanban_terminal.register import Place
from ekanban_terminal.state import Entry, Kiosk, PrinterShown

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
SIZES = [(1920, 1080), (1280, 800), (800, 480)]
STAYS = (
    "() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
)
MM = 96 / 25.4  # CSS pixels

CUT = """name => [...document.querySelectorAll(`[data-name="${name}"] button:not([hidden]) *`)]
  .filter((text) => text.scrollWidth > text.clientWidth + 1).map((text) => text.textContent)"""


@dataclass
class LastingScreen(Screen):
    """A page that several tests look at, and the service behind it."""

    terminal: Terminal


@pytest.fixture(scope="module")
def lasting(browser: Browser) -> Iterator[LastingScreen]:
    """One service and one page for all of them: what a test changes, the next one's reload forgets."""
    shown = Terminal(Kiosk(kiosk_states.state(wall_ms())))
    service = Service(shown)
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield LastingScreen(page, said, shown)
    page.close()
    service.stop()


@pytest.fixture
def terminal(lasting: LastingScreen) -> Terminal:
    shown = lasting.terminal
    shown.posted.clear()
    shown.places.clear()
    shown.publish(kiosk_states.state(wall_ms()))
    return shown


@pytest.fixture
def screen(lasting: LastingScreen, terminal: Terminal) -> Screen:
    lasting.said.clear()
    lasting.page.set_viewport_size({"width": 1280, "height": 800})
    lasting.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    lasting.page.goto(terminal.url)
    lasting.page.locator("body[data-followed]").wait_for()
    return lasting


def ready(terminal: Terminal, **changes: Any) -> None:
    terminal.publish(kiosk_states.with_printer(wall_ms(), **changes))


def panel(page: Page, name: str) -> Any:
    return page.locator(f'[data-name="{name}"]')


def closed(page: Page) -> None:
    """No panel is in the way of scans any more."""
    expect(page.locator("body:not([data-panel])")).to_have_count(1)
    for name in ("choose", "places", "bin", "reason"):
        expect(panel(page, name)).to_be_hidden()


def three_touches(page: Page, reason: str = "Damaged") -> None:
    page.get_by_role("button", name="Print again").click()
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()
    panel(page, "reason").get_by_role("button", name=reason).click()


def list_of_bins(screen: Screen, terminal: Terminal) -> Page:
    """Somebody looks for a bin whose card is missing, among thirty."""
    page = screen.page
    ready(terminal)
    terminal.places = [Place(f"BODY{n:04d}", f"B-{n:02d}", f"P-{n:04d}", "Bracket", "Line 4", 1) for n in range(30)]
    page.get_by_role("button", name="Print again").click()
    page.get_by_role("button", name="Card missing").click()
    return page


def among_bins(screen: Screen, terminal: Terminal) -> Page:
    """Somebody looks for a bin whose card is missing, and is one touch away from it."""
    page = list_of_bins(screen, terminal)
    panel(page, "places").get_by_role("button", name="B-06 – B-11").click()
    expect(panel(page, "places").get_by_role("button", name="P-0008")).to_be_visible()
    return page


@pytest.mark.parametrize(("word", "reason"), [("Damaged", "damaged"), ("Lost", "lost")])
def test_a_card_is_printed_again_in_three_touches(screen: Screen, terminal: Terminal, word: str, reason: str) -> None:
    ready(terminal)

    three_touches(screen.page, word)

    closed(screen.page)
    ((path, content),) = terminal.heard()
    assert path == "/api/v1/print"
    assert isinstance(content, dict)
    assert (content["card"], content["reason"]) == ("CARD0001", reason)
    assert content["id"][14] == "7"  # a UUIDv7
    assert screen.said == []


def test_a_double_touch_is_one_wish(screen: Screen, terminal: Terminal) -> None:
    ready(terminal)
    screen.page.get_by_role("button", name="Print again").click()
    panel(screen.page, "choose").get_by_role("button", name="A-2040-7").dblclick()
    expect(panel(screen.page, "reason")).to_be_visible()

    panel(screen.page, "reason").locator('[data-reason="lost"]').evaluate("key => { key.click(); key.click(); }")

    closed(screen.page)
    assert len(terminal.heard()) == 1


@pytest.mark.more
def test_a_page_that_is_loaded_anew_between_two_touches_has_wished_nothing_and_takes_the_next_wish(
    screen: Screen, terminal: Terminal
) -> None:
    ready(terminal)
    page = screen.page
    page.get_by_role("button", name="Print again").click()
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()
    expect(panel(page, "reason")).to_be_visible()

    page.reload()
    expect(page.locator("body[data-followed]")).to_be_attached()
    closed(page)
    three_touches(page)

    closed(page)
    ((path, _content),) = terminal.heard()  # and no other
    assert path == "/api/v1/print"


@pytest.mark.parametrize(("word", "empty"), [("Empty", True), pytest.param("Not empty", None, marks=pytest.mark.more)])
def test_a_bin_without_a_card_is_found_by_a_few_touches_and_reported_where_it_is_empty(
    screen: Screen, terminal: Terminal, word: str, empty: bool | None
) -> None:
    ready(terminal)
    terminal.places = [Place(f"BODY{n:04d}", f"B-{n:02d}", f"P-{n:04d}", "Bracket", "Line 4", 1) for n in range(30)]
    screen.page.get_by_role("button", name="Print again").click()

    screen.page.get_by_role("button", name="Card missing").click()
    panel(screen.page, "places").get_by_role("button", name="B-06 – B-11").click()
    panel(screen.page, "places").get_by_role("button", name="P-0008").click()
    expect(panel(screen.page, "bin").locator(".chosen")).to_contain_text("P-0008")
    panel(screen.page, "bin").locator(".choice", has=screen.page.get_by_text(word, exact=True)).click()

    closed(screen.page)
    ((_path, content),) = terminal.heard()
    assert isinstance(content, dict)
    assert (content["card"], content["reason"], content.get("empty")) == ("BODY0008", "lost", empty)
    assert content["id"][14] == "7"  # a UUIDv7: the signal that a supervisor opens for it bears it


def test_a_wish_of_which_nothing_was_heard_is_asked_for_again_and_is_the_same_wish(
    screen: Screen, terminal: Terminal
) -> None:
    ready(terminal)
    page = screen.page
    wishes: list[dict[str, Any]] = []

    def lost(route: Route) -> None:
        wishes.append(route.request.post_data_json)
        route.abort()

    page.route("**/api/v1/print", lost)
    three_touches(page)
    expect(panel(page, "reason")).to_be_visible()
    expect(page.locator("#failed .state")).to_have_text("No answer. Look whether it was done, and touch again.")
    page.unroute("**/api/v1/print")
    panel(page, "reason").get_by_role("button", name="Damaged").click()

    closed(page)
    assert [posted for _address, posted in terminal.heard()] == wishes
    assert len(wishes) == 1


def test_whoever_has_left_is_not_called_back_by_the_list_of_bins(screen: Screen, terminal: Terminal) -> None:
    page = among_bins(screen, terminal)
    waiting: list[Route] = []
    page.route("**/api/v1/print/cards*", lambda route: waiting.append(route))

    with page.expect_request("**/api/v1/print/cards*"):
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Print again").click()
    closed(page)
    with page.expect_event("requestfinished"):
        waiting[0].continue_()
    page.unroute("**/api/v1/print/cards*")

    page.evaluate("() => fetch('/api/v1/print/cards').then((answer) => answer.json())")  # by then it has been read
    assert page.locator("body[data-panel]").count() == 0  # now: left alone it would close some time


def test_a_key_held_down_goes_one_step_into_the_list_of_bins(screen: Screen, terminal: Terminal) -> None:
    page = list_of_bins(screen, terminal)
    part = panel(page, "places").get_by_role("button", name="B-06 – B-11")
    expect(part).to_be_visible()

    answered: list[str] = []

    def twice(request: Request) -> bool:
        answered.append(request.url)
        return len(answered) == 2

    with page.expect_event("requestfinished", twice):
        part.evaluate("(key) => { key.click(); key.click(); }")
    expect(panel(page, "places").get_by_role("button", name="P-0008")).to_be_visible()
    page.keyboard.press("Escape")

    expect(part).to_be_visible()


def test_back_leads_back_and_out(screen: Screen, terminal: Terminal) -> None:
    page = among_bins(screen, terminal)

    panel(page, "places").get_by_role("button", name="P-0008").click()
    panel(page, "bin").get_by_role("button", name="Back").click()
    expect(panel(page, "places").get_by_role("button", name="P-0008")).to_be_visible()
    panel(page, "places").get_by_role("button", name="Back").click()
    expect(panel(page, "places").get_by_role("button", name="B-06 – B-11")).to_be_visible()
    panel(page, "places").get_by_role("button", name="Back").click()
    expect(panel(page, "choose")).to_be_visible()
    panel(page, "choose").get_by_role("button", name="Back").click()

    closed(page)
    assert terminal.posted == []


def test_it_goes_by_keyboard_alone_and_is_said(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    expect(page.locator(".status.printer")).to_be_visible()
    page.locator("#again").focus()

    page.keyboard.press("Enter")
    expect(page.locator("#spoken")).to_have_text("Which card?")
    expect(panel(page, "choose").locator(".choice").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#spoken")).to_have_text("Why is it printed again?")
    expect(panel(page, "reason").locator('[data-reason="damaged"]')).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page, "choose")).to_be_visible()
    page.keyboard.press("Escape")

    closed(page)
    expect(page.locator("#again")).to_be_focused()
    assert terminal.posted == []


def test_a_scanner_that_types_enter_chooses_nothing(screen: Screen, terminal: Terminal) -> None:
    ready(terminal)
    screen.page.get_by_role("button", name="Print again").click()
    expect(panel(screen.page, "choose")).to_be_visible()

    screen.page.keyboard.type("7K3QM9X201CF\n")

    expect(panel(screen.page, "choose")).to_be_visible()
    assert terminal.posted == []


def scan(terminal: Terminal, number: int = 3, **changes: Any) -> Entry:
    """Another scanner of the station reads a card."""
    facts = {"id": f"newer-{number}", "card": f"CARD010{number}", **changes}
    scanned = kiosk_states.entry(number, wall_ms(), **facts)
    ready(terminal, last=scanned, scans=(scanned, *kiosk_states.state(wall_ms()).scans))
    return scanned


def beside(page: Page, name: str = "last") -> Any:
    return page.locator(f'.beside[data-beside="{name}"]')


def texts(page: Page, name: str) -> list[str]:
    return cast("list[str]", panel(page, name).locator(".choice:visible .headline").all_text_contents())


def boxes(page: Page, name: str) -> list[Any]:
    return [key.bounding_box() for key in panel(page, name).locator("button:visible").all()]


@pytest.mark.parametrize("colour", ["green", "amber", "red"])
def test_a_scan_is_shown_in_full_beside_somebody_who_chooses(screen: Screen, terminal: Terminal, colour: str) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    scanned = scan(terminal, colour=Colour(colour), pending=False, message="What became of it, and what to do.")

    expect(beside(page)).to_be_visible()
    expect(beside(page)).to_have_attribute("data-tone", colour)
    expect(beside(page).locator(".part")).to_have_text(scanned.part)
    expect(beside(page).locator(".why")).to_have_text("What became of it, and what to do.")
    expect(page.locator("#spoken")).to_contain_text("What became of it")
    assert page.evaluate(CONTRAST, 7) == []
    expect(panel(page, "choose")).to_be_visible()


def test_nothing_moves_under_the_hand_when_somebody_else_scans(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()
    places, cards = boxes(page, "choose"), texts(page, "choose")

    scan(terminal)
    expect(beside(page)).to_be_visible()

    assert (boxes(page, "choose"), texts(page, "choose")) == (places, cards)
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()
    scan(terminal, 4)
    expect(beside(page).locator(".part")).to_have_text(kiosk_states.entry(4, 0).part)
    panel(page, "reason").get_by_role("button", name="Damaged").click()
    closed(page)
    ((_path, content),) = terminal.heard()
    assert isinstance(content, dict)
    assert content["card"] == "CARD0001"


def test_the_list_of_bins_stays_where_it_was(screen: Screen, terminal: Terminal) -> None:
    page = among_bins(screen, terminal)

    scan(terminal)

    expect(beside(page)).to_be_visible()
    expect(beside(page).get_by_role("button")).to_be_hidden()  # another card than the missing one
    expect(panel(page, "places").get_by_role("button", name="P-0008")).to_be_visible()


def test_the_card_to_print_is_scanned_and_chosen(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    scanned = scan(terminal, card="CARD0099", part="NEW-0099")
    beside(page).get_by_role("button", name="Print this one").click()
    expect(panel(page, "reason").locator(".chosen")).to_contain_text(scanned.part)
    panel(page, "reason").get_by_role("button", name="Damaged").click()

    closed(page)
    ((_path, content),) = terminal.heard()
    assert isinstance(content, dict)
    assert (content["card"], content["reason"]) == ("CARD0099", "damaged")
    page.get_by_role("button", name="Print again").click()
    assert texts(page, "choose")[0] == "NEW-0099"  # what was scanned meanwhile stands there now


def test_what_was_scanned_while_somebody_chose_fades_beside_and_the_choice_stays(
    screen: Screen, terminal: Terminal
) -> None:
    page = screen.page
    page.evaluate("document.body.dataset.fadeMs = 300")
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    scan(terminal)

    expect(beside(page)).to_be_visible()
    expect(beside(page)).to_be_hidden()
    expect(panel(page, "choose")).to_be_visible()


def test_whoever_leaves_the_choice_sees_the_scan_of_just_now(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()
    scan(terminal)
    expect(beside(page)).to_be_visible()

    panel(page, "choose").get_by_role("button", name="Back").click()

    expect(panel(page, "last")).to_be_visible()
    expect(beside(page)).to_be_hidden()


def test_another_print_is_shown_beside_as_well(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    ready(terminal, printed=kiosk_states.printed(wall_ms(), State.DONE, message="Destroy the old one."))

    expect(beside(page, "print")).to_be_visible()
    expect(beside(page, "print").locator(".word")).to_have_text("Printed")
    expect(panel(page, "choose")).to_be_visible()


def test_an_alarm_is_above_any_choice(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    ready(terminal, alarms=(kiosk_states.journal_stopped(),))

    expect(panel(page, "alarm")).to_be_visible()
    expect(panel(page, "choose")).to_be_hidden()


@pytest.mark.parametrize("size", [*SIZES, (390, 844)])
def test_beside_a_choice_a_scan_is_whole_and_nothing_is_cut(
    screen: Screen, terminal: Terminal, size: tuple[int, int]
) -> None:
    page = screen.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    ready(terminal)
    page.get_by_role("button", name="Print again").click()

    scan(
        terminal, colour=Colour.RED, pending=False, part="HYD-PUMP-4711-0815-2290-AX",
        message="This card was printed again: version 3 is the valid one. Do not order with this paper, destroy it.",
    )  # fmt: skip

    expect(beside(page)).to_be_in_viewport()
    assert beside(page).evaluate(
        "one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1"
    )
    box = beside(page).get_by_role("button", name="Print this one").bounding_box()
    assert box is not None
    assert box["width"] >= 20 * MM - 0.1
    assert box["height"] >= 15 * MM - 0.1
    assert float(beside(page).locator(".why").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")) >= 12


def test_what_becomes_of_a_print_is_shown_as_scans_are(screen: Screen, terminal: Terminal) -> None:
    page, last = screen.page, panel(screen.page, "print")
    ready(terminal, printed=kiosk_states.printed(wall_ms(), State.QUEUED))
    expect(last).to_be_visible()
    expect(last.locator(".word")).to_have_text("Printing")

    ready(terminal, printed=kiosk_states.printed(wall_ms(), State.DONE, message="Destroy the old one."))

    expect(last.locator(".word")).to_have_text("Printed")
    expect(last).to_have_attribute("data-tone", "green")
    expect(last.locator(".part")).to_have_text("A-2040-7")
    expect(page.locator("#spoken")).to_have_text("Printed. A-2040-7. Destroy the old one.")


def test_whoever_is_asked_answers_with_one_touch(screen: Screen, terminal: Terminal) -> None:
    doubt = kiosk_states.printed(wall_ms(), State.UNKNOWN)
    ready(terminal, printed=doubt, asked=(doubt,))
    expect(panel(screen.page, "print").locator(".word")).to_have_text("Did the card come out?")

    panel(screen.page, "print").get_by_role("button", name="No").click()

    expect(panel(screen.page, "print").get_by_role("button", name="No")).not_to_be_focused()
    assert terminal.heard() == [("/api/v1/print/answer", {"id": "print-1", "printed": False})]


def test_the_question_stays_beside_the_next_scan_and_comes_back(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    page.evaluate("document.body.dataset.fadeMs = 400")
    doubt = kiosk_states.printed(wall_ms(), State.UNKNOWN)
    ready(terminal, printed=doubt, asked=(doubt,))
    expect(panel(page, "print")).to_be_visible()
    expect(page.locator(".asked")).to_be_hidden()

    ready(terminal, printed=doubt, asked=(doubt,), last=kiosk_states.entry(3, wall_ms(), id="newer"))

    expect(panel(page, "last")).to_be_visible()
    expect(page.locator(".asked")).to_contain_text("Did the card come out?")
    expect(panel(page, "print")).to_be_visible()  # after the scan has faded


def test_the_printer_is_in_the_strip_with_what_to_do(screen: Screen, terminal: Terminal) -> None:
    ready(terminal)
    strip = screen.page.locator(".status.printer")
    expect(strip).to_contain_text("Zebra")
    expect(strip).to_contain_text("Ready")

    text = "There is no paper. Put a new roll in and close it."
    ready(terminal, printer=PrinterShown(name="Zebra", state="not_ready", text=text))

    expect(strip).to_contain_text(f"Not ready. {text}")
    expect(strip).to_have_attribute("data-tone", "amber")
    assert strip.locator(".state").evaluate("state => state.scrollHeight <= state.clientHeight + 1")


SIZE_PX = "one => parseFloat(getComputedStyle(one).fontSize)"
SMALL = {"width": 800, "height": 480}


def test_on_a_small_screen_silence_and_a_printers_remedy_can_be_read(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]  # Playwright's own type
    ready(terminal)
    silent, printer = page.locator("#silent"), page.locator(".status.printer")
    expect(silent).to_be_visible()

    assert silent.locator(".state").evaluate(SIZE_PX) >= 15
    text = "There is no paper. Put a new roll in."
    ready(terminal, printer=PrinterShown(name="Zebra", state="not_ready", text=text))
    expect(printer).to_contain_text(text)

    assert printer.locator(".state").evaluate(SIZE_PX) >= 14
    for one in (silent, printer):
        assert one.evaluate("one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1")
    expect(page.locator('[data-toned="central.tone"] .icon')).to_be_in_viewport()


def test_on_a_small_screen_part_numbers_of_sixty_characters_can_be_chosen(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]  # see above
    parts = ["PN-0123456789-ABCDEFGHIJ-KLMNOPQRST-0123456789-XYZXYZ-123456", "4711-0815"]
    scans = tuple(
        kiosk_states.entry(n, wall_ms(), id=f"s-{n}", card=f"CARD000{n}", part=parts[n % 2]) for n in range(6)
    )
    ready(terminal, scans=scans)

    page.get_by_role("button", name="Print again").click()

    long = panel(page, "choose").locator(".choice:not([hidden]) .headline", has_text="PN-0123")
    expect(long).to_have_count(3)
    assert long.first.evaluate(SIZE_PX) >= 14
    assert long.first.evaluate(
        "one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1"
    )


def test_without_printing_there_is_no_key_for_it(screen: Screen, terminal: Terminal) -> None:
    terminal.publish(kiosk_states.state(wall_ms()))

    expect(screen.page.locator("#again")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_gloves_find_every_choice_and_nothing_scrolls(
    screen: Screen, terminal: Terminal, size: tuple[int, int]
) -> None:
    page = screen.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    terminal.places = [Place(f"BODY{n:04d}", f"B-{n:02d}", f"P-{n:04d}", "Bracket", "Line 4", 1) for n in range(30)]
    doubt = kiosk_states.printed(wall_ms(), State.UNKNOWN)
    ready(terminal, printed=doubt, asked=(doubt,))
    expect(panel(page, "print")).to_be_visible()
    _roomy(page, "print")

    page.get_by_role("button", name="Print again").click()
    _roomy(page, "choose")
    page.get_by_role("button", name="Card missing").click()
    expect(panel(page, "places")).to_be_visible()
    _roomy(page, "places")
    panel(page, "places").locator(".choice").first.click()
    panel(page, "places").get_by_role("button", name="P-0000").click()
    _roomy(page, "bin")
    for shown in ("P-0000", "B-00 – B-05"):
        page.keyboard.press("Escape")
        expect(panel(page, "places").get_by_role("button", name=shown)).to_be_visible()
    page.keyboard.press("Escape")
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()
    _roomy(page, "reason")


LONG = {
    "part": "VERY-LONG-PART-NUMBER-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "bin": "REGAL-44-FACH-0123456789",
    "destination": "Endmontagelinie Vorderachsgetriebe Nutzfahrzeuge 3 West", "card": "CARD0LONG",
}  # fmt: skip
HALVED = """() => [...document.querySelectorAll('[data-name="choose"] .choice:not([hidden]) *')]
  .filter((line) => line.scrollHeight - line.clientHeight > 0.3 * parseFloat(getComputedStyle(line).fontSize))
  .map((line) => line.textContent)"""


@pytest.mark.parametrize("size", [*SIZES, (390, 844)])
def test_the_longest_names_stand_whole_on_a_choice(screen: Screen, terminal: Terminal, size: tuple[int, int]) -> None:
    page = screen.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    scans = kiosk_states.with_printer(wall_ms()).scans
    ready(terminal, scans=(scans[0].model_copy(update=LONG), *scans[1:]))

    page.get_by_role("button", name="Print again").click()

    expect(panel(page, "choose").locator(".headline").first).to_have_text(LONG["part"])
    expect(panel(page, "choose").locator(".way").first).to_be_visible()
    assert page.evaluate(HALVED) == []
    expect(panel(page, "choose").locator(".crowded")).to_have_count(
        0 if size[0] == 390 else 1
    )  # the others keep theirs


LEAST_PX = 12  # of what tells a card from the next; on the smallest screen, which is read at arm's length


@pytest.mark.parametrize("size", [(800, 480), (1080, 1920)])
def test_a_long_name_of_a_place_stays_readable_and_loses_its_middle_only(
    screen: Screen, terminal: Terminal, size: tuple[int, int]
) -> None:
    page = screen.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    scans = kiosk_states.with_printer(wall_ms()).scans
    ready(terminal, scans=(scans[0].model_copy(update=LONG), *scans[1:]))
    page.get_by_role("button", name="Print again").click()
    way = panel(page, "choose").locator(".way").first

    def looked_at() -> None:
        assert way.evaluate("line => parseFloat(getComputedStyle(line).fontSize)") >= LEAST_PX
        expect(way).to_have_text(re.compile("^Endm.*West · REGA.*789 · CARD.*LONG$"))

    looked_at()
    ready(terminal, scans=(scans[0].model_copy(update=LONG), *scans[1:]))  # heard of again: it stays as it stands
    looked_at()
    way.click()
    chosen = panel(page, "reason").locator(".chosen")

    expect(chosen.locator(".headline")).to_have_text(LONG["part"])
    assert chosen.locator(".headline").evaluate("line => line.scrollWidth <= line.clientWidth + 1")
    assert chosen.locator(".way").evaluate("line => line.scrollWidth <= line.clientWidth + 1")


def test_on_a_phone_each_question_begins_at_its_top(screen: Screen, terminal: Terminal) -> None:
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 844})
    ready(terminal)
    page.get_by_role("button", name="Print again").click()
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()

    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")  # the key is far below
    panel(page, "reason").get_by_role("button", name="Back").evaluate("key => key.click()")

    expect(panel(page, "choose").locator("h2")).to_be_in_viewport(ratio=1)


def _roomy(page: Page, name: str) -> None:
    expect(panel(page, name)).to_be_visible()
    assert page.evaluate(STAYS), name
    for key in [*panel(page, name).locator("button:visible").all(), page.locator("#again")]:
        box = key.bounding_box()
        assert box is not None
        assert box["width"] >= 20 * MM - 0.1, (name, key.text_content())
        assert box["height"] >= 15 * MM - 0.1, (name, key.text_content())
        assert box["y"] + box["height"] <= cast("dict[str, int]", page.viewport_size)["height"]


def test_a_long_part_number_is_written_smaller_before_it_is_cut(screen: Screen, terminal: Terminal) -> None:
    long = kiosk_states.entry(1, wall_ms() - 60_000, id="long", card="CARD0001", part="HYD-PUMP-4711-0815-2290-AX")
    ready(terminal, scans=(long,), last=long)

    screen.page.get_by_role("button", name="Print again").click()

    expect(panel(screen.page, "choose")).to_be_visible()
    assert screen.page.evaluate(CUT, "choose") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_panel_has_enough_contrast(screen: Screen, terminal: Terminal, theme: str) -> None:
    page = screen.page
    page.emulate_media(color_scheme=cast(Any, theme), reduced_motion="reduce")
    ready(terminal)
    page.get_by_role("button", name="Print again").click()
    assert page.evaluate(CONTRAST, 7) == []
    panel(page, "choose").get_by_role("button", name="A-2040-7").click()
    assert page.evaluate(CONTRAST, 7) == []
    for number, state in enumerate(State):
        job = kiosk_states.printed(wall_ms(), state, number)
        ready(terminal, printed=job, asked=(job,) if state is State.UNKNOWN else ())
        expect(panel(page, "print").locator(".part")).to_have_text(job.part)
        assert page.evaluate(CONTRAST, 7) == [], state


def test_a_card_printed_for_a_bin_that_was_reported_looks_like_nothing_that_was_ordered(
    screen: Screen, terminal: Terminal
) -> None:
    shown = panel(screen.page, "print")
    for state, tone, word in (
        (State.DONE, "amber", "Printed, not ordered yet"),
        (State.FAILED, "amber", "Reported, not printed"),
    ):
        ready(terminal, printed=kiosk_states.printed(wall_ms(), state, missing="reported"))

        expect(shown.locator(".word")).to_have_text(word)
        expect(shown).to_have_attribute("data-tone", tone)
        assert screen.page.evaluate(CONTRAST, 7) == []


def test_hostile_words_of_a_card_stay_text(screen: Screen, terminal: Terminal) -> None:
    hostile = '<img src=x onerror="document.title=1"> </script>'
    entry = kiosk_states.entry(1, wall_ms() - 60_000, id="x", card="CARD0001", part=hostile, description=hostile)
    terminal.places = [Place("BODY0001", hostile, hostile, hostile, hostile, 1)]
    ready(terminal, scans=(entry,), last=entry, printed=kiosk_states.printed(wall_ms(), part=hostile))
    screen.page.get_by_role("button", name="Print again").click()
    screen.page.get_by_role("button", name="Card missing").click()

    expect(panel(screen.page, "places").locator(".headline").first).to_have_text(hostile)
    assert screen.page.locator("img").count() == 0
    assert screen.page.title() == "Scans at Line 4"
    assert screen.said == []
