"""Which signals a list shows and in which order; read from and written to a URL."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from ekanban_central import query_values
from ekanban_central.query_values import MOST_SEARCH, BadFilter
from ekanban_core.states import SignalState

ORDERS = ("due", "-due", "age", "-age")  # age: longest open first; -age: newest first
STATES = ("open", "closed", *(str(state) for state in SignalState))


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

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether every word that is searched for stands in one of the texts."""
        return query_values.finds(self.search, texts)

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
        state=query_values.one_of("state", query.get("state", "open"), STATES),
        sources=query_values.several("source", query.getlist("source")),
        destinations=query_values.several("destination", query.getlist("destination")),
        parts=query_values.several("part", query.getlist("part")),
        overdue=query_values.yes("overdue", query.get("overdue", "")),
        search=query_values.text("q", query.get("q", ""))[:MOST_SEARCH],
        order=query_values.one_of("sort", query.get("sort", "due"), ORDERS),
        after=Cursor.parse(query["cursor"]) if query.get("cursor") else None,
    )
