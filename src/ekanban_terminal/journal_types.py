"""What goes into the journal and comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ekanban_core.wire import Contact, EpochMessage, ScanMessage, ScanResult
from ekanban_terminal.journal_checksum import Facts


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading to be stored. The message's epoch and sequence number are the journal's to give."""

    message: ScanMessage
    shown: str  # the kiosk's entry, JSON
    green: bool
    body: str | None = None
    after: str | None = None  # card and signal after the local verdict, JSON
    replays: str | None = None  # the dead scan that this one stands for


@dataclass(frozen=True, slots=True)
class Row:
    """A draft as it is written: the message with its number, and the facts of sql.ADD_SCAN."""

    ordinal: int  # of its epoch
    message: ScanMessage
    facts: Facts
    checksum: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A scan as people ask for it."""

    id: str
    state: str
    message: ScanMessage
    shown: str
    answer: ScanResult | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A scan to be sent, or the stand-in that central has taken in its place."""

    id: str
    ordinal: int  # of its epoch
    message: ScanMessage
    size: int  # bytes of its JSON


@dataclass(frozen=True, slots=True)
class Batch:
    """What to send next: consecutive scans, their epochs, and how far back each epoch is still kept."""

    scans: tuple[Waiting, ...]
    epochs: tuple[EpochMessage, ...]
    oldest_seq: dict[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """One result of central's, and whether it refuses what it answers."""

    result: ScanResult
    refuses: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A scan whose answer is stored."""

    id: str
    state: str
    shown: str
    result: ScanResult
    first: bool  # it had no answer before
    was: str  # its state before


@dataclass(frozen=True, slots=True)
class Heard:
    """What a signed answer of central's tells besides its results."""

    central: str  # key id
    generation: str
    position: int
    mark: str | None  # of the ledger at that position
    contact: Contact
    offset: str = ""  # bounds of central's clock minus this boot's, JSON


@dataclass(frozen=True, slots=True)
class Counts:
    """How many scans wait for their first answer, are sent again, and are dead."""

    stored: int = 0
    again: int = 0
    dead: int = 0

    def after(self, settled: Sequence[Settled]) -> Counts:
        """The counts when these have their answers."""
        waited = [one for one in settled if one.was == "waiting"]
        first = sum(one.first for one in waited)
        dead = sum((one.state == "dead") - (one.was == "dead") for one in settled)
        return Counts(self.stored - first, self.again - len(waited) + first, self.dead + dead)


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that is reached, as a sentence to translate."""

    template: str  # English, with {name} places
    facts: dict[str, int]

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.template.format(**self.facts)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the journal stops before anything is shown green."""

    stored: int
    free_bytes: int
