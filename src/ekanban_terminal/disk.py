"""The disk under the journal, in the few verbs that the journal needs; tests bring one that fails and loses power."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Protocol


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
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
