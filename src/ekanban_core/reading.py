"""From the bytes of a scanner to what was meant: a card, a command, or the reason why neither.

The forms are tried in the order of the language of the plant; see `read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_core.facts import Message
from ekanban_core.states import Intent

LONGEST = 4096  # characters; every code that people print is far shorter
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
_ENVELOPE = re.compile(r"\A\[\)>\x1e06\x1d(?P<fields>.*?)(?:\x1e(?:\x04)?)?\Z", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LINE_END = "\r\n\t\x03\x00 "


def read(raw: bytes, alias: Alias) -> Reading:
    """Understand one reading; never raises.

    alias gives the body of the card for which a foreign code was entered at central, or None. The order: a command card
    (EKC-…), an alias, the bare code, the code with 15K, a URL of any host whose path ends in /c/<code>, an ISO/IEC 15434
    envelope with a 15K field, GS1 element strings and Digital Links as aliases. An AIM identifier in front is cut.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Unreadable(Message("not_utf8"), raw[:LONGEST].decode("utf-8", "replace"))
    if len(text) > LONGEST:
        return Unreadable(Message("reading_too_long", {"got": len(text)}), text[:LONGEST])
    text = _AIM.sub("", text, count=1)
    if not text.strip():
        return Unreadable(Message("empty_reading"), text)
    return _command(text) or _card(text, alias) or _why_not(text)


def _command(text: str) -> Reading | None:
    word = text.strip().upper()
    if not word.startswith(COMMAND):
        return None
    try:
        return CommandRead(Intent(word.removeprefix(COMMAND).lower()), text)
    except ValueError:
        return Unreadable(Message("command_unknown"), text)


def _card(text: str, alias: Alias) -> CardRead | None:
    for candidate in (text, text.strip()):
        if body := alias(candidate):
            return CardRead(body, None, text, Form.ALIAS)
    for form, code in _codes(text):
        try:
            parsed = CardCode.parse(code)
        except BadCardCode:
            continue
        return CardRead(parsed.body, parsed.version, text, form)
    for candidate in _gs1(text):
        if body := alias(candidate):
            return CardRead(body, None, text, Form.GS1)
    return None


def _codes(text: str) -> Iterator[tuple[Form, str]]:
    """Every part of the text that may be a card code, in order."""
    yield Form.BARE, text.strip()
    if text.strip()[:3].upper() == "15K":
        yield Form.IDENTIFIED, text.strip()[3:]
    if code := _of_url(text):
        yield Form.URL, code
    for field in _envelope_fields(text):
        if field[:3].upper() == "15K":
            yield Form.ENVELOPE, field[3:]


def _of_url(text: str) -> str | None:
    """The code of a card's URL; the host does not matter, because the URL is never opened."""
    try:
        parts = urlsplit(text.strip())
        path = unquote(parts.path)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https"):
        return None
    found = re.search(r"/c/([^/]+)/?\Z", path, re.IGNORECASE)
    return found.group(1) if found else None


def _envelope_fields(text: str) -> list[str]:
    envelope = _ENVELOPE.match(text.strip(" \r\n"))
    return envelope["fields"].split("\x1d") if envelope else []


def _gs1(text: str) -> Iterator[str]:
    """What of GS1 may have been entered as an alias: the whole element string, then each element's value."""
    return iter(())


def _why_not(text: str) -> Unreadable:
    """The reason that helps most: the code's own error where something looks like a code."""
    candidates = list(_codes(text))
    _, code = candidates[-1]
    if _CONTROL.search(code):
        return Unreadable(Message("control_character"), text)
    try:
        CardCode.parse(code)
    except BadCardCode as error:
        if error.message:
            return Unreadable(error.message, text)
    return Unreadable(Message("unreadable"), text)
