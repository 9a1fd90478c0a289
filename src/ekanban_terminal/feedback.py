"""What a scanner shows and sounds for an entry. The kiosk page has its own colours and tones.

| entry | scanner |
| --- | --- |
| green, at central | green: one high tone |
| green, stored here only | green and at once a tick: another pattern than "ordered" |
| amber | amber: two tones |
| red, or not stored | red: one long low tone |
| grey (read twice, looked up) | a tick at most |
"""

from __future__ import annotations

from ekanban_core.states import Colour
from ekanban_drivers.scanner import Feedback
from ekanban_terminal.state import Entry

_CUES = {
    Colour.GREEN: Feedback.GREEN,
    Colour.AMBER: Feedback.AMBER,
    Colour.RED: Feedback.RED,
    Colour.GREY: Feedback.GREY,
}


def cues(entry: Entry) -> tuple[Feedback, ...]:
    """In this order. Nothing that is not stored is ever green (promise 1)."""
    if not entry.stored:
        return (Feedback.RED,)
    if entry.pending and entry.colour is Colour.GREEN:
        return (Feedback.GREEN, Feedback.GREY)
    return (_CUES[entry.colour],)
