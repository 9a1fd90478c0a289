"""Terminals: codes to enrol them, enrolment itself, approval and revocation.

EnrolmentRefused  the code does not fit, was used by another device, or has lapsed; says which where the MAC was right
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from ekanban_central import ledger
from ekanban_central.ledger import Actor, Entry
from ekanban_central.problems import Problem
from ekanban_central.tables import EnrolmentCode, Terminal
from ekanban_core import enrolment
from ekanban_core.errors import EkanbanError, RuleError
from ekanban_core.ids import uuid7
from ekanban_core.states import TerminalState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import EnrolRequest

LASTS_MS = 15 * 60_000  # how long a code may be used
MOST_TRIES = 5


class EnrolmentRefused(EkanbanError):
    """The code is unknown or does not fit. Ask a supervisor for a new one."""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A new code; it is shown once and never again."""

    code: enrolment.Code
    expires_ms: int


def issue_code(
    connection: Connection,
    site_id: int,
    central_key: bytes,
    now_ms: int,
    random_bytes: Callable[[int], bytes],
    *,
    created_by: UUID | None = None,
    approved: bool = False,
) -> IssuedCode:
    """Make a code by which one terminal may enrol. `approved`: it then needs no approval by a supervisor."""
    code = enrolment.new_code(random_bytes, central_key)
    expires_ms = now_ms + LASTS_MS
    with Session(bind=connection) as session:
        session.add(
            EnrolmentCode(
                id=code.id,
                site_id=site_id,
                mac_key=code.mac_key,
                approved=approved,
                created_by=created_by,
                expires_ms=expires_ms,
            )
        )
        session.flush()
    actor = Actor.person(created_by) if created_by else ledger.SYSTEM
    _record(connection, site_id, "enrolment_code_issued", actor, {"code": code.id, "approved": approved}, now_ms)
    return IssuedCode(code, expires_ms)


def enrol(
    session: Session, request: EnrolRequest, public_key: bytes, now_ms: int, random_bytes: Callable[[int], bytes]
) -> Terminal | EnrolmentRefused:
    """Enrol the terminal that holds `public_key` (its signature is proved already).

    The refusal is returned, not raised, so that the spent try is committed. Repeated with the same code and key, the
    answer is the same terminal: the first answer may have been lost on its way.
    """
    code = session.exec(select(EnrolmentCode).where(EnrolmentCode.id == request.id).with_for_update()).one_or_none()
    if code is None:
        return EnrolmentRefused()
    if code.tries >= MOST_TRIES:
        return EnrolmentRefused("This code was tried too often. Ask a supervisor for a new one.")
    if not enrolment.mac_holds(code.mac_key, request.id, request.name, public_key, request.mac):
        code.tries += 1
        return EnrolmentRefused()
    if code.terminal_id is not None:
        known = session.get_one(Terminal, code.terminal_id)
        if known.public_key == public_key:
            return known
        return EnrolmentRefused("Another device has used this code. Ask a supervisor for a new one.")
    if code.expires_ms <= now_ms:
        return EnrolmentRefused("This code has lapsed. Ask a supervisor for a new one.")
    if _is_revoked(session, public_key):
        return EnrolmentRefused("This device's key was revoked. Let it make a new one, then enrol again.")
    return _take_in(session, code, request.name, public_key, now_ms, random_bytes)


def approve(session: Session, terminal_id: UUID, actor: Actor, now_ms: int) -> Terminal:
    """Let a pending terminal work. Raises RuleError when it was revoked, a 404 problem when it is unknown."""
    terminal = _locked(session, terminal_id)
    if terminal.state == TerminalState.REVOKED:
        raise RuleError(_("This terminal was revoked; give it a new code to enrol it again."))
    return _become(session, terminal, TerminalState.ENROLLED, "terminal_approved", actor, now_ms)


def revoke(session: Session, terminal_id: UUID, actor: Actor, now_ms: int) -> Terminal:
    """Believe this terminal's key no longer, from its next request on. Raises a 404 problem when it is unknown."""
    terminal = _locked(session, terminal_id)
    return _become(session, terminal, TerminalState.REVOKED, "terminal_revoked", actor, now_ms)


def rename(session: Session, terminal_id: UUID, name: str, actor: Actor, now_ms: int) -> Terminal:
    """Give a terminal another name. Raises a 404 problem when it is unknown."""
    terminal = _locked(session, terminal_id)
    terminal.name = name
    session.flush()
    data = {"terminal": str(terminal.id), "name": name}
    _record(session.connection(), terminal.site_id, "terminal_renamed", actor, data, now_ms)
    return terminal


def listed(session: Session, after: UUID | None = None, limit: int = 100) -> list[Terminal]:
    """All terminals, oldest enrolment first, those behind `after`."""
    statement = select(Terminal).order_by(col(Terminal.id)).limit(limit)
    if after is not None:
        statement = statement.where(col(Terminal.id) > after)
    return list(session.exec(statement))


def _take_in(
    session: Session,
    code: EnrolmentCode,
    name: str,
    public_key: bytes,
    now_ms: int,
    random_bytes: Callable[[int], bytes],
) -> Terminal:
    terminal = Terminal(
        id=UUID(uuid7(now_ms, random_bytes)),
        site_id=code.site_id,
        name=name,
        public_key=public_key,
        state=TerminalState.ENROLLED if code.approved else TerminalState.PENDING,
        enrolled_ms=now_ms,
    )
    session.add(terminal)
    code.used_ms, code.terminal_id = now_ms, terminal.id
    session.flush()
    data = {"terminal": str(terminal.id), "code": code.id, "name": name, "state": str(terminal.state)}
    actor = Actor.terminal(terminal.id)
    _record(session.connection(), terminal.site_id, "terminal_enrolled", actor, data, now_ms)
    return terminal


def _is_revoked(session: Session, public_key: bytes) -> bool:
    statement = select(Terminal.id).where(Terminal.public_key == public_key, Terminal.state == TerminalState.REVOKED)
    return session.exec(statement).first() is not None


def _locked(session: Session, terminal_id: UUID) -> Terminal:
    terminal = session.exec(select(Terminal).where(Terminal.id == terminal_id).with_for_update()).one_or_none()
    if terminal is None:
        raise Problem(404, _("There is no such terminal."), say={})
    return terminal


def _become(
    session: Session, terminal: Terminal, state: TerminalState, kind: str, actor: Actor, now_ms: int
) -> Terminal:
    if terminal.state != state:
        terminal.state = state
        session.flush()
        _record(session.connection(), terminal.site_id, kind, actor, {"terminal": str(terminal.id)}, now_ms)
    return terminal


def _record(
    connection: Connection, site_id: int, kind: str, actor: Actor, data: Mapping[str, str | bool], now_ms: int
) -> None:
    ledger.append(connection, site_id, [Entry(kind, actor, data=dict(data))], now_ms)
