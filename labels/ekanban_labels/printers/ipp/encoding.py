"""Requests and answers of IPP as bytes (RFC 8010). What comes from a printer is read strictly and within bounds."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

LONGEST = 1 << 20  # bytes of an answer
_MOST = 20_000  # values of an answer; printers with many media have some thousands


class Missing(IntEnum):
    """What stands in the place of a value."""

    UNSUPPORTED = 0x10
    UNKNOWN = 0x12  # the printer does not know it
    NO_VALUE = 0x13  # there is none


class Tag(IntEnum):
    """What begins a group, and what a value is."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    COLLECTION = 0x34
    TEXT_IN_LANGUAGE = 0x35
    NAME_IN_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


class BadIpp(Exception):
    """This is no answer of IPP."""


# Missing: there is none, or the printer does not know it; None: missing in a way that RFC 8010 does not name
Value = int | bool | str | bytes | Missing | None
Attribute = tuple[str, Tag, tuple[str | int, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a printer answered: a status code, and groups of attributes by their tag, in order."""

    status: int
    request: int
    groups: list[tuple[int, Mapping[str, list[Value]]]] = field(default_factory=list)

    def of(self, tag: Tag) -> list[Mapping[str, list[Value]]]:
        """Return the groups of this kind."""
        return [attributes for kind, attributes in self.groups if kind == tag]

    def first(self, tag: Tag) -> Mapping[str, list[Value]]:
        """Return the first group of this kind, or an empty one."""
        return next(iter(self.of(tag)), {})


def request(operation: int, number: int, groups: Iterable[tuple[Tag, list[Attribute]]], version: int = 0x0200) -> bytes:
    """Write a request; the document, if there is one, comes after it."""
    out = [struct.pack(">HHI", version, operation, number)]
    for group, attributes in groups:
        out.append(bytes([group]))
        for name, tag, values in attributes:
            for place, value in enumerate(values):
                out.append(_attribute(name if place == 0 else "", tag, value))
    out.append(bytes([Tag.END]))
    return b"".join(out)


def _attribute(name: str, tag: Tag, value: str | int) -> bytes:
    raw = struct.pack(">i", value) if isinstance(value, int) else value.encode()
    key = name.encode("ascii")
    return struct.pack(">BH", tag, len(key)) + key + struct.pack(">H", len(raw)) + raw


def parse(data: bytes) -> Answer:
    """Read an answer; raises BadIpp."""
    if len(data) < 9 or data[0] not in (1, 2):
        raise BadIpp(f"no answer of IPP: {data[:40]!r}")
    status, number = struct.unpack(">HI", data[2:8])
    return Answer(status, number, _Groups(data).read())


class _Groups:
    """Walks through the bytes of an answer once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 8
        self.values = 0

    def read(self) -> list[tuple[int, Mapping[str, list[Value]]]]:
        groups: list[tuple[int, Mapping[str, list[Value]]]] = []
        current: dict[str, list[Value]] | None = None
        name = ""
        while (tag := self._take(1)[0]) != Tag.END:
            if tag < 0x10:
                current, name = {}, ""
                groups.append((tag, current))
                continue
            key = self._take(self._length())
            value = self._value(tag, self._take(self._length()))
            name = key.decode("ascii", "replace") or name
            if current is None or not name:
                raise BadIpp("a value without a name or a group")
            current.setdefault(name, []).append(value)
        return groups

    def _value(self, tag: int, raw: bytes) -> Value:
        self.values += 1
        if self.values > _MOST:
            raise BadIpp(f"more than {_MOST} values")
        if tag == Tag.COLLECTION:
            self._skip_collection()
            return b""
        return _plain(tag, raw)

    def _skip_collection(self) -> None:
        depth = 1
        while depth:
            tag = self._take(1)[0]
            if tag < 0x10:
                raise BadIpp("a collection that does not end")
            self._take(self._length())
            self._take(self._length())
            depth += (tag == Tag.COLLECTION) - (tag == Tag.END_COLLECTION)

    def _length(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def _take(self, count: int) -> bytes:
        taken = self.data[self.place : self.place + count]
        if len(taken) < count:
            raise BadIpp("the answer ends too early")
        self.place += count
        return taken


def _plain(tag: int, raw: bytes) -> Value:
    if 0x10 <= tag < 0x20:
        return Missing(tag) if tag in set(Missing) else None
    if tag in (Tag.INTEGER, Tag.ENUM):
        if len(raw) != 4:
            raise BadIpp(f"an integer of {len(raw)} bytes")
        return int.from_bytes(raw, "big", signed=True)
    if tag == Tag.BOOLEAN:
        if raw not in (b"\0", b"\1"):
            raise BadIpp(f"a boolean {raw[:8]!r}")
        return raw == b"\1"
    if tag in (Tag.TEXT_IN_LANGUAGE, Tag.NAME_IN_LANGUAGE):
        return _in_language(raw)
    return raw.decode("utf-8", "replace") if 0x41 <= tag <= 0x49 else raw


def _in_language(raw: bytes) -> str:
    language = int.from_bytes(raw[:2], "big")
    length = int.from_bytes(raw[2 + language : 4 + language], "big")
    text = raw[4 + language :]
    if len(raw) < 4 + language or len(text) != length:
        raise BadIpp("a text whose lengths do not fit")
    return text.decode("utf-8", "replace")
