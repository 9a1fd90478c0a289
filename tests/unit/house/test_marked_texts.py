"""Texts for people are marked so that scripts/texts.py finds them, with every version of Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CODE = sorted(path for package in ("src", "drivers", "labels") for path in (ROOT / package).rglob("*.py"))
MARKS = {"_", "N_", "gettext", "ngettext"}
SAYS = {"says", "translate"}  # give a marked text in the reader's language; extraction does not know them


def name_of(call: ast.Call) -> str:
    """The last part of what is called."""
    called = call.func
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node) in names)


def hidden(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that extraction misses."""
    yield from (call for call in calls(tree, MARKS) if any(isinstance(text, ast.JoinedStr) for text in call.args))
    yield from (call for call in calls(tree, SAYS) if any(isinstance(text, ast.Constant) for text in call.args))
    for text in ast.walk(tree):
        if isinstance(text, ast.JoinedStr):  # before Python 3.12 tokens do not reach into f-strings
            yield from calls(text, MARKS)


@pytest.mark.parametrize(
    "code",
    ['_(f"Card {code}")', 'says("Not stored.")', "f\"{_('min')}\"", 'self._(f"{n} new")'],
)
def test_what_extraction_misses_is_found(code: str) -> None:
    assert list(hidden(ast.parse(code)))


@pytest.mark.parametrize("code", ['_("Card {code}").format(code=code)', 'says(_("Not stored."))', "says(text)"])
def test_what_extraction_finds_is_let_be(code: str) -> None:
    assert not list(hidden(ast.parse(code)))


def test_no_text_hides_from_extraction() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)}"
        for path in CODE
        for call in hidden(ast.parse(path.read_text("utf-8")))
    ]

    assert found == []
