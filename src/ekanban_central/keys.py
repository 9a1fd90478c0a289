"""Central's own Ed25519 key: made at the first start, kept in one file that only central's account reads.

Every terminal was given this key's fingerprint when it was enrolled. A central that loses the file must enrol all of
its terminals again, so it belongs into the backup; several central processes of one plant share one copy.

KeyUnreadable  the file is there and cannot be used; it is never replaced by a new one
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from nacl.signing import SigningKey

from ekanban_core.enrolment import fingerprint
from ekanban_core.errors import EkanbanError
from ekanban_core.texts import gettext as _

FILE = "central-key.pem"


class KeyUnreadable(EkanbanError):
    """Central's key file cannot be used."""


@dataclass(frozen=True, slots=True)
class CentralKey:
    """What central signs its answers with."""

    private: SigningKey = field(repr=False)
    public: bytes  # 32 raw bytes
    id: str  # its fingerprint, the key id of central's signatures

    def sign(self, base: bytes) -> bytes:
        """Sign a signature base."""
        return self.private.sign(base).signature


def key_of(private: Ed25519PrivateKey) -> CentralKey:
    """Put a private key together with what others know of it."""
    public = private.public_key().public_bytes_raw()
    return CentralKey(SigningKey(private.private_bytes_raw()), public, fingerprint(public))


def load_or_make(data: Path) -> CentralKey:
    """Read the key in the data folder, or make it when there is none yet. Raises KeyUnreadable."""
    path = data / FILE
    try:
        if not path.exists():
            _make(path)
        return _load(path)
    except OSError as error:
        raise KeyUnreadable(_("Central's key {path}: {why}"), path=path, why=error.strerror or error) from error


def write_private(path: Path, content: bytes) -> bool:
    """Write a file that only its owner reads, whole or not at all; False when it was there already."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, never replaces what another process has just made
        except FileExistsError:
            return False
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(path, pem)


def _load(path: Path) -> CentralKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyUnreadable(
            _("Central's key {path} can be read by others (mode {mode}): chmod 600 {path}"), path=path, mode=f"{mode:o}"
        )
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnreadable(_("Central's key {path} is damaged; put it back from the backup"), path=path) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnreadable(_("Central's key {path}: expected an Ed25519 key, got another kind"), path=path)
    return key_of(private)
