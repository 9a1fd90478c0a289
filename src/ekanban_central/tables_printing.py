"""Central's tables of printing and of card audits; `tables` has the others, and says what columns' names mean."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ekanban_central.columns import big, json_column, later


class Printer(SQLModel, table=True):
    """A printer that an administrator has registered; jobs name it, and nothing else says where to print."""

    __table_args__ = (UniqueConstraint("site_id", "name"),)
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    name: str = Field(max_length=80)
    way: str = Field(max_length=20)  # PrinterWay
    address: str = Field(max_length=200)  # what that way needs
    dialect: str = Field(max_length=20)  # PrinterDialect
    dpi: int
    media: str = Field(default="", max_length=80)
    offset_x: float = 0.0  # millimetres
    offset_y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    inset: float = 0.25  # dots
    answers_status: bool = True
    fingerprint: str = Field(default="", max_length=64)  # of an ipps:// printer's certificate, SHA-256
    layout: str = Field(default="", max_length=40)  # of jobs that name none; empty: chosen by rule
    sheet: str = Field(default="", max_length=40)
    terminal_id: UUID | None = Field(default=None, foreign_key="terminal.id")  # it stands there; null: central prints
    enabled: bool = True


class PrintJob(SQLModel, table=True):
    """Cards on their way to paper. `ekanban_central.print_rows` says how its states follow each other."""

    __tablename__ = "print_job"
    __table_args__ = (
        UniqueConstraint("site_id", "request_id"),
        Index(
            "one_sending_job_per_printer",  # whichever process sends: the database's own word
            "printer_id",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_print_job_state", "state", "id"),
    )
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    printer_id: UUID | None = Field(default=None, foreign_key="printer.id")  # null: it was taken off the list
    printer: str = Field(max_length=80)  # its name then
    terminal_id: UUID | None = None  # where the printer stood then; null: central sends
    request_id: UUID | None = None  # of whoever asked; the same one again is the same job
    request_hash: str = Field(default="", max_length=64)  # of what was asked
    state: str = Field(max_length=20)  # PrintState
    layout: str = Field(default="", max_length=40)
    sheet: str = Field(default="", max_length=40)
    skip: int = 0  # places of the first sheet that are used up
    duplex: bool = False
    reason: str = Field(max_length=20)  # PrintReason
    person_id: UUID | None = None
    repeats: UUID | None = None  # the job of which this prints a range again
    total: int
    printed: int = 0  # surely out
    made_ms: int = big()
    seen_ms: int = big()  # the sender's last sign of life
    ended_ms: int | None = big(default=None)
    worker: str = Field(default="", max_length=40)  # who sends
    said: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))  # for people: {text, facts}


class PrintJobItem(SQLModel, table=True):
    """One print of a job, exactly as it goes to paper."""

    __tablename__ = "print_job_item"
    __table_args__ = (Index("ix_print_job_item_body", "body", "version"),)
    job_id: UUID = Field(primary_key=True, foreign_key="print_job.id")
    place: int = Field(primary_key=True)  # from 1
    body: str = Field(foreign_key="card.body", max_length=8)
    version: int
    state: str = Field(max_length=20)  # ItemState
    face: dict[str, Any] = json_column()  # ekanban_labels.face.CardFace


class PrintReserve(SQLModel, table=True):
    """A version that a terminal may print while central is away: its own for ever, printed or not."""

    __tablename__ = "print_reserve"
    __table_args__ = (
        Index(
            "ix_print_reserve_unused", "terminal_id",
            sqlite_where=text("used_ms IS NULL"), postgresql_where=text("used_ms IS NULL"),
        ),
    )  # fmt: skip
    body: str = Field(primary_key=True, foreign_key="card.body", max_length=8)
    version: int = Field(primary_key=True)
    terminal_id: UUID = Field(foreign_key="terminal.id")
    given_ms: int = big()
    used_ms: int | None = big(default=None)  # printed, void or burnt: it is not given again
    book: str = later(max_length=40)  # the opening of the terminal's print book that it was given to


class TerminalPrint(SQLModel, table=True):
    """A print that a terminal has reported; the same id again gets its first answer again."""

    __tablename__ = "terminal_print"
    __table_args__ = (
        Index("ix_terminal_print_site", "site_id", "position"),
        Index("ix_terminal_print_card", "body", "version"),
    )
    terminal_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)  # made of its content where it had none, or another's
    site_id: int = Field(foreign_key="site.id")
    content_hash: bytes = Field(sa_type=LargeBinary)
    body: str | None = Field(default=None, max_length=8)
    version: int | None = None
    reason: str = Field(default="", max_length=20)  # PrintReason
    ended: str = Field(default="", max_length=20)  # PrintEnd
    answer: dict[str, Any] = json_column()  # the first PrintResult
    answered: str = Field(max_length=20)  # PrintAnswer
    operator: str = Field(default="", max_length=200)
    printer: str = Field(default="", max_length=200)
    detail: str = Field(default="", max_length=500)
    earliest_ms: int = big()  # when it happened
    latest_ms: int = big()
    position: int = big()


class MissingCard(SQLModel, table=True):
    """A bin without a card that a terminal has reported; the same id again gets its first answer again."""

    __tablename__ = "missing_card"
    terminal_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)  # made of its content where it had none, or another's
    site_id: int = Field(foreign_key="site.id")
    content_hash: bytes = Field(sa_type=LargeBinary)
    body: str | None = Field(default=None, max_length=8)
    answer: dict[str, Any] = json_column()  # the first MissingResult
    answered: str = Field(max_length=20)  # MissingAnswer
    earliest_ms: int = big()  # when the worker told it
    latest_ms: int = big()
    position: int = big()


class Audit(SQLModel, table=True):
    """A walk with a scanner: which cards of a scope are there. What was seen is read from the ledger."""

    __table_args__ = (Index("ix_audit_site", "site_id"),)
    id: UUID = Field(primary_key=True)
    site_id: int = Field(foreign_key="site.id")
    name: str = Field(default="", max_length=80)
    scope: dict[str, Any] = json_column()  # ekanban_central.audits.Scope
    terminals: list[str] = Field(sa_column=Column(JSON, nullable=False))  # whose scans count; empty: all
    begun_by: UUID | None = None
    begun_ms: int = big()
    begun_position: int = big()  # of the site's ledger
    ended_by: UUID | None = None
    ended_ms: int | None = big(default=None)
    ended_position: int | None = big(default=None)  # what is recorded later does not count


class AuditCard(SQLModel, table=True):
    """A card that an audit looks for: of its scope and in use when it began."""

    __tablename__ = "audit_card"
    audit_id: UUID = Field(primary_key=True, foreign_key="audit.id")
    body: str = Field(primary_key=True, foreign_key="card.body", max_length=8)


class AuditCode(SQLModel, table=True):
    """A code that somebody read or typed for an audit, without a terminal."""

    __tablename__ = "audit_code"
    audit_id: UUID = Field(primary_key=True, foreign_key="audit.id")
    text: str = Field(primary_key=True, max_length=200)
    body: str | None = Field(default=None, max_length=8)  # null: no card
    version: int | None = None  # null: an alias
    seen_ms: int = big()
    person_id: UUID | None = None
