"""Labels of graphic fields as a printer reads them (ZPL II Programming Guide, ^GF and its compression scheme)."""

from __future__ import annotations

import re

from PIL import Image

FIELD = re.compile(rb"\^FO(\d+),(\d+)\^GFA,(\d+),(\d+),(\d+),([0-9A-FG-Yg-z,:!]*)\^FS")


def graphic(label: bytes) -> Image.Image:
    """All graphic fields of one label, each black over what lies there."""
    size = re.search(rb"\^PW(\d+)\^LL(\d+)", label)
    assert size
    canvas = Image.new("L", (int(size[1]), int(size[2])), 255)
    for x, y, total, same, octets, packed in FIELD.findall(label):
        content = unpacked(packed, int(octets))
        assert len(content) == int(total) == int(same)
        black = Image.frombytes("1", (int(octets) * 8, len(content) // int(octets)), content)
        canvas.paste(0, (int(x), int(y)), black)
    return canvas


def unpacked(packed: bytes, octets: int) -> bytes:
    """The rows."""
    rows, row, times = [], b"", 0
    for sign in (packed[at : at + 1] for at in range(len(packed))):
        if sign.isdigit() or b"A" <= sign <= b"F":
            row, times = row + sign * (times or 1), 0
        elif b"G" <= sign <= b"Y":
            times += sign[0] - ord("F")
        elif b"g" <= sign <= b"z":
            times += 20 * (sign[0] - ord("f"))
        elif sign == b":":
            assert not row
            row = rows[-1]
        elif sign == b",":
            row = row.ljust(2 * octets, b"0")
        assert len(row) <= 2 * octets
        if len(row) == 2 * octets:
            rows, row = [*rows, row], b""
    assert not row
    return bytes.fromhex(b"".join(rows).decode())
