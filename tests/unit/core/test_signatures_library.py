"""The profile against http-message-signatures, both ways: what it signs we believe, what we sign it believes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

import http_message_signatures as library
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signing import raw, verifier

from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Target, check_answer, read_request, sign_answer, sign_request

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
COVERED = ("@method", "@path", "@query", "content-digest")
ANSWER_COVERED = ("@status", "content-digest", '"signature";req;key="ekanban"')
FAR_AHEAD = datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC)
BODY = b'{"a": 1}'


@dataclass
class Request:
    """What the library wants of a request."""

    method: str = "POST"
    url: str = "http://central:8000/api/v1/scans?since=7&x=%20"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Answer:
    """What the library wants of an answer."""

    request: Request
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


TARGETS = {
    "http://central:8000/api/v1/scans?since=7&x=%20": Target("POST", "/api/v1/scans", "since=7&x=%20"),
    "http://central:8000/api/v1/scans": Target("POST", "/api/v1/scans"),
    "http://central:8000/c/%C3%A4?a=b?c": Target("POST", "/c/%C3%A4", "a=b?c"),
    "http://central:8000/": Target("POST", "/"),
}


class Keys(library.HTTPSignatureKeyResolver):
    """One key under every name."""

    def resolve_public_key(self, key_id: str) -> Any:
        return KEY.public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        return KEY


class Verifier(library.HTTPMessageVerifier):
    """Without the creation time, which this profile neither sends nor judges."""

    require_created = False


def library_verifies(message: Request | Answer, body: bytes, components: tuple[str, ...]) -> library.VerifyResult:
    checker = Verifier(signature_algorithm=library.algorithms.ED25519, key_resolver=Keys())
    (result,) = checker.verify(
        message, max_age=None, expect_tag="ekanban", expect_label="ekanban", require_components=components, body=body
    )
    return result


def library_signs(message: Request | Answer, components: tuple[str, ...] = COVERED, **options: Any) -> None:
    signer = library.HTTPMessageSigner(signature_algorithm=library.algorithms.ED25519, key_resolver=Keys())
    wanted = {"label": "ekanban", "tag": "ekanban", "nonce": "n-1", "body": BODY} | options
    signer.sign(message, key_id="terminal-7", covered_component_ids=components, **wanted)


@pytest.mark.parametrize("url", TARGETS)
@pytest.mark.parametrize("body", [b"", BODY])
def test_the_library_believes_the_request_that_we_sign(url: str, body: bytes) -> None:
    signed = sign_request(KEY.sign, "terminal-7", "n-1", TARGETS[url], body)

    result = library_verifies(Request(url=url, headers=signed.headers), body, COVERED)

    assert (result.parameters["keyid"], result.nonce) == ("terminal-7", "n-1")


@pytest.mark.parametrize("url", TARGETS)
@pytest.mark.parametrize("created", [FAR_AHEAD, datetime.datetime(1980, 1, 1, tzinfo=datetime.UTC), None])
@pytest.mark.parametrize("include_alg", [True, False])
def test_we_believe_the_request_that_the_library_signs(
    url: str, created: datetime.datetime | None, include_alg: bool
) -> None:
    request = Request(url=url)
    library_signs(request, created=created, include_alg=include_alg)

    claim = read_request(TARGETS[url], raw(request.headers))
    claim.prove(verifier(KEY))
    claim.check_body(BODY)

    assert (claim.key_id, claim.nonce) == ("terminal-7", "n-1")


def test_the_library_believes_the_answer_that_we_sign() -> None:
    target = next(iter(TARGETS.values()))
    signed = sign_request(KEY.sign, "terminal-7", "n-1", target, BODY)
    headers = sign_answer(KEY.sign, "central", 403, b"no", signed.signature)

    library_verifies(Answer(Request(headers=signed.headers), 403, headers), b"no", ANSWER_COVERED)


def test_the_library_refuses_our_answer_beside_another_request() -> None:
    target = next(iter(TARGETS.values()))
    one, other = (sign_request(KEY.sign, "terminal-7", nonce, target, BODY) for nonce in ("n-1", "n-2"))
    headers = sign_answer(KEY.sign, "central", 200, b"ok", one.signature)

    with pytest.raises(library.InvalidSignature):
        library_verifies(Answer(Request(headers=other.headers), 200, headers), b"ok", ANSWER_COVERED)


def test_we_believe_the_answer_that_the_library_signs() -> None:
    request = Request(url="http://central:8000/api/v1/scans")
    library_signs(request)
    claim = read_request(TARGETS[request.url], raw(request.headers))
    answer = Answer(request)
    library_signs(answer, ANSWER_COVERED, created=FAR_AHEAD, nonce=None, body=b"ok")

    check_answer(verifier(KEY), "terminal-7", 200, raw(answer.headers), b"ok", claim.signature)


@pytest.mark.parametrize(
    ("components", "options"),
    [
        (("@method", "@path", "content-digest"), {}),
        (("@method", "@target-uri", "content-digest"), {}),
        (("@path", "@method", "@query", "content-digest"), {}),
        (COVERED, {"label": "other"}),
        (COVERED, {"tag": "other"}),
        (COVERED, {"tag": None}),
        (COVERED, {"nonce": None}),
        (COVERED, {"expires": FAR_AHEAD}),
    ],
)
def test_other_forms_that_the_library_signs_we_refuse(components: tuple[str, ...], options: dict[str, Any]) -> None:
    request = Request(url="http://central:8000/api/v1/scans")
    library_signs(request, components, **options)

    with pytest.raises(BadSignature):
        read_request(TARGETS[request.url], raw(request.headers))


def test_a_second_signature_that_the_library_adds_we_refuse() -> None:
    request = Request(url="http://central:8000/api/v1/scans")
    library_signs(request)
    library_signs(request, label="other", append_if_signature_exists=True, use_existing_digest=True)

    with pytest.raises(BadSignature):
        read_request(TARGETS[request.url], raw(request.headers))
