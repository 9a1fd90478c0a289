"""Foreign codes that people enter for cards, written so that `reading.read` finds them again.

BadReading  the text cannot stand for a card: nothing is left of it, or it means something already
"""

from __future__ import annotations

from ekanban_core import gs1
from ekanban_core.errors import BadReading
from ekanban_core.facts import Message
from ekanban_core.reading import COMMAND, LONGEST_ALIAS, Unreadable, read
from ekanban_core.texts import sentence

# AIM identifiers of symbols that begin with FNC1: an element string follows (GS1 General Specifications, 5.1.4).
_FNC1 = ("]C1", "]e0", "]d2", "]Q3", "]J1")


def entered(text: str) -> str:
    """The alias for a text that somebody has typed or scanned. Raises BadReading, which says why there is none.

    GS1 element strings, in brackets or with separators, and Digital Links of any host are written in brackets:
    "(01)04012345678901(21)7". All else stays as it is, without blanks and an AIM identifier around it.
    """
    word = text.strip()
    read_as = read(word.encode("utf-8", "surrogatepass"))
    plain = read_as.text.strip()
    if plain.upper().startswith(COMMAND):
        raise _bad("alias_is_command")
    if not plain:
        raise _bad("empty_reading")
    if isinstance(read_as, Unreadable) and read_as.message.key in ("not_utf8", "reading_too_long"):
        raise _bad(read_as.message.key, **read_as.message.facts)
    if word.startswith(_FNC1) or gs1.SEPARATOR in plain or plain.startswith("(") or plain[:4].lower() == "http":
        plain = next(gs1.aliases(gs1.elements(plain)), plain)
    if len(plain) > LONGEST_ALIAS:
        raise _bad("alias_too_long", got=len(plain), most=LONGEST_ALIAS)
    if not plain.isprintable():
        raise _bad("control_character")
    return plain


def _bad(key: str, **facts: str | int) -> BadReading:
    message = Message(key, facts)
    return BadReading(sentence(message), message)
