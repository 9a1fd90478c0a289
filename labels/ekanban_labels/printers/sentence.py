"""Sentences for people, told in the reader's language where they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LONGEST_FACT = 300  # characters; facts may come from printers, which answer what they like


def N_(text: str) -> str:
    """Mark a text for translation and give it back."""
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template in English with `{places}`, and the facts that fill them. str() is the English sentence."""

    template: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def told(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence in another language; `translate` gets the template."""
        text = translate(self.template)
        return text.format(**self.facts) if self.facts else text

    def __str__(self) -> str:
        return self.told()

    def __bool__(self) -> bool:
        return bool(self.template)


NOTHING = Sentence("")


def say(template: str, **facts: object) -> Sentence:
    """Make a sentence; what a printer said becomes printable and short."""
    return Sentence(template, {name: printable(str(value)) for name, value in facts.items()})


def printable(text: str | bytes) -> str:
    """Return what came from outside so that it can stand in a log or on a page: no control characters, not long."""
    if isinstance(text, bytes):
        text = text[: 2 * _LONGEST_FACT].decode("utf-8", "backslashreplace")
    shown = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
    return shown if len(shown) <= _LONGEST_FACT else shown[:_LONGEST_FACT] + "…"
