"""A note beside the journal of how far it had come: without its log, or the end of that, the file looks whole.

`proofs` grows with each opening and each moving of the log; the journal has it in its log before the note has it, so a
journal that knows less has lost its log. Between these the note is written now and then without waiting for the disk: a
power cut may leave an older one, which says less, and never one that knows more than the journal.
"""

from __future__ import annotations

import sqlite3
import struct
from dataclasses import dataclass
from uuid import UUID
from zlib import crc32

from ekanban_terminal import journal_settle as settling
from ekanban_terminal import journal_sql as sql

FORM = struct.Struct(">8sQ16sQ")  # magic, proofs, epoch, sequence number: within one sector, so it is never torn
MAGIC = b"eknjmark"
SIZE = FORM.size + 4


@dataclass(frozen=True, slots=True)
class Mark:
    """What the journal must know at least."""

    proofs: int = 0
    epoch: str = str(UUID(int=0))  # the newest with scans
    seq: int = 0  # its last scan

    def to_bytes(self) -> bytes:
        """The note."""
        content = FORM.pack(MAGIC, self.proofs, UUID(self.epoch).bytes, self.seq)
        return content + crc32(content).to_bytes(4, "big")


def from_bytes(content: bytes | None) -> Mark:
    """The reverse. A note that was never finished or is damaged says nothing: it is no reason to stop by itself."""
    if content is None or len(content) != SIZE or crc32(content[:-4]).to_bytes(4, "big") != content[-4:]:
        return Mark()
    _magic, proofs, epoch, seq = FORM.unpack(content[:-4])
    return Mark(proofs, str(UUID(bytes=epoch)), seq)


def of(connection: sqlite3.Connection) -> Mark:
    """What this journal knows."""
    proofs = int(settling.fact(connection, "probe") or 0)
    row = connection.execute(sql.LAST_EPOCH).fetchone()
    return Mark(proofs, *row) if row else Mark(proofs)


def knows(connection: sqlite3.Connection, mark: Mark) -> bool:
    """Whether the journal has all that the mark tells of."""
    if of(connection).proofs < mark.proofs:
        return False
    row = connection.execute(sql.EPOCH_BY_NAME, (mark.epoch,)).fetchone()
    return mark.seq == 0 or (row is not None and row[1] >= mark.seq)
