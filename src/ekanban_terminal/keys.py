"""This terminal's own keys, and central's: Ed25519, by libsodium. Loaded when a terminal is enrolled.

A key file is what `openssl genpkey -algorithm ed25519` writes: PKCS #8 in PEM (RFC 8410, section 7). We read and write
that one form ourselves: the library that knows all the others takes 7 MB of a small machine's memory.
"""

from __future__ import annotations

import base64
import binascii
import re
import stat
from pathlib import Path

from nacl.signing import SigningKey

from ekanban_core.texts import gettext as _
from ekanban_terminal.identity import BadIdentity, write

_PEM = re.compile(rb"\s*-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*")
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # then come the 32 bytes of the seed
SEED = 32


class PrivateKey:
    """A device's secret. `public`: 32 raw bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public = bytes(self._key.verify_key)

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make one, of the system's randomness."""
        return cls(bytes(SigningKey.generate()))

    def sign(self, base: bytes) -> bytes:
        """Sign a signature base."""
        return self._key.sign(base).signature

    def pem(self) -> bytes:
        """The content of its file."""
        text = base64.b64encode(_ED25519 + bytes(self._key))
        return b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % text


def for_code(folder: Path, code_id: str) -> tuple[str, PrivateKey]:
    """The key for an enrolment code, made at its first use: repeated with the same code, it is the same device."""
    name = f"terminal-key-{code_id}.pem"
    path = folder / name
    if not path.exists():
        write(path, PrivateKey.generate().pem())
    return name, load(path)


def load(path: Path) -> PrivateKey:
    """Read a key file. Raises BadIdentity."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadIdentity(
                _("The key {path} can be read by others (mode {mode}): chmod 600 {path}"), path=path, mode=f"{mode:o}"
            )
        content = _content(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadIdentity(
            _("The key {path} cannot be used ({why}): enrol this terminal again."), path=path, why=error
        ) from error
    if not content.startswith(_ED25519) or len(content) != len(_ED25519) + SEED:
        raise BadIdentity(_("The key {path} is of another kind: enrol this terminal again."), path=path)
    return PrivateKey(content[-SEED:])


def _content(pem: bytes) -> bytes:
    found = _PEM.fullmatch(pem)
    if found is None:
        raise ValueError("expected a private key in PEM")
    try:
        return base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise ValueError("expected base64") from error
