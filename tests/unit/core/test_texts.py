"""What people read."""

from __future__ import annotations

import ast
import gettext
from pathlib import Path
from string import Formatter

import pytest

import ekanban_core
from ekanban_core import texts
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Message
from ekanban_core.judgement import Standing
from ekanban_core.sentences import PAPER, SENTENCES, WORDS
from ekanban_core.states import CardState, Colour, Intent, Outcome, SignalState
from ekanban_core.texts import colour, local_time, sentence, translations

MORNING = 1_767_250_920_000  # 2026-01-01 07:02 UTC
ALREADY = Message(
    "already_open", {"opened_ms": MORNING, "due_ms": MORNING + 5_580_000, "by": "Line 4", "state": "ready"}
)


def test_a_sentence_says_times_of_the_site() -> None:
    assert sentence(ALREADY, zone="Europe/Berlin") == "Already ordered 08:02 by Line 4, due 09:35; now ready."
    assert sentence(ALREADY, zone="America/New_York") == "Already ordered 02:02 by Line 4, due 03:35; now ready."


def test_a_time_of_another_day_has_its_date() -> None:
    tomorrow = MORNING + 86_400_000

    assert "ordered 2026-01-01 07:02 by" in sentence(ALREADY, now_ms=tomorrow)
    assert "ordered 07:02 by" in sentence(ALREADY, now_ms=MORNING)
    assert "ordered 2026-01-01 07:02 by" in sentence(Message(ALREADY.key, {**ALREADY.facts, "now_ms": tomorrow}))


def test_the_site_decides_which_day_it_is() -> None:
    late = MORNING + 16 * 3_600_000  # 23:02 UTC

    assert local_time(MORNING, "UTC", late) == "07:02"
    assert local_time(MORNING, "Asia/Tokyo", late) == "2026-01-01 16:02"


def test_a_sentence_does_with_the_facts_it_has() -> None:
    assert sentence(Message("already_open", {"opened_ms": MORNING, "due_ms": MORNING})).endswith("07:02, due 07:02.")
    assert sentence(Message("opened")) == "Ordered."


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_no_sentence_fails_for_want_of_facts(key: str) -> None:
    assert sentence(Message(key))


def test_a_key_of_a_newer_release_is_shown_as_it_is() -> None:
    assert sentence(Message("moon_phase", {"phase": 3})) == "moon_phase"


@pytest.mark.parametrize("value", ["{by}", "%s", "{0.__class__}", "<b>", "\x00", "\ud800"])
def test_what_was_scanned_is_never_interpreted(value: str) -> None:
    message = Message("already_open", {"opened_ms": MORNING, "due_ms": MORNING, "by": value, "state": value})

    assert sentence(message) == f"Already ordered 07:02 by {value}, due 07:02; now {value}."


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "\0", "Europe"])
def test_a_wrong_zone_is_read_as_utc(zone: str) -> None:
    assert local_time(MORNING, zone) == "07:02"


@pytest.mark.parametrize("at_ms", [2**53 - 1, -(2**60)])
def test_a_time_beyond_the_calendar_is_no_accident(at_ms: int) -> None:
    assert local_time(at_ms, "Europe/Berlin", MORNING) == "--:--"


@pytest.mark.parametrize("language", ["en", "xx", "", "../../x", "de-XX", "\0"])
def test_a_language_without_a_catalog_is_english(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(texts, "LOCALE", tmp_path)
    translations.cache_clear()

    assert sentence(Message("opened"), language) == "Ordered."
    translations.cache_clear()


class Catalog(gettext.NullTranslations):
    def __init__(self, entries: dict[str, str]) -> None:
        super().__init__()
        self.entries = entries

    def gettext(self, message: str) -> str:
        return self.entries.get(message, message)


def speak(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    catalog = Catalog({SENTENCES[key][0] if key in SENTENCES else WORDS[key]: text for key, text in entries.items()})
    monkeypatch.setattr(texts, "translations", lambda _: catalog)


def test_words_of_the_language_are_translated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, advanced="Erledigt: {state}.", in_process="in Arbeit")

    assert sentence(Message("advanced", {"state": "in_process"}), "de") == "Erledigt: in Arbeit."


def test_a_translation_with_a_wrong_placeholder_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, advanced="Erledigt: {zustand}.")

    assert sentence(Message("advanced", {"state": "ready"}), "de") == "Done: ready."


def test_every_outcome_has_a_colour() -> None:
    assert {outcome: colour(outcome) for outcome in Outcome}[Outcome.OPENED] is Colour.GREEN
    for refused in ("on_hold", "retired", "superseded_print", "unknown_card", "unreadable", "set_aside"):
        assert colour(Outcome(refused)) is Colour.RED
    for asked in ("already_open", "stale_print", "found", "review"):
        assert colour(Outcome(asked)) is Colour.AMBER


def keys_in(source: str) -> set[str]:
    """First arguments of Message(…), refused(…), and of the methods that make an answer."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = {"Message": 0, "refused": 0, "unchanged": 1, "review": 1, "_bad": 1}.get(name)
        if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
            found.add(str(node.args[place].value))  # type: ignore[attr-defined]
    return found


def test_every_key_that_the_rules_use_has_a_sentence() -> None:
    sources = Path(ekanban_core.__file__).parent.glob("*.py")
    used = set().union(*(keys_in(source.read_text()) for source in sources))
    made = {f"lookup_{state}" for state in set(CardState) - {CardState.ACTIVE, CardState.DRAFT}}
    made |= {f"set_aside_{standing}" for standing in set(Standing) - {Standing.GOOD}}
    made |= {f"stored_{outcome}" for outcome in ("opened", "advanced", "received", "undone")}

    assert len(used) > 30
    assert used | made <= SENTENCES.keys()


def test_every_word_of_the_language_can_be_said() -> None:
    assert {*SignalState, *CardState, *Intent} <= WORDS.keys()


def test_every_kind_of_review_can_be_explained() -> None:
    assert {f"review_{kind}" for kind in ReviewKind} <= SENTENCES.keys()


def test_sentences_are_sentences_with_plain_placeholders() -> None:
    for forms in (*SENTENCES.values(), *PAPER.values()):
        for form in forms:
            assert form.endswith((".", "?"))
            assert all(name.isidentifier() for _, name, _, _ in Formatter().parse(form) if name is not None)
