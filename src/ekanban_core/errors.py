"""The errors of the language.

EkanbanError
├── BadReading            what was read is not what this system reads; says what was expected
│   └── BadCardCode
├── BadMessage            a wire message that does not fit its schema
├── BadSignature          a request or an answer that is not authentic
├── BadExport             a file that is no export of a journal, or not a whole one; says in which line
└── RuleError             a step that the rules forbid; the text is for people
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ekanban_core.facts import Message


class EkanbanError(Exception):
    """Something that ekanban can say in words.

    `text` may be marked for translation, with `{places}` that `facts` fill: whoever shows the error to people
    translates `template` and fills it again.
    """

    def __init__(self, text: str = "", message: Message | None = None, **facts: Any) -> None:
        self.template = text or " ".join((self.__doc__ or "").split())
        self.facts: dict[str, Any] = facts
        super().__init__(self.template.format(**facts) if facts else self.template)
        self.message = message  # the same for texts.sentence, in any language


class BadReading(EkanbanError):
    """This is not a code that ekanban reads."""


class BadCardCode(BadReading):
    """This is not a card code."""


class BadMessage(EkanbanError):
    """The message does not fit its schema."""


class BadSignature(EkanbanError):
    """The signature does not hold."""


class BadExport(EkanbanError):
    """This file is not the export of a terminal's journal."""


class RuleError(EkanbanError):
    """The rules do not allow this step."""
