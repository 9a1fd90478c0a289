"""A German kiosk: every sentence that a worker can be told stands whole on a small screen."""

from __future__ import annotations

import re
from typing import Any

import kiosk_states
import pytest
from kiosk_screen import Screen, Terminal
from playwright.sync_api import expect

from ekanban_core.facts import Message
from ekanban_core.sentences import SENTENCES
from ekanban_core.states import Outcome
from ekanban_core.texts import sentence, translations
from ekanban_terminal import kiosk_words
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.screen import ALARMS, DOES
from ekanban_terminal.state import Alarm, CentralShown, StationShown

pytestmark = pytest.mark.needs("chromium")

DAY_MS = 86_400_000
TOLD = [key for key in SENTENCES if not key.startswith("review_")]  # the rest is for the review desk
CUT = """() => [...document.querySelectorAll('[data-text]')]
  .filter((e) => e.textContent && e.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter((e) => {
    const hides = getComputedStyle(e).overflow !== 'visible';
    if (hides && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 1)) return true;
    const place = e.closest('section, aside, footer').getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(e);
    return [...range.getClientRects()].some((box) => box.right > place.right + 1 || box.bottom > place.bottom + 1);
  }).map((e) => `${e.dataset.text}: ${e.textContent}`)"""


def german(text: str, **facts: object) -> str:
    return translations("de").gettext(text).format(**facts)


def facts(now_ms: int) -> dict[str, Any]:
    """Facts as long as they become, times of other days among them."""
    return {
        "opened_ms": now_ms - 2 * DAY_MS, "due_ms": now_ms + DAY_MS, "state": "acknowledged", "intent": "acknowledge",
        "by": "Supermarkt Vormontage", "quantity": 2400, "quantity_now": 2400, "got": 14, "expected": "CF",
        "version": 1023, "most": 1023, "card_state": "retired", "paper": "superseded",
    }  # fmt: skip


def publish(terminal: Terminal, last: Any = None, **changes: Any) -> None:
    terminal.publish(kiosk_states.state(wall_ms(), last, language="de", **changes))


@pytest.fixture
def small(screen: Screen, terminal: Terminal) -> Screen:
    screen.page.set_viewport_size({"width": 1366, "height": 768})
    publish(terminal)
    expect(screen.page.locator("html")).to_have_attribute("lang", "de")  # the page loads itself again by itself
    return screen


def test_a_german_kiosk_speaks_german(small: Screen, terminal: Terminal) -> None:
    publish(terminal, central=CentralShown(state="offline", since_ms=wall_ms()), stored=7)

    expect(small.page.locator('[data-text="calm.title"]')).to_have_text("Karte scannen")
    expect(small.page.locator('[data-text="central.name"]')).to_have_text(
        "Hier gespeichert: 7. Werden später gesendet."
    )
    expect(small.page.locator("#undo")).to_have_text(re.compile("Zurücknehmen"))


COVERED = """() => {
  const seen = (one) => one.checkVisibility({visibilityProperty: true});
  const keys = [...document.querySelectorAll('footer .key')].filter(seen).map((key) => key.getBoundingClientRect());
  return [...document.querySelectorAll('.status:not([hidden]) p')].filter((text) => {
    if (getComputedStyle(text).position === 'absolute') return false; // its sign stands alone
    const range = document.createRange();
    range.selectNodeContents(text);
    return [...range.getClientRects()].some((box) => keys.some((key) =>
      box.right > key.left + 1 && box.left < key.right && box.bottom > key.top + 1 && box.top < key.bottom));
  }).map((text) => text.textContent);
}"""


@pytest.mark.parametrize("size", [(800, 480), (1280, 800), (1080, 1920)])
def test_no_german_word_hides_behind_a_key_or_the_edge(
    small: Screen, terminal: Terminal, size: tuple[int, int]
) -> None:
    small.page.set_viewport_size({"width": size[0], "height": size[1]})
    shown = kiosk_states.with_printer(wall_ms(), language="de")
    terminal.publish(shown)
    expect(small.page.locator(".status.printer")).to_be_visible()
    small.page.locator("#silent").evaluate("silent => { silent.hidden = false; dispatchEvent(new Event('resize')); }")

    assert small.page.evaluate(COVERED) == []
    cut = small.page.evaluate(CUT)  # signs that stand alone have their words for those who hear the page
    assert [text for text in cut if not text.startswith(("central", "scanners", "printer"))] == []


@pytest.mark.more
def test_every_answer_to_a_scan_stands_whole_on_a_small_screen(small: Screen, terminal: Terminal) -> None:
    now_ms = wall_ms()
    for place, key in enumerate(TOLD):
        text = sentence(Message(key, facts(now_ms)), "de", "Europe/Berlin", now_ms)
        publish(terminal, kiosk_states.entry(place, wall_ms(), Outcome.ALREADY_OPEN, id=key, message=text))

        expect(small.page.locator(".why").first).to_have_text(text)
        assert small.page.evaluate(CUT) == [], key


def test_every_outcome_has_room_in_its_row(small: Screen, terminal: Terminal) -> None:
    for place, outcome in enumerate(Outcome):
        entry = kiosk_states.entry(place, wall_ms(), outcome, id=outcome, part="88-1203-55", message="")
        publish(terminal, entry)

        word = kiosk_words.word(entry, translations("de").gettext)
        expect(small.page.locator('[data-text="rows.0.word"]')).to_have_text(word)
        assert small.page.evaluate(CUT) == [], outcome


@pytest.mark.more
def test_what_a_station_does_stands_whole_on_a_small_screen(small: Screen, terminal: Terminal) -> None:
    for text in DOES.values():
        publish(terminal, station=StationShown(name="Linie 4", does=german(text)))

        expect(small.page.locator(".does")).to_have_text(german(text))
        assert small.page.evaluate(CUT) == [], text


@pytest.mark.more
@pytest.mark.parametrize("key", ALARMS)
def test_an_alarm_stands_whole_on_a_small_screen(small: Screen, terminal: Terminal, key: str) -> None:
    stop = key in ("journal", "full")
    text = german(ALARMS[key], why="OSError: [Errno 28] No space left on device", stored=100_000, free=12, least=50)

    publish(terminal, alarms=(Alarm(key=key, stop=stop, text=text),))

    expect(small.page.get_by_text(text).locator("visible=true").first).to_be_visible()
    assert small.page.evaluate(CUT) == []


@pytest.mark.more
def test_a_refused_scan_says_all_of_why(small: Screen, terminal: Terminal) -> None:
    now_ms = wall_ms()
    for key in ("on_hold", "retired", "superseded_print", "unknown_card", "set_aside_revoked"):
        text = sentence(Message(key, {}), "de")
        publish(terminal, refused=(kiosk_states.entry(3, now_ms, Outcome.ON_HOLD, id=key, message=text),))

        expect(small.page.locator(".refused .sentence")).to_have_text(text)
        assert small.page.evaluate(CUT) == [], key
