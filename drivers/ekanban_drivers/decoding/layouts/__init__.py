"""What the keys type. The layout is that of the scanner's setting, never that of the desktop.

Each layout is a file beside this one, derived from xkeyboard-config by scripts/layouts.py, and read when a scanner uses
it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ekanban_drivers.decoding import dead_keys

SHIFT, ALTGR, CAPS = 1, 2, 4  # added up they are a level
DECIMAL = 83  # the keypad's point, which is a comma in some countries


@dataclass(frozen=True, slots=True)
class Layout:
    """A keyboard layout: for each key what it types at each of eight levels.

    A level is the sum of SHIFT, ALTGR and CAPS. What is typed is one character, among them the marks of dead keys (see
    dead_keys); empty: the key types nothing there.
    """

    name: str
    levels: Mapping[int, tuple[str, ...]]
    decimal: str
    has_altgr: bool

    def character(self, key: int, level: int) -> str:
        """Return what the key types; empty: this layout does not have it."""
        levels = self.levels.get(key)
        return levels[level] if levels else ""


@cache
def load(name: str) -> Layout:
    """Read a layout by its name, one of profile.LAYOUTS."""
    content = json.loads((files(__package__) / f"{name}.json").read_text("utf-8"))
    keys = {
        int(key): [dead_keys.MARKS.get(typed, typed) for typed in levels] for key, levels in content["keys"].items()
    }
    (decimal,) = keys.pop(DECIMAL)
    levels = {key: _with_caps(*typed) for key, typed in keys.items()}
    return Layout(name, levels, decimal, any(len(typed) > 2 for typed in keys.values()))


def _with_caps(plain: str, shifted: str = "", third: str = "", fourth: str = "") -> tuple[str, ...]:
    return (plain, shifted, third, fourth, *_capitals(plain, shifted), *_capitals(third, fourth))


def _capitals(low: str, high: str) -> tuple[str, str]:
    """Exchange a letter and its capital: Caps Lock touches nothing else."""
    return (high, low) if low.isalpha() and low.upper() == high else (low, high)
