"""The data folder: there, writable, and of one terminal at a time; whatever is wrong is said with what mends it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ekanban_core.texts import gettext as _
from ekanban_terminal.errors import FolderUnusable

LOCK = "terminal.lock"


def check(folder: Path) -> None:
    """Raise FolderUnusable unless files can be made in the folder.

    A missing one is not made: it may be a disk that was not mounted, and to begin anew beside the data is worse than
    not to start.
    """
    if not folder.exists():
        raise FolderUnusable(
            _(
                "The data folder {folder} does not exist. Is its disk mounted? Else make it"
                " (install -d -m 700 {folder}) or name another one: data."
            ),
            folder=folder,
        )
    if not folder.is_dir():
        raise FolderUnusable(_("{folder} is no folder. Name another one: data."), folder=folder)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise FolderUnusable(
            _(
                "Nothing can be written in the data folder {folder}: {why}. Mend that (owner, mode, mount, free space)"
                " or name another one: data."
            ),
            folder=folder,
            why=error.strerror or error,
        ) from error


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other terminal away while the block runs; the kernel lets go when the process dies."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderUnusable(
                _("Another terminal works on {folder}{who}. End it, or give this one a data folder of its own: data."),
                folder=folder,
                who=_holder(handle),
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        yield
    finally:
        os.close(handle)


def _holder(handle: int) -> str:
    text = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
    return f" (process {text})" if text.isdigit() else ""
