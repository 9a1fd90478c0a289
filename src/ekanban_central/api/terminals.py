"""Terminals: enrolment by the devices themselves; codes, approval and revocation by people."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Security
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from ekanban_central import ledger, sites, terminals
from ekanban_central.access import SIGNATURE, Visitor, proof, require, target_of
from ekanban_central.context import Central, central_of
from ekanban_central.inputs import Input, Name, Yes
from ekanban_central.ledger import Actor
from ekanban_central.problems import Problem
from ekanban_central.tables import Site, Terminal
from ekanban_central.terminals import EnrolmentRefused
from ekanban_central.view import rfc3339
from ekanban_core.ed25519 import verifier
from ekanban_core.enrolment import key_bytes, key_text
from ekanban_core.errors import BadSignature
from ekanban_core.refusals import REFERENCE, json_body, refusals
from ekanban_core.signatures import Claim, read_request
from ekanban_core.states import Role, TerminalState
from ekanban_core.wire import EnrolAnswer, EnrolRequest

router = APIRouter(prefix="/api/v1/terminals", tags=["terminals"])
PAGE = 100
MOST_ENROLMENT = 4_096  # bytes
BODY = json_body(EnrolRequest.model_json_schema(ref_template=REFERENCE))

Looking = Annotated[Visitor, Depends(require(Role.VIEWER))]
Supervising = Annotated[Visitor, Depends(require(Role.SUPERVISOR))]
Here = Annotated[Central, Depends(central_of)]


class TerminalOut(BaseModel):
    """A terminal as people see it."""

    id: UUID
    name: str
    state: TerminalState
    enrolled_at: str
    seen_at: str | None
    release: str
    stored: int  # scans that wait at the terminal
    scanners: dict[str, Any]  # name → ready, absent, not_readable


class TerminalsOut(BaseModel):
    """A page of terminals; `next` is the cursor of the next page."""

    items: list[TerminalOut]
    next: str | None


class TerminalChange(Input):
    """What may be changed of a terminal."""

    name: Name


class CodeWish(Input):
    """A code for one terminal; `approved`: the terminal then needs no approval."""

    approved: Yes = False


class CodeOut(BaseModel):
    """A code; it is shown this once."""

    code: str
    expires_at: str


@router.post("/enroll", openapi_extra=BODY, dependencies=[Security(SIGNATURE)])
async def enroll(request: Request, central: Here) -> EnrolAnswer:
    """Take in a terminal that holds a code. Its new key signs the request, central's key the answer."""
    body = await request.body()
    if len(body) > MOST_ENROLMENT:
        raise Problem(413, f"Expected at most {MOST_ENROLMENT} bytes.")
    try:
        wish, public_key, claim = _proved(request, body)
    except BadSignature as error:
        raise Problem(401, str(error), title="Not authentic") from error
    except ValidationError as error:
        raise Problem(422, "; ".join(f"{wrong['loc']}: {wrong['msg']}" for wrong in error.errors())) from error
    if not wish.name.isprintable():
        raise Problem(422, "name: expected printable characters")
    proof(request).claim = claim
    return await run_in_threadpool(_enrol, central, wish, public_key)


@router.get("")
def list_terminals(
    _visitor: Looking, central: Here, cursor: UUID | None = None, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE
) -> TerminalsOut:
    """All terminals, oldest enrolment first."""
    with central.database.reading_session() as session:
        found = terminals.listed(session, cursor, limit + 1)
    items = [_out(terminal) for terminal in found[:limit]]
    return TerminalsOut(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.post("/codes", status_code=201)
def issue_code(visitor: Supervising, central: Here, wish: CodeWish) -> CodeOut:
    """Make a code for `ekanban terminal enroll URL CODE`: once, within 15 minutes."""
    with central.database.transaction() as connection:
        issued = terminals.issue_code(
            connection, sites.own(connection).id, central.key.public, central.now_ms(), central.random_bytes,
            created_by=visitor.person_id, approved=wish.approved,
        )  # fmt: skip
    return CodeOut(code=issued.code.shown, expires_at=rfc3339(issued.expires_ms) or "")


@router.get("/{terminal_id:uuid}", responses=refusals(404))
def read_terminal(_visitor: Looking, central: Here, terminal_id: UUID) -> TerminalOut:
    """One terminal."""
    with central.database.reading_session() as session:
        terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise Problem(404, "There is no such terminal.")
    return _out(terminal)


@router.patch("/{terminal_id:uuid}", responses=refusals(404))
def change_terminal(visitor: Supervising, central: Here, terminal_id: UUID, change: TerminalChange) -> TerminalOut:
    """Give a terminal another name."""
    with central.database.session() as session:
        return _out(terminals.rename(session, terminal_id, change.name, *_by(visitor, central)))


@router.post("/{terminal_id:uuid}/approve", responses=refusals(404, 409))
def approve(visitor: Supervising, central: Here, terminal_id: UUID) -> TerminalOut:
    """Let a terminal work that was enrolled by a code without approval."""
    with central.database.session() as session:
        return _out(terminals.approve(session, terminal_id, *_by(visitor, central)))


@router.post("/{terminal_id:uuid}/revoke", responses=refusals(404, 409))
def revoke(visitor: Supervising, central: Here, terminal_id: UUID) -> TerminalOut:
    """Believe this terminal no longer, from its next request on. What it still sends is set aside, not lost."""
    with central.database.session() as session:
        return _out(terminals.revoke(session, terminal_id, *_by(visitor, central)))


def _by(visitor: Visitor, central: Central) -> tuple[Actor, int]:
    return Actor.person(visitor.person_id), central.now_ms()


def _proved(request: Request, body: bytes) -> tuple[EnrolRequest, bytes, Claim]:
    """What the device wishes, when it has signed that with the key that it names, and the code's id as key id."""
    claim = read_request(target_of(request), request.headers.raw)
    wish = EnrolRequest.model_validate_json(body, strict=True)
    public_key = key_bytes(wish.public_key)
    if claim.key_id != wish.id:
        raise BadSignature("Expected the code's id as key id")
    claim.prove(verifier(public_key))
    claim.check_body(body)
    return wish, public_key, claim


def _enrol(central: Central, wish: EnrolRequest, public_key: bytes) -> EnrolAnswer:
    with central.database.session() as session:
        terminal = terminals.enrol(session, wish, public_key, central.now_ms(), central.random_bytes)
        if isinstance(terminal, Terminal):
            answer = EnrolAnswer(
                terminal=str(terminal.id),
                state=terminal.state,
                central_key=key_text(central.key.public),
                generation=ledger.generation(session.connection()),
                site=session.get_one(Site, terminal.site_id).name,
            )
    if isinstance(terminal, EnrolmentRefused):  # raised only now, so that the spent try is committed
        raise Problem(403, str(terminal), title="Enrolment refused")
    if answer.state == TerminalState.REVOKED:
        raise Problem(403, "This terminal was revoked.", title="Revoked", standing=TerminalState.REVOKED)
    return answer


def _out(terminal: Terminal) -> TerminalOut:
    return TerminalOut(
        **terminal.model_dump(include={"id", "name", "state", "release", "stored", "scanners"}),
        enrolled_at=rfc3339(terminal.enrolled_ms) or "",
        seen_at=rfc3339(terminal.seen_ms),
    )
