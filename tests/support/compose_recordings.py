"""Write one recording for each country: `python tests/support/compose_recordings.py` (needs xkb).

The keys are those of world_keyboard; what is expected is the text that was typed, not what the decoder makes of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from us_keyboard import ENTER, Key, press
from world_keyboard import XKB, WorldKeyboard, with_caps_lock

FOLDER = Path(__file__).parents[1] / "fixtures" / "scanners"
# Two codes for each: one as factories have them, and the characters in which the country differs
CODES = {
    "uk": ("]C1019501234500001\x1d10A-7", 'Part#4 "3/4@6" £2 ~|\\'),
    "de": ("]C1019501234500001\x1d10Zy-7", "Größe_3/4 [x@y] Ventil^2 \\ café"),
    "fr": ("]C1019501234500001\x1d10Am-7", "Pièce_3.4 [q@w] être #5 \\ É"),
    "it": ("]C1019501234500001\x1d10A-7", "Qtà_3/4 [x@y] #5 \\ perché ì"),
    "es": ("]C1019501234500001\x1d10A-7", "Año_3/4 [x@y] {#5} \\ ángulo ¿"),
    "pt": ("]C1019501234500001\x1d10A-7", "Peça_3/4 [x@y] {£5} \\ não à"),
    "se": ("]C1019501234500001\x1d10A-7", "Låda_3/4 [x@y] {£5} \\ ö ~ é"),
    "ch-de": ("]C1019501234500001\x1d10Zy-7", "Grösse_3/4 [x@y] {#5} \\ ç è ê"),
    "ch-fr": ("]C1019501234500001\x1d10Zy-7", "Pièce_3/4 [x@y] {#5} \\ ç ü ê"),
    "be": ("]C1019501234500001\x1d10Am-7", "Pièce_3.4 [q@w] {#5} \\ ê §"),
    "jp": ("]C1019501234500001\x1d10A-7", "Part_3:4 [x@y] \"#5' \\ ^~ +*"),
}


def main() -> None:
    """Write them all."""
    for layout in XKB:
        if layout in CODES:
            write(layout)


def write(layout: str) -> None:
    """Write a recording, and what is true of it."""
    board = WorldKeyboard(layout)
    plain, own = CODES[layout]
    chance = random.Random(layout)  # noqa: S311 -- the same keys each time
    codes = [(plain, list(board.typed(plain))), (own, list(board.typed(own, chance)))]
    codes.append((own, list(with_caps_lock(board.typed(own, chance, caps=True)))))
    head = {
        "driver": "evdev",
        "profile": {"layout": layout, "terminators": ["enter"], "gap_ms": 100},
        "devices": {"a": {"name": "ACME Scanner", "identity": "sn:SN0001"}},
    }
    lines, expected, t = [json.dumps(head)], [], 0
    for text, keys in codes:
        events = [*keys, *press(ENTER)]
        lines += _lines(t, events)
        expected.append(json.dumps(_expected(text, t, t + len(events) // 3 - 2, events)))
        t += len(events) // 3 + 500
    folder = FOLDER / f"wedge-{layout}"
    folder.mkdir(exist_ok=True)
    (folder / "typed.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "typed.expected").write_text("\n".join(expected) + "\n")


def _lines(begin: int, events: list[Key]) -> Iterator[str]:
    for number, (kind, code, value) in enumerate(events):
        t = (begin + number // 3) / 1000  # one report a millisecond
        yield json.dumps({"t": t, "dev": "a", "type": kind, "code": code, "value": value})


def _expected(text: str, begin: int, end: int, events: list[Key]) -> dict[str, object]:
    symbology, scan = (text[:3], text[3:]) if text.startswith("]") else (None, text)
    first = next(number for number, event in enumerate(events) if _types(event)) // 3
    return {
        "dev": "a", "scan": scan, "symbology": symbology, "raw": text.encode("latin-1").hex(), "suspect": False,
        "t_first": (begin + first) / 1000, "t_last": end / 1000,
    }  # fmt: skip


def _types(event: Key) -> bool:
    return event[0] == 1 and event[2] == 1 and event[1] not in (29, 42, 56, 58, 100)


if __name__ == "__main__":
    main()
