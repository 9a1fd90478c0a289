"""A keyboard wedge's fingers: which kernel events it makes of a text, set to a US layout.

Written from the keys' places on the keyboard, apart from the table of the decoder that it tests.
"""

from __future__ import annotations

from collections.abc import Iterator

Key = tuple[int, int, int]  # type, code, value of `struct input_event`

EV_SYN, EV_KEY, EV_MSC, EV_LED = 0, 1, 4, 17
SYN_REPORT, SYN_DROPPED = 0, 3
ENTER, TAB, BACKSPACE, CAPSLOCK, KPENTER, F1, META, CTRL, SHIFT, RIGHT_SHIFT, ALT = (
    28, 15, 14, 58, 96, 59, 125, 29, 42, 54, 56,
)  # fmt: skip
KEYPAD_DIGITS = {"7": 71, "8": 72, "9": 73, "4": 75, "5": 76, "6": 77, "1": 79, "2": 80, "3": 81, "0": 82}

_PLAIN = {
    "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "-": 12, "=": 13,
    "q": 16, "w": 17, "e": 18, "r": 19, "t": 20, "y": 21, "u": 22, "i": 23, "o": 24, "p": 25, "[": 26, "]": 27,
    "a": 30, "s": 31, "d": 32, "f": 33, "g": 34, "h": 35, "j": 36, "k": 37, "l": 38, ";": 39, "'": 40, "`": 41,
    "\\": 43, "z": 44, "x": 45, "c": 46, "v": 47, "b": 48, "n": 49, "m": 50, ",": 51, ".": 52, "/": 53, " ": 57,
}  # fmt: skip
_SHIFTED = {
    "!": 2, "@": 3, "#": 4, "$": 5, "%": 6, "^": 7, "&": 8, "*": 9, "(": 10, ")": 11, "_": 12, "+": 13, "{": 26,
    "}": 27, ":": 39, '"': 40, "~": 41, "|": 43, "<": 51, ">": 52, "?": 53,
} | {letter.upper(): code for letter, code in _PLAIN.items() if letter.isalpha()}  # fmt: skip
ENDS = {"\n": ENTER, "\r": ENTER, "\t": TAB}
TYPED = "".join(_PLAIN) + "".join(_SHIFTED)


def key(code: int, value: int) -> Iterator[Key]:
    """One key going down (1), repeating (2) or up (0), as a USB keyboard reports it."""
    yield EV_MSC, 4, 0x70000 + code
    yield EV_KEY, code, value
    yield EV_SYN, SYN_REPORT, 0


def press(*codes: int) -> Iterator[Key]:
    """Keys going down one after the other, and up in reverse."""
    for code in codes:
        yield from key(code, 1)
    for code in reversed(codes):
        yield from key(code, 0)


def typed(text: str, shift: int = SHIFT, caps: bool = False) -> Iterator[Key]:
    """A text, each character with its own Shift; with `caps`, as a scanner that knows of the lock types it."""
    for character in text:
        shifted = character in _SHIFTED
        code = ENDS.get(character) or (_SHIFTED if shifted else _PLAIN)[character]
        if caps and character.isalpha():
            shifted = not shifted
        yield from press(shift, code) if shifted else press(code)


def alt_code(digits: str) -> Iterator[Key]:
    """Alt held while digits are typed on the keypad, which types the character of that number."""
    yield from key(ALT, 1)
    for digit in digits:
        yield from press(KEYPAD_DIGITS[digit])
    yield from key(ALT, 0)
