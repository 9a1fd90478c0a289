"""A delivery that is in order, for the ways that take it in before the layers of all requests (short and straight).

Both ask the same here and differ only in how bytes come and go. Nothing is decided differently than for every request:
where one of these answers None, the whole way gets the request and says what is wrong.
"""

from __future__ import annotations

from uuid import UUID

from ekanban_central.context import Central
from ekanban_central.intake_parsing import Delivery, parse
from ekanban_central.intake_taking import Receipt
from ekanban_central.problems import Problem
from ekanban_central.shell import SAFE
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Claim, RawHeaders, Target, read_request, sign_answer
from ekanban_core.wire import ScanAnswer

PATH = "/api/v1/scans"
RAISED = "ekanban.raised"  # in ASGI's scope: what intake has raised already


def claim_of(central: Central, target: Target, headers: RawHeaders, length: int) -> Claim | None:
    """Return who signed a post of so many bytes, before they are read: a terminal that is known here, or None."""
    if length > central.settings.body_limit:
        return None
    try:
        claim = read_request(target, headers)
        verify = central.approved_keys.get(claim.key_id)
        if verify is None:
            return None
        claim.prove(verify)
    except BadSignature:
        return None
    return claim


def delivery_of(central: Central, claim: Claim, body: bytes) -> Delivery | None:
    """Return what was delivered, if the body is the signed one and can be read."""
    try:
        claim.check_body(body)
        return parse(body, UUID(claim.key_id), central.now_ms())
    except (BadSignature, Problem):
        return None


def answer_of(central: Central, receipt: Receipt) -> bytes:
    """Write what the terminal gets, before it is signed."""
    central.metrics.took(receipt.results)
    answer = ScanAnswer(
        generation=receipt.generation,
        position=receipt.position,
        mark=receipt.mark,
        at_ms=central.now_ms(),
        results=list(receipt.results),
        expected=receipt.expected,
    )
    return answer.model_dump_json().encode()


def signed_headers(central: Central, claim: Claim, body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of the answer to that request."""
    signed = sign_answer(central.key.sign, central.key.id, 200, body, claim.signature)
    return [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"application/json"),
        *((name.lower().encode(), value.encode()) for name, value in signed.items()),
        *SAFE,
    ]
