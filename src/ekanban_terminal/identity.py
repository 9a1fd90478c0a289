"""Who this terminal is: its own key, its number at central, and the one central whose answers it believes (promise 17).

Everything lies in the data folder: one key file for each enrolment code (mode 0600, never sent), and enrolment.json,
which names the key in use. It is written last and whole, so that a lost answer or a power cut leaves the old standing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

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
    from ekanban_core.ed25519 import verifier
    from ekanban_terminal import keys  # 1 MB, for terminals that are enrolled

    private = keys.load(folder / Path(enrolment.key).name)
    return Identity(
        terminal=enrolment.terminal,
        url=enrolment.url,
        site=enrolment.site,
        central=fingerprint(central),
        sign=private.sign,
        verify=verifier(central),
    )


def enrolled_as(folder: Path) -> str | None:
    """The terminal's number at central, where its file can be read: also of a folder whose key is gone."""
    try:
        return Enrolment.model_validate_json((folder / FILE).read_bytes()).terminal
    except (OSError, ValidationError):
        return None


def store(folder: Path, enrolment: Enrolment) -> None:
    """Write enrolment.json, whole or not at all."""
    write(folder / FILE, enrolment.model_dump_json(indent=2).encode() + b"\n")


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


def write(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, whole or not at all. Raises BadIdentity."""
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
