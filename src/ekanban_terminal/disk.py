"""The disk under the journal, in the few verbs that the journal needs; tests bring one that fails and loses power."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

PART = 1_048_576  # bytes that are read at once


class Disk(Protocol):
    """Where the journal lies. All may raise OSError, `connect` sqlite3.Error as well."""

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        """Open a database, with the options of sqlite3.connect."""
        ...

    def size(self, path: Path) -> int:
        """Bytes of a file."""
        ...

    def free(self, folder: Path) -> int:
        """Bytes that may still be written to the folder's file system."""
        ...

    def sync(self, folder: Path) -> None:
        """Return when the folder's list of files is on the disk."""
        ...

    def head(self, path: Path, most: int) -> bytes | None:
        """The first bytes of a file; None where there is none."""
        ...

    def discard(self, path: Path) -> None:
        """Remove a file that was never finished, if there is one."""
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Give a finished file its name, and return when that is on the disk."""
        ...

    def rewrite(self, path: Path) -> None:
        """Write a file's content over itself, and return when it is on the disk; nothing where there is no file."""
        ...

    def note(self, path: Path, content: bytes, *, sync: bool) -> None:
        """Write a file's whole content, always of one length, in place; `sync`: return when it is on the disk."""
        ...


class LocalDisk:
    """The operating system's."""

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        """See Disk."""
        opened: sqlite3.Connection = sqlite3.connect(path, **options)
        return opened

    def size(self, path: Path) -> int:
        """See Disk."""
        return path.stat().st_size

    def free(self, folder: Path) -> int:
        """See Disk: what an ordinary user may write, without root's reserve."""
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize

    def sync(self, folder: Path) -> None:
        """See Disk."""
        with _opened(folder, os.O_RDONLY) as handle:
            os.fsync(handle)

    def head(self, path: Path, most: int) -> bytes | None:
        """See Disk."""
        try:
            with path.open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return None

    def discard(self, path: Path) -> None:
        """See Disk."""
        path.unlink(missing_ok=True)

    def replace(self, source: Path, target: Path) -> None:
        """See Disk."""
        source.replace(target)
        self.sync(target.parent)

    def rewrite(self, path: Path) -> None:
        """See Disk."""
        if not path.exists():
            return
        with _opened(path, os.O_RDWR) as handle:
            done = 0
            while part := os.pread(handle, PART, done):
                done += os.pwrite(handle, part, done)
            os.fsync(handle)

    def note(self, path: Path, content: bytes, *, sync: bool) -> None:
        """See Disk."""
        with _opened(path, os.O_WRONLY | os.O_CREAT) as handle:
            os.pwrite(handle, content, 0)
            if sync:
                os.fdatasync(handle)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
