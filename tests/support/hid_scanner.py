"""What HID-POS scanners say of themselves and send, put together here without the product's own words for it."""

from __future__ import annotations

from collections.abc import Iterable

CAPACITY = 56  # characters in one report of the common form
COMMON_SIZE = 64


def item(prefix: int, value: int, width: int = 1) -> bytes:
    """One short item of a descriptor: `prefix` without its size bits."""
    return bytes([prefix | {0: 0, 1: 1, 2: 2, 4: 3}[width]]) + value.to_bytes(width, "little")


def described(capacity: int = CAPACITY, report: int = 2, identifier: bool = True, rest: int = 2) -> bytes:
    """The descriptor of a scanner: count, identifier, data, `rest` other bytes, continued bit.

    With the defaults its reports are those of the common form. A report id of 0 is none.
    """
    parts = [b"\x05\x8c\x09\x02\xa1\x01", item(0x84, report) if report else b"", b"\x09\x12\xa1\x02"]
    parts += [b"\x15\x00\x26\xff\x00\x75\x08\x95\x01\x05\x01\x09\x3b\x81\x02\x05\x8c"]  # byte count
    if identifier:
        parts += [b"\x95\x03\x09\xfb\x09\xfc\x09\xfd\x81\x02"]
    parts += [item(0x94, capacity, 2), b"\x09\xfe\x82\x02\x01"]  # buffered bytes
    parts += [item(0x94, rest), b"\x81\x03"] if rest else []
    parts += [b"\x75\x01\x95\x01\x25\x01\x09\xff\x81\x02\x95\x07\x81\x03\xc0\xc0"]
    return b"".join(parts)


def reports(
    data: bytes, identifier: bytes = b"]C0", cuts: Iterable[int] = (), capacity: int = CAPACITY, report: int = 2,
    own_place: bool = True, rest: int = 2,
) -> list[bytes]:  # fmt: skip
    """The reports of one code, cut at `cuts` and wherever a report is full; the arguments are as in `described`."""
    pieces: list[bytes] = []
    begin = 0
    for end in [*sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]:
        while begin < end:
            pieces.append(data[begin : min(begin + capacity, end)])
            begin += len(pieces[-1])
    return [
        (bytes([report]) if report else b"")
        + bytes([len(piece)])
        + (identifier.ljust(3, b"\0") if own_place else b"")
        + piece.ljust(capacity, b"\0")
        + bytes(rest)
        + bytes([number < len(pieces)])
        for number, piece in enumerate(pieces, start=1)
    ]
