"""Which signals a list shows and in which order; read from and written to a URL.

BadFilter  a filter, an order or a cursor that cannot be read; says what was expected
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from ekanban_core.card_code import ALPHABET, BODY
from ekanban_core.errors import EkanbanError
from ekanban_core.states import SignalState

ORDERS = ("due", "-due", "age", "-age")  # age: longest open first; -age: newest first
STATES = ("open", "closed", *(str(state) for state in SignalState))
MOST_VALUES = 50
MOST_SEARCH = 100


class BadFilter(EkanbanError):
    """This filter cannot be read."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which row a page begins: its place in the order, and its id."""

    place_ms: int
    id: UUID

    @property
    def text(self) -> str:
        """Opaque, for URLs."""
        content = json.dumps([self.place_ms, self.id.hex], separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The reverse of `text`."""
        try:
            place_ms, key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
            if type(place_ms) is not int or not 0 <= place_ms < 2**53:
                raise ValueError
            return cls(place_ms, UUID(hex=key))
        except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadFilter("cursor: expected the `next` of an earlier answer") from error


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. Several sources mean any of them; sources and parts together mean both."""

    state: str = "open"
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    overdue: bool = False
    search: str = ""
    order: str = "due"
    after: Cursor | None = field(default=None)

    @property
    def closed(self) -> bool:
        """Whether it is past signals that are asked for."""
        return self.state == "closed" or self.state in (SignalState.RECEIVED, SignalState.CANCELLED)

    @property
    def narrows(self) -> bool:
        """Whether less than everything open is shown."""
        return bool(self.sources or self.destinations or self.parts or self.overdue or self.search) or (
            self.state != "open"
        )

    def body(self) -> str | None:
        """The card, when what is searched for is a card's code or the first eight characters of one."""
        plain = self.search.upper().replace("-", "").replace(" ", "")
        fits = len(plain) >= BODY and all(character in ALPHABET for character in plain)
        return plain[:BODY] if fits and len(plain) in (BODY, BODY + 4) else None

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether every word that is searched for stands in one of the texts."""
        folded = [text.casefold() for text in texts]
        return all(any(word in text for text in folded) for word in self.search.casefold().split())

    def with_(self, **changes: object) -> Filter:
        """The same from its first page on, with something else in it."""
        return replace(self, after=None, **changes)  # type: ignore[arg-type]  # names are the caller's

    def behind(self, cursor: Cursor) -> Filter:
        """The same from behind a row on."""
        return replace(self, after=cursor)

    def toggled(self, name: str, value: str) -> Filter:
        """The same with `value` added to the values of `name`, or taken from them."""
        values: tuple[str, ...] = getattr(self, name)
        fresh = tuple(one for one in values if one != value) if value in values else (*values, value)
        return self.with_(**{name: fresh})

    def pairs(self) -> list[tuple[str, str]]:
        """As parameters of a URL; what is not said is left out."""
        pairs = [("state", self.state)] if self.state != "open" else []
        pairs += [("source", value) for value in self.sources]
        pairs += [("destination", value) for value in self.destinations]
        pairs += [("part", value) for value in self.parts]
        pairs += [("overdue", "1")] if self.overdue else []
        pairs += [("q", self.search)] if self.search else []
        pairs += [("sort", self.order)] if self.order != "due" else []
        pairs += [("cursor", self.after.text)] if self.after else []
        return pairs

    def url(self, path: str = "/signals", **more: str) -> str:
        """Path and query."""
        query = urlencode([*self.pairs(), *more.items()])
        return f"{path}?{query}" if query else path


def parse(query: QueryParams) -> Filter:
    """Read a URL's parameters. Raises BadFilter."""
    return Filter(
        state=_one_of("state", query.get("state", "open"), STATES),
        sources=_values("source", query.getlist("source")),
        destinations=_values("destination", query.getlist("destination")),
        parts=_values("part", query.getlist("part")),
        overdue=_yes("overdue", query.get("overdue", "")),
        search=_text("q", query.get("q", ""))[:MOST_SEARCH],
        order=_one_of("sort", query.get("sort", "due"), ORDERS),
        after=Cursor.parse(query["cursor"]) if query.get("cursor") else None,
    )


def _one_of(name: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        raise BadFilter(f"{name}: expected one of {', '.join(known)}, got {value[:40]!a}")
    return value


def _values(name: str, values: list[str]) -> tuple[str, ...]:
    if len(values) > MOST_VALUES:
        raise BadFilter(f"{name}: expected at most {MOST_VALUES} values, got {len(values)}")
    return tuple(dict.fromkeys(_text(name, value) for value in values if value))


def _text(name: str, value: str) -> str:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise BadFilter(f"{name}: expected text without NUL and surrogates")
    return value.strip()


def _yes(name: str, value: str) -> bool:
    known: Mapping[str, bool] = {
        "": False,
        "0": False,
        "false": False,
        "no": False,
        "1": True,
        "true": True,
        "yes": True,
    }
    if value.lower() not in known:
        raise BadFilter(f"{name}: expected true or false, got {value[:40]!a}")
    return known[value.lower()]
