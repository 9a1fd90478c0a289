"""The errors of labels.

EkanbanError
└── LabelError
    ├── BadLayout         a layout, a sheet or rules whose file means nothing; says which field and what to change
    └── Refused           a card that would be no good on paper; all its problems at once
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ekanban_core.errors import EkanbanError


def N_(text: str) -> str:
    """Mark a text for translation and give it back; whoever shows it to people translates it."""
    return text


class LabelError(EkanbanError):
    """Something is wrong with a label."""


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
        return f"{self.about}: {translate(self.template).format(**self.facts)}"


class Refused(LabelError):
    """The card is not printed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.said() for problem in self.problems))
