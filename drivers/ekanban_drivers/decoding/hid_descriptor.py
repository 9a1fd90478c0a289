"""HID report descriptors: which bits of a device's input reports mean what.

After "Device Class Definition for Human Interface Devices (HID)" of the USB Implementers' Forum, version 1.11, section
6.2.2, as far as input reports need it. Strict, because a field that is looked for at the wrong place gives wrong codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

MOST_BYTES = 4096  # of a descriptor, as the kernel has it (HID_MAX_DESCRIPTOR_SIZE)
MOST_REPORT_BITS = 8 * 16_384  # HID_MAX_BUFFER_SIZE
MOST_USAGES = 12_288  # of one item, HID_MAX_USAGES

_MAIN, _GLOBAL, _LOCAL = 0, 1, 2
_INPUT, _OUTPUT, _COLLECTION, _FEATURE, _END = 8, 9, 10, 11, 12
_USAGE_PAGE, _REPORT_SIZE, _REPORT_ID, _REPORT_COUNT, _PUSH, _POP = 0, 7, 8, 9, 10, 11
_USAGE, _USAGE_MINIMUM, _USAGE_MAXIMUM, _DELIMITER = 0, 1, 2, 10
_CONSTANT, _VARIABLE = 1, 2  # bits of an input item
_APPLICATION = 1  # kind of a collection
_LONG_ITEM = 0xFE


class BadDescriptor(ValueError):
    """The bytes are no report descriptor, or none that could be relied on."""


@dataclass(frozen=True, slots=True)
class Field:
    """A run of `count` elements of `size` bits with one usage, `offset` bits behind the report's first.

    `usage` is page and usage, such as 0x8C00FE. Where reports have ids, the id is the first byte and counts.
    """

    usage: int
    offset: int
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a device says of itself."""

    applications: tuple[int, ...]  # usages of its top collections
    numbered: bool  # each report begins with a byte that is its id
    fields: dict[int, list[Field]]  # of the input reports, by id; 0 where they have none
    bits: dict[int, int]  # the length of each, with its id

    def length(self, report: int) -> int:
        """Return how many bytes an input report has, its id among them."""
        return (self.bits[report] + 7) // 8


@dataclass(frozen=True, slots=True)
class _Globals:
    page: int = 0
    size: int = 0
    count: int = 0
    report: int = 0


@dataclass(slots=True)
class _Locals:
    usages: list[int] = field(default_factory=list)
    minimum: int | None = None


def parse(content: bytes) -> Descriptor:
    """Read a report descriptor; raises BadDescriptor."""
    if not 0 < len(content) <= MOST_BYTES:
        raise BadDescriptor(f"{len(content)} bytes, expected 1 to {MOST_BYTES}")
    parser = _Parser()
    for kind, tag, value, width in _items(content):
        parser.take(kind, tag, value, width)
    return parser.end()


def _items(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    place = 0
    while place < len(content):
        prefix = content[place]
        if prefix == _LONG_ITEM:  # reserved by the standard, and in use nowhere
            raise BadDescriptor(f"long item at byte {place}")
        width = (0, 1, 2, 4)[prefix & 3]
        data = content[place + 1 : place + 1 + width]
        if len(data) < width:
            raise BadDescriptor(f"ends within the item at byte {place}")
        yield prefix >> 2 & 3, prefix >> 4, int.from_bytes(data, "little"), width
        place += 1 + width


class _Parser:
    def __init__(self) -> None:
        self._globals = _Globals()
        self._pushed: list[_Globals] = []
        self._locals = _Locals()
        self._depth = 0
        self._applications: list[int] = []
        self._fields: dict[int, list[Field]] = {}
        self._bits: dict[int, int] = {}

    def take(self, kind: int, tag: int, value: int, width: int) -> None:
        if kind == _MAIN:
            self._main(tag, value)
            self._locals = _Locals()
        elif kind == _GLOBAL:
            self._global(tag, value)
        elif kind == _LOCAL:
            self._local(tag, value, width)
        else:
            raise BadDescriptor("item of a reserved type")

    def end(self) -> Descriptor:
        if self._depth:
            raise BadDescriptor("a collection has no end")
        numbered = any(self._bits)
        if numbered and 0 in self._bits:
            raise BadDescriptor("some reports have an id, and some have none")
        return Descriptor(tuple(self._applications), numbered, self._fields, self._bits)

    def _main(self, tag: int, value: int) -> None:
        if tag == _COLLECTION:
            self._depth += 1
            if value == _APPLICATION and self._depth == 1:
                self._applications += self._usages()[:1]
        elif tag == _END:
            self._depth -= 1
            if self._depth < 0:
                raise BadDescriptor("a collection ends that has not begun")
        elif tag == _INPUT:
            self._input(value)
        elif tag not in (_OUTPUT, _FEATURE):
            raise BadDescriptor(f"unknown main item {tag}")

    def _input(self, flags: int) -> None:
        now = self._globals
        offset = self._bits.get(now.report, 8 if now.report else 0)
        self._bits[now.report] = offset + now.size * now.count
        if self._bits[now.report] > MOST_REPORT_BITS:
            raise BadDescriptor(f"report {now.report} is too long")
        usages = self._usages()
        if flags & _CONSTANT or not usages or not now.size * now.count:
            return  # padding
        if not flags & _VARIABLE and len(usages) > 1:
            return  # an array: its usages are values and not places
        found = self._fields.setdefault(now.report, [])
        last = min(len(usages), now.count) - 1
        for number, usage in enumerate(usages[: last + 1]):
            count = now.count - last if number == last else 1  # the last usage holds for all elements that are left
            found.append(Field(usage, offset + number * now.size, now.size, count))

    def _global(self, tag: int, value: int) -> None:
        if tag == _PUSH:
            self._pushed.append(self._globals)
        elif tag == _POP:
            if not self._pushed:
                raise BadDescriptor("pops what was not pushed")
            self._globals = self._pushed.pop()
        elif tag == _REPORT_ID and not 1 <= value <= 255:
            raise BadDescriptor(f"report id {value}")
        elif tag in _KEPT:
            self._globals = replace(self._globals, **{_KEPT[tag]: value})

    def _local(self, tag: int, value: int, width: int) -> None:
        # A usage of four bytes brings its page. Others belong to the page that holds when the main item comes.
        marked = value if width == 4 else value | _PAGELESS
        if tag == _USAGE:
            self._locals.usages.append(marked)
        elif tag == _USAGE_MINIMUM:
            self._locals.minimum = marked
        elif tag == _USAGE_MAXIMUM:
            low = self._locals.minimum
            if low is None or not 0 <= marked - low < MOST_USAGES:
                raise BadDescriptor("a range of usages without a beginning, or without an end")
            self._locals.usages += range(low, marked + 1)
            self._locals.minimum = None
        elif tag == _DELIMITER:  # several usages for one place: no scanner has them, and who counts them is wrong
            raise BadDescriptor("alternative usages")
        if len(self._locals.usages) > MOST_USAGES:
            raise BadDescriptor("too many usages")

    def _usages(self) -> list[int]:
        page = self._globals.page << 16
        return [usage & 0xFFFF | page if usage & _PAGELESS else usage for usage in self._locals.usages]


_PAGELESS = 1 << 32
_KEPT = {_USAGE_PAGE: "page", _REPORT_SIZE: "size", _REPORT_ID: "report", _REPORT_COUNT: "count"}
