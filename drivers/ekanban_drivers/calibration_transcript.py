"""What a keyboard typed, to the last key: nothing is refused, skipped or ended, as it would be in a code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.profile import Framing, Profile, Terminator
from ekanban_drivers.scanner import ErrorKind, Event

REFUSED = "\ufffd"  # stands for a key that types nothing

Pressed = tuple[float, int, int, int]  # time, type, code and value of a kernel event


class Transcript(Framer):
    """Takes a decoder's characters as they come; Enter is CR, Tab is HT, a key that is refused is REFUSED."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile, "")
        self.text = ""
        self.endings: list[int] = []  # keys that may end a code, in their order

    @property
    def open(self) -> bool:
        """See Framer.open."""
        return bool(self.text)

    def touch(self, t: float) -> list[Event]:
        """Take no notice of pauses."""
        return []

    def add(self, text: str, t: float) -> list[Event]:
        """Keep a character."""
        self.text += text
        return []

    def amend(self, text: str, t: float) -> list[Event]:
        """Keep it in place of the last one."""
        self.text = self.text[:-1] + text
        return []

    def begin(self, t: float) -> list[Event]:
        """Keep an STX."""
        return self.add("\x02", t)

    def end(self, t: float, cut: int = 0) -> list[Event]:
        """Keep an ETX."""
        return self.add("\x03", t)

    def reject(self, kind: ErrorKind, t: float) -> list[Event]:
        """Keep that there was a key."""
        return self.add(REFUSED, t)


def transcribe(events: Iterable[Pressed], profile: Profile) -> Transcript:
    """Write down what these events type under a profile's layout and Caps Lock."""
    all_of_it = replace(profile, framing=Framing.LINE, terminators=(Terminator.ETX,))
    transcript = Transcript(all_of_it)
    decoder = KeyDecoder(all_of_it, "", transcript)
    for t, kind, code, value in events:
        decoder.feed(t, kind, code, value)
        if kind == k.EV_KEY and value == k.DOWN and code in (k.KEY_ENTER, k.KEY_KPENTER, k.KEY_TAB):
            transcript.endings.append(code)
    return transcript
