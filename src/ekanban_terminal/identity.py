"""Who this terminal is: its own key, its number at central, and the one central whose answers it believes (promise 17).

Everything lies in the data folder: one key file for each enrolment code (mode 0600, never sent), and enrolment.json,
which names the key in use. It is written last and whole, so that a lost answer or a power cut leaves the old standing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import BaseModel, ValidationError

from ekanban_core.enrolment import fingerprint, key_bytes
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Sign, Verify
from ekanban_core.texts import gettext as _
from ekanban_terminal.errors import NotEnrolled, TerminalError

FILE = "enrolment.json"


class BadIdentity(TerminalError):
    """The terminal's key or enrolment file cannot be used."""


class Enrolment(BaseModel):
    """What enrolment.json holds."""

    terminal: str
    url: str  # central's base URL
    central_key: str  # base64 of the 32 raw bytes
    site: str
    key: str  # name of the key file
    code: str  # id of the code it was enrolled with


@dataclass(frozen=True, slots=True)
class Identity:
    """What signing and believing need."""

    terminal: str
    url: str
    site: str
    central: str  # key id of central
    sign: Sign
    verify: Verify


def load(folder: Path) -> Identity:
    """Read who this terminal is. Raises NotEnrolled or BadIdentity."""
    path = folder / FILE
    try:
        enrolment = Enrolment.model_validate_json(path.read_bytes())
        central = key_bytes(enrolment.central_key)
    except FileNotFoundError as error:
        raise NotEnrolled(
            _("This terminal is not enrolled: get a code at central, then run `ekanban terminal enroll URL CODE`.")
        ) from error
    except (OSError, ValidationError, BadSignature) as error:
        raise BadIdentity(
            _("{path} cannot be used ({why}): enrol this terminal again."), path=path, why=error
        ) from error
    private = load_key(folder / Path(enrolment.key).name)
    return Identity(
        terminal=enrolment.terminal,
        url=enrolment.url,
        site=enrolment.site,
        central=fingerprint(central),
        sign=private.sign,
        verify=verifier(central),
    )


def store(folder: Path, enrolment: Enrolment) -> None:
    """Write enrolment.json, whole or not at all."""
    _write(folder / FILE, enrolment.model_dump_json(indent=2).encode() + b"\n")


def key_for_code(folder: Path, code_id: str) -> tuple[str, Ed25519PrivateKey]:
    """The key for an enrolment code, made at its first use: repeated with the same code, it is the same device."""
    name = f"terminal-key-{code_id}.pem"
    path = folder / name
    if not path.exists():
        private = Ed25519PrivateKey.generate()
        _write(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return name, load_key(path)


def load_key(path: Path) -> Ed25519PrivateKey:
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


class Changes:
    """Tells when enrolment.json is another one than before, so that a running terminal takes it over."""

    def __init__(self, folder: Path, mark: Callable[[Path], object] | None = None) -> None:
        self._path = folder / FILE
        self._mark = mark or _mark
        self._seen: object = self._mark(self._path)

    def seen(self) -> bool:
        """Whether it has changed since the last call."""
        mark = self._mark(self._path)
        changed = mark != self._seen
        self._seen = mark
        return changed


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadIdentity(_("{path} cannot be written: {why}."), path=path, why=error.strerror or error) from error
