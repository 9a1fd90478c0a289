#!/usr/bin/env python3
"""Derive the keyboard layouts of the decoder from xkeyboard-config (Debian: xkb-data, libxkbcommon0).

layouts.py           writes drivers/ekanban_drivers/decoding/layouts/*.json
layouts.py --check   changes nothing: names the keys that differ from the tables of this machine
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "drivers/ekanban_drivers/decoding/layouts"
PACKAGE = Path("/usr/share/pkgconfig/xkeyboard-config.pc")
EVDEV = 8  # xkb's key numbers begin there
SHIFT, ALTGR, NUMLOCK, DECIMAL = 42, 100, 69, 83
KEYS = (
    *range(2, 14), *range(16, 28), *range(30, 42), 43, *range(44, 54), 57, DECIMAL, 86, 89, 124,
)  # fmt: skip
LEVELS = ((), (SHIFT,), (ALTGR,), (ALTGR, SHIFT))


@dataclass(frozen=True)
class Origin:
    """Which of xkb's layouts a file is made of; `third`: another variant whose AltGr levels are taken instead."""

    layout: str
    variant: str = ""
    third: str = ""
    # Where a key is dead on Windows, which scanners imitate, and in no table of xkb: by key and level.
    dead: dict[tuple[int, int], str] = field(default_factory=dict)

    def __str__(self) -> str:
        text = f'symbols/{self.layout} "{self.variant or "basic"}"'
        text += f', with AltGr of "{self.third}"' if self.third else ""
        changed = ", ".join(f"key {key} with AltGr" for key, _level in self.dead)
        return text + (f"; dead as on Windows: {changed}" if changed else "")


LAYOUTS = {
    "us": Origin("us"),
    "uk": Origin("gb", third="extd"),  # "Windows": its AltGr has the vowels with acute, that of "basic" has not
    "de": Origin("de"),
    "fr": Origin("fr", "azerty", dead={(3, 2): "dead_tilde", (8, 2): "dead_grave"}),  # "basic" is Linux' own
    "it": Origin("it"),
    "es": Origin("es", "deadtilde"),
    "pt": Origin("pt"),
    "se": Origin("se"),
    "ch-de": Origin("ch", "de"),
    "ch-fr": Origin("ch", "fr"),
    "be": Origin("be"),
    "jp": Origin("jp"),
}


class _Names(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "options")]


class Keymap:
    """A layout as libxkbcommon compiles it."""

    def __init__(self, layout: str, variant: str) -> None:
        self.xkb = ctypes.CDLL("libxkbcommon.so.0")
        for name in ("xkb_context_new", "xkb_keymap_new_from_names", "xkb_state_new"):
            getattr(self.xkb, name).restype = ctypes.c_void_p
        no_environment = 2  # XKB_CONTEXT_NO_ENVIRONMENT_NAMES
        context = ctypes.c_void_p(self.xkb.xkb_context_new(no_environment))
        names = _Names(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
        self.keymap = ctypes.c_void_p(self.xkb.xkb_keymap_new_from_names(context, ctypes.byref(names), 0))
        if not self.keymap:
            raise SystemExit(f"xkb has no layout {layout} {variant}")

    def symbol(self, key: int, held: tuple[int, ...]) -> tuple[int, str]:
        """Return which level the key has while others are held, and what it types: a character, dead_…, or nothing."""
        state = ctypes.c_void_p(self.xkb.xkb_state_new(self.keymap))
        for other in held:
            self.xkb.xkb_state_update_key(state, other + EVDEV, 1)
        level = self.xkb.xkb_state_key_get_level(state, key + EVDEV, 0)
        symbol = self.xkb.xkb_state_key_get_one_sym(state, key + EVDEV)
        self.xkb.xkb_state_unref(state)
        name = ctypes.create_string_buffer(64)
        self.xkb.xkb_keysym_get_name(symbol, name, 64)
        if name.value.startswith(b"dead_"):
            return level, name.value.decode()
        character = self.xkb.xkb_keysym_to_utf32(symbol)
        return level, chr(character) if character else ""

    @property
    def third_level(self) -> bool:
        """Whether the right Alt is AltGr."""
        name = ctypes.create_string_buffer(64)
        state = ctypes.c_void_p(self.xkb.xkb_state_new(self.keymap))
        self.xkb.xkb_keysym_get_name(self.xkb.xkb_state_key_get_one_sym(state, ALTGR + EVDEV), name, 64)
        return name.value == b"ISO_Level3_Shift"

    def levels(self, key: int) -> list[str]:
        """Return what the key types alone, with Shift, with AltGr and with both; empty: nothing of its own."""
        if key == DECIMAL:
            return [self.symbol(key, (NUMLOCK,))[1]]
        found = [self.symbol(key, held) for held in (LEVELS if self.third_level else LEVELS[:2])]
        third = len({level for level, _ in found}) > 2  # else AltGr does nothing on this key
        return [text for _, text in (found if third else found[:2])]


def keys(origin: Origin) -> dict[int, list[str]]:
    """Return what each key types, by the kernel's number of the key."""
    plain = Keymap(origin.layout, origin.variant)
    third = Keymap(origin.layout, origin.third or origin.variant)
    found = {}
    for key in KEYS:
        levels = [*plain.levels(key)[:2], *third.levels(key)[2:]]
        for level in range(len(levels)):
            levels[level] = origin.dead.get((key, level), levels[level])
        while levels and not levels[-1]:
            levels.pop()
        if levels:
            found[key] = levels
    return found


def content(name: str, version: str) -> str:
    """Return a layout's file: one key a line."""
    head = {
        "layout": name,
        "source": f"xkeyboard-config {version}, {LAYOUTS[name]}",
        "licence": "xkeyboard-config.LICENSE",
        "written_by": "scripts/layouts.py",
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    rows = [f'    "{key}": {json.dumps(levels, ensure_ascii=False)}' for key, levels in keys(LAYOUTS[name]).items()]
    return "\n".join(["{", *lines, '  "keys": {', ",\n".join(rows), "  }", "}", ""])


def version() -> str:
    """Return the release of the tables of this machine."""
    lines = PACKAGE.read_text().splitlines() if PACKAGE.exists() else []
    return next((line.split()[1] for line in lines if line.startswith("Version:")), "of unknown release")


def differences(name: str) -> list[str]:
    """Name what a file has and the tables of this machine have not, or the other way round."""
    path = FOLDER / f"{name}.json"
    stored: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"keys": {}}
    derived = {str(key): levels for key, levels in keys(LAYOUTS[name]).items()}
    return [
        f"{name}: key {key}: stored {stored['keys'].get(key)}, xkeyboard-config {version()} has {derived.get(key)}"
        for key in sorted(derived | stored["keys"], key=int)
        if stored["keys"].get(key) != derived.get(key)
    ]


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        wrong = [line for name in LAYOUTS for line in differences(name)]
        print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
        return 1 if wrong else 0
    for name in LAYOUTS:
        (FOLDER / f"{name}.json").write_text(content(name, version()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
