"""Which cards a list shows and in which order; read from and written to a URL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from ekanban_central import query_values
from ekanban_core.states import CardState, LoopKind

# Old quantity on the paper, a newer print on its way, a signal is open, the card serves one cycle
MARKS = ("stale", "pending", "open", "one_off")
UNSEEN_DAYS = (7, 30, 90)
ORDERS = ("part", "number", "state", "print", "seen")
LOOP_ORDERS = ("part", "source", "destination", "cards", "open")
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What is asked for. Several values of one name mean any of them; different names together mean all.

    path, usual: where the list stands, and its order when none is named. states: empty for every card that is not out
    of use. unseen: not scanned for so many days, though in use; a card that never was, not since it was printed or
    entered.
    """

    path: str = "/cards"
    usual: str = "part"
    loop: UUID | None = None
    states: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unseen: int = 0
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    search: str = ""
    order: str = "part"
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether less than every card that is not out of use is shown."""
        named = (self.states, self.marks, self.kinds, self.sources, self.destinations, self.parts)
        return any(named) or bool(self.unseen or self.search)

    def with_(self, **changes: object) -> CardFilter:
        """The same from its first page on, with something else in it."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # names are the caller's

    def toggled(self, name: str, value: str) -> CardFilter:
        """The same with `value` added to the values of `name`, or taken from them."""
        values: tuple[str, ...] = getattr(self, name)
        fresh = tuple(one for one in values if one != value) if value in values else (*values, value)
        return self.with_(**{name: fresh})

    def sorted_by(self, name: str) -> CardFilter:
        """The same in this order; in the reverse where it is in this order already."""
        return self.with_(order=f"-{name}" if self.order == name else name)

    def bare(self) -> CardFilter:
        """The same list with nothing left out."""
        return CardFilter(self.path, self.usual, self.loop, order=self.order)

    def pairs(self) -> list[tuple[str, str]]:
        """As parameters of a URL; what is not said is left out."""
        names = (("state", "states"), ("mark", "marks"), ("kind", "kinds"), ("source", "sources"),
                 ("destination", "destinations"), ("part", "parts"))  # fmt: skip
        pairs = [(name, value) for name, values in names for value in getattr(self, values)]
        pairs += [("unseen", str(self.unseen))] if self.unseen else []
        pairs += [("q", self.search)] if self.search else []
        pairs += [("sort", self.order)] if self.order != self.usual else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return pairs

    def url(self, ending: str = "") -> str:
        """Path and query; `ending`: of the path, such as ".csv"."""
        query = urlencode(self.pairs())
        return f"{self.path}{ending}?{query}" if query else f"{self.path}{ending}"


def of_cards(query: QueryParams, loop: UUID | None = None) -> CardFilter:
    """Read the URL's parameters of a list of cards, of this loop or of all. Raises BadFilter."""
    if loop is None:
        return _read(query, CardFilter(), ORDERS)
    return _read(query, CardFilter(f"/loops/{loop}", "number", loop), ORDERS)


def of_loops(query: QueryParams) -> CardFilter:
    """Read the URL's parameters of the list of loops. Raises BadFilter."""
    return _read(query, CardFilter("/loops"), LOOP_ORDERS)


def _read(query: QueryParams, base: CardFilter, orders: tuple[str, ...]) -> CardFilter:
    known_orders = [sign + name for name in orders for sign in ("", "-")]
    return replace(
        base,
        states=_known("state", query, CardState),
        marks=_known("mark", query, MARKS),
        unseen=int(query_values.one_of("unseen", query.get("unseen", "0"), ("0", *map(str, UNSEEN_DAYS)))),
        kinds=_known("kind", query, LoopKind),
        sources=query_values.several("source", query.getlist("source")),
        destinations=query_values.several("destination", query.getlist("destination")),
        parts=query_values.several("part", query.getlist("part")),
        search=query_values.text("q", query.get("q", ""))[: query_values.MOST_SEARCH],
        order=query_values.one_of("sort", query.get("sort", base.usual), known_orders),
        page=query_values.whole("page", query.get("page", "1"), 1, MOST_PAGES),
    )


def _known(name: str, query: QueryParams, known: Iterable[str]) -> tuple[str, ...]:
    words = tuple(str(one) for one in known)
    values = query_values.several(name, query.getlist(name))
    return tuple(query_values.one_of(name, value, words) for value in values)
