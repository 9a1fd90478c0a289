"""The words of imports: how far one has come, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ImportState(StrEnum):
    """How far an import has come."""

    WAITING = "waiting"  # behind another one
    READING = "reading"  # all of the file is checked first
    RUNNING = "running"  # it is taken in
    DONE = "done"
    CHECKED = "checked"  # nothing was changed, because that was asked for
    REFUSED = "refused"  # nothing was changed; `errors` say why
    BROKEN = "broken"  # in the middle; to import the same file again goes on


ENDED = (ImportState.DONE, ImportState.CHECKED, ImportState.REFUSED, ImportState.BROKEN)


@dataclass(frozen=True, slots=True)
class Said:
    """A text to translate, what fills it, and the place in the file that it is about; line 0: the whole file."""

    line: int
    text: str
    facts: Mapping[str, Any]
    column: str = ""
    value: str = ""  # that is wrong there
