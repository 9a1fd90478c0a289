"""A SQLite file's write-ahead log, switched on by whoever opens the file first."""

from __future__ import annotations

import sqlite3
import time

PATIENCE_S = 30
_AGAIN_S = 0.02


def switch_on(connection: sqlite3.Connection, patience: float = PATIENCE_S) -> None:
    """Put the file into WAL mode, outside a transaction; it stays so for ever.

    Of two processes that switch a new file at once SQLite turns one away at once, whatever its busy timeout: waiting
    could last for ever, since each may hold what the other wants. It is tried again for `patience` seconds, then the
    sqlite3.OperationalError comes out, as at once for any other reason than a locked file.
    """
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN_S)
        else:
            return
