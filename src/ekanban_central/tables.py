"""Central's tables. Migrations create them; this file says what they mean.

Times named `_ms` are milliseconds of central's clock since 1970 (UTC). `changed` is the site's change number (ledger
position) at which the row changed last: registers and live pages read on from it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ekanban_central.columns import big, json_column, later
from ekanban_central.tables_printing import (
    Audit,
    AuditCard,
    AuditCode,
    MissingCard,
    Printer,
    PrintJob,
    PrintJobItem,
    PrintReserve,
    TerminalPrint,
)

__all__ = [
    "Alias",
    "ApiToken",
    "Audit",
    "AuditCard",
    "AuditCode",
    "Card",
    "EnrolmentCode",
    "FileImport",
    "Ledger",
    "Location",
    "Loop",
    "Meta",
    "MissingCard",
    "Part",
    "Person",
    "Picture",
    "PrintJob",
    "PrintJobItem",
    "PrintReserve",
    "Printer",
    "Review",
    "ScanAside",
    "ScanIdentity",
    "SignInLink",
    "Signal",
    "Site",
    "Terminal",
    "TerminalBoot",
    "TerminalEpoch",
    "TerminalPrint",
    "WebSession",
]


class Meta(SQLModel, table=True):
    """Facts about this database: `generation`, a random word that changes when central is restored (promise 15)."""

    key: str = Field(primary_key=True)
    value: str


class Site(SQLModel, table=True):
    """A plant. `head` is its newest ledger position, `mark` the ledger's there; its row lock is taken last."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=20)
    name: str
    time_zone: str = "UTC"  # IANA name
    language: str = "en"
    head: int = big(default=0)
    mark: int = big(default=0, sa_column_kwargs={"server_default": "0"})
    base_url: str = later(max_length=200)  # as phones reach central, for cards; empty: the settings' own
    owner: str = later(max_length=200)  # for cards: "if found, give to"


class Part(SQLModel, table=True):
    """What is replenished."""

    id: UUID = Field(primary_key=True)
    number: str = Field(unique=True, max_length=60)
    description: str = ""
    unit: str = "pcs"
    revision: str = ""
    picture: str | None = Field(default=None, max_length=64)  # a Picture's key


class Picture(SQLModel, table=True):
    """A picture as it was brought, named by the SHA-256 of its bytes. It stays: a job prints what was there then."""

    sha256: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=20)  # "image/png", "image/jpeg"
    width: int
    height: int
    content: bytes = Field(sa_type=LargeBinary)


class Location(SQLModel, table=True):
    """A source or a destination."""

    __table_args__ = (UniqueConstraint("site_id", "name"),)
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    name: str = Field(max_length=80)
    kind: str  # LocationKind


class Loop(SQLModel, table=True):
    """One part circulating between one source and one destination. Durations are seconds."""

    __table_args__ = (UniqueConstraint("part_id", "source_id", "destination_id", "bin"),)
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id", index=True)  # its destination's site, fixed
    part_id: UUID = Field(foreign_key="part.id")
    source_id: UUID = Field(foreign_key="location.id", index=True)
    destination_id: UUID = Field(foreign_key="location.id", index=True)
    bin: str = ""
    kind: str  # LoopKind
    quantity: int
    container: str = ""
    lead_time_s: int
    min_cycle_s: int
    closing: str  # Closing
    states: str = ""  # middle states in use, joined by commas
    holds_back: bool = False
    out_of_sequence: str = "warn"  # OutOfSequence
    supplier_part: str = later(max_length=60)  # its number at the supplier
    remark: str = later(max_length=200)  # on its cards
    layout: str = later(max_length=40)  # of its cards; empty: chosen by rule
    changed: int = big(default=0, index=True)


class Card(SQLModel, table=True):
    """The physical carrier. `body` is the first eight characters of its code, never reused."""

    __table_args__ = (
        Index("ix_card_register", "site_id", "changed", "body"),
        Index("one_number_per_card", "loop_id", "number", unique=True),
    )
    body: str = Field(primary_key=True, max_length=8)
    site_id: int = Field(foreign_key="site.id")
    loop_id: UUID = Field(foreign_key="loop.id")
    number: int  # card n of its loop
    state: str  # CardState
    print_version: int = 0
    pending_version: int = 0
    quantity_version: int = 0
    one_off: bool = False
    last_signal: UUID | None = None
    last_closed_earliest_ms: int | None = big(default=None)
    last_closed_latest_ms: int | None = big(default=None)
    last_closed_terminal: UUID | None = None
    last_scan_ms: int | None = big(default=None)
    last_scan_terminal: UUID | None = None
    changed: int = big(default=0)


class Alias(SQLModel, table=True):
    """A foreign code that stands for a card."""

    text: str = Field(primary_key=True, max_length=200)
    body: str = Field(foreign_key="card.body", index=True)


class Signal(SQLModel, table=True):
    """One replenishment cycle of one card. Its id is the id of the scan that opened it. Open: closed_how is null."""

    __table_args__ = (
        Index(
            "one_open_signal_per_card",  # promise 3: the database's own word
            "body",
            unique=True,
            sqlite_where=text("closed_how IS NULL"),
            postgresql_where=text("closed_how IS NULL"),
        ),
        Index(
            "ix_signal_open_due", "site_id", "due_ms", "id",
            sqlite_where=text("closed_how IS NULL"), postgresql_where=text("closed_how IS NULL"),
        ),
        Index(
            "ix_signal_open_age", "site_id", "opened_latest_ms", "id",
            sqlite_where=text("closed_how IS NULL"), postgresql_where=text("closed_how IS NULL"),
        ),
        Index("ix_signal_closed", "site_id", "closed_latest_ms", "id"),
        Index("ix_signal_changed", "site_id", "changed"),
        Index("ix_signal_card", "body", "opened_latest_ms"),
    )  # fmt: skip
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    body: str = Field(foreign_key="card.body")
    loop_id: UUID = Field(foreign_key="loop.id")
    state: str  # SignalState
    urgent: bool = False
    quantity: int  # the loop's, when it was opened
    opened_earliest_ms: int = big()
    opened_latest_ms: int = big()
    opened_terminal: UUID | None = None
    released_earliest_ms: int | None = big(default=None)
    released_latest_ms: int | None = big(default=None)
    released_terminal: UUID | None = None
    due_ms: int = big()  # opened_latest_ms + the loop's lead time then
    acknowledged_ms: int | None = big(default=None)
    started_ms: int | None = big(default=None)
    ready_ms: int | None = big(default=None)
    shipped_ms: int | None = big(default=None)
    closed_earliest_ms: int | None = big(default=None)
    closed_latest_ms: int | None = big(default=None)
    closed_how: str | None = None  # ClosedHow
    closed_reason: str = ""
    last_scan: UUID | None = None  # the scan that changed it last; null when a person did
    changed: int = big(default=0)


class ScanIdentity(SQLModel, table=True):
    """Every scan ever taken in, for ever (promises 5, 6, 8): its identity, its content's hash, its first answer."""

    __tablename__ = "scan_identity"
    terminal_id: UUID = Field(primary_key=True)
    epoch: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    scan_id: UUID = Field(unique=True)
    content_hash: bytes = Field(sa_type=LargeBinary)
    outcome: str  # Outcome, the first answer
    answer: dict[str, Any] = json_column()  # the first ScanResult
    body: str | None = Field(default=None, max_length=8)
    effect: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))  # what an undo would take back
    position: int = big()


class ScanAside(SQLModel, table=True):
    """A scan that could not take its place: no usable identity, or another content than the one that is there."""

    __tablename__ = "scan_aside"
    terminal_id: UUID = Field(primary_key=True)
    content_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    answer: dict[str, Any] = json_column()  # the first ScanResult
    position: int = big()


class Ledger(SQLModel, table=True):
    """What happened, append-only; replaying it rebuilds the state (promise 20)."""

    __table_args__ = (Index("ix_ledger_signal", "signal_id"), Index("ix_ledger_card", "body", "position"))
    site_id: int = Field(primary_key=True, foreign_key="site.id")
    position: int = Field(primary_key=True, sa_type=BigInteger)
    mark: int = big(default=0, sa_column_kwargs={"server_default": "0"})  # fingerprint of all up to here; 0: older
    at_ms: int = big()  # when it was recorded
    kind: str  # "scan", or an event of core: "signal_opened", …
    actor_kind: str  # terminal, person, system
    actor: str | None = None  # terminal or person id
    scan_id: UUID | None = None
    body: str | None = Field(default=None, max_length=8)
    signal_id: UUID | None = None
    loop_id: UUID | None = None
    data: dict[str, Any] = json_column()


class Review(SQLModel, table=True):
    """Something that a person decides because no rule can."""

    __table_args__ = (
        UniqueConstraint("scan_id", "kind"),
        Index("ix_review_open", "site_id", "decided_ms", "raised_ms"),
    )
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    kind: str  # ReviewKind of core
    position: int = big(default=0)  # of the ledger row that raised it
    raised_ms: int = big()
    scan_id: UUID | None = None
    terminal_id: UUID | None = None
    body: str | None = Field(default=None, max_length=8)
    signal_id: UUID | None = None
    facts: dict[str, Any] = json_column()
    decided_ms: int | None = big(default=None)
    decision: str | None = None
    decided_by: UUID | None = None
    note: str = ""


class Terminal(SQLModel, table=True):
    """A shop-floor terminal."""

    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    name: str = Field(max_length=80)
    public_key: bytes = Field(sa_type=LargeBinary)  # Ed25519, 32 raw bytes
    state: str  # TerminalState
    enrolled_ms: int = big()
    head_epoch: UUID | None = None
    floor_ms: int | None = big(default=None)  # the earliest time of its newest scan; later ones are not before it
    seen_ms: int | None = big(default=None)
    release: str = ""
    stored: int = 0
    scanners: dict[str, Any] = json_column(default_factory=dict)
    book: str = later(max_length=40)  # its print book, as it was opened last; empty: it tells of none
    book_mark: str = later(max_length=40)  # of the last reserve that was given to that


class TerminalEpoch(SQLModel, table=True):
    """One start of a terminal. A second successor of one epoch is a fork (promise 9)."""

    __tablename__ = "terminal_epoch"
    terminal_id: UUID = Field(primary_key=True, foreign_key="terminal.id")
    epoch: UUID = Field(primary_key=True)
    previous: UUID | None = None
    ordinal: int  # 1 for the first
    next_seq: int = big(default=1)
    last_seq: int | None = big(default=None)  # how far its successor says it had counted; null: it has none
    forked: bool = False
    first_seen_ms: int = big()


class TerminalBoot(SQLModel, table=True):
    """Bounds of central's clock minus the boot clock of one boot of a terminal, in milliseconds."""

    __tablename__ = "terminal_boot"
    terminal_id: UUID = Field(primary_key=True, foreign_key="terminal.id")
    boot_id: str = Field(primary_key=True, max_length=64)
    offset_low_ms: int | None = big(default=None)
    offset_high_ms: int | None = big(default=None)
    measured_boottime_ms: int = big(default=0)  # boot clock at the newest measurement, for drift
    seen_ms: int = big()


class EnrolmentCode(SQLModel, table=True):
    """A code by which one terminal may enrol; the secret itself is not stored, only the key made from it."""

    __tablename__ = "enrolment_code"
    id: str = Field(primary_key=True, max_length=16)
    site_id: int = Field(foreign_key="site.id")
    mac_key: bytes = Field(sa_type=LargeBinary)
    approved: bool = False  # approved beforehand (the demo); else a supervisor approves the terminal
    created_by: UUID | None = None
    expires_ms: int = big()
    tries: int = 0
    used_ms: int | None = big(default=None)
    terminal_id: UUID | None = None


class Person(SQLModel, table=True):
    """Somebody who signs in."""

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True, max_length=80)  # sign-in name
    display_name: str = ""
    role: str  # Role
    password_hash: str | None = None  # argon2id
    language: str | None = None
    active: bool = True


class SignInLink(SQLModel, table=True):
    """A one-time link; only the hash of its token is stored."""

    __tablename__ = "sign_in_link"
    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    expires_ms: int = big()
    used_ms: int | None = big(default=None)


class WebSession(SQLModel, table=True):
    """A signed-in browser; only the hash of its cookie is stored."""

    __tablename__ = "web_session"
    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    csrf: str
    created_ms: int = big()
    seen_ms: int = big()
    expires_ms: int = big()


class ApiToken(SQLModel, table=True):
    """A script's credential; only its hash is stored."""

    __tablename__ = "api_token"
    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    name: str
    created_ms: int = big()
    revoked_ms: int | None = big(default=None)


class FileImport(SQLModel, table=True):
    """A file that somebody brought, and what became of it. `ekanban_central.imports` says what its columns mean."""

    __tablename__ = "file_import"
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id", index=True)
    kind: str = Field(max_length=20)  # "journal"
    terminal_id: UUID | None = None
    person_id: UUID | None = None  # null: whoever commands central's machine
    name: str = Field(default="", max_length=200)  # of the file, where it came from a browser or a command
    sha256: str = Field(default="", max_length=64)
    dry_run: bool = False
    state: str  # ImportState
    total: int = 0  # scans
    done: int = 0
    data: dict[str, Any] = json_column()
    begun_ms: int = big()
    seen_ms: int = big()  # the last sign of life
    ended_ms: int | None = big(default=None)
