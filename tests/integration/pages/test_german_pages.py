"""A German browser sees German pages."""

from __future__ import annotations

import json
import re

import pytest
from page_counter import Counter
from page_plant import PagePlant

from ekanban_central import people
from ekanban_central.ledger import SYSTEM
from ekanban_core.states import Role

GERMAN = "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"
ENGLISH_WORDS = re.compile(r"\b(the|and|of|is|are|card|open|due|empty|quantity|waiting|received)\b")


def text_of(html: str) -> str:
    """What people read of a page, without the plant's own names."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    shown = " ".join(re.findall(r'(?:title|placeholder|aria-label)="([^"]*)"', body))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body) + shown)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/signals", "Offene Abrufe"),
        ("/signals?q=nothing-has-this-name", "Kein offener Abruf passt zu diesem Filter."),
        ("/reviews", "Nichts wartet auf eine Entscheidung."),
        ("/terminals", "Terminal anmelden"),
        ("/password", "Passwort wählen"),
        ("/c/0000000001CF", "Keine Karte hat diesen Code:"),
    ],
)
def test_a_german_browser_sees_german(counter: Counter, path: str, heading: str) -> None:
    page = counter.browser().get(path, **{"Accept-Language": GERMAN})

    assert '<html lang="de"' in page.text
    assert heading in text_of(page.text)
    assert ENGLISH_WORDS.findall(text_of(page.text)) == []


def test_a_german_stranger_is_asked_to_sign_in_in_german(counter: Counter) -> None:
    page = counter.stranger().get("/sign-in", headers={"Accept-Language": GERMAN})

    assert "Anmelden" in text_of(page.text)
    assert ENGLISH_WORDS.findall(text_of(page.text)) == []


def test_an_error_page_says_what_to_do_in_german_and_a_program_gets_english(counter: Counter) -> None:
    browser = counter.stranger()
    seen = {"Accept": "text/html", "Accept-Language": GERMAN}

    missing = browser.get("/nothing%20here{0}", headers=seen)
    old = browser.post("/sign-in", data={"csrf": "old"}, headers=seen)
    program = browser.get("/api/v1/nothing", headers={"Accept-Language": GERMAN})

    assert "Unter /nothing here{0} gibt es nichts." in text_of(missing.text)
    assert "Diese Seite ist veraltet." in text_of(old.text)
    assert (missing.status_code, old.status_code) == (404, 403)
    assert program.json()["detail"] == "There is nothing at /api/v1/nothing."


def test_a_card_tells_its_story_in_german(counter: Counter, works: PagePlant) -> None:
    body = works.cards[0]
    works.scan(body)

    page = text_of(counter.browser().get(f"/c/{body}", **{"Accept-Language": GERMAN}).text)

    assert re.search(r"Behälter leer .* vor \d+ s", page)
    assert "Abruf stornieren, weil" in page


def test_what_changes_by_itself_is_said_in_german_too(counter: Counter) -> None:
    page = counter.browser().get("/signals", **{"Accept-Language": GERMAN})

    words = json.loads(re.search(r'id="words">(.*?)</script>', page.text)[1])  # type: ignore[index]  # a page without them has failed

    assert words["late"] == "seit {time}"
    assert words["new_many"] == "{n} neue"
    assert "Die Zentrale antwortet nicht" in words["offline"]


def test_a_persons_own_language_goes_before_the_browsers(counter: Counter, works: PagePlant) -> None:
    with works.database.session() as session:
        greta = people.create(session, "greta", Role.VIEWER, SYSTEM, works.now, works.random, language="de").id

    page = counter.browser(greta).get("/signals", **{"Accept-Language": "en-GB"})

    assert "Offene Abrufe" in page.text


def test_a_browser_of_a_language_without_a_catalog_gets_centrals(counter: Counter) -> None:
    page = counter.browser().get("/signals", **{"Accept-Language": "xx"})

    assert "Open signals" in page.text
