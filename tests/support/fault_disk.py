"""A disk in memory under the real SQLite, that fails, fills up, tears writes and loses power when a test says so.

    disk = FaultDisk(random.Random(seed))
    journal = Journal(Path("/journal.sqlite"), …, disk=disk)    # it is an ekanban_terminal.disk.Disk
    disk.fail(Fault.SYNC_LOSES, at=disk.operations + 3)          # the third operation from now
    disk.mend()                                                  # no more faults
    disk.kill()                                                  # the process dies; what it wrote can be read
    disk.cut_power()                                             # the machine dies; what was not synced may be gone

In the simulation each terminal has one such disk. A step that crashes has `disk.fail(Fault.DARK, at=…)`: from that
operation on nothing works, until the simulation says whether the process was killed or the power cut, and makes a new
Journal on the same disk as a started process does. `snapshot` is a backup; `restore` brings it back, here or on another
disk (a clone). Connections that were open before a kill, a cut or a restore are dead: they get errors and change
nothing. The same Random gives the same faults and losses; only the salts of a write-ahead log are SQLite's own.

What is counted, and can fail, is in fault_kinds.Op. Locks and shared memory cost no operation.
"""

from __future__ import annotations

import errno
import itertools
import os
import random
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fault_file import Folder, Node
from fault_handle import Handle
from fault_kinds import CANTOPEN, OK, Fault, Op
from fault_vfs import CREATE, JOURNALS, NAME, SCRATCH, layer

__all__ = ["Fault", "FaultDisk", "Op"]

_NUMBERS = itertools.count(SCRATCH)


class FaultDisk:
    """See the module. Not for two threads at once; names are absolute paths."""

    def __init__(self, dice: random.Random, *, room: int = 10**12) -> None:
        self.dice = dice
        self.room = room  # bytes that fit
        self.operations = 0  # so many were begun
        self.trace: list[tuple[Op, str]] | None = None  # a list here has each operation noted in it
        self.struck = 0  # so many failed; a test may set it back
        self.life = 0  # handles of another life are dead
        self._folder = Folder()
        self._plan: dict[int, Fault] = {}
        self._lasting: tuple[int, Fault] | None = None
        self._dark = False
        self._number = next(_NUMBERS)
        layer().volumes[self._number] = self

    # What happens to it.

    def fail(self, kind: Fault, at: int | None = None, *, lasting: bool = False) -> None:
        """Let the at-th operation of this disk's life (None: the next) fail; `lasting`: and all after it.

        An operation that the fault does not fit passes unharmed.
        """
        at = self.operations + 1 if at is None else at
        if lasting:
            self._lasting = (at, kind)
        else:
            self._plan[at] = kind

    def mend(self) -> None:
        """No more faults."""
        self._plan.clear()
        self._lasting = None
        self._dark = False

    @property
    def is_dark(self) -> bool:
        """Whether nothing works any more."""
        return self._dark

    def kill(self) -> None:
        """The process dies: its connections are dead, what it wrote is in the cache."""
        self.life += 1
        self.mend()
        for node in self._folder.names.values():
            node.abandon()

    def cut_power(self) -> None:
        """The machine dies: of everything that was not synced, each sector is lost or kept."""
        self.kill()
        self._folder.cut_power(self.dice)

    def damage(self, path: Path, offset: int, bits: int = 1) -> None:
        """Flip bits of one byte of a file, for good."""
        self._folder.names[str(path)].damage(offset, bits)

    def snapshot(self) -> dict[str, bytes]:
        """All files as they read now."""
        return {name: bytes(node.content) for name, node in self._folder.names.items()}

    def platter(self) -> dict[str, bytes]:
        """All files as a power cut now would leave them at worst: whatever was not synced is gone."""
        return self._folder.stable()

    @property
    def dark(self) -> bool:
        """Whether Fault.DARK has come."""
        return self._dark

    def restore(self, files: Mapping[str, bytes]) -> None:
        """Hold these files and no others, synced."""
        self.kill()
        self._folder = Folder()
        for name, content in files.items():
            self._folder.add(name, Node(content))
        self._folder.sync()

    # What the journal asks of it (ekanban_terminal.disk.Disk).

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(f"file:/{self._number}{quote(str(path))}?vfs={NAME}", uri=True, **options)

    def size(self, path: Path) -> int:
        self._raise_if(Op.SIZE, path)
        node = self._folder.names.get(str(path))
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return len(node.content)

    def free(self, folder: Path) -> int:
        self._raise_if(Op.SIZE, folder)
        return self._left()

    def sync(self, folder: Path) -> None:
        self._raise_if(Op.SYNC, folder)
        self.sync_names()

    def head(self, path: Path, most: int) -> bytes | None:
        self._raise_if(Op.READ, path)
        node = self._folder.names.get(str(path))
        return None if node is None else bytes(node.content[:most])

    def discard(self, path: Path) -> None:
        self._raise_if(Op.DELETE, path)
        if str(path) in self._folder.names:
            self._folder.remove(str(path))

    def replace(self, source: Path, target: Path) -> None:
        self._raise_if(Op.DELETE, source)
        self._folder.add(str(target), self._folder.names[str(source)])
        self._folder.remove(str(source))
        self.sync(target.parent)

    def rewrite(self, path: Path) -> None:
        node = self._folder.names.get(str(path))
        if node is None:
            return
        handle = Handle(self, str(path), node)
        try:
            content = handle.read(len(node.content), 0)
            codes = (content, OK, OK) if isinstance(content, int) else (OK, handle.write(content, 0), handle.sync())
            if any(codes):
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        finally:
            handle.close()

    def note(self, path: Path, content: bytes, *, sync: bool) -> None:
        node = self._folder.names.get(str(path))
        if node is None:
            self._raise_if(Op.OPEN, path)
            node = Node()
            self._folder.add(str(path), node)
        handle = Handle(self, str(path), node)
        try:
            codes = (handle.write(content, 0), handle.sync() if sync else OK)
            if any(codes):
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        finally:
            handle.close()

    def _raise_if(self, op: Op, path: Path) -> None:
        if self.begin(op, str(path)):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    # What SQLite asks of it (fault_vfs.Volume, fault_handle.Disk).

    def open(self, name: str, flags: int) -> Handle | int:
        fault = self.begin(Op.OPEN, name)
        node = self._folder.names.get(name)
        if fault or (node is None and not flags & CREATE):
            return CANTOPEN
        new = node is None
        if node is None:
            node = Node()
            self._folder.add(name, node)
        return Handle(self, name, node, new_journal=new and bool(flags & JOURNALS))

    def delete(self, name: str, sync_folder: bool) -> int:
        fault = self.begin(Op.DELETE, name)
        if fault in (None, Fault.DARK) and name in self._folder.names:
            self._folder.remove(name)
        if fault:
            return Op.DELETE.value
        if sync_folder:
            self.sync_names()
        return OK

    def access(self, name: str) -> tuple[int, bool]:
        if self.begin(Op.ACCESS, name):
            return Op.ACCESS.value, False
        return OK, bool((node := self._folder.names.get(name)) and node.content)  # empty counts as absent

    def begin(self, op: Op, name: str) -> Fault | None:
        """Count an operation and tell what happens to it."""
        self.operations += 1
        if self.trace is not None:
            self.trace.append((op, name))
        if self._dark:
            return Fault.ERROR
        fault = self._plan.pop(self.operations, None) if self._plan else None
        if fault is None and self._lasting and self.operations >= self._lasting[0]:
            fault = self._lasting[1]
        if fault is None or not fault.fits(op):
            return None
        self._dark = fault is Fault.DARK
        self.struck += 1
        return fault

    def has_room_for(self, more: int) -> bool:
        return more <= 0 or more <= self._left()

    def sync_names(self) -> None:
        self._folder.sync()

    def _left(self) -> int:
        return self.room - sum(len(node.content) for node in self._folder.names.values())


_SCRATCH = FaultDisk(random.Random(0))  # noqa: S311  # the first volume; nothing happens to it
