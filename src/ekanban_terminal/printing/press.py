"""What the desk wants of a printer: draw a card, send it, say how it went. `label_press` is the real one.

The calls block, and a printer may keep them for ever: they run in threads of their own, and nobody waits longer for
them than the desk's patience.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from typing import Protocol, TypeVar

from ekanban_core.wire import RegisterCard
from ekanban_terminal.printing.jobs import NOTHING, Why

T = TypeVar("T")


class Result(StrEnum):
    """How sending went."""

    DONE = "done"  # the printer says that the paper is out
    FAILED = "failed"  # surely no paper
    UNKNOWN = "unknown"  # no answer, a jam, a line that broke: perhaps


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending went, and what a person should know or do."""

    result: Result
    why: Why = NOTHING


@dataclass(frozen=True, slots=True)
class Standing:
    """How the printer stands. ready: None while nobody knows."""

    ready: bool | None
    why: Why = NOTHING


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed: a card of the register in one version, and what the plant adds. date: by central's time."""

    card: RegisterCard
    version: int
    date: str = ""
    base_url: str = ""
    owner: str = ""
    language: str = "en"


class Press(Protocol):
    """A printer with its layout."""

    def check(self) -> Standing:
        """Ask the printer how it stands."""
        ...

    def draw(self, sheet: Sheet) -> bytes:
        """The document that is sent. Raises PrintRefused where the card does not fit its layout."""
        ...

    def send(self, document: bytes, name: str) -> Sent:
        """Send it once, and see what becomes of it. name: of the job, for the printer's own list."""
        ...


def in_a_thread(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Do it in a thread of its own, which keeps no process from ending, however long it takes."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(how: Callable[[T], None] | Callable[[BaseException], None], what: object) -> None:
        if not result.done():
            how(what)  # type: ignore[arg-type]  # a result's own setter gets a result, the other one an error

    def run() -> None:
        try:
            found = work()
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            with suppress(RuntimeError):  # the loop is closed, nobody waits
                loop.call_soon_threadsafe(tell, result.set_exception, error)
        else:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, result.set_result, found)

    Thread(target=run, name=name, daemon=True).start()
    return result
