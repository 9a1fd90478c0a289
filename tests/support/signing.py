"""Keys and headers for tests of signed messages."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekanban_core.signatures import Verify

Pairs = list[tuple[bytes, bytes]]


def verifier(key: Ed25519PrivateKey) -> Verify:
    """Check signatures of this key."""

    def verify(signature: bytes, base: bytes) -> bool:
        try:
            key.public_key().verify(signature, base)
        except InvalidSignature:
            return False
        return True

    return verify


def raw(headers: dict[str, str]) -> Pairs:
    """Headers as ASGI and httpx2 give them."""
    return [(name.encode(), value.encode()) for name, value in headers.items()]
