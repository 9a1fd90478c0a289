"""One German word for each word of the plant's language: docs/reference/german-terms.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]
CATALOG = ROOT / "src/ekanban_core/locale/de/LC_MESSAGES/ekanban.po"
TERMS = (ROOT / "docs/reference/german-terms.md").read_text("utf-8")

ALWAYS = {  # wherever the English word stands, the German text holds this
    r"supervisor": "schichtleitung",
    r"review desk": "klärplatz",
    r"command card": "befehlskarte",
    r"terminals?": "terminal",
    r"cards?": "karte|ausdruck",
    r"signals?": "abruf",
    r"loop": "regelkreis",
    r"scans?": "scan",
    r"overdue": "überfällig",
    r"set aside": "zurückgestellt",
    r"on hold": "gesperrt|sperren",
    r"enrol(led)?": "anmelden|angemeldet",
    r"stored (here|there)": "gespeichert",
    r"admin(istrator)?": "administration|mit allen rechten",
}
OTHERS = ["auftrag", "quittier", "rückgängig", "eingegangen", "eingang", "meister", "vorgesetzt"]  # for what has a word
TYPED = ["...", '"', " - "]  # …, „“ and – in print


def pairs() -> list[tuple[str, str]]:
    """Every text with its translation, plural forms one by one."""
    with CATALOG.open("rb") as file:
        catalog = read_po(file, locale="de")
    found: list[tuple[str, str]] = []
    for message in catalog:
        texts, said = ([one] if isinstance(one, str) else list(one or ()) for one in (message.id, message.string))
        found += zip(texts, said, strict=True)
    return [(text, german) for text, german in found if text]


@pytest.mark.parametrize("word", ALWAYS)
def test_a_term_has_one_german_word(word: str) -> None:
    german = re.compile(ALWAYS[word], re.I)

    strays = [text for text, said in pairs() if re.search(rf"\b{word}\b", text, re.I) and not german.search(said)]

    assert strays == []
    assert german.search(TERMS)


@pytest.mark.parametrize("word", OTHERS)
def test_no_second_german_word_stands_for_a_term(word: str) -> None:
    assert [said for _, said in pairs() if word in said.lower()] == []


@pytest.mark.parametrize("sign", TYPED)
def test_german_texts_are_set_and_not_typed(sign: str) -> None:
    assert [said for _, said in pairs() if sign in said] == []
