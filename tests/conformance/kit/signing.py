"""HTTP Message Signatures (RFC 9421) as the contract wants them: one fixed profile, Ed25519, both ways."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

REQUEST = '("@method" "@path" "@query" "content-digest")'
ANSWER = '("@status" "content-digest" "signature";req;key="ekanban")'


def digest(body: bytes) -> str:
    """The Content-Digest of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(key: Ed25519PrivateKey, key_id: str, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
    """The headers that sign a request."""
    parameters = f'{REQUEST};nonce="{os.urandom(8).hex()}";keyid="{key_id}";tag="ekanban"'
    base = (
        f'"@method": {method}\n"@path": {path}\n"@query": ?{query}\n"content-digest": {digest(body)}\n'
        f'"@signature-params": {parameters}'
    )
    return {
        "Content-Digest": digest(body),
        "Signature-Input": f"ekanban={parameters}",
        "Signature": f"ekanban=:{base64.b64encode(key.sign(base.encode())).decode()}:",
    }


def check(key: bytes, status: int, headers: Mapping[str, str], body: bytes, request: Mapping[str, str]) -> None:
    """Raise unless central's key has signed this answer to that request."""
    parameters = headers["signature-input"].removeprefix("ekanban=")
    if not parameters.startswith(ANSWER) or headers["content-digest"] != digest(body):
        raise ValueError(f"Expected an answer signed over {ANSWER}, got {parameters}")
    asked = request["Signature"].removeprefix("ekanban=")
    base = (
        f'"@status": {status}\n"content-digest": {digest(body)}\n"signature";req;key="ekanban": {asked}\n'
        f'"@signature-params": {parameters}'
    )
    signature = base64.b64decode(headers["signature"].removeprefix("ekanban=:").removesuffix(":"))
    Ed25519PublicKey.from_public_bytes(key).verify(signature, base.encode())
