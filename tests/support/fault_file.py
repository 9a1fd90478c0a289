"""A file and a folder in memory that know what of them is on the platter and what only in the cache.

Everything reads what was written last. What a power cut leaves is decided sector by sector, as a disk does it that
tears writes and finishes them in any order; only `sync` makes sure.
"""

from __future__ import annotations

import random
from typing import Any

SECTOR = 512

Write = tuple[int, bytes]  # where, what
Cut = tuple[int, None]  # the length that the file was cut to


class Node:
    """One file."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)  # as everybody reads it
        self._stable = bytearray(content)  # as it is on the platter
        self._pending: list[Write | Cut] = []  # what the platter lacks, in order
        self.users: set[Any] = set()  # open handles
        self.memory: list[Any] = []  # what they share

    def write(self, data: bytes, offset: int) -> None:
        """Write into the cache."""
        _put(self.content, data, offset)
        self._pending.append((offset, data))

    def truncate(self, size: int) -> None:
        """Cut it, or make it longer, in the cache."""
        _resize(self.content, size)
        self._pending.append((size, None))

    @property
    def stable(self) -> bytes:
        """What is on the platter."""
        return bytes(self._stable)

    def sync(self) -> None:
        """Bring everything to the platter."""
        for offset, data in self._pending:
            _resize(self._stable, offset) if data is None else _put(self._stable, data, offset)
        self._pending.clear()

    def lose(self, dice: random.Random, *, unread: bool) -> None:
        """Fail a sync as Linux does: parts are on the platter, and all the rest is called clean and never written.

        `unread`: the cache is dropped too, so that reading gives what the platter has (as XFS and btrfs do).
        """
        self._stable = self._survivor(dice)
        self._pending.clear()
        if unread:
            self.content = bytearray(self._stable)

    def damage(self, offset: int, bits: int) -> None:
        """Flip bits of one byte, on the platter too."""
        for content in (self.content, self._stable):
            if offset < len(content):
                content[offset] ^= bits

    def abandon(self) -> None:
        """The processes that had it open are gone, and with them what they shared."""
        self.users = set()
        self.memory = []

    def cut_power(self, dice: random.Random) -> None:
        """Keep what happened to reach the platter."""
        self._stable = self._survivor(dice)
        self.content = bytearray(self._stable)
        self._pending.clear()

    def _survivor(self, dice: random.Random) -> bytearray:
        """The platter after each write was lost, kept or torn. Holes that a lost write leaves are zeros or noise."""
        left = bytearray(self._stable)
        kept = dice.choice((0.0, 0.5, 0.9, 1.0))  # often all or nothing: the cases that look most like success
        fill = dice.choice((bytes, dice.randbytes))
        for offset, data in self._pending:
            if data is None:
                if dice.random() < kept:
                    _resize(left, offset)
                continue
            for start, part in _sectors(offset, data):
                if dice.random() < kept:
                    left += fill(max(0, start - len(left)))
                    _put(left, part, start)
        return left


class Folder:
    """The names of files. A file is found after a power cut if its name was synced, or happened to be written."""

    def __init__(self) -> None:
        self.names: dict[str, Node] = {}
        self._stable: dict[str, Node] = {}
        self._pending: list[tuple[str, Node | None]] = []

    def add(self, name: str, node: Node) -> None:
        """Give a file a name."""
        self.names[name] = node
        self._pending.append((name, node))

    def remove(self, name: str) -> None:
        """Take a name away."""
        del self.names[name]
        self._pending.append((name, None))

    def sync(self) -> None:
        """Bring the names to the platter."""
        self._stable = dict(self.names)
        self._pending.clear()

    def stable(self) -> dict[str, bytes]:
        """The files that are found after a power cut if nothing else happened to be written, and what they hold."""
        return {name: node.stable for name, node in self._stable.items()}

    def cut_power(self, dice: random.Random) -> None:
        """Keep of each name's changes the first so many, and of each file what reached the platter."""
        for name in dict.fromkeys(name for name, _ in self._pending):
            changes = [node for changed, node in self._pending if changed == name]
            for node in changes[: dice.randint(0, len(changes))]:
                _set(self._stable, name, node)
        self._pending.clear()
        self.names = dict(self._stable)
        for node in self.names.values():
            node.cut_power(dice)


def _set(names: dict[str, Node], name: str, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _put(content: bytearray, data: bytes, offset: int) -> None:
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _sectors(offset: int, data: bytes) -> list[Write]:
    """A write in pieces that a disk writes whole."""
    first = SECTOR - offset % SECTOR
    ends = [*range(first, len(data), SECTOR), len(data)]
    return [(offset + start, data[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
