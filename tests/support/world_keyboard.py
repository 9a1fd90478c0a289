"""A keyboard wedge's fingers in any country: every way in which a scanner may type a character.

Its keys come from libxkbcommon itself, by another way than scripts/layouts.py takes (levels and their modifiers, not
the state of a keyboard), and never from the files that the decoder reads.
"""

from __future__ import annotations

import ctypes
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from us_keyboard import ALT, CAPSLOCK, CTRL, KEYPAD_DIGITS, SHIFT, Key, alt_code, key, press

ALTGR = 100
# Name of ours: xkb's layout and variant for what is typed with and without Shift; the variant for AltGr
XKB = {
    "us": ("us", "", ""), "uk": ("gb", "", "extd"), "de": ("de", "", ""), "fr": ("fr", "azerty", "azerty"),
    "it": ("it", "", ""), "es": ("es", "", "deadtilde"), "pt": ("pt", "", ""), "se": ("se", "", ""),
    "ch-de": ("ch", "de", "de"), "ch-fr": ("ch", "fr", "fr"), "be": ("be", "", ""), "jp": ("jp", "", ""),
}  # fmt: skip
# What Windows types in another way than xkb; test_layouts.py looks at these by hand
ELSEWHERE = {("fr", "~"), ("fr", "`")}
SEPARATORS = {"\x1c": (43, False), "\x1d": (27, False), "\x1e": (7, True), "\x1f": (12, True)}  # on a US keyboard
NO_CTRL = {("jp", "\x1c"), ("jp", "\x1d")}  # those keys have another control character in Japan
ACCENTS = {
    "dead_grave": "\u0300", "dead_acute": "\u0301", "dead_circumflex": "\u0302", "dead_tilde": "\u0303",
    "dead_diaeresis": "\u0308", "dead_cedilla": "\u0327", "dead_abovering": "\u030a",
}  # fmt: skip
ALONE = {"`": "\u0300", "\xb4": "\u0301", "^": "\u0302", "~": "\u0303", "\xa8": "\u0308", "\xb8": "\u0327"}
COMPOSED = "áéíóúýÁÉÍÓÚÝàèìòùÀÈÌÒÙâêîôûÂÊÎÔÛãñõÃÑÕäëïöüÿÄËÏÖÜ"


@dataclass(frozen=True)
class Stroke:
    """A key, and what is held with it."""

    key: int
    shift: bool = False
    altgr: bool = False
    letter: bool = False  # Caps Lock exchanges it with its capital


class WorldKeyboard:
    """A scanner that is set to a country."""

    def __init__(self, layout: str) -> None:
        self.layout = layout
        name, plain, third = XKB[layout]
        self.direct: dict[str, list[Stroke]] = defaultdict(list)
        self.dead: dict[str, list[Stroke]] = defaultdict(list)
        for stroke, symbol in [*_strokes(name, plain, altgr=False), *_strokes(name, third, altgr=True)]:
            if symbol in ACCENTS:
                self.dead[ACCENTS[symbol]].append(stroke)
            elif len(symbol) == 1 and " " <= symbol <= "ÿ" and (layout, symbol) not in ELSEWHERE:
                self.direct[symbol].append(stroke)

    @property
    def alphabet(self) -> str:
        """All that it can type, with separators."""
        composed = [letter for letter in (*COMPOSED, *ALONE) if self._composed(letter)]
        return "".join(sorted({*self.direct, *composed, *SEPARATORS, "\x04"}))

    def typed(self, text: str, chance: random.Random | None = None, caps: bool = False) -> Iterator[Key]:
        """Type a text: each character in its plainest way, or in any with a source of chance."""
        for character in text:
            ways = self.ways(character, caps)
            yield from (chance.choice(ways) if chance else ways[0])()

    def ways(self, character: str, caps: bool = False) -> list[Callable[[], Iterator[Key]]]:
        """Return every way to type a character, the plainest first."""
        found: list[Callable[[], Iterator[Key]]] = []
        for stroke in self.direct.get(character, []):
            found += [lambda keys=keys: press(*keys) for keys in _chords(stroke, caps, character)]
        for accent, letter in self._composed(character):
            found.append(lambda pair=(accent, letter): self._pair(*pair, caps))
        if character in SEPARATORS:
            code, shift = SEPARATORS[character]
            if (self.layout, character) not in NO_CTRL:
                found.append(lambda: press(CTRL, *([SHIFT] if shift else []), code))
            found.append(lambda: alt_code(f"0{ord(character):02}"))
        elif character == "\x04" or character >= "\xa0":
            found.append(lambda: alt_code(f"0{ord(character):02}"))
        elif character in KEYPAD_DIGITS:
            found.append(lambda: press(KEYPAD_DIGITS[character]))
        return found

    def _composed(self, character: str) -> list[tuple[str, str]]:
        if character in ALONE:
            return [(ALONE[character], " ")] if ALONE[character] in self.dead else []
        if character not in COMPOSED:
            return []
        letter, accent = unicodedata.normalize("NFD", character)
        return [(accent, letter)] if accent in self.dead else []

    def _pair(self, accent: str, letter: str, caps: bool) -> Iterator[Key]:
        yield from press(*_chords(self.dead[accent][0], caps, "")[0])
        yield from self.ways(letter, caps)[0]()


def _chords(stroke: Stroke, caps: bool, character: str) -> list[list[int]]:
    shift = [SHIFT] if stroke.shift is not (caps and stroke.letter) else []
    if not stroke.altgr:
        return [[*shift, stroke.key]]
    held = [[ALTGR], [CTRL, ALTGR]] if character.isalpha() else [[ALTGR], [CTRL, ALTGR], [CTRL, ALT]]
    return [[*alts, *shift, stroke.key] for alts in held]


def with_caps_lock(keys: Iterator[Key]) -> Iterator[Key]:
    """Caps Lock pressed, the keys, and Caps Lock pressed again."""
    yield from press(CAPSLOCK)
    yield from keys
    yield from press(CAPSLOCK)


def hold(code: int, keys: Iterable[Key]) -> Iterator[Key]:
    """A key held through others."""
    yield from key(code, 1)
    yield from keys
    yield from key(code, 0)


@cache
def _strokes(layout: str, variant: str, altgr: bool) -> tuple[tuple[Stroke, str], ...]:
    """Every level of every key that Shift and AltGr reach, with its symbol."""
    return tuple(_levels(layout, variant, altgr))


def _levels(layout: str, variant: str, altgr: bool) -> Iterator[tuple[Stroke, str]]:
    xkb = ctypes.CDLL("libxkbcommon.so.0")
    xkb.xkb_context_new.restype = xkb.xkb_keymap_new_from_names.restype = ctypes.c_void_p
    names = (ctypes.c_char_p * 5)(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
    keymap = ctypes.c_void_p(xkb.xkb_keymap_new_from_names(ctypes.c_void_p(xkb.xkb_context_new(2)), names, 0))
    has_altgr = _symbol(xkb, keymap, ALTGR, 0) == "ISO_Level3_Shift"
    masks = {1 << xkb.xkb_keymap_mod_get_index(keymap, name): name for name in (b"Shift", b"Mod5")}
    for code in (*range(2, 14), *range(16, 28), *range(30, 42), 43, *range(44, 54), 57, 86, 89, 124):
        symbols = [_symbol(xkb, keymap, code, level) for level in range(4)]
        for level, symbol in enumerate(symbols):
            mods = (ctypes.c_uint32 * 16)()
            count = xkb.xkb_keymap_key_get_mods_for_level(keymap, code + 8, 0, level, mods, 16)
            held = [{masks[bit] for bit in masks if mask & bit} for mask in mods[:count] if not mask & ~sum(masks)]
            other = symbols[level ^ 1]
            letter = len(symbol) == 1 and symbol.isalpha() and other == symbol.swapcase() != symbol
            for names_held in held[:1]:
                stroke = Stroke(code, b"Shift" in names_held, b"Mod5" in names_held, letter)
                if symbol and stroke.altgr is altgr and (has_altgr or not altgr):
                    yield stroke, symbol


def _symbol(xkb: ctypes.CDLL, keymap: ctypes.c_void_p, code: int, level: int) -> str:
    symbols = ctypes.POINTER(ctypes.c_uint32)()
    if xkb.xkb_keymap_key_get_syms_by_level(keymap, code + 8, 0, level, ctypes.byref(symbols)) != 1:
        return ""
    name = ctypes.create_string_buffer(64)
    xkb.xkb_keysym_get_name(symbols[0], name, 64)
    number = xkb.xkb_keysym_to_utf32(symbols[0])
    return name.value.decode() if name.value.startswith((b"dead_", b"ISO_")) else chr(number) if number else ""
