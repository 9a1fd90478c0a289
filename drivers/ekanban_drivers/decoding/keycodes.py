"""The kernel's names of events and keys (linux/input-event-codes.h), as far as the decoder speaks of them.

Written here and not taken from python-evdev, so that recordings can be replayed on a machine without it.
"""

from __future__ import annotations

EV_SYN, EV_KEY, EV_MSC, EV_LED = 0x00, 0x01, 0x04, 0x11
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN, REPEAT = 0, 1, 2  # the values of a key event
LED_CAPSL, LED_SCROLLL = 1, 2
KEY_MAX = 0x2FF

KEY_RESERVED = 0
KEY_ESC = 1
KEY_BACKSPACE = 14
KEY_TAB = 15
KEY_ENTER = 28
KEY_KPENTER = 96
KEY_CAPSLOCK, KEY_NUMLOCK, KEY_SCROLLLOCK = 58, 69, 70

LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT = 42, 54, 29, 97, 56, 100
SHIFTS = frozenset({LEFT_SHIFT, RIGHT_SHIFT})
CTRLS = frozenset({LEFT_CTRL, RIGHT_CTRL})
ALTS = frozenset({LEFT_ALT, RIGHT_ALT})
LOCKS = frozenset({KEY_NUMLOCK, KEY_SCROLLLOCK})
MODIFIERS = SHIFTS | CTRLS | ALTS

# The keypad types digits whatever Num Lock says: a scanner has no cursor to move.
KEYPAD = {
    71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0",
    83: ".", 74: "-", 78: "+", 55: "*", 98: "/", 117: "=", 121: ",", 179: "(", 180: ")",
}  # fmt: skip

# Keys that type text on some keyboard of the world (the main block; RO, YEN, kana and Hangul keys): on a layout
# that has nothing there they are the wrong layout, not an attack.
TYPING = (
    frozenset(
        {*range(2, 14), *range(16, 28), *range(30, 42), *range(43, 54), 57, 85, 86, *range(89, 96), 122, 123, 124}
    )
    - SHIFTS
)
