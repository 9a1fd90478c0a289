"""The key events of one keyboard wedge become characters.

Modifiers are held state, with their key-ups; autorepeat is ignored; what is not text refuses the whole code, because
a barcode can press Ctrl+R or open a window as well as it can type.
"""

from __future__ import annotations

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.layouts import BY_NAME
from ekanban_drivers.profile import Framing, Profile, Terminator
from ekanban_drivers.scanner import N_, ErrorKind, Event, Scan, ScannerState, Status

HELD_TOO_LONG = 1.0  # seconds

STX, ETX = "\x02", "\x03"
SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")  # FS, GS, RS, US: typed as Ctrl with \ ] ^ _
ALT_SEPARATORS = SEPARATORS | {"\x04"}  # EOT, which closes an ISO/IEC 15434 envelope, only where it is spelt out
_ENTER_WORDS = {Terminator.CR, Terminator.LF, Terminator.CRLF}


class KeyDecoder:
    """Decodes the events of one device. Times are seconds of the clock that stamps the events."""

    def __init__(self, profile: Profile, device: str) -> None:
        self.device = device
        self._framer = Framer(profile, device)
        self._layout = BY_NAME[profile.layout]
        self._framed = profile.framing is Framing.STX_ETX
        self._ends = _ending_keys(profile)
        self._controls = SEPARATORS
        if self._framed or Terminator.ETX in profile.terminators:
            self._controls |= {STX, ETX}
        self._caps = False
        self._down: dict[int, float] = {}  # the keys that are held, and since when
        self._alarmed: set[int] = set()
        self._alt_digits = ""

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something: an unfinished code, or a key that is held too long."""
        ends = [since + HELD_TOO_LONG for key, since in self._down.items() if key not in self._alarmed]
        if self._framer.deadline is not None:
            ends.append(self._framer.deadline)
        return min(ends, default=None)

    def feed(self, t: float, kind: int, code: int, value: int) -> list[Event]:
        """Take one `struct input_event`."""
        if kind == k.EV_KEY and 0 < code <= k.KEY_MAX:
            return self._key(t, code, value)
        if kind == k.EV_SYN and code == k.SYN_DROPPED:
            return self._overrun(t)
        if kind == k.EV_LED and code == k.LED_CAPSL:
            self._caps = bool(value)  # a scanner that follows the host's Caps Lock goes by this light
        return []

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        return [*self._framer.tick(t), *self._held(t)]

    def damage(self, t: float) -> list[Event]:
        """Take notice that something was read past: the code under way is not whole."""
        return self._framer.reject(ErrorKind.OVERRUN, t)

    def ahead(self) -> Scan | None:
        """See Framer.ahead."""
        return self._framer.ahead()

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone, and with it every key that was held."""
        self._down.clear()
        self._alarmed.clear()
        self._caps = False
        self._alt_digits = ""
        return self._framer.lost(t)

    def _overrun(self, t: float) -> list[Event]:
        # Which keys are held is unknown now. Asking the kernel (EVIOCGKEY) would throw away the key events that still
        # wait, the terminator of this code among them; and nothing is held between two codes, so: none.
        self._down.clear()
        self._alt_digits = ""
        return [*self.damage(t), *self._released(set(self._alarmed))]

    def _key(self, t: float, key: int, value: int) -> list[Event]:
        if value == k.REPEAT:
            self._down.setdefault(key, t)
            return self.tick(t)  # no sign of life: a key that repeats for ever must not keep a code open
        found = [*self._framer.touch(t), *self._held(t)]
        if value == k.DOWN:
            self._rest_modifiers(t)
            self._down[key] = t
            return found + self._pressed(t, key)
        if self._down.pop(key, None) is None:
            return found  # pressed before we looked
        found += self._released({key})
        if key in k.ALTS and not self._any(k.ALTS):
            found += self._alt_released(t)
        return found

    def _pressed(self, t: float, key: int) -> list[Event]:
        if key in k.ALTS:
            self._alt_digits = ""
        if key == k.KEY_CAPSLOCK:
            self._caps = not self._caps
        if key in k.MODIFIERS or key in k.LOCKS or key == k.KEY_CAPSLOCK:
            return []
        commanded = self._any(k.CTRLS) or self._any(k.ALTS)
        if key in self._ends:
            refused = self._framer.reject(ErrorKind.CONTROL_KEY, t) if commanded else []
            return refused + self._framer.end(t)
        if commanded:
            return self._command(t, key)
        character = self._character(key, self._caps)
        if character is not None:
            return self._framer.add(character, t)
        return self._framer.reject(ErrorKind.LAYOUT if key in k.FOREIGN else ErrorKind.CONTROL_KEY, t)

    def _command(self, t: float, key: int) -> list[Event]:
        character = self._character(key, caps=False) or ""
        if self._any(k.CTRLS) and not self._any(k.ALTS):
            return self._control(t, _controlled(character), self._controls)
        if self._any(k.CTRLS) or character not in "0123456789" or not character or len(self._alt_digits) >= 4:
            return self._framer.reject(ErrorKind.CONTROL_KEY, t)
        self._alt_digits += character
        return []

    def _alt_released(self, t: float) -> list[Event]:
        digits, self._alt_digits = self._alt_digits, ""
        if not digits:
            return []
        number = int(digits)
        if number < 32 or number == 127:
            return self._control(t, chr(number), ALT_SEPARATORS | self._controls)
        page = "cp1252" if digits.startswith("0") else "cp437"  # Alt+0nnn is Windows' page, Alt+nnn that of DOS
        character = bytes([number]).decode(page, "replace") if number < 256 else "\ufffd"
        if ord(character) > 255:
            return self._framer.reject(ErrorKind.LAYOUT, t)
        return self._framer.add(character, t)

    def _control(self, t: float, character: str, allowed: frozenset[str]) -> list[Event]:
        if character not in allowed:
            return self._framer.reject(ErrorKind.CONTROL_KEY, t)
        if self._framed and character == STX:
            return self._framer.begin(t)
        if character == ETX:
            return self._framer.end(t)
        return self._framer.add(character, t)

    def _character(self, key: int, caps: bool) -> str | None:
        if key in k.KEYPAD:
            return k.KEYPAD[key]
        if key in (k.KEY_ENTER, k.KEY_KPENTER):
            return "\r"  # not a terminator of this profile, so a part of the code
        if key == k.KEY_TAB:
            return "\t"
        return self._layout.character(key, self._any(k.SHIFTS), caps)

    def _any(self, keys: frozenset[int]) -> bool:
        return not keys.isdisjoint(self._down)

    def _rest_modifiers(self, t: float) -> None:
        for key in k.MODIFIERS & self._down.keys():
            self._down[key] = t  # Shift may be held through a long code: what counts is how long nothing else came

    def _held(self, t: float) -> list[Event]:
        late = [key for key, since in self._down.items() if t - since > HELD_TOO_LONG and key not in self._alarmed]
        self._alarmed.update(late)
        text = N_("A key of the scanner is held down (key %(key)s). Look for something that lies on it, or replug it.")
        return [Status(ScannerState.READY, self.device, text, {"key": str(key)}, alarm=True) for key in late]

    def _released(self, keys: set[int]) -> list[Event]:
        ended = self._alarmed & keys
        self._alarmed -= keys
        return [Status(ScannerState.READY, self.device)] if ended and not self._alarmed else []


def _controlled(character: str) -> str:
    """Return what Ctrl makes of a character: Ctrl+] is GS (0x1D); Ctrl+6 and Ctrl+- as terminals have them."""
    character = {"6": "^", "-": "_"}.get(character, character).upper()
    return chr(ord(character) & 0x1F) if "@" <= character <= "_" else ""


def _ending_keys(profile: Profile) -> frozenset[int]:
    if profile.framing is Framing.STX_ETX:
        return frozenset()
    keys = {
        Terminator.ENTER: {k.KEY_ENTER},
        Terminator.KP_ENTER: {k.KEY_KPENTER},
        Terminator.TAB: {k.KEY_TAB},
    }
    keys |= {word: {k.KEY_ENTER, k.KEY_KPENTER} for word in _ENTER_WORDS}
    return frozenset().union(*(keys.get(terminator, set()) for terminator in profile.terminators))
