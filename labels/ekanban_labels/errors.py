"""The errors of cards on paper.

EkanbanError
└── LabelError            something about a card's print that can be said in words
    ├── DoesNotFit        a text that is too long for its place, even at its smallest size
    ├── BadPicture        a file that is no picture that can be printed, or too large
    ├── BadLayout         a layout, a sheet or rules whose file means nothing; says which field and what to change
    └── Refused           a card that would be no good on paper; all its problems at once

Texts are for people: marked for translation, with `{places}` that `facts` fill (see EkanbanError).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ekanban_core.errors import EkanbanError


def N_(text: str) -> str:
    """Mark a text for translation where it is written, to be translated where it is shown."""
    return text


class LabelError(EkanbanError):
    """The card cannot be printed."""


class DoesNotFit(LabelError):
    """A text does not fit into its place on the card."""


class BadPicture(LabelError):
    """This file is not a picture that can be printed."""


class BadLayout(LabelError):
    """This layout means nothing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason not to print. about: the value of the card, or the field; template has {places} that facts fill."""

    about: str
    template: str
    facts: dict[str, Any] = field(default_factory=dict)

    def said(self, translate: Callable[[str], str] = str) -> str:
        """Say it, in the language that translate speaks."""
        return f"{self.about}: {self.sentence(translate)}"

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Say it without what it is about."""
        return translate(self.template).format(**self.facts)


class Refused(LabelError):
    """The card is not printed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.said() for problem in self.problems))
