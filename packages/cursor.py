"""A pointer's theme in which nothing can be seen, for a screen that is touched (Xcursor's file format, Xcursor(3))."""

from __future__ import annotations

import struct
from pathlib import Path

NAMES = (
    "default",
    "left_ptr",
    "pointer",
    "hand",
    "hand1",
    "hand2",
    "text",
    "xterm",
    "wait",
    "watch",
    "progress",
    "grab",
)
SIZE = 24  # nominal, in pixels
IMAGE = 0xFFFD0002


def nothing() -> bytes:
    """Return a cursor's file: one image, of one pixel, transparent."""
    head = struct.pack("<4sIII", b"Xcur", 16, 0x10000, 1)
    contents = struct.pack("<III", IMAGE, SIZE, 28)
    image = struct.pack("<IIIIIIIIII", 36, IMAGE, SIZE, 1, 1, 1, 0, 0, 0, 0)
    return head + contents + image


def lay(icons: Path) -> None:
    """Make the theme `default` in a folder of themes."""
    folder = icons / "default/cursors"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(nothing())
