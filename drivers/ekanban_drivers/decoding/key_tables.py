"""Which keys type what, and which keys end a code: what a profile makes of the keys before the first one is pressed."""

from __future__ import annotations

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.layouts import DECIMAL, Layout
from ekanban_drivers.profile import Framing, Profile, Terminator

_ENTER_WORDS = {Terminator.CR, Terminator.LF, Terminator.CRLF}


def texts(layout: Layout, ends: frozenset[int]) -> dict[int, tuple[str, ...]]:
    """Return what each key types at each level, with those that are the same in all layouts."""
    same = k.KEYPAD | {DECIMAL: layout.decimal} | dict.fromkeys((k.KEY_ENTER, k.KEY_KPENTER), "\r")
    same[k.KEY_TAB] = "\t"
    texts = dict(layout.levels) | {key: (character, character, "", "") * 2 for key, character in same.items()}
    return {key: typed for key, typed in texts.items() if key not in ends}


def ending_keys(profile: Profile) -> frozenset[int]:
    """Return the keys that end a code."""
    if profile.framing is Framing.STX_ETX:
        return frozenset()
    keys = {
        Terminator.ENTER: {k.KEY_ENTER},
        Terminator.KP_ENTER: {k.KEY_KPENTER},
        Terminator.TAB: {k.KEY_TAB},
    }
    keys |= {word: {k.KEY_ENTER, k.KEY_KPENTER} for word in _ENTER_WORDS}
    return frozenset().union(*(keys.get(terminator, set()) for terminator in profile.terminators))
