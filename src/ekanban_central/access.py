"""Who asks, and may they? The dependencies of every route that is not for strangers.

    visitor: Annotated[Visitor, Depends(require(Role.SUPERVISOR))]      a person, by session or API token
    visitor: Annotated[Visitor | None, Depends(visitor_of)]             perhaps a stranger
    terminal: Annotated[SignedTerminal, Depends(signed_terminal)]       a terminal, whatever its standing but pending
    terminal: Annotated[SignedTerminal, Depends(enrolled_terminal)]     a terminal in good standing
    terminal_id = await delivering_terminal(request)                    a terminal whose standing intake will see

`require` also checks the CSRF token of every request that may change something and comes by session, so no route can
forget it. Refusals are problems for programs and a redirection to the sign-in page for browsers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy import select
from sqlmodel import col
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from ekanban_central import api_tokens, sessions
from ekanban_central.context import Central, central_of
from ekanban_central.page_above import page_above
from ekanban_central.problems import Problem
from ekanban_central.signed_answers import PROOF, Proof
from ekanban_central.tables import Terminal
from ekanban_core.ed25519 import verifier
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Claim, Target, read_request
from ekanban_core.states import Role, TerminalState
from ekanban_core.texts import gettext as _

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
GROWN_OLD = _("This page has grown old. Load it again and repeat what you did.")
BEARER = HTTPBearer(scheme_name="API token", auto_error=False)  # for OpenAPI: `visitor_of` reads it itself
SIGNATURE = APIKeyHeader(
    scheme_name="Terminal's signature",
    name="Signature",
    description="HTTP Message Signatures (RFC 9421), Ed25519; with Signature-Input and Content-Digest",
    auto_error=False,
)
STRANGER = "No terminal with this key id is known here"
_RANK = {Role.VIEWER: 0, Role.SUPERVISOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person. `csrf` goes into every form and into htmx's headers; API tokens have and need none."""

    person_id: UUID
    name: str
    role: Role
    language: str | None
    csrf: str
    via: Literal["session", "token"]
    display_name: str = ""

    def may(self, role: Role) -> bool:
        """Whether this person's role includes that one."""
        return _RANK[self.role] >= _RANK[role]


def cookie_name(request: Request) -> str:
    """The session's cookie; under HTTPS its name makes browsers insist on Secure and on this very host."""
    return "__Host-ekanban" if is_https(request) else "ekanban"


def is_https(request: Request) -> bool:
    """Whether browsers reach central by HTTPS, be it through a proxy that central does not see."""
    return request.url.scheme == "https" or central_of(request).settings.base_url.startswith("https:")


async def visitor_of(request: Request) -> Visitor | None:
    """Who asks, by API token or session; None for a stranger. A wrong API token is refused, not taken for none."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        return await run_in_threadpool(_by_token, central_of(request), authorization)
    word = request.cookies.get(cookie_name(request))
    if word is None:
        return None
    return await run_in_threadpool(_by_session, central_of(request), word)


def require(role: Role = Role.VIEWER) -> Callable[..., AsyncIterator[Visitor]]:
    """Make the dependency that lets in only people with this role or a higher one."""

    async def visitor_with_role(
        request: Request,
        visitor: Annotated[Visitor | None, Depends(visitor_of)],
        _token: Annotated[object, Security(BEARER)] = None,
    ) -> AsyncIterator[Visitor]:
        if visitor is None:
            raise sign_in_first(request)
        if not visitor.may(role):
            raise Problem(
                403,
                _("This needs the role {role}; yours is {yours}."),
                say={"role": str(role), "yours": str(visitor.role)},
            )
        try:
            if visitor.via == "session" and request.method not in SAFE_METHODS:
                await check_csrf(request, visitor.csrf)
            yield visitor
        finally:
            await request.close()  # files of a form that was read for its token

    return visitor_with_role


async def check_csrf(request: Request, expected: str) -> None:
    """Refuse unless the request carries the session's token, in the header or as a form field, and our own origin."""
    check_origin(request)
    given = request.headers.get(CSRF_HEADER)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given is None and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
        raise Problem(403, GROWN_OLD, say={}, title="CSRF check failed")


def check_origin(request: Request) -> None:
    """Refuse what a browser says comes from another site.

    `null` tells nothing: browsers send it from our own pages too, when these send no referrer. The token decides then.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, _("This request was made by a page of another site."), say={}, title="CSRF check failed")
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return
    own = {request.headers.get("host", ""), urlsplit(central_of(request).settings.base_url).netloc}
    if urlsplit(origin).netloc not in own:
        raise Problem(
            403, _("This request was made by a page of {origin}."), say={"origin": origin}, title="CSRF check failed"
        )


def sign_in_first(request: Request) -> Problem:
    """What a stranger gets: a problem for programs, the sign-in page for browsers, through htmx where it asked."""
    if request.url.path.startswith("/api/"):
        detail = "Sign in, or send an API token: Authorization: Bearer …"
        return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if "hx-request" in request.headers:
        page = urlsplit(request.headers.get("hx-current-url", "/"))
        wanted = page.path + (f"?{page.query}" if page.query else "")
        return Problem(401, headers={"HX-Redirect": f"/sign-in?next={quote(wanted)}"})
    if request.method not in SAFE_METHODS:
        wanted = page_above(request)
    return Problem(303, headers={"Location": f"/sign-in?next={quote(wanted)}"})


def local_path(text: str) -> str:
    """A path of our own to go on to; "/" for anything that might lead elsewhere."""
    if not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return text


@dataclass(frozen=True, slots=True)
class SignedTerminal:
    """A terminal whose key has signed this request. Revoked ones come this far too: their scans are set aside."""

    id: UUID
    site_id: int
    name: str
    standing: TerminalState
    claim: Claim


async def signed_terminal(
    request: Request, _signature: Annotated[object, Security(SIGNATURE)] = None
) -> SignedTerminal:
    """Which terminal signed this request; 401 when none that is known, 403 while it waits for approval.

    From here on whatever is answered is signed by central and bound to this request (signed_answers.py).
    """
    try:
        claim = read_request(target_of(request), request.headers.raw)
        terminal = await run_in_threadpool(_prove, central_of(request), claim)
        claim.check_body(await request.body())
    except BadSignature as error:
        raise Problem(401, str(error), title="Not authentic") from error
    proof(request).claim = claim
    if terminal.standing is TerminalState.PENDING:
        detail = "This terminal waits for approval by a supervisor."
        raise Problem(403, detail, title="Waits for approval", standing=terminal.standing)
    return terminal


async def delivering_terminal(request: Request) -> UUID:
    """Which terminal signed this delivery, once proved without asking the database again.

    A terminal's key never changes, so one that was approved is remembered. Its standing is not: intake reads that from
    the row that it locks, so that a revoked terminal's scans are set aside from the next delivery on.
    """
    try:
        claim = read_request(target_of(request), request.headers.raw)
        verify = central_of(request).approved_keys.get(claim.key_id)
        if verify is None:
            return (await signed_terminal(request)).id
        claim.prove(verify)
        claim.check_body(await request.body())
    except BadSignature as error:
        raise Problem(401, str(error), title="Not authentic") from error
    proof(request).claim = claim
    return UUID(claim.key_id)


def forget_terminal(request: Request, terminal_id: UUID) -> Problem:
    """What a terminal gets that was known and is no longer: the database was replaced by an older one."""
    central_of(request).approved_keys.pop(str(terminal_id), None)
    proof(request).claim = None
    return Problem(401, STRANGER, title="Not authentic")


async def enrolled_terminal(terminal: Annotated[SignedTerminal, Depends(signed_terminal)]) -> SignedTerminal:
    """A terminal in good standing; a revoked one gets 403."""
    if terminal.standing is TerminalState.REVOKED:
        detail = "This terminal was revoked. A supervisor can give a code to enrol it anew."
        raise Problem(403, detail, title="Revoked", standing=terminal.standing)
    return terminal


def target_of(request: Request) -> Target:
    """What the request asks for, as it was sent."""
    return target_in(request.scope)


def target_in(scope: Scope) -> Target:
    """The same, of a request as ASGI has it."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope["query_string"]
    return Target(scope["method"], path.decode("latin-1"), query.decode("latin-1"))


def proof(request: Request) -> Proof:
    """Where `SignAnswers` looks for the request that an answer is to be bound to."""
    found: Proof = request.scope[PROOF]
    return found


def _prove(central: Central, claim: Claim) -> SignedTerminal:
    try:
        terminal_id = UUID(claim.key_id)
    except ValueError as error:
        raise BadSignature("The key id is not that of a terminal") from error
    statement = select(col(Terminal.site_id), col(Terminal.name), col(Terminal.state), col(Terminal.public_key)).where(
        col(Terminal.id) == terminal_id
    )
    with central.database.reading() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        raise BadSignature(STRANGER)
    verify = verifier(row.public_key)
    claim.prove(verify)
    if row.state != TerminalState.PENDING:
        central.approved_keys[str(terminal_id)] = verify
    return SignedTerminal(terminal_id, row.site_id, row.name, TerminalState(row.state), claim)


def _by_token(central: Central, authorization: str) -> Visitor:
    scheme, _space, word = authorization.partition(" ")
    if scheme.lower() == "bearer":
        with central.database.reading() as connection:
            row = api_tokens.find(connection, word.strip())
        if row is not None:
            return Visitor(row.id, row.name, Role(row.role), row.language, "", "token", row.display_name)
    raise Problem(401, "This API token is unknown or revoked.", headers={"WWW-Authenticate": "Bearer"})


def _by_session(central: Central, word: str) -> Visitor | None:
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        row = sessions.find(connection, word, now_ms)
    if row is None:
        return None
    if row.seen_ms < now_ms - sessions.SEEN_EVERY_MS:
        with central.database.transaction() as connection:
            sessions.touch(connection, word, now_ms)
    return Visitor(row.id, row.name, Role(row.role), row.language, row.csrf, "session", row.display_name)
