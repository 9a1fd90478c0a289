"""Which keys of one keyboard are down, what the modifiers among them make of a key, and which are held too long."""

from __future__ import annotations

from ekanban_drivers.decoding.keycodes import (
    ALTS,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    MODIFIERS,
    RIGHT_ALT,
    RIGHT_CTRL,
    RIGHT_SHIFT,
)
from ekanban_drivers.decoding.layouts import ALTGR, CAPS, SHIFT

HELD_TOO_LONG = 1.0  # seconds
_NEVER = float("inf")


class HeldKeys:
    """The keys that are down, by their key-downs and key-ups; times are seconds of the events' clock.

    `level` is that of layouts.Layout. `commanding`: Ctrl or Alt is down and not AltGr itself, so that a key may be an
    order and not text.
    Before `look_at` no key is held too long.
    """

    def __init__(self, has_altgr: bool) -> None:
        self.level = 0
        self.commanding = False
        self._has_altgr = has_altgr
        self._caps = False
        self._down: dict[int, float] = {}  # since when
        self._modifiers: dict[int, float] = {}
        self._alarmed: set[int] = set()
        self._pressed = -_NEVER  # when the last key went down
        self.look_at = _NEVER

    @property
    def deadline(self) -> float | None:
        """When a key will have been held too long; None: none is down."""
        return min((since + HELD_TOO_LONG for key, since in self._since() if key not in self._alarmed), default=None)

    @property
    def caps(self) -> bool:
        """Whether Caps Lock is on."""
        return self._caps

    @caps.setter
    def caps(self, on: bool) -> None:
        self._caps = on
        self._set_level()

    @property
    def altgr(self) -> bool:
        """Whether the third level of a key is meant: AltGr, or Ctrl and Alt, which are the same to Windows."""
        return bool(self.level & ALTGR)

    def any(self, keys: frozenset[int]) -> bool:
        """Whether one of these modifiers is down."""
        return not keys.isdisjoint(self._modifiers)

    def press(self, key: int, t: float) -> None:
        """Take a key-down."""
        self._pressed = t
        if key in MODIFIERS:
            self._modifiers[key] = t
            self._set_level()
        else:
            self._down[key] = t
        if t + HELD_TOO_LONG < self.look_at:
            self.look_at = t + HELD_TOO_LONG

    def repeat(self, key: int, t: float) -> None:
        """Take an autorepeat: the key is down, whether its key-down was seen or not."""
        if key not in self._down and key not in self._modifiers:
            pressed = self._pressed
            self.press(key, t)
            self._pressed = pressed

    def release_quietly(self, key: int) -> bool:
        """Take a key-up by which nothing is typed and no alarm ends; False: it is for `release`."""
        return not self._alarmed and key not in ALTS and self.release(key)

    def release(self, key: int) -> bool:
        """Take a key-up; False: it was not down."""
        if self._down.pop(key, None) is not None:
            return True
        if self._modifiers.pop(key, None) is None:
            return False
        self._set_level()
        return True

    def release_all(self) -> None:
        """Forget every key that is down, but not its alarm."""
        self._down.clear()
        self._modifiers.clear()
        self._set_level()

    def late(self, t: float) -> list[int]:
        """Return the keys that have been held too long at `t`, each once.

        Shift may be held through a long code: of a modifier it counts how long nothing else was pressed.
        """
        if t <= self.look_at:
            return []
        late = [key for key, since in self._since() if t - since > HELD_TOO_LONG and key not in self._alarmed]
        self._alarmed.update(late)
        self.look_at = self.deadline or _NEVER
        return late

    def end_alarm(self, key: int | None = None) -> bool:
        """Forget that this key, or any, was held too long; True: that was the last of such keys."""
        if not self._alarmed or (key is not None and key not in self._alarmed):
            return False
        self._alarmed = set() if key is None else self._alarmed - {key}
        return not self._alarmed

    def _since(self) -> list[tuple[int, float]]:
        modifiers = [(key, max(since, self._pressed)) for key, since in self._modifiers.items()]
        return [*self._down.items(), *modifiers]

    def _set_level(self) -> None:
        held = self._modifiers
        level = CAPS if self._caps else 0
        if LEFT_SHIFT in held or RIGHT_SHIFT in held:
            level += SHIFT
        ctrl = LEFT_CTRL in held or RIGHT_CTRL in held
        itself = self._has_altgr and RIGHT_ALT in held
        if itself or (self._has_altgr and ctrl and LEFT_ALT in held):
            level += ALTGR
        self.level = level
        self.commanding = not itself and (ctrl or LEFT_ALT in held or RIGHT_ALT in held)
