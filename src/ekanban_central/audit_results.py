"""What a card audit has found out, as far as it has come: what was seen, what is missing, what lay elsewhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, select

from ekanban_central.audit_end import as_they_were
from ekanban_central.audits import AUDIT_CARD, AUDIT_CODE
from ekanban_central.ids import uuid_of
from ekanban_central.intake_known import TERMINAL
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SOURCE
from ekanban_central.sets import among
from ekanban_core.events import PrintConfirmed
from ekanban_core.reading import CardRead, read

Row = Mapping[str, Any]


class Found(StrEnum):
    """What became of a card, or of a code, in an audit."""

    SEEN = "seen"  # its valid paper was seen
    MISSING = "missing"  # it was not
    REPLACED = "replaced"  # it was not, and a new print has come out since the audit's begin
    OUT_OF_PLACE = "out_of_place"  # seen, and not of the scope
    UNKNOWN = "unknown"  # a code of no card


@dataclass(frozen=True, slots=True)
class Sight:
    """One time that a card was seen. terminal: none where somebody read or typed its code."""

    body: str
    version: int | None  # none: by a foreign code
    at_ms: int
    terminal: UUID | None


@dataclass(frozen=True, slots=True)
class Line:
    """A card, or a code of none, with what was found. seen: the newest sight of its paper in use; old: of an older."""

    found: Found
    text: str
    card: Row | None
    seen: Sight | None
    old: Sight | None
    where: str  # name of the terminal; of a missing card, where it was seen last, before the audit

    @property
    def stale(self) -> bool:
        """Whether the paper that was seen shows an old quantity."""
        return _is_stale(self.card, self.seen)


_CARDS: Select[Any] = (
    select(
        CARD.c.body, CARD.c.state, CARD.c.number, CARD.c.print_version, CARD.c.quantity_version, CARD.c.last_scan_ms,
        CARD.c.last_scan_terminal, PART.c.number.label("part"), PART.c.description, SOURCE.c.name.label("source"),
        DESTINATION.c.name.label("destination"), LOOP.c.bin,
    )
    .join(LOOP, CARD.c.loop_id == LOOP.c.id)
    .join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
)  # fmt: skip


def lines(connection: Connection, audit: Row) -> list[Line]:
    """All that an audit has found out: its cards by part and number, then what lay elsewhere, then unknown codes.

    Of an audit that has ended this stays, but for the cards that are printed anew since.
    """
    own = select(AUDIT_CARD.c.body).where(AUDIT_CARD.c.audit_id == audit["id"])
    order = (PART.c.number, CARD.c.loop_id, CARD.c.number, CARD.c.body)
    looked_for = _rows(connection, _CARDS.where(CARD.c.body.in_(own)).order_by(*order))
    cards = {row["body"]: row for row in as_they_were(connection, audit, looked_for)}
    read_or_typed = select(AUDIT_CODE).where(AUDIT_CODE.c.audit_id == audit["id"])
    codes = _rows(connection, read_or_typed.order_by(AUDIT_CODE.c.seen_ms, AUDIT_CODE.c.text))
    seen: dict[str, list[Sight]] = {}
    for sight in (*_scans(connection, audit, LEDGER.c.body.in_(own)), *_typed(codes), *_elsewhere(connection, audit)):
        seen.setdefault(sight.body, []).append(sight)
    strange = sorted(seen.keys() - cards.keys())
    others = (
        _rows(connection, _CARDS.where(among(connection, CARD.c.body, strange)).order_by(*order)) if strange else []
    )
    names = _names(connection)
    anew = _printed_anew(connection, audit, own)
    within = [
        _line(row, seen.get(body, []), names, Found.REPLACED if body in anew else Found.MISSING)
        for body, row in cards.items()
        if seen.get(body) or row["in_use"]  # nobody need look for one that is out of use by now
    ]
    outside = [
        replace(_line(row, seen[row["body"]], names), found=Found.OUT_OF_PLACE)
        for row in as_they_were(connection, audit, others)
    ]
    unknown = [Line(Found.UNKNOWN, row["text"], None, None, None, "") for row in codes if row["body"] is None]
    return [*within, *outside, *unknown]


def _line(card: Row, sights: list[Sight], names: Mapping[UUID, str], unseen: Found = Found.MISSING) -> Line:
    newest = sorted(sights, key=lambda one: one.at_ms, reverse=True)
    old = next((one for one in newest if one.version is not None and one.version < card["print_version"]), None)
    seen = next((one for one in newest if one.version is None or one.version >= card["print_version"]), None)
    last = seen or old
    terminal = last.terminal if last else card["last_scan_terminal"]
    where = names.get(terminal, "") if terminal else ""
    return Line(Found.SEEN if seen else unseen, card["body"], card, seen, old, where)


def _is_stale(card: Row | None, seen: Sight | None) -> bool:
    version = seen.version if seen else None
    return card is not None and version is not None and version < card["quantity_version"]


def _scans(connection: Connection, audit: Row, which: ColumnElement[bool]) -> Iterator[Sight]:
    """Scans that were surely made while the audit ran, recorded until its end."""
    statement = select(LEDGER.c.body, LEDGER.c.actor, LEDGER.c.data).where(
        LEDGER.c.site_id == audit["site_id"],
        LEDGER.c.position > audit["begun_position"],
        LEDGER.c.kind == "scan",
        which,
    )
    if audit["ended_position"] is not None:
        statement = statement.where(LEDGER.c.position <= audit["ended_position"])
    if audit["terminals"]:
        statement = statement.where(LEDGER.c.actor.in_(audit["terminals"]))
    for body, actor, data in connection.execute(statement):
        if data["counts"] and data["earliest_ms"] >= audit["begun_ms"]:
            yield Sight(body, _version(body, data), data["latest_ms"], uuid_of(actor))


def _elsewhere(connection: Connection, audit: Row) -> Iterable[Sight]:
    """What was scanned at the audit's own terminals and is not of its scope; others go on with their work."""
    if not audit["terminals"]:
        return ()
    own = select(AUDIT_CARD.c.body).where(AUDIT_CARD.c.audit_id == audit["id"])
    return _scans(connection, audit, LEDGER.c.body.is_not(None) & LEDGER.c.body.not_in(own))


def _printed_anew(connection: Connection, audit: Row, own: Select[Any]) -> set[str]:
    statement = select(LEDGER.c.body).where(
        LEDGER.c.site_id == audit["site_id"], LEDGER.c.position > audit["begun_position"],
        LEDGER.c.kind == PrintConfirmed.kind, LEDGER.c.body.in_(own),
    )  # fmt: skip
    return set(connection.execute(statement).scalars())


def _typed(codes: Iterable[Row]) -> Iterator[Sight]:
    return (Sight(row["body"], row["version"], row["seen_ms"], None) for row in codes if row["body"] is not None)


def _version(body: str, data: Row) -> int | None:
    """The print that a scan read; none where it was a foreign code."""
    sent = data.get("scan")
    raw = sent.get("raw") if isinstance(sent, Mapping) else None
    try:
        content = base64.b64decode(raw, validate=True) if isinstance(raw, str) else b""
    except (binascii.Error, ValueError):
        return None
    found = read(content)
    return found.version if isinstance(found, CardRead) and found.body == body else None


def _names(connection: Connection) -> dict[UUID, str]:
    return {row.id: row.name for row in connection.execute(select(TERMINAL.c.id, TERMINAL.c.name))}


def _rows(connection: Connection, statement: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]
