"""Signatures of Ed25519 keys, checked by libsodium: the same for both services. Loaded by who checks some."""

from __future__ import annotations

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from ekanban_core.signatures import Verify


def verifier(public_key: bytes) -> Verify:
    """Return the function that checks signatures of this key (32 raw bytes).

    A key of small order, with which one signature fits every message, verifies nothing.
    """
    key = VerifyKey(public_key)

    def verify(signature: bytes, base: bytes) -> bool:
        try:
            key.verify(base, signature)
        except CryptoError:
            return False
        return True

    return verify
