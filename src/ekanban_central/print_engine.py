"""What draws cards and sends them to printers, as the rest of central sees it. `labels_engine` does it; tests have a
printer of their own.

NotPrintable  these cards would be no good on this paper; says what to change
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol

from ekanban_central.pictures import Kept
from ekanban_central.printers import Printer
from ekanban_core.errors import EkanbanError
from ekanban_core.states import PrintState
from ekanban_labels.face import CardFace


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a text that was marked for translation, and what fills it. card: its code, or none."""

    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""

    @property
    def english(self) -> str:
        """The text, filled."""
        said = self.text.format(**self.facts)
        return f"{self.card}: {said}" if self.card else said


class NotPrintable(EkanbanError):
    """These cards are not printed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.english for fault in self.faults[:3]))


@dataclass(frozen=True, slots=True)
class Plan:
    """How the cards of a job come on paper. sheet: empty: each on paper of its own; `skip`: its used places."""

    printer: Printer
    layout: str = ""  # of all cards; empty: each has its own
    sheet: str = ""
    skip: int = 0
    duplex: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One print: what stands on it, and in which layout."""

    face: CardFace
    layout: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to the printer at once, and how many cards are on it."""

    content: bytes
    cards: int


@dataclass(frozen=True, slots=True)
class Told:
    """How far a job is: cards that are surely on paper, and what a person must do for the others, if anything."""

    out: int
    text: str = ""  # marked for translation
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending has ended. state: done, accepted, unknown or failed.

    Cards 1 to `out` are surely on paper, those behind `begun` surely not; what lies between is unsure.
    """

    state: PrintState
    out: int
    begun: int
    text: str = ""  # for people, marked for translation
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a printer says of itself."""

    ready: bool
    text: str  # for people, marked for translation
    facts: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """Cards to paper. All of it may take long: never on the event loop, never in a transaction."""

    def layouts(self) -> list[str]:
        """The names of all layouts."""
        ...

    def sheets(self) -> list[str]:
        """The names of all sheets."""
        ...

    def layout(self, plan: Plan, face: CardFace, loop_layout: str) -> str:
        """The layout of a card: the job's, its loop's, the printer's, or by rule."""
        ...

    def check(self, plan: Plan, papers: Sequence[Paper]) -> None:
        """Raises NotPrintable unless all of these can be printed so."""
        ...

    def batches(self, plan: Plan, papers: Iterable[Paper]) -> Iterator[Batch]:
        """Draw prints, a few at a time, in their order. Raises NotPrintable."""
        ...

    def send(
        self,
        printer: Printer,
        name: str,
        batches: Iterable[Batch],
        tell: Callable[[Told], None],
        stop: Event,
    ) -> Sent:
        """Send a job of this name; `stop` ends it between two batches."""
        ...

    def address(self, printer: Printer) -> str:
        """Check a registration; returns the address in the form to be kept. Raises BadPrinter."""
        ...

    def picture(self, content: bytes) -> Kept:
        """Look at a picture that somebody brings. Raises NotPrintable for what is no PNG or JPEG of a sound size."""
        ...

    def standing(self, printer: Printer) -> Standing:
        """Ask a printer how it is."""
        ...

    def preview(self, plan: Plan, paper: Paper, form: str) -> bytes:
        """One print as it would look, without a sheet; form: "svg", "png", "pdf". Raises NotPrintable."""
        ...

    def copies(self, plan: Plan, papers: Sequence[Paper], word: str, form: str) -> list[bytes]:
        """Draw prints that exist, with this word where the loop's kind stands, so that nobody takes them for cards.

        form: "pdf", "zpl": one file; "svg", "png": one for each page. Raises NotPrintable.
        """
        ...
