"""One file as one SQLite connection holds it: I/O goes through the disk's faults, locks and shared memory do not."""

from __future__ import annotations

import ctypes
import random
from typing import Any, Protocol

from fault_file import Node
from fault_kinds import BUSY, FULL, IOERR, OK, Fault, Op
from fault_vfs import REGION

SHARED, RESERVED, PENDING, EXCLUSIVE = 1, 2, 3, 4
UNLOCK, ALONE = 1, 8  # flags of a lock on shared memory


class Disk(Protocol):
    """What a handle needs of the disk."""

    dice: random.Random
    life: int

    def begin(self, op: Op, name: str) -> Fault | None: ...
    def has_room_for(self, more: int) -> bool: ...
    def sync_names(self) -> None: ...


class Handle:
    """An open file. It is dead once the disk began another life: all it gets is errors, and it changes nothing."""

    def __init__(self, disk: Disk, name: str, node: Node, *, new_journal: bool = False) -> None:
        self._disk = disk
        self._life = disk.life
        self._name = name
        self._node = node
        self._new_journal = new_journal
        self._level = 0
        self._slots: dict[int, bool] = {}  # held locks of the shared memory; True: alone
        self._memory: list[ctypes.Array[Any]] = []  # SQLite has pointers into it until it closes, dead or not
        node.users.add(self)

    def close(self) -> int:
        self._node.users.discard(self)
        return OK

    # I/O.

    def read(self, amount: int, offset: int) -> bytes | int:
        if self._begin(Op.READ):
            return Op.READ.value
        return bytes(self._node.content[offset : offset + amount])

    def write(self, data: bytes, offset: int) -> int:
        fault = self._begin(Op.WRITE)
        if fault is None and not self._disk.has_room_for(offset + len(data) - len(self._node.content)):
            fault = Fault.FULL
        if fault is None:
            self._node.write(data, offset)
            return OK
        if fault is not Fault.ERROR:
            part = data if fault is Fault.DARK else data[: self._disk.dice.randrange(len(data) or 1)]
            self._node.write(part, offset)
        return FULL if fault is Fault.FULL else Op.WRITE.value

    def truncate(self, size: int) -> int:
        fault = self._begin(Op.TRUNCATE)
        if fault in (None, Fault.DARK):
            self._node.truncate(size)
        return Op.TRUNCATE.value if fault else OK

    def sync(self) -> int:
        fault = self._begin(Op.SYNC)
        if fault in (Fault.SYNC_LOSES, Fault.SYNC_REVERTS):
            self._node.lose(self._disk.dice, unread=fault is Fault.SYNC_REVERTS)
        if fault:
            return Op.SYNC.value
        self._node.sync()
        if self._new_journal:  # as SQLite's own layer does with the first sync of a journal
            self._disk.sync_names()
            self._new_journal = False
        return OK

    def size(self) -> tuple[int, int]:
        return (Op.SIZE.value, 0) if self._begin(Op.SIZE) else (OK, len(self._node.content))

    def _begin(self, op: Op) -> Fault | None:
        return Fault.ERROR if self._dead() else self._disk.begin(op, self._name)

    def _dead(self) -> bool:
        return self._life != self._disk.life

    # Locks. See sqlite3.h, SQLITE_LOCK_… and SQLITE_SHM_….

    def lock(self, level: int) -> int:
        if self._dead():
            return IOERR
        others = max((one._level for one in self._others()), default=0)
        if others >= {SHARED: PENDING, RESERVED: RESERVED, EXCLUSIVE: PENDING}[level]:
            return BUSY
        waits = level == EXCLUSIVE and others >= SHARED
        self._level = PENDING if waits else level
        return BUSY if waits else OK

    def unlock(self, level: int) -> int:
        self._level = level
        return OK

    def is_reserved(self) -> bool:
        return any(one._level >= RESERVED for one in self._node.users)

    def shared_memory(self, region: int, extend: bool) -> tuple[int, ctypes.Array[Any] | None]:
        there = self._node.memory
        if region >= len(there):
            if not extend:
                return OK, None
            if self._begin(Op.SHARED):
                return Op.SHARED.value, None
            there.extend(ctypes.create_string_buffer(REGION) for _ in range(region + 1 - len(there)))
        self._memory = list(there)
        return OK, there[region]

    def shared_lock(self, first: int, count: int, flags: int) -> int:
        slots = range(first, first + count)
        if flags & UNLOCK:
            for slot in slots:
                self._slots.pop(slot, None)
            return OK
        if self._dead():
            return IOERR
        alone = bool(flags & ALONE)
        held = [one._slots[slot] for one in self._others() for slot in slots if slot in one._slots]
        if held and (alone or any(held)):
            return BUSY
        self._slots.update(dict.fromkeys(slots, alone))
        return OK

    def shared_unmap(self) -> int:
        self._slots.clear()
        if not any(one._memory for one in self._others()):
            self._node.memory = []  # whoever comes next builds the index anew, as from an empty file
        return OK

    def _others(self) -> list[Handle]:
        return [one for one in self._node.users if one is not self]
