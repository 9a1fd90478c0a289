"""Signed requests and answers: one fixed profile of RFC 9421 (HTTP Message Signatures) with RFC 9530 (Content-Digest).

A request covers `@method`, `@path`, `@query` and `content-digest`; an answer covers `@status`, `content-digest` and the
signature of the request it answers, so that no answer fits another request. Always Ed25519, always exactly one
signature, labelled and tagged `ekanban`. `created` may stand there and is not judged: clocks are wrong, and repetition
is harmless (promises 5 and 10). Everything else is refused, with the reason, as `BadSignature`.

Nothing here knows a key: signing and verifying come in as functions. Headers come in as the raw pairs of bytes that
ASGI's `scope["headers"]` and httpx2's `headers.raw` hold, because only there a doubled header still shows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ekanban_core.errors import BadSignature

Sign = Callable[[bytes], bytes]  # signature base → 64 bytes
Verify = Callable[[bytes, bytes], bool]  # signature, signature base → does it hold?
RawHeaders = Iterable[tuple[bytes, bytes]]

LABEL = "ekanban"
TAG = "ekanban"
MOST_HEADER = 512  # characters of one signature header; ours have at most 300
REQUEST_COVERS = '("@method" "@path" "@query" "content-digest")'
ANSWER_COVERS = f'("@status" "content-digest" "signature";req;key="{LABEL}")'

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # key ids and nonces
_TARGET = re.compile(r"[\x21-\x7e]*")  # what HTTP/1.1 allows in a path or query; above all no line break
_PARAMETER = re.compile(r';([a-z]{1,10})=(?:"([^"\\]{0,128})"|([0-9]{1,15}))')
_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")
_SIGNATURE = re.compile(LABEL + r"=(:([A-Za-z0-9+/]{86}==):)")


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for: the path as it was sent, percent-encoded; the query without its question mark."""

    method: str
    path: str
    query: str = ""

    def lines(self) -> str:
        """The three lines of the signature base; an absent query is written `?` (RFC 9421, 2.2.7)."""
        if not (_TARGET.fullmatch(self.path) and _TARGET.fullmatch(self.query) and self.method.isascii()):
            raise BadSignature("The path or query has characters that HTTP does not allow")
        return f'"@method": {self.method.upper()}\n"@path": {self.path or "/"}\n"@query": ?{self.query}\n'


@dataclass(frozen=True, slots=True)
class Claim:
    """A well-formed signed request, not yet proved: look its key up, then `prove`, then `check_body`."""

    key_id: str
    nonce: str
    digest: str  # the value of Content-Digest
    signature: str  # as it stands in the header, `:base64:`; an answer is bound to it
    base: bytes

    def prove(self, verify: Verify) -> None:
        """Raise BadSignature unless the signature is that of the key."""
        if not verify(base64.b64decode(self.signature[1:-1]), self.base):
            raise BadSignature("The signature is not one of this key over this request")

    def check_body(self, body: bytes) -> None:
        """Raise BadSignature unless the body is the one that was signed."""
        _check_digest(self.digest, body)


@dataclass(frozen=True, slots=True)
class Signed:
    """The headers that make a request a signed one, and the signature that its answer must name."""

    headers: dict[str, str]
    signature: str


def content_digest(body: bytes) -> str:
    """The Content-Digest of a body (RFC 9530), always SHA-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(sign: Sign, key_id: str, nonce: str, target: Target, body: bytes) -> Signed:
    """Sign a request. The nonce is any random word; it makes equal requests have different signatures."""
    for word in (key_id, nonce):
        if not _WORD.fullmatch(word):
            raise BadSignature(f"Expected a word of 1 to 64 letters, digits and -_.: but got {word!r}")
    parameters = f'{REQUEST_COVERS};nonce="{nonce}";keyid="{key_id}";tag="{TAG}"'
    digest = content_digest(body)
    return _signed(sign, parameters, digest, _request_base(target, digest, parameters))


def read_request(target: Target, headers: RawHeaders) -> Claim:
    """Read what a request claims, before its body is read: who signed it, over what. Raises BadSignature."""
    digest, parameters, signature = _read(headers)
    given = _parameters(parameters, REQUEST_COVERS, {"nonce", "keyid", "tag"})
    base = _request_base(target, digest, parameters)
    return Claim(given["keyid"], given["nonce"], digest, signature, base)


def sign_answer(sign: Sign, key_id: str, status: int, body: bytes, request_signature: str) -> dict[str, str]:
    """The headers that make an answer a signed one, bound to the request with that signature."""
    parameters = f'{ANSWER_COVERS};keyid="{key_id}";tag="{TAG}"'
    digest = content_digest(body)
    return _signed(sign, parameters, digest, _answer_base(status, digest, request_signature, parameters)).headers


def check_answer(
    verify: Verify, key_id: str, status: int, headers: RawHeaders, body: bytes, request_signature: str
) -> None:
    """Raise BadSignature unless this is the answer of that key to the request with that signature."""
    digest, parameters, signature = _read(headers)
    given = _parameters(parameters, ANSWER_COVERS, {"keyid", "tag"})
    if given["keyid"] != key_id:
        raise BadSignature(f"Expected an answer signed by key {key_id}, got {given['keyid']}")
    base = _answer_base(status, digest, request_signature, parameters)
    if not verify(base64.b64decode(signature[1:-1]), base):
        raise BadSignature("The signature is not one of central's key over this answer to this request")
    _check_digest(digest, body)


def _request_base(target: Target, digest: str, parameters: str) -> bytes:
    return f'{target.lines()}"content-digest": {digest}\n"@signature-params": {parameters}'.encode("ascii")


def _answer_base(status: int, digest: str, request_signature: str, parameters: str) -> bytes:
    return (
        f'"@status": {status}\n"content-digest": {digest}\n"signature";req;key="{LABEL}": {request_signature}\n'
        f'"@signature-params": {parameters}'
    ).encode("ascii")


def _signed(sign: Sign, parameters: str, digest: str, base: bytes) -> Signed:
    signature = f":{base64.b64encode(sign(base)).decode()}:"
    headers = {
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}={signature}",
    }
    return Signed(headers, signature)


def _check_digest(digest: str, body: bytes) -> None:
    if not hmac.compare_digest(digest.encode(), content_digest(body).encode()):
        raise BadSignature("The body is not the one that Content-Digest names")


def _read(headers: RawHeaders) -> tuple[str, str, str]:
    """Content-Digest, the signature's parameters, and the signature `:base64:`; each header exactly once."""
    found: dict[bytes, str] = {}
    for raw_name, value in headers:
        name = raw_name.lower()
        if name not in (b"content-digest", b"signature-input", b"signature"):
            continue
        if name in found:
            raise BadSignature(f"Expected one {name.decode()} header, got two")
        if len(value) > MOST_HEADER:
            raise BadSignature(f"{name.decode()}: expected at most {MOST_HEADER} characters, got {len(value)}")
        if not value.isascii():
            raise BadSignature(f"{name.decode()}: expected ASCII")
        found[name] = value.decode("ascii").strip(" \t")
    for name in (b"signature-input", b"signature", b"content-digest"):
        if name not in found:
            raise BadSignature(f"Expected a signed message, got one without a {name.decode()} header")
    parameters = found[b"signature-input"]
    if not parameters.startswith(f"{LABEL}=("):
        raise BadSignature(f"signature-input: expected exactly one signature with the label {LABEL}")
    if not _DIGEST.fullmatch(found[b"content-digest"]):
        raise BadSignature("content-digest: expected sha-256=:32 bytes in base64: and nothing else")
    return found[b"content-digest"], parameters[len(LABEL) + 1 :], _read_signature(found[b"signature"])


def _read_signature(value: str) -> str:
    match = _SIGNATURE.fullmatch(value)
    if match is None:
        raise BadSignature(f"signature: expected {LABEL}=:64 bytes in base64: and nothing else")
    if base64.b64encode(base64.b64decode(match[2])).decode() != match[2]:
        raise BadSignature("signature: expected base64 whose unused bits are zero")
    return match[1]


def _parameters(text: str, covers: str, needed: set[str]) -> dict[str, str]:
    """The parameters after the covered components: each once, those needed, perhaps `created` and `alg`, no other."""
    if not text.startswith(covers):
        raise BadSignature(f"Expected a signature over exactly {covers}, in this order")
    given: dict[str, str] = {}
    position = len(covers)
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise BadSignature("signature-input: expected ;name=value after the covered components, and nothing else")
        name, word, number = match.groups()
        if name in given:
            raise BadSignature(f"signature-input: expected {name} once, got it twice")
        if name not in needed and name not in ("created", "alg"):
            raise BadSignature(f"signature-input: {name} is not a parameter of this profile")
        if (name == "created") != (word is None):
            raise BadSignature(f"signature-input: {name} has a value of the wrong type")
        given[name] = number if word is None else word
        position = match.end()
    _check_parameters(given, needed)
    return given


def _check_parameters(given: dict[str, str], needed: set[str]) -> None:
    for name in sorted(needed - given.keys()):
        raise BadSignature(f"signature-input: expected the parameter {name}")
    if given["tag"] != TAG:
        raise BadSignature(f"signature-input: expected the tag {TAG}")
    if given.get("alg", "ed25519") != "ed25519":
        raise BadSignature("signature-input: expected the algorithm ed25519")
    for name in ("keyid", "nonce"):
        if name in given and not _WORD.fullmatch(given[name]):
            raise BadSignature(f"signature-input: {name} expects 1 to 64 letters, digits and -_.:")
