"""Card audits as their pages show them: the list, and one with what it has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select

from ekanban_central import audit_results, audits
from ekanban_central.audit_results import Found, Line
from ekanban_central.audits import AUDIT, AUDIT_CARD
from ekanban_central.signals_view import PERSON, TERMINAL

PAGE = 100  # audits
LINES = 200
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An audit; cards: how many are looked for. scope: source, destination, part, loop_id, each "" for any."""

    id: UUID
    name: str
    scope: Mapping[str, str]
    terminals: Sequence[str]  # names; empty: all
    begun_ms: int
    begun_by: str
    ended_ms: int | None
    ended_by: str
    cards: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one has found so far. old: cards of which a print was seen that is void."""

    lines: Sequence[Line]
    counts: Mapping[str, int]
    old: int


def listed(connection: Connection, site_id: int, before: UUID | None = None, limit: int = PAGE) -> list[AuditRow]:
    """All audits, newest first; older than `before`."""
    statement = select(AUDIT).where(AUDIT.c.site_id == site_id).order_by(AUDIT.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AUDIT.c.id < before)
    return _rows(connection, [dict(row) for row in connection.execute(statement).mappings()])


def one(connection: Connection, site_id: int, key: UUID) -> tuple[AuditRow, Result]:
    """An audit with what it has found. Raises NoSuchAudit."""
    row = audits.one(connection, site_id, key)
    lines = audit_results.lines(connection, row)
    counts = Counter(str(line.found) for line in lines)
    result = Result(lines, {str(found): counts[found] for found in Found}, sum(line.old is not None for line in lines))
    return _rows(connection, [row])[0], result


def _rows(connection: Connection, rows: Sequence[Row]) -> list[AuditRow]:
    keys = [row["id"] for row in rows]
    counted = select(AUDIT_CARD.c.audit_id, func.count()).where(AUDIT_CARD.c.audit_id.in_(keys))
    cards = {key: int(count) for key, count in connection.execute(counted.group_by(AUDIT_CARD.c.audit_id))}
    people = {row["begun_by"] for row in rows} | {row["ended_by"] for row in rows}
    found = connection.execute(select(PERSON.c.id, PERSON.c.name, PERSON.c.display_name).where(PERSON.c.id.in_(people)))
    names = {row.id: row.display_name or row.name for row in found}
    terminals = {str(row.id): row.name for row in connection.execute(select(TERMINAL.c.id, TERMINAL.c.name))}
    return [
        AuditRow(
            row["id"], row["name"], row["scope"], [terminals.get(one, one) for one in row["terminals"]],
            row["begun_ms"], names.get(row["begun_by"], ""), row["ended_ms"], names.get(row["ended_by"], ""),
            cards.get(row["id"], 0),
        )
        for row in rows
    ]  # fmt: skip
