"""This terminal's own keys, and central's: Ed25519. Loaded when a terminal is enrolled."""

from __future__ import annotations

import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ekanban_core.signatures import Verify
from ekanban_core.texts import gettext as _
from ekanban_terminal.identity import BadIdentity, write


def for_code(folder: Path, code_id: str) -> tuple[str, Ed25519PrivateKey]:
    """The key for an enrolment code, made at its first use: repeated with the same code, it is the same device."""
    name = f"terminal-key-{code_id}.pem"
    path = folder / name
    if not path.exists():
        private = Ed25519PrivateKey.generate()
        write(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return name, load(path)


def load(path: Path) -> Ed25519PrivateKey:
    """Read a key file. Raises BadIdentity."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadIdentity(
                _("The key {path} can be read by others (mode {mode}): chmod 600 {path}"), path=path, mode=f"{mode:o}"
            )
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadIdentity(
            _("The key {path} cannot be used ({why}): enrol this terminal again."), path=path, why=error
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadIdentity(_("The key {path} is of another kind: enrol this terminal again."), path=path)
    return private


def verifier(public_key: bytes) -> Verify:
    """The function that checks signatures of this Ed25519 key (32 raw bytes)."""
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def verify(signature: bytes, base: bytes) -> bool:
        try:
            key.verify(signature, base)
        except InvalidSignature:
            return False
        return True

    return verify
