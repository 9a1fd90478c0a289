"""The key events of one keyboard wedge become characters.

Modifiers are held state, with their key-ups; autorepeat is ignored; what is not text refuses the whole code, because
a barcode can press Ctrl+R or open a window as well as it can type.
"""

from __future__ import annotations

from ekanban_drivers.decoding import control_keys, dead_keys, key_tables, layouts
from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.held_keys import HeldKeys
from ekanban_drivers.decoding.keycodes import ALTS, DOWN, EV_KEY, LOCKS, MODIFIERS, REPEAT, UP
from ekanban_drivers.profile import CapsLock, Framing, Profile, Terminator
from ekanban_drivers.scanner import N_, ErrorKind, Event, Scan, ScannerState, Status

LAST = "ÿ"  # of Latin-1
STX, ETX = "\x02", "\x03"
SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")  # FS, GS, RS, US: typed as Ctrl with \ ] ^ _
ALT_SEPARATORS = SEPARATORS | {"\x04"}  # EOT, which closes an ISO/IEC 15434 envelope, only where it is spelt out


class KeyDecoder:
    """Decodes the events of one device. Times are seconds of the clock that stamps the events."""

    def __init__(self, profile: Profile, device: str, framer: Framer | None = None) -> None:
        self.device = device
        self._framer = framer or Framer(profile, device)
        self._layout = layouts.load(profile.layout)
        self._framed = profile.framing is Framing.STX_ETX
        self._ends = key_tables.ending_keys(profile)
        self._texts = key_tables.texts(self._layout, self._ends)
        self._controls = SEPARATORS
        if self._framed or Terminator.ETX in profile.terminators:
            self._controls |= {STX, ETX}
        self._caps_policy = profile.caps_lock
        self._held = HeldKeys(self._layout.has_altgr)
        self._held.caps = self._caps_policy is CapsLock.ON
        self._dead = ""  # the mark of a dead key that waits for its letter
        self._alt_digits = ""

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something: an unfinished code, or a key that is held too long."""
        ends = [end for end in (self._held.deadline, self._framer.deadline) if end is not None]
        return min(ends, default=None)

    def feed(self, t: float, kind: int, code: int, value: int) -> list[Event]:
        """Take one `struct input_event`."""
        if kind == EV_KEY:
            # The shortest way for what nearly all keys are: text that is pressed and let go in time
            held = self._held
            if t <= held.look_at:
                if value == UP:
                    if held.release_quietly(code):
                        return self._framer.touch(t)
                elif value == DOWN and code in self._texts and not (held.commanding or self._dead):
                    character = self._texts[code][held.level]
                    if "" < character <= LAST:
                        held.press(code, t)
                        return self._framer.add(character, t)
            return self._key(t, code, value) if 0 < code <= k.KEY_MAX else []
        if kind == k.EV_SYN and code == k.SYN_DROPPED:
            return self._overrun(t)
        if kind == k.EV_LED and code == k.LED_CAPSL and self._caps_policy is CapsLock.FOLLOW:
            self._held.caps = bool(value)  # a scanner that follows the host's Caps Lock goes by this light
        return []

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        return [*self._framer.tick(t), *self._late(t)]

    def damage(self, t: float) -> list[Event]:
        """Take notice that something was read past: the code under way is not whole."""
        return self._framer.reject(ErrorKind.OVERRUN, t)

    def ahead(self) -> Scan | None:
        """See Framer.ahead. A dead key's accent is not whole: what follows may make another character of it."""
        return None if self._dead else self._framer.ahead()

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone, and with it every key that was held."""
        self._held.release_all()
        self._held.end_alarm()
        self._held.caps = self._caps_policy is CapsLock.ON
        self._alt_digits = self._dead = ""
        return self._framer.lost(t)

    def _overrun(self, t: float) -> list[Event]:
        # Which keys are held is unknown now. Asking the kernel (EVIOCGKEY) would throw away the key events that still
        # wait, the terminator of this code among them; and nothing is held between two codes, so: none.
        self._held.release_all()
        self._alt_digits = self._dead = ""
        calm = [Status(ScannerState.READY, self.device)] if self._held.end_alarm() else []
        return [*self.damage(t), *calm]

    def _key(self, t: float, key: int, value: int) -> list[Event]:
        held = self._held
        if value == REPEAT:
            held.repeat(key, t)
            return self.tick(t)  # no sign of life: a key that repeats for ever must not keep a code open
        found = self._framer.touch(t)
        if t > held.look_at:
            found += self._late(t)
        if value != DOWN:
            return found + self._released(t, key) if held.release(key) else found  # else pressed before we looked
        held.press(key, t)
        if key in MODIFIERS:
            if key in ALTS:
                self._alt_digits = ""
            return found
        if key in LOCKS:
            return found
        if not held.commanding and (typed := self._texts.get(key)) and (typed[held.level] or not held.altgr):
            return found + self._typed(t, typed[held.level])
        return found + self._pressed(t, key)

    def _pressed(self, t: float, key: int) -> list[Event]:
        """Take a key that is more than its character: a terminator, an order."""
        if key == k.KEY_CAPSLOCK:
            self._held.caps = not self._held.caps
            return []
        commanded = self._held.commanding or self._held.altgr
        if key in self._ends:
            self._dead = ""
            refused = self._framer.reject(ErrorKind.CONTROL_KEY, t) if commanded else []
            return refused + self._framer.end(t)
        if self._held.altgr and (symbol := self._layout.character(key, self._held.level)) and not symbol.isalpha():
            return self._typed(t, symbol)  # Ctrl and the left Alt type what AltGr does, but letters are orders
        self._dead = ""
        if commanded:
            return self._command(t, key)
        return self._framer.reject(ErrorKind.LAYOUT if key in k.TYPING else ErrorKind.CONTROL_KEY, t)

    def _typed(self, t: float, character: str) -> list[Event]:
        dead, self._dead = self._dead, ""
        if dead and self._framer.open and (one := dead_keys.compose(dead, character)):
            return self._framer.amend(one, t)
        if "" < character <= LAST:
            return self._framer.add(character, t)
        alone = dead_keys.ALONE.get(character)
        if alone is None:  # no character there, or one that is not in Latin-1
            return self._framer.reject(ErrorKind.LAYOUT, t)
        self._dead = "" if dead else character  # two accents in a row are two characters
        return self._framer.add(alone, t)

    def _command(self, t: float, key: int) -> list[Event]:
        ctrl, alt = self._held.any(k.CTRLS), self._held.any(ALTS)
        if ctrl and not alt:
            return self._control(t, control_keys.with_ctrl(self._layout, key, self._held.any(k.SHIFTS)), self._controls)
        digit = k.KEYPAD.get(key) or self._layout.character(key, self._held.level & layouts.SHIFT)
        if ctrl or not digit or digit not in "0123456789" or len(self._alt_digits) >= 4:
            return self._framer.reject(ErrorKind.CONTROL_KEY, t)
        self._alt_digits += digit
        return []

    def _released(self, t: float, key: int) -> list[Event]:
        found: list[Event] = [Status(ScannerState.READY, self.device)] if self._held.end_alarm(key) else []
        if self._alt_digits and key in ALTS and not self._held.any(ALTS):
            digits, self._alt_digits = self._alt_digits, ""
            character = control_keys.with_alt(digits)
            if character in control_keys.CONTROLS:
                found += self._control(t, character, ALT_SEPARATORS | self._controls)
            else:
                found += self._typed(t, character)
        return found

    def _control(self, t: float, character: str, allowed: frozenset[str]) -> list[Event]:
        if character not in allowed:
            return self._framer.reject(ErrorKind.CONTROL_KEY, t)
        if self._framed and character == STX:
            return self._framer.begin(t)
        if character == ETX:
            return self._framer.end(t)
        return self._framer.add(character, t)

    def _late(self, t: float) -> list[Event]:
        text = N_("A key of the scanner is held down (key %(key)s). Look for something that lies on it, or replug it.")
        late = self._held.late(t)
        return [Status(ScannerState.READY, self.device, text, {"key": str(key)}, alarm=True) for key in late]
