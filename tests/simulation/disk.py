"""The disk of a simulated terminal: the journal on one that fails and loses power, the register on a plain folder."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fault_disk import Fault, FaultDisk, Op

from ekanban_terminal import journal_mark

MEMORY = Path("/dev/shm")
LOSABLE = """SELECT scan.id, scan.seq, epoch.epoch FROM scan JOIN epoch ON epoch.ordinal = scan.epoch
    WHERE scan.n < (SELECT max(n) FROM scan) AND (epoch.epoch, scan.seq) <> (?, ?) AND {}"""
_LOST = {
    "waiting": "state = 'waiting' ORDER BY n LIMIT 1",
    "answered": "state IN ('taken', 'refused') ORDER BY n DESC LIMIT 1",
    "last": """scan.epoch < (SELECT max(ordinal) FROM epoch) AND state = 'waiting' AND seq = (
        SELECT max(seq) FROM scan AS other WHERE other.epoch = scan.epoch) ORDER BY n LIMIT 1""",
}
JOURNAL = "/journal.sqlite"
SYNC_FAILS = "sync fails"  # the next one, and nothing is lost: was it stored or not?
Files = Mapping[str, bytes]  # name → content


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where the machine has such a place: the simulation's own faults are the only ones."""
    place = Path(tempfile.mkdtemp(prefix="ekanban-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield place
    finally:
        shutil.rmtree(place)


class Disk(FaultDisk):
    """Of one machine. `folder`: where its register lies, a copy that central gives again."""

    def __init__(self, place: Path, dice: random.Random) -> None:
        super().__init__(dice)
        self.folder = place
        self.was_hurt = False  # something has failed here, or may have
        self._sync_fails = self._leaves = False
        place.mkdir()

    @property
    def journal(self) -> Path:
        return Path(JOURNAL)

    def fails(self, fault: str, operation: int) -> None:
        """The n-th operation from now meets this."""
        self.was_hurt = True
        if fault == SYNC_FAILS:
            self._sync_fails = True
            return
        kind = Fault(fault)
        syncs = kind in (Fault.SYNC_LOSES, Fault.SYNC_REVERTS)  # harms no other operation: let it last until one comes
        for more in range(12 if syncs else 1):
            self.fail(kind, self.operations + operation + more)

    def goes_away(self) -> None:
        """With the next sync everything fails, until it is back: what was written is there, and nobody was told."""
        self.was_hurt = self._leaves = True

    def comes_back(self) -> None:
        self._leaves, self._lasting = False, None

    def begin(self, op: Op, name: str) -> Fault | None:
        if op is Op.SYNC and self._leaves:
            self._leaves = False
            self.fail(Fault.ERROR, lasting=True)
        fault = super().begin(op, name)
        if op is Op.SYNC and self._sync_fails and fault is None:
            self._sync_fails = False
            return Fault.ERROR
        return fault

    def mend(self) -> None:
        super().mend()
        self._sync_fails = self._leaves = False

    def holds(self, room: int) -> None:
        """So many bytes fit from now on."""
        self.was_hurt = True
        self.room = room

    def backup(self) -> dict[str, bytes]:
        """Everything, as a good backup program copies it."""
        return {**self.snapshot(), **{path.name: path.read_bytes() for path in self._registers()}}

    def bring_back(self, files: Files) -> None:
        """Hold what a backup, or another machine, held."""
        self.restore({name: content for name, content in files.items() if name.startswith("/")})
        for path in self._registers():
            path.unlink()
        for name, content in files.items():
            if not name.startswith("/"):
                (self.folder / name).write_bytes(content)

    def loses_row(self, which: str) -> sqlite3.Row | None:
        """A scan of the journal is gone, as if it had never been written; nobody works on it meanwhile.

        `which`: the oldest one that is "waiting", the newest "answered", or the "last" of an earlier start. Never the
        newest of all, nor the one that the mark names: those are missed, and the journal stays closed. Returns what
        was lost.
        """
        files = self.snapshot()
        with opened(files) as journal:
            mark = journal_mark.from_bytes(files.get(f"{JOURNAL}-mark"))
            found = journal.execute(LOSABLE.format(_LOST[which]), (mark.epoch, mark.seq))
            lost: sqlite3.Row | None = found.fetchone()
            if lost is None:
                return None
            journal.execute("DELETE FROM scan WHERE id = ?", (lost["id"],))
            journal.commit()
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            files[JOURNAL] = Path(journal.execute("PRAGMA database_list").fetchone()["file"]).read_bytes()
        self.bring_back({**self.backup(), **files, f"{JOURNAL}-wal": b""})
        return lost

    def _registers(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if not path.name.endswith("-shm"))


@contextmanager
def opened(files: Files) -> Iterator[sqlite3.Connection]:
    """The journal among these files, for looking at it without the product's code."""
    with folder() as place:
        for suffix in ("", "-wal"):
            if JOURNAL + suffix in files:
                (place / f"journal{suffix}").write_bytes(files[JOURNAL + suffix])
        connection = sqlite3.connect(place / "journal")
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


def rows(files: Files, statement: str) -> list[sqlite3.Row]:
    """What a journal says; nothing where it is empty."""
    with opened(files) as journal:
        if not journal.execute("SELECT 1 FROM sqlite_master WHERE name = 'scan'").fetchone():
            return []
        return journal.execute(statement).fetchall()


def scan_ids(files: Files) -> set[str]:
    """The scans that a journal holds."""
    return {row["id"] for row in rows(files, "SELECT id FROM scan")}
