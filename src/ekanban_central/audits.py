"""Card audits: somebody walks with a scanner, and what was not seen is missing.

While an audit runs, every scan of its cards counts, whatever it was meant for; nothing is written for that, because the
ledger has them all. A scan counts where it was surely made after the audit's begin. Codes that were read or typed
without a terminal are noted with `see`.

NoSuchAudit   there is no such audit
AuditEnded    it has ended; its result stays as it is
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from ekanban_central import tables
from ekanban_central.intake_known import TERMINAL
from ekanban_central.ledger import Entry
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SOURCE
from ekanban_central.master import ALIAS, Desk, NotThere
from ekanban_central.sets import Statements
from ekanban_core.errors import EkanbanError
from ekanban_core.reading import LONGEST_ALIAS, CardRead, alias_candidates, read
from ekanban_core.states import CardState
from ekanban_core.texts import gettext as _

AUDIT: Table = tables.Audit.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
AUDIT_CARD: Table = tables.AuditCard.__table__  # type: ignore[attr-defined]  # see AUDIT
AUDIT_CODE: Table = tables.AuditCode.__table__  # type: ignore[attr-defined]  # see AUDIT
ENDED = _("This audit has ended.")
IN_USE = (CardState.ACTIVE, CardState.ON_HOLD, CardState.LOST, CardState.FOUND)  # cards that have paper somewhere


class NoSuchAudit(EkanbanError):
    """There is no such audit."""


class AuditEnded(EkanbanError):
    """This audit has ended."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cards are looked for: those for which all of this holds. Names and numbers; empty: any."""

    source: str = ""
    destination: str = ""
    part: str = ""
    loop_id: str = ""

    def where(self) -> list[ColumnElement[bool]]:
        """The same as conditions."""
        conditions = [
            column == value
            for column, value in (
                (SOURCE.c.name, self.source), (DESTINATION.c.name, self.destination), (PART.c.number, self.part),
            )
            if value
        ]  # fmt: skip
        return [*conditions, *([LOOP.c.id == UUID(self.loop_id)] if self.loop_id else [])]


def begin(desk: Desk, scope: Scope, terminals: Sequence[UUID], name: str = "") -> UUID:
    """Begin an audit. terminals: whose scans count; none: those of all. Raises NotThere.

    Where no card fits, and where a terminal is not known: waiting for its scans, all cards would be missing.
    """
    _check_terminals(desk, terminals)
    key = desk.new_id()
    cards = (
        select(CARD.c.body)
        .join(LOOP, CARD.c.loop_id == LOOP.c.id)
        .join(PART, LOOP.c.part_id == PART.c.id)
        .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
        .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
        .where(CARD.c.site_id == desk.site_id, CARD.c.state.in_(IN_USE), *scope.where())
    )
    bodies = desk.connection.execute(cards).scalars().all()
    if not bodies:
        raise NotThere("No card in use fits this; there is nothing to look for.")
    told = {"scope": asdict(scope), "terminals": [str(one) for one in terminals]}
    data = {"audit": str(key), "cards": len(bodies), **told}
    position = desk.record([Entry("audit_begun", desk.actor, data=data)])
    row = {
        "id": key, "site_id": desk.site_id, "name": name, **told, "begun_by": _person(desk), "begun_ms": desk.now_ms,
        "begun_position": position, "ended_by": None, "ended_ms": None, "ended_position": None,
    }  # fmt: skip
    desk.connection.execute(insert(AUDIT), [row])
    statements = Statements(desk.connection)
    statements.insert(AUDIT_CARD, [{"audit_id": key, "body": body} for body in bodies])
    statements.run()
    return key


def one(connection: Connection, site_id: int, key: UUID) -> dict[str, Any]:
    """The row of an audit. Raises NoSuchAudit."""
    statement = select(AUDIT).where(AUDIT.c.site_id == site_id, AUDIT.c.id == key)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise NoSuchAudit
    return dict(row)


def _check_terminals(desk: Desk, terminals: Sequence[UUID]) -> None:
    here = select(TERMINAL.c.id).where(TERMINAL.c.site_id == desk.site_id, TERMINAL.c.id.in_(terminals))
    known = set(desk.connection.execute(here).scalars())
    for terminal in terminals:
        if terminal not in known:
            raise NotThere(f"There is no terminal {terminal}.")


def _hold_running(desk: Desk, key: UUID) -> None:
    """Hold an audit until the transaction ends, so that none ends while a code is noted. Raises what `see` raises."""
    statement = select(AUDIT.c.ended_ms).where(AUDIT.c.site_id == desk.site_id, AUDIT.c.id == key)
    row = desk.connection.execute(statement.with_for_update()).one_or_none()
    if row is None:
        raise NoSuchAudit
    if row.ended_ms is not None:
        raise AuditEnded(ENDED)


def end(desk: Desk, key: UUID) -> None:
    """End an audit: its result does not change any more. Raises NoSuchAudit and AuditEnded."""
    _hold_running(desk, key)
    position = desk.record([Entry("audit_ended", desk.actor, data={"audit": str(key)})])
    ended = {"ended_ms": desk.now_ms, "ended_by": _person(desk), "ended_position": position}
    desk.connection.execute(update(AUDIT).where(AUDIT.c.id == key).values(ended))


@dataclass(frozen=True, slots=True)
class Noted:
    """What a code was: a card of the scope, another one (`inside` false), or none (`body` null)."""

    text: str
    body: str | None
    version: int | None
    inside: bool


def see(desk: Desk, key: UUID, codes: Sequence[str]) -> list[Noted]:
    """Note codes that somebody read or typed for this audit. Raises NoSuchAudit and AuditEnded."""
    _hold_running(desk, key)
    texts = {code[:LONGEST_ALIAS]: code.encode("utf-8", "replace") for code in codes}
    wanted = {one for raw in texts.values() for one in alias_candidates(raw)}
    aliases = select(ALIAS.c.text, ALIAS.c.body).where(ALIAS.c.text.in_(wanted))
    known: dict[str, str] = {row.text: row.body for row in desk.connection.execute(aliases)}
    found = {text: read(raw, known.get) for text, raw in texts.items()}
    bodies = {one.body for one in found.values() if isinstance(one, CardRead)}
    here = select(CARD.c.body).where(CARD.c.body.in_(bodies), CARD.c.site_id == desk.site_id)
    cards = set(desk.connection.execute(here).scalars())
    within = select(AUDIT_CARD.c.body).where(AUDIT_CARD.c.audit_id == key, AUDIT_CARD.c.body.in_(bodies))
    inside = set(desk.connection.execute(within).scalars())
    noted = []
    for text, one_read in found.items():
        body = one_read.body if isinstance(one_read, CardRead) and one_read.body in cards else None
        version = one_read.version if isinstance(one_read, CardRead) and body else None
        noted.append(Noted(text, body, version, body in inside))
    about = {"seen_ms": desk.now_ms, "person_id": _person(desk), "audit_id": key}
    rows = [{"text": one.text, "body": one.body, "version": one.version, **about} for one in noted]
    statements = Statements(desk.connection)
    statements.upsert(AUDIT_CODE, rows)
    statements.run()
    desk.record([_entry(desk, key, one) for one in noted])
    return noted


def _entry(desk: Desk, key: UUID, noted: Noted) -> Entry:
    data = {"audit": str(key), "text": noted.text, "version": noted.version, "inside": noted.inside}
    return Entry("audit_seen", desk.actor, noted.body, data=data)


def print_versions(connection: Connection, bodies: Sequence[str]) -> dict[str, int]:
    """The newest confirmed print of cards."""
    statement = select(CARD.c.body, CARD.c.print_version).where(CARD.c.body.in_(bodies))
    return {row.body: row.print_version for row in connection.execute(statement)}


def _person(desk: Desk) -> UUID | None:
    return UUID(desk.actor.id) if desk.actor.kind == "person" and desk.actor.id else None
