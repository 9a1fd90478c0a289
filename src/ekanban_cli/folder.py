"""The data folder of a service: must be there, must be writable, belongs to one process at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ekanban_cli.errors import DataFolder, InUse
from ekanban_cli.language import _


def usable(path: Path, setting: str) -> Path:
    """Check that files can be made in `path`; `setting` is the key that names it. Raises DataFolder.

    A missing folder is not made: it may be a disk that was not mounted, and a service that begins anew beside its
    data is worse than one that does not start.
    """
    name = {"path": path, "setting": setting}
    if not path.exists():
        text = _("The data folder {path} does not exist. Make it (mkdir -p {path}) or name another one: {setting}.")
        raise DataFolder(text.format(**name))
    if not path.is_dir():
        raise DataFolder(_("{path} is no folder. Name another one: {setting}.").format(**name))
    try:
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        text = _("Nothing can be written in the data folder {path}: {why}. Mend that, or name another one: {setting}.")
        raise DataFolder(text.format(**name, why=error.strerror or error)) from error


@contextmanager
def alone(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the kernel frees it when the process dies. Raises InUse."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(busy) from error
        yield
    finally:
        os.close(handle)
