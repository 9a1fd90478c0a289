"""The errors of the language.

EkanbanError
├── BadReading            what was read is not what this system reads; says what was expected
│   └── BadCardCode
├── BadMessage            a wire message that does not fit its schema
├── BadSignature          a request or an answer that is not authentic
└── RuleError             a step that the rules forbid; the text is for people
"""

from __future__ import annotations


class EkanbanError(Exception):
    """Something that ekanban can say in words."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or (self.__doc__ or "").strip())


class BadReading(EkanbanError):
    """This is not a code that ekanban reads."""


class BadCardCode(BadReading):
    """This is not a card code."""


class BadMessage(EkanbanError):
    """The message does not fit its schema."""


class BadSignature(EkanbanError):
    """The signature does not hold."""


class RuleError(EkanbanError):
    """The rules do not allow this step."""
