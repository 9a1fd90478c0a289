"""From the bytes of a scanner to what was meant: a card, a command, or the reason why neither.

The forms are tried in the order of the language of the plant; see `read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from ekanban_core import gs1
from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_core.facts import Message
from ekanban_core.states import Intent

LONGEST = 4096  # characters; every code that people print is far shorter
LONGEST_ALIAS = 200
LONGEST_REMEMBERED = 100  # bytes
COMMAND = "EKC-"


class Form(StrEnum):
    """How a card was written on what was read."""

    ALIAS = "alias"  # a foreign code that central knows for a card
    BARE = "bare"  # the twelve characters
    IDENTIFIED = "identified"  # with ANSI MH10.8.2 DI 15K
    URL = "url"  # …/c/<code>
    ENVELOPE = "envelope"  # ISO/IEC 15434, format 06
    GS1 = "gs1"  # an alias inside GS1 element strings or a Digital Link


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card. version is None where an alias was read: it says nothing about the print."""

    body: str
    version: int | None
    text: str
    form: Form


@dataclass(frozen=True, slots=True)
class CommandRead:
    """A command card: what the next card scan on this scanner means."""

    intent: Intent
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not a code of ours; message says why. text is for showing only: what cannot be decoded is replaced."""

    message: Message
    text: str


Reading = CardRead | CommandRead | Unreadable
Alias = Callable[[str], str | None]

_AIM = re.compile(r"\A\][A-Za-z][0-9A-Za-z]")
_ENVELOPE = re.compile(r"\A\[\)>\x1e06\x1d(.*?)(?:\x1e\x04?)?\Z", re.DOTALL)
_CARD_PATH = re.compile(r"/c/([^/]+)/?\Z", re.IGNORECASE)
_WIDE = re.compile(rb"(?:\xff\xfe|\xfe\xff)?\0?(?:[^\0]\0)+[^\0]?", re.DOTALL)  # UTF-16 of Latin letters, cut anywhere
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class _Understood:
    """All that a reading says by itself; only what aliases stand for is not in it."""

    text: str
    command: CommandRead | Unreadable | None = None  # then this is the answer
    card: CardRead | None = None


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What of a text may be an alias."""

    whole: tuple[str, ...]  # before any code
    gs1: tuple[str, ...]  # after all codes


def read(raw: bytes, alias: Alias | None = None) -> Reading:
    """Understand one reading; never raises.

    alias gives the body of the card for which a foreign code was entered at central, or None; without it no such code
    was ever entered, and the reading is not searched for one. The order: a command
    card (EKC-…), an alias, the bare code, the code with 15K, a URL of any host whose path ends in /c/<code>, an ISO/IEC
    15434 envelope with a 15K field, GS1 element strings and Digital Links as aliases. An AIM identifier in front is
    cut.
    """
    found = _understood(raw)
    if found.command:
        return found.command
    if alias and (body := _first(alias, _candidates(found.text).whole)):
        return CardRead(body, None, found.text, Form.ALIAS)
    if found.card:
        return found.card
    if alias and (body := _first(alias, _candidates(found.text).gs1)):
        return CardRead(body, None, found.text, Form.GS1)
    return Unreadable(_why_not(found.text), found.text)


def alias_candidates(raw: bytes) -> tuple[str, ...]:
    """Every text for which `read` may ask `alias`, so that many readings can be looked up at once."""
    found = _understood(raw)
    if found.command:
        return ()
    candidates = _candidates(found.text)
    return tuple(dict.fromkeys((*candidates.whole, *candidates.gs1)))


def _understood(raw: bytes) -> _Understood:
    return _remembered(raw) if len(raw) <= LONGEST_REMEMBERED else _from(raw)


def _candidates(text: str) -> _Candidates:
    return _searched_before(text) if len(text) <= LONGEST_REMEMBERED else _searched(text)


def _from(raw: bytes) -> _Understood:
    text = _decoded(raw)
    if isinstance(text, Unreadable):
        return _Understood(text.text, command=text)
    if command := _command(text):
        return _Understood(text, command=command)
    return _Understood(text, None, _card(text))


def _searched(text: str) -> _Candidates:
    return _Candidates(tuple(_whole(text)), tuple(_gs1(text)))


# Each scan is asked about more than once, and a batch has up to 500; a card of yesterday is read anew in microseconds.
_remembered = lru_cache(maxsize=512)(_from)
_searched_before = lru_cache(maxsize=512)(_searched)


def _decoded(raw: bytes) -> str | Unreadable:
    if b"\0" in raw and _WIDE.fullmatch(raw):
        return Unreadable(Message("two_bytes_each"), raw[:LONGEST].decode("utf-8", "replace"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Unreadable(Message("not_utf8"), raw[:LONGEST].decode("utf-8", "replace"))
    if len(text) > LONGEST:
        return Unreadable(Message("reading_too_long", {"got": len(text)}), text[:LONGEST])
    text = _AIM.sub("", text, count=1)
    return text if text.strip() else Unreadable(Message("empty_reading"), text)


def _command(text: str) -> CommandRead | Unreadable | None:
    word = text.strip().upper()
    if not word.startswith(COMMAND):
        return None
    try:
        return CommandRead(Intent(word.removeprefix(COMMAND).lower()), text)
    except ValueError:
        return Unreadable(Message("command_unknown"), text)


def _card(text: str) -> CardRead | None:
    for form, code in _codes(text):
        try:
            parsed = CardCode.parse(code)
        except BadCardCode:
            continue  # it may be another form; _why_not tells the reason
        return CardRead(parsed.body, parsed.version, text, form)
    return None


def _first(alias: Alias, candidates: Iterable[str]) -> str | None:
    return next((body for candidate in candidates if (body := alias(candidate))), None)


def _enterable(candidates: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    """Without what cannot have been entered as an alias, and what no database takes (NUL)."""
    return (text for text in candidates if text and len(text) <= LONGEST_ALIAS and "\0" not in text)


def _whole(text: str) -> Iterator[str]:
    bare = text.strip()
    return _enterable((text,) if bare == text else (text, bare))


def _gs1(text: str) -> Iterator[str]:
    return _enterable(gs1.aliases(gs1.elements(text.strip(" \r\n"))))


def _codes(text: str) -> Iterator[tuple[Form, str]]:
    """Every part of the text that may be a card code, in order."""
    word = text.strip(" \t\r\n")
    yield Form.BARE, word
    if word[:3].upper() == "15K":
        yield Form.IDENTIFIED, word[3:]
    if code := _of_url(word):
        yield Form.URL, code
    for field in _envelope_fields(word):
        if field[:3].upper() == "15K":
            yield Form.ENVELOPE, field[3:]


def _of_url(word: str) -> str | None:
    """The code in a card's URL; the host does not matter, because the URL is never opened."""
    try:
        parts = urlsplit(word)
        path = unquote(parts.path)
    except ValueError:
        return None
    found = _CARD_PATH.search(path) if parts.scheme in ("http", "https") else None
    return found.group(1) if found else None


def _envelope_fields(word: str) -> list[str]:
    envelope = _ENVELOPE.match(word)
    return envelope.group(1).split("\x1d") if envelope else []


def _why_not(text: str) -> Message:
    """The reason that helps most: the code's own error, of the part that looks most like a code."""
    word = text.strip(" \t\r\n")
    parts = [code for _, code in _codes(text)]
    if len(parts) == 1:
        if word[:4].lower() == "http":
            return Message("url_of_no_card")
        if _ENVELOPE.match(word):
            return Message("envelope_without_card")
        if gs1.SEPARATOR in word and gs1.elements(word):
            return Message("gs1_unknown")
    if _CONTROL.search(parts[-1]):
        return Message("control_character")
    reasons = [reason for part in parts if (reason := _reason(part))]
    return next((reason for reason in reasons if reason.key != "code_length"), reasons[-1])


def _reason(part: str) -> Message | None:
    try:
        CardCode.parse(part)
    except BadCardCode as error:
        return error.message
    return None
