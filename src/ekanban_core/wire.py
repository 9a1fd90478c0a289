"""The messages between terminal and central, version 1. The one place where both meet.

Unknown keys are ignored on both sides, so that one release may be older or newer (promise 16). Times named `_ms` are
milliseconds: of central's clock since 1970 (`at_ms`, `earliest_ms`, …), or of the terminal's CLOCK_BOOTTIME
(`boottime_ms`), which starts at its boot.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ekanban_core.card_code import BODY, LAST_VERSION
from ekanban_core.states import (
    CardState,
    Closing,
    Intent,
    LoopKind,
    Outcome,
    OutOfSequence,
    PrintAnswer,
    PrintEnd,
    PrintReason,
    SignalState,
)

VERSION = 1
MOST_SCANS = 500
MOST_RAW = 16_384  # bytes of one reading; longer ones are cut by the driver and reported
MOST_RESERVES = 500  # cards of one terminal that have a version in reserve
MOST_REPORTS = 100  # prints in one report; and bins without a card

Identifier = Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{32,36}$")]
Milliseconds = Annotated[int, Field(ge=0, lt=2**53)]
Body = Annotated[str, Field(max_length=BODY)]
Version = Annotated[int, Field(ge=1, le=LAST_VERSION)]


class Wire(BaseModel):
    """Base: frozen, unknown keys ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScanMessage(Wire):
    """One scan as the terminal stored it."""

    id: Identifier  # UUIDv7, lower case
    epoch: Identifier  # random, one for each start of the terminal
    seq: Annotated[int, Field(ge=1, lt=2**53)]  # 1, 2, 3 … in its epoch
    raw: str  # base64 of the bytes that the scanner gave; central derives the text from them
    symbology: Annotated[str, Field(max_length=8)] | None = None  # AIM identifier, "]C0"
    scanner: Annotated[str, Field(max_length=200)] = ""
    intent: Intent
    target: Identifier | None = None
    quantity: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    operator: Annotated[str, Field(max_length=200)] | None = None
    session: Annotated[str, Field(max_length=200)] | None = None
    duplicate_of: Identifier | None = None
    local_outcome: Outcome | None = None  # what the terminal showed
    register_cursor: Annotated[str, Field(max_length=100)] | None = None
    scanned_at: Annotated[str, Field(max_length=40)] = ""  # wall clock, RFC 3339; shown, never compared
    boot_id: Annotated[str, Field(max_length=64)] = ""
    boottime_ms: Milliseconds = 0
    age_ms: Milliseconds | None = None  # at sending; null for a scan of an earlier boot

    @field_validator("raw")
    @classmethod
    def _raw_is_base64(cls, value: str) -> str:
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("raw: expected base64") from error
        if len(content) > MOST_RAW:
            raise ValueError(f"raw: expected at most {MOST_RAW} bytes, got {len(content)}")
        return value

    @property
    def content(self) -> bytes:
        """The bytes that the scanner gave."""
        return base64.b64decode(self.raw)

    def content_hash(self) -> bytes:
        """SHA-256 over everything that never changes: all but `age_ms`, which counts on until the scan is sent."""
        facts = self.model_dump(mode="json", exclude={"age_ms"})
        return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).digest()


class EpochMessage(Wire):
    """One start of a terminal: who came before it, and how far that one had counted (promise 9)."""

    epoch: Identifier
    previous: Identifier | None = None  # null: the first start after enrolment
    previous_seq: Annotated[int, Field(ge=0)] = 0  # the last sequence number of the previous epoch, 0 for none


class Contact(Wire):
    """When the terminal last heard from central; narrows the bounds of its scans."""

    at_ms: Milliseconds  # central's time as its answer gave it
    boot_id: str
    boottime_ms: Milliseconds  # when that answer had arrived


class TerminalStatus(Wire):
    """What a terminal tells of itself with each batch."""

    release: str = ""
    stored: int = 0  # scans that wait to be sent
    scanners: dict[str, str] = {}  # name → ready, absent, not_readable


class ScanBatch(Wire):
    """POST /api/v1/scans. Each scan is validated by itself, so that one bad one harms no other."""

    version: int = VERSION
    terminal: Identifier
    generation: str | None = None  # central's, as last heard
    position: int | None = None  # the highest ledger position heard in that generation
    mark: str | None = None  # and the ledger's mark there, as heard with it
    scans: Annotated[list[Any], Field(min_length=1, max_length=MOST_SCANS)]
    epochs: list[EpochMessage] = []  # those from which scans are sent, oldest first
    oldest_seq: dict[str, int] = {}  # by epoch: the oldest sequence number still kept; older ones are gone for good
    boot_id: str = ""
    boottime_ms: Milliseconds | None = None  # at sending
    contact: Contact | None = None
    status: TerminalStatus | None = None


class SignalBrief(Wire):
    """A pull signal in a few words, for a kiosk."""

    id: str
    state: SignalState
    opened_ms: int  # the latest possible time
    due_ms: int
    urgent: bool = False


class ScanResult(Wire):
    """What central made of one scan."""

    id: str | None  # null only when the scan had no usable id
    outcome: Outcome
    message: str  # a sentence in the site's language
    card: str | None = None  # body of the card code
    signal: SignalBrief | None = None
    reason: str = ""  # key of the sentence in ekanban_core.texts
    facts: dict[str, str | int] = {}  # what fills it
    repeated: bool = False  # it was known already; this is its first answer
    index: int | None = None  # place in the batch


class Expected(Wire):
    """A gap: central wants this scan next."""

    epoch: str
    seq: int


class ScanAnswer(Wire):
    """Signed by central; only the scans that `results` names are committed there (promise 7)."""

    version: int = VERSION
    generation: str
    position: int
    mark: str | None = None  # opaque: tells this ledger from one that was restored and went another way
    at_ms: Milliseconds  # central's time
    results: list[ScanResult]
    expected: Expected | None = None


class RegisterSignal(Wire):
    """The open signal of a card, with all that the rules need."""

    id: str
    state: SignalState
    opened_earliest_ms: int
    opened_latest_ms: int
    released_earliest_ms: int | None = None
    released_latest_ms: int | None = None
    due_ms: int
    urgent: bool = False
    opened_at: str = ""  # name of the terminal or person that opened it


class RegisterCard(Wire):
    """A card with its part, its loop and its state: what a terminal must know offline."""

    body: str
    state: CardState
    print_version: int
    pending_version: int
    quantity_version: int = 0
    number: int = 0  # card n of N
    cards: int = 0  # N, as of the card's last change; 0 from a central that does not say
    one_off: bool = False
    last_closed_earliest_ms: int | None = None
    last_closed_latest_ms: int | None = None
    last_signal: str | None = None
    aliases: list[str] = []
    part: str
    description: str
    unit: str
    quantity: int
    container: str = ""
    source: str
    destination: str
    bin: str = ""
    supplier: str = ""  # what a card's face shows beside: name, its part number, remark, and which layout
    supplier_part: str = ""
    remark: str = ""
    layout: str = ""  # "": by the rules of layouts
    kind: LoopKind
    closing: Closing
    lead_time_s: int
    min_cycle_s: int
    states: list[SignalState] = []
    holds_back: bool = False
    out_of_sequence: OutOfSequence = OutOfSequence.WARN
    signal: RegisterSignal | None = None


class RegisterAnswer(Wire):
    """GET /api/v1/register?since=CURSOR: the changed cards, oldest change first; `more`: ask again at once."""

    version: int = VERSION
    generation: str
    position: int
    mark: str | None = None  # as in ScanAnswer
    cursor: str  # opaque; "since" of the next call
    at_ms: Milliseconds
    site: str
    time_zone: str
    language: str = "en"
    base_url: str = ""  # as phones reach central, for the code on a card; "": cards cannot be printed
    owner: str = ""  # "if found, give to"
    full: bool  # this page begins a full load: forget what was cached before
    more: bool = False
    cards: list[RegisterCard]


class SeldomWire(Wire):
    """Base of messages that most terminals never send: made ready when the first is needed, not at the start."""

    model_config = ConfigDict(defer_build=True)


class CardPrint(SeldomWire):
    """One print of a card, by its number."""

    body: Body
    print_version: Version


class BookMessage(SeldomWire):
    """One opening of a terminal's print book, and the one whose reserve it goes on from, as far as the book knows.

    A book that was deleted, and one that was restored or copied, do not go on from where central believes the terminal.
    """

    book: Identifier
    previous: Identifier | None = None  # the opening that wrote down an answer last; null: none that can be relied on
    mark: Annotated[str, Field(max_length=40)] = ""  # of that answer


class ReserveRequest(SeldomWire):
    """POST /api/v1/terminals/prints/reserve: versions that this terminal may print while central is away.

    One for each of `bodies` and of the cards last scanned here (`most`, newest first). Repeating it gives the same.
    """

    version: int = VERSION
    terminal: Identifier
    generation: str | None = None  # central's, as last heard
    epoch: EpochMessage  # this start of the terminal: a copied one gets nothing
    most: Annotated[int, Field(ge=0, le=MOST_RESERVES)] = 200
    bodies: Annotated[list[Body], Field(max_length=MOST_RESERVES)] = []  # these cards first, scanned here or not
    held: Annotated[list[CardPrint], Field(max_length=4 * MOST_RESERVES)] = []  # all in reserve here, none printed
    book: BookMessage | None = None  # null: a release that does not tell


class ReserveAnswer(SeldomWire):
    """All that this terminal has in reserve from now on; others are void, and so is what it has printed of these.

    Central knows of a print once it was reported: report first, then ask.
    """

    version: int = VERSION
    generation: str
    at_ms: Milliseconds
    reserves: list[CardPrint]
    refused: dict[str, str] = {}  # of `bodies`: why there is none, a sentence in the site's language
    mark: str = ""  # written down with the reserve; the next opening of the book tells it


class PrintReport(SeldomWire):
    """What became of one print at a terminal's own printer. Told again later with another id where people know more."""

    id: Identifier  # UUIDv7, lower case; the same one again gets its first answer again
    body: Body
    print_version: Version
    reason: PrintReason
    end: PrintEnd
    detail: Annotated[str, Field(max_length=500)] = ""  # the printer's own words
    printer: Annotated[str, Field(max_length=200)] = ""
    quantity: Annotated[int, Field(ge=0, lt=2**31)] | None = None  # as the paper shows it
    operator: Annotated[str, Field(max_length=200)] | None = None
    printed_at: Annotated[str, Field(max_length=40)] = ""  # wall clock, RFC 3339; shown, never compared
    boot_id: Annotated[str, Field(max_length=64)] = ""
    boottime_ms: Milliseconds = 0  # when `end` was known
    age_ms: Milliseconds | None = None  # at sending; null for a print of an earlier boot


class PrintReports(SeldomWire):
    """POST /api/v1/terminals/prints/report, oldest first. Each is validated by itself; none is ever refused."""

    version: int = VERSION
    terminal: Identifier
    generation: str | None = None
    epoch: EpochMessage
    reports: Annotated[list[Any], Field(min_length=1, max_length=MOST_REPORTS)]


class PrintResult(SeldomWire):
    """What central made of one reported print."""

    id: str | None  # null only when the report had no usable id
    answer: PrintAnswer
    message: str  # a sentence in the site's language
    reason: str = ""  # key of the sentence in ekanban_core.texts
    facts: dict[str, str | int] = {}  # what fills it
    print_version: int | None = None  # the newest print of this card whose paper is confirmed
    repeated: bool = False  # it was known already; this is its first answer
    index: int | None = None  # place in the message


class PrintReportAnswer(SeldomWire):
    """Signed by central; only the reports that `results` names are committed there."""

    version: int = VERSION
    generation: str
    at_ms: Milliseconds
    results: list[PrintResult]


class MissingReport(SeldomWire):
    """A bin that stood empty without its card, as a worker told the kiosk."""

    id: Identifier  # UUIDv7, lower case; the same one again gets its first answer again. Of the signal that it opens
    body: Body
    print_version: Version | None = None  # of the paper that should be there, as far as the terminal knows
    operator: Annotated[str, Field(max_length=200)] | None = None
    reported_at: Annotated[str, Field(max_length=40)] = ""  # wall clock, RFC 3339; shown, never compared
    register_cursor: Annotated[str, Field(max_length=100)] | None = None  # as of a scan
    boot_id: Annotated[str, Field(max_length=64)] = ""
    boottime_ms: Milliseconds = 0  # when the worker told it
    age_ms: Milliseconds | None = None  # at sending; null for a report of an earlier boot


class MissingReports(SeldomWire):
    """POST /api/v1/terminals/prints/missing, oldest first. Each is validated by itself; none is ever refused."""

    version: int = VERSION
    terminal: Identifier
    generation: str | None = None
    epoch: EpochMessage
    boot_id: Annotated[str, Field(max_length=64)] = ""
    boottime_ms: Milliseconds | None = None  # at sending
    contact: Contact | None = None  # as in ScanBatch
    reports: Annotated[list[Any], Field(min_length=1, max_length=MOST_REPORTS)]


class MissingResult(SeldomWire):
    """What central made of one bin without a card. It orders nothing: a supervisor does."""

    id: str | None  # null only when the report had no usable id
    answer: str  # MissingAnswer, or a newer central's
    message: str  # a sentence in the site's language
    reason: str = ""  # key of the sentence in ekanban_core.texts
    facts: dict[str, str | int] = {}  # what fills it
    repeated: bool = False  # it was known already; this is its first answer
    index: int | None = None  # place in the message


class MissingReportAnswer(SeldomWire):
    """Signed by central; only the reports that `results` names are committed there."""

    version: int = VERSION
    generation: str
    at_ms: Milliseconds
    results: list[MissingResult]


class PrintRequest(SeldomWire):
    """POST /api/v1/terminals/prints/request: a replacement, on the printer that central has for this terminal.

    Sent again with the same id it prints nothing more and tells how far the print has come. `again`: it was answered
    before; a central that does not know it was restored from a backup, and refuses it.
    """

    version: int = VERSION
    terminal: Identifier
    epoch: EpochMessage
    id: Identifier  # UUIDv7, lower case
    body: Body
    reason: PrintReason
    operator: Annotated[str, Field(max_length=200)] | None = None
    again: bool = False


class PrintRequestAnswer(SeldomWire):
    """How far the print has come. A refusal is a problem (409) whose detail says why."""

    version: int = VERSION
    id: str
    job: str  # central's
    state: str  # of the job: "queued", "sending", "accepted", "done", "unknown", "failed"
    print_version: int
    printer: str = ""  # its name, so that people know where to go
    message: str = ""  # a sentence in the site's language


class EnrolRequest(Wire):
    """POST /api/v1/terminals/enroll. `mac`: hex HMAC-SHA-256, keyed from the code's secret."""

    version: int = VERSION
    id: str  # the code's id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    public_key: str  # base64 of the 32 raw bytes
    mac: str


class EnrolAnswer(Wire):
    """Signed by central's key, whose fingerprint the code carried."""

    version: int = VERSION
    terminal: str
    state: str  # TerminalState
    central_key: str  # base64 of the 32 raw bytes
    generation: str
    site: str


class Refusal(Wire):
    """A problem (RFC 9457) that central gives a terminal instead of an answer. Believe `standing` only when signed."""

    status: int
    title: str = ""
    detail: str = ""  # a sentence for people
    standing: str | None = None  # TerminalState, where it is the reason: "pending" waits for approval, or "revoked"
