"""The errors of cards on paper.

EkanbanError
└── LabelError            something about a card's print that can be said in words
    ├── DoesNotFit        a text that is too long for its place, even at its smallest size
    └── BadPicture        a file that is no picture that can be printed, or too large

Texts are for people: marked for translation, with `{places}` that `facts` fill (see EkanbanError).
"""

from __future__ import annotations

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
