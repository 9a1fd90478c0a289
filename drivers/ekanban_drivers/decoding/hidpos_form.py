"""Where a HID-POS scanner puts what it read: the form of its input reports.

After "HID Point of Sale Usage Tables" of the USB Implementers' Forum, version 1.02, section 3, today a part of its "HID
Usage Tables": the bar code scanner page 0x8C with symbology identifier (0xFB to 0xFD), decoded data (0xFE) and decoded
data continued (0xFF). How many bytes of the data count says the byte count of the generic desktop page (0x01, 0x3B).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ekanban_drivers.decoding.hid_descriptor import BadDescriptor, Descriptor, Field, parse

PAGE = 0x8C
BYTE_COUNT = 0x01_003B
IDENTIFIER = (0x8C_00FB, 0x8C_00FC, 0x8C_00FD)
DATA, CONTINUED = 0x8C_00FE, 0x8C_00FF


@dataclass(frozen=True, slots=True)
class Form:
    """The report that brings decoded data. Places are bytes from the report's first, its id among them."""

    report: int | None  # its id; None: reports have no id
    size: int  # bytes
    count: tuple[int, int]  # the first bit, and how many
    data: slice
    identifier: tuple[int, ...] = ()  # the bytes of the AIM identifier; empty: it has no place of its own
    continued: int | None = None  # a bit; None: each report is a whole code
    others: frozenset[int] = frozenset()  # ids of the device's other input reports, which are no codes
    without_identifier: slice | None = None  # where data stands when no identifier was sent; None: at the same place


# The form that most scanners have, whatever their descriptor says. The length counts the data alone.
COMMON = Form(
    report=2, size=64, count=(8, 8), data=slice(5, 61), identifier=(2, 3, 4), continued=8 * 63,
    without_identifier=slice(2, 61),
)  # fmt: skip


def form_of(descriptor: bytes) -> Form | None:
    """Find the form in a report descriptor; None: the descriptor is of no use. Never raises."""
    try:
        read = parse(descriptor)
    except BadDescriptor:
        return None
    forms = [form for report in read.fields if (form := _form(read, report)) is not None]
    return forms[0] if len(forms) == 1 else None  # of two kinds of codes nobody knows which is meant


def is_scanner(descriptor: bytes) -> bool:
    """Say whether a report descriptor is that of a bar code scanner, by its usage page."""
    try:
        return any(usage >> 16 == PAGE for usage in parse(descriptor).applications)
    except BadDescriptor:
        return False


def _form(descriptor: Descriptor, report: int) -> Form | None:
    fields = descriptor.fields[report]
    by_usage = {field.usage: field for field in fields}
    data, count = by_usage.get(DATA), by_usage.get(BYTE_COUNT)
    if data is None or count is None or count.count != 1 or count.size > 32 or not _in_bytes(data):
        return None
    if any(times > 1 for usage, times in Counter(field.usage for field in fields).items() if usage in _ONCE):
        return None
    identifier = [by_usage[usage] for usage in IDENTIFIER if usage in by_usage]
    if identifier and (len(identifier) < 3 or any(field.count != 1 or not _in_bytes(field) for field in identifier)):
        return None
    continued = by_usage.get(CONTINUED)
    if continued is not None and continued.count != 1:
        return None
    begin = data.offset // 8
    return Form(
        report=report if descriptor.numbered else None,
        size=descriptor.length(report),
        count=(count.offset, count.size),
        data=slice(begin, begin + data.count),
        identifier=tuple(field.offset // 8 for field in identifier),
        continued=continued.offset if continued is not None else None,
        others=frozenset(descriptor.bits) - {report},
    )


def _in_bytes(field: Field) -> bool:
    return field.size == 8 and field.offset % 8 == 0


_ONCE = frozenset({DATA, BYTE_COUNT, CONTINUED, *IDENTIFIER})
