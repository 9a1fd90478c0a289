"""Whether a file is a journal of this release, by its first bytes: SQLite itself would write before one could tell.

SQLite takes an empty file for an empty database, makes its tables in another program's, and begins a log anew whose
head it cannot read. Format: sqlite.org/fileformat2.html, "The Database Header" and "WAL File Format".
"""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.disk import Disk
from ekanban_terminal.errors import NewerSchema

MAGIC = b"SQLite format 3\0"
HEAD = 100  # bytes of a database's header
LOG_HEAD = 32  # bytes of a log's header
LOG_MAGICS = (0x377F0682, 0x377F0683)

ANEW = (
    "Bring back the right file; to begin anew without its scans, move it and what is named after it away, and keep all"
)


def check(disk: Disk, path: Path, log: Path, *, mark: bool) -> bool:
    """Tell whether there is no journal yet; `mark`: there was one. Changes nothing.

    Raises NewerSchema, sqlite3.DatabaseError or OSError.
    """
    head, log_head = disk.head(path, HEAD), disk.head(log, LOG_HEAD)
    if head is None:
        if log_head:
            raise sqlite3.DatabaseError(f"it is gone, and its log {log.name} is still there. {ANEW}")
        if mark:
            raise sqlite3.DatabaseError(f"it is gone, and its log {log.name} too. {ANEW}")
        return True
    _check_head(path, head)
    if log_head and len(log_head) == LOG_HEAD and struct.unpack(">I", log_head[:4])[0] not in LOG_MAGICS:
        raise sqlite3.DatabaseError(f"its log {log.name} is no log. {ANEW}")
    return False


def _check_head(path: Path, head: bytes) -> None:
    if len(head) < HEAD:
        raise sqlite3.DatabaseError(f"it is cut off after {len(head)} bytes. {ANEW}")
    if not head.startswith(MAGIC):
        raise sqlite3.DatabaseError(f"it is no database. {ANEW}")
    version, application = struct.unpack(">I", head[60:64])[0], struct.unpack(">I", head[68:72])[0]
    if application not in (0, sql.APPLICATION) or version == 0:
        raise sqlite3.DatabaseError(f"it is the database of another program. {ANEW}")
    if version > sql.SCHEMA_VERSION:
        raise NewerSchema(
            f"{path} was written by a newer release (schema {version}, this one knows"
            f" {sql.SCHEMA_VERSION}). Nothing was changed; install that release again."
        )
