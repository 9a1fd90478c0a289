"""What a disk does, and what can happen to it. Codes are SQLite's (sqlite.org/rescode.html)."""

from __future__ import annotations

from enum import Enum

OK, BUSY, IOERR, FULL, CANTOPEN = 0, 5, 10, 13, 14


class Op(Enum):
    """An operation that is counted and can fail; its value: SQLite's code then."""

    OPEN = CANTOPEN
    READ = IOERR | 1 << 8
    WRITE = IOERR | 3 << 8
    SYNC = IOERR | 4 << 8
    TRUNCATE = IOERR | 6 << 8
    SIZE = IOERR | 7 << 8
    DELETE = IOERR | 10 << 8
    ACCESS = IOERR | 13 << 8
    SHARED = IOERR | 19 << 8  # the index of the write-ahead log, a file of its own elsewhere, grows


class Fault(Enum):
    """What can happen to an operation."""

    ERROR = "error"  # nothing was done
    FULL = "full"  # no room; a part may be written
    TORN = "torn"  # a part was written, then an error
    SYNC_LOSES = "sync loses"  # what was not written is called clean, stays readable, and never reaches the platter
    SYNC_REVERTS = "sync reverts"  # the same, and reading gives what is on the platter
    DARK = "dark"  # from here on nothing works until `kill` or `cut_power`; this operation may be done or not

    def fits(self, op: Op) -> bool:
        """Tell whether this can happen to such an operation."""
        match self:
            case Fault.FULL:
                return op in (Op.OPEN, Op.WRITE, Op.SHARED)
            case Fault.TORN:
                return op is Op.WRITE
            case Fault.SYNC_LOSES | Fault.SYNC_REVERTS:
                return op is Op.SYNC
            case _:
                return True
