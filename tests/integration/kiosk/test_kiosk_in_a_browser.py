"""The kiosk page in Chromium: what an operator sees, three metres away and with gloves on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import kiosk_states
import pytest
from kiosk_screen import Screen, Service, Terminal
from playwright.sync_api import Page, expect

from ekanban_core.states import Outcome
from ekanban_terminal import kiosk
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.state import CentralShown, Entry, Kiosk, ScannerShown

pytestmark = pytest.mark.needs("chromium")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
OUTCOMES = {
    "ordered": (Outcome.OPENED, False),
    "stored": (Outcome.OPENED, True),
    "amber": (Outcome.ALREADY_OPEN, False),
    "red": (Outcome.ON_HOLD, False),
    "grey": (Outcome.DOUBLE_READ, False),
}
WORDS = {Outcome.OPENED: "Ordered", Outcome.ON_HOLD: "On hold"}
GERMAN = {
    "part": "DE-8890-1177-0042",
    "description": "Sechskantschraube mit Flansch, verzinkt, Festigkeitsklasse 10.9",
    "unit": "Stück",
    "container": "Kleinladungsträger 4315",
    "source": "Supermarkt Vormontage",
    "destination": "Endmontage Linie 14",
    "bin": "Platz R-104",
    "message": "Bestellt, fällig 09:15. Die Menge ist jetzt 250: Diese Karte neu drucken, das alte Papier vernichten.",
}


def scan(terminal: Terminal, number: int = 1000, outcome: Outcome = Outcome.OPENED, **changes: Any) -> Entry:
    """A card is scanned; the rest of the terminal is well."""
    now_ms = wall_ms()
    entry = kiosk_states.entry(number, now_ms, outcome, **changes)
    terminal.publish(kiosk_states.state(now_ms, entry))
    return entry


def face(page: Page, name: str) -> Any:
    return expect(page.locator(f'[data-name="{name}"]'))


def part_height(page: Page) -> float:
    """Size of the part number in hundredths of the screen's height."""
    size = "parseFloat(getComputedStyle(document.querySelector('.part')).fontSize) / innerHeight * 100"
    return cast(float, page.evaluate(size))


def clipped(page: Page) -> list[str]:
    """Texts of the last scan that leave the place of the last scan."""
    script = """() => {
      const face = document.querySelector('[data-name="last"]').getBoundingClientRect();
      const texts = [...document.querySelectorAll('[data-name="last"] [data-text]')].filter((e) => e.textContent);
      return texts.filter((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return [...range.getClientRects()].some(
          (box) => box.left < face.left || box.right > face.right || box.top < face.top || box.bottom > face.bottom);
      }).map((element) => element.className);
    }"""
    return cast("list[str]", page.evaluate(script))


def scrolls(page: Page) -> bool:
    root = "document.documentElement"
    script = f"{root}.scrollHeight > innerHeight || {root}.scrollWidth > innerWidth"
    return cast(bool, page.evaluate(script))


def test_a_scan_is_on_the_screen_by_itself(screen: Screen, terminal: Terminal) -> None:
    scan(terminal, 1001)

    face(screen.page, "last").to_be_visible()
    expect(screen.page.locator('[data-name="last"] .part')).to_have_text("A-2040-7")
    expect(screen.page.locator('[data-text="rows.0.headline"]')).to_have_text("A-2040-7")
    expect(screen.page.locator("#spoken")).to_have_text("Ordered. A-2040-7. Ordered, due 09:15.")
    assert screen.said == []


def test_the_page_without_javascript_shows_the_same(browser: Any, service: Service, terminal: Terminal) -> None:
    scan(terminal, 1001, Outcome.ON_HOLD)
    page = browser.new_page(java_script_enabled=False)

    page.goto(terminal.url)

    face(page, "last").to_be_visible()
    expect(page.locator('[data-name="last"] .part')).to_have_text("A-2040-7")
    page.close()


def test_hostile_text_stays_text(screen: Screen, terminal: Terminal) -> None:
    nothing = {"part": "", "code": HOSTILE, "message": HOSTILE, "destination": HOSTILE, "bin": HOSTILE}
    scan(terminal, 1001, Outcome.UNREADABLE, **nothing)

    expect(screen.page.locator('[data-name="last"] .part')).to_have_text(HOSTILE)
    expect(screen.page.locator(".why").first).to_have_text(HOSTILE)
    assert screen.page.locator("img").count() == 0
    assert screen.page.title() == "Scans at Line 4"
    assert screen.said == []


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (1366, 768)])
def test_the_part_number_fills_an_eighth_of_the_height(
    screen: Screen, terminal: Terminal, size: tuple[int, int]
) -> None:
    screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    for part in ("7", "4711-0815", "88-1203-55", "7K3Q-M9X2-01CF", "HYD-4711-0815-2290"):
        scan(terminal, part=part, id=f"id of {part}")

        face(screen.page, "last").to_be_visible()
        expect(screen.page.locator('[data-name="last"] .part')).to_have_text(part)
        assert 12 <= round(part_height(screen.page), 1) <= 24, part
        assert clipped(screen.page) == [], part
        assert not scrolls(screen.page), part


def test_a_number_of_any_length_is_shown_whole(screen: Screen, terminal: Terminal) -> None:
    for part in ("HYD-PUMP-4711-0815-2290-AXIAL-R3", "W" * 120, "0123456789" * 6, "a b " * 30):
        scan(terminal, part=part, id=f"id of {part}")

        expect(screen.page.locator('[data-name="last"] .part')).to_have_text(part.strip())
        face(screen.page, "last").to_be_visible()
        assert part_height(screen.page) > 4, part
        assert clipped(screen.page) == [], part


@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (1080, 1920), (390, 844)])
def test_long_german_texts_find_their_place(screen: Screen, terminal: Terminal, size: tuple[int, int]) -> None:
    screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    scan(terminal, 1001, Outcome.STALE_PRINT, **GERMAN)

    face(screen.page, "last").to_be_visible()
    expect(screen.page.locator('[data-name="last"] .part')).to_have_text(GERMAN["part"])
    assert clipped(screen.page) == []
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_name_of_a_bin_is_not_broken_at_its_hyphens(screen: Screen, terminal: Terminal) -> None:
    screen.page.set_viewport_size({"width": 1366, "height": 768})
    lines = (
        "bin => { const text = document.createRange(); text.selectNodeContents(bin); "
        "return new Set([...text.getClientRects()].map((box) => box.top)).size; }"
    )
    for more in range(24):  # a longer and longer way, so that the line ends everywhere
        scan(terminal, 1000 + more, destination="Line " + "4" * more, bin="A-05-1")
        expect(screen.page.locator('[data-name="last"] .destination')).to_have_text("Line " + "4" * more + " ·")

        assert screen.page.locator('[data-name="last"] .bin').evaluate(lines) == 1

    scan(terminal, 1001, bin="A-05-" * 20)
    expect(screen.page.locator('[data-name="last"] .bin')).to_have_text("A-05-" * 20)
    assert clipped(screen.page) == []


@pytest.mark.more
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", OUTCOMES)
def test_every_outcome_has_enough_contrast(screen: Screen, terminal: Terminal, theme: str, name: str) -> None:
    outcome, pending = OUTCOMES[name]
    screen.page.emulate_media(color_scheme=cast(Any, theme), reduced_motion="reduce")
    scan(terminal, 1001, outcome, pending=pending)

    face(screen.page, "last").to_be_visible()
    assert screen.page.evaluate(CONTRAST, 7) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_stands_beside_a_scan_has_enough_contrast_too(screen: Screen, terminal: Terminal, theme: str) -> None:
    screen.page.emulate_media(color_scheme=cast(Any, theme))
    now_ms = wall_ms()
    trouble = kiosk_states.state(
        now_ms,
        dead=1,
        central=CentralShown(state="refused", since_ms=now_ms),
        scanners=(ScannerShown(name="Gate", state="absent", text="Plug in its cable."),),
        refused=(kiosk_states.entry(3, now_ms, Outcome.ON_HOLD),),
    )

    terminal.publish(trouble)

    expect(screen.page.locator(".refused .title")).to_have_text("Refused at central: 1")
    face(screen.page, "calm").to_be_visible()
    assert screen.page.evaluate(CONTRAST, 7) == []


def test_the_last_scan_fades_to_the_calm_state(screen: Screen, terminal: Terminal) -> None:
    screen.page.evaluate("document.body.dataset.fadeMs = 300")
    scan(terminal)
    face(screen.page, "last").to_be_visible()

    face(screen.page, "last").to_be_hidden()
    face(screen.page, "calm").to_be_visible()
    expect(screen.page.locator('[data-name="calm"] .title')).to_have_text("Scan a card")


def test_stored_becomes_ordered_without_another_word(screen: Screen, terminal: Terminal) -> None:
    stored = scan(terminal, pending=True, message="Stored, not yet ordered.")
    last = screen.page.locator('[data-name="last"]')
    expect(last).to_have_attribute("data-tone", "pending")

    now_ms = wall_ms()
    ordered = stored.model_copy(update={"pending": False, "message": "Ordered, due 09:15."})
    terminal.publish(kiosk_states.state(now_ms, ordered))

    expect(last).to_have_attribute("data-tone", "green")
    expect(screen.page.locator("#spoken")).to_have_text("Stored here. 4711-0815. Stored, not yet ordered.")


def test_a_refusal_at_central_comes_back_on_the_screen(screen: Screen, terminal: Terminal) -> None:
    screen.page.evaluate("document.body.dataset.fadeMs = 300")
    stored = scan(terminal, pending=True)
    face(screen.page, "calm").to_be_visible()
    screen.page.evaluate("document.body.dataset.fadeMs = 20000")

    refused = kiosk_states.entry(1000, stored.at_ms, Outcome.ON_HOLD, id=stored.id)
    terminal.publish(kiosk_states.state(wall_ms(), refused))

    face(screen.page, "last").to_be_visible()
    expect(screen.page.locator('[data-name="last"] .word')).to_have_text("On hold")


def test_offline_is_visible_and_not_alarming(screen: Screen, terminal: Terminal) -> None:
    now_ms = wall_ms()
    offline = CentralShown(state="offline", since_ms=now_ms)
    terminal.publish(kiosk_states.state(now_ms, stored=7, central=offline))

    strip = screen.page.locator('[data-toned="central.tone"]')
    expect(strip).to_contain_text("Stored here: 7. They will be sent.")
    expect(strip).to_have_attribute("data-tone", "grey")


def test_a_long_remedy_keeps_to_its_place(screen: Screen, terminal: Terminal) -> None:
    text = "Its rules are missing: run ekanban scanners doctor, then plug it in again."
    scanners = (
        ScannerShown(name="Hand scanner on the right side", state="not_readable", text=text),
        ScannerShown(name="Gate", state="absent", text="Plug in its cable or charge it."),
    )
    now_ms = wall_ms()
    central = CentralShown(state="offline", since_ms=now_ms)
    terminal.publish(kiosk_states.state(now_ms, scanners=scanners, stored=79_999, central=central))

    place = screen.page.locator('[data-toned="scanners.0.tone"]')
    expect(place).to_contain_text(text)
    assert not scrolls(screen.page)
    assert place.evaluate("place => place.scrollHeight <= place.clientHeight + 1")
    assert place.locator(".state").evaluate("state => state.scrollHeight <= state.clientHeight + 1")


def test_when_nothing_can_be_stored_the_whole_screen_says_so(screen: Screen, terminal: Terminal) -> None:
    now_ms = wall_ms()
    last = kiosk_states.entry(1000, now_ms)
    terminal.publish(kiosk_states.state(now_ms, last, alarms=(kiosk_states.journal_stopped(),)))

    alarm = screen.page.locator('[data-name="alarm"]')
    expect(alarm).to_be_visible()
    expect(alarm).to_contain_text("Do not scan")
    expect(screen.page.locator("aside")).to_be_hidden()
    box = alarm.bounding_box()
    assert box is not None
    assert box["width"] > 1279


def test_undo_is_posted_once_and_gives_the_focus_away(screen: Screen, terminal: Terminal) -> None:
    undo = screen.page.locator("#undo")
    scan(terminal)
    expect(undo).to_be_visible()

    undo.click()

    expect(undo).not_to_be_focused()  # a scanner that types here must not press it again
    assert terminal.heard() == [("/api/v1/undo", {})]


def test_undo_is_offered_only_while_there_is_something_to_take_back(screen: Screen, terminal: Terminal) -> None:
    scan(terminal)
    expect(screen.page.locator("#undo")).to_be_visible()

    scan(terminal, 1001, Outcome.ON_HOLD)

    expect(screen.page.locator("#undo")).to_be_hidden()


def test_a_key_that_fails_says_why(screen: Screen, terminal: Terminal) -> None:
    terminal.fail(409, "That scan is older than two minutes.")
    scan(terminal)

    screen.page.locator("#undo").click()

    expect(screen.page.locator("#failed")).to_contain_text("That scan is older than two minutes.")


def test_a_refused_scan_stays_until_someone_has_seen_it(screen: Screen, terminal: Terminal) -> None:
    now_ms = wall_ms()
    refused = kiosk_states.entry(3, now_ms, Outcome.ON_HOLD)
    terminal.publish(kiosk_states.state(now_ms, refused=(refused,)))
    seen = screen.page.get_by_role("button", name="Seen")
    expect(seen).to_be_visible()

    seen.click()
    expect(seen).not_to_have_attribute("aria-busy", "true")
    assert terminal.heard() == [("/api/v1/acknowledge-refused", {"id": refused.id})]
    terminal.publish(kiosk_states.state(now_ms))

    expect(seen).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_keys_are_large_enough_for_gloves(screen: Screen, terminal: Terminal, size: tuple[int, int]) -> None:
    screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    scan(terminal)
    undo = screen.page.locator("#undo")
    expect(undo).to_be_visible()

    box = undo.bounding_box()

    assert box is not None
    assert box["width"] >= 20 / 25.4 * 96  # 20 mm
    assert box["height"] >= 15 / 25.4 * 96


def test_a_lost_service_is_said_and_found_again(screen: Screen, service: Service, terminal: Terminal) -> None:
    service.stop()
    face(screen.page, "lost").to_be_visible()

    terminal.publisher = Kiosk(kiosk_states.state(wall_ms()))
    again = Service(terminal, service.port)
    try:
        face(screen.page, "lost").to_be_hidden()
        scan(terminal, 1001)
        expect(screen.page.locator('[data-name="last"] .part')).to_have_text("A-2040-7")
        face(screen.page, "last").to_be_visible()
    finally:
        again.stop()


def test_a_page_of_an_older_release_renews_itself(screen: Screen, terminal: Terminal) -> None:
    screen.page.evaluate("document.documentElement.dataset.release = 'older'")

    scan(terminal)

    expect(screen.page.locator("html")).to_have_attribute("data-release", kiosk.release())


def test_nothing_moves_when_a_scan_arrives(screen: Screen, terminal: Terminal) -> None:
    screen.page.evaluate(
        """() => { window.moved = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.moved += entry.value;
        }).observe({ type: "layout-shift", buffered: true }); }"""
    )
    for outcome in (Outcome.OPENED, Outcome.ON_HOLD):
        scan(terminal, 1000, outcome)
        expect(screen.page.locator('[data-name="last"] .word')).to_have_text(WORDS[outcome])

    assert screen.page.evaluate("window.moved") < 0.05
