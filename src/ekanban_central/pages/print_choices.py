"""What is chosen in the print dialogue: read from an address or a form, and written into addresses again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import FormData, QueryParams

from ekanban_central import query_values
from ekanban_central.card_acts import NoSuchCard, body_of
from ekanban_central.inputs import MOST_CARDS
from ekanban_central.print_wish import Wish
from ekanban_central.query_values import BadFilter
from ekanban_core.states import PrintReason

REASONS = (PrintReason.AGAIN, PrintReason.DAMAGED, PrintReason.LOST, PrintReason.STALE)
MOST_SKIP = 1_000
MOST_DRAWN = 50  # cards that are laid out for one picture
LONGEST = 80  # characters of a name


@dataclass(frozen=True, slots=True)
class Choices:
    """Cards that exist, or `count` new ones of a loop, and how they come on paper. show: which card is looked at."""

    bodies: Sequence[str] = ()
    loop: UUID | None = None
    count: int = 0
    one_off: bool = False
    printer: str = ""  # an id; empty: the first that is usable
    layout: str = ""  # empty: chosen by rule
    sheet: str = ""
    skip: int = 0
    duplex: bool = False
    reason: PrintReason = PrintReason.AGAIN
    show: int = 1

    @property
    def total(self) -> int:
        """How many cards are printed."""
        return self.count if self.loop else len(self.bodies)

    def pairs(self) -> list[tuple[str, str]]:
        """As parameters of an address; what is not said is left out."""
        pairs = [("id", body) for body in self.bodies]
        plain = (
            ("loop", self.loop or ""), ("count", self.count or ""), ("one_off", "1" if self.one_off else ""),
            ("printer", self.printer), ("layout", self.layout), ("sheet", self.sheet), ("skip", self.skip or ""),
            ("duplex", "1" if self.duplex else ""),
            ("reason", "" if self.reason is PrintReason.AGAIN else self.reason), ("show", self.show),
        )  # fmt: skip
        return pairs + [(name, str(value)) for name, value in plain if value and (name, value) != ("show", 1)]

    def url(self, path: str = "/cards/print", **changes: object) -> str:
        """Path and query, with something else chosen."""
        return f"{path}?{urlencode(replace(self, **changes).pairs())}"  # type: ignore[arg-type]  # the template's

    def wish(self, site_id: int, person: UUID, request_id: UUID | None = None) -> Wish:
        """What is asked for."""
        reason = PrintReason.NEW if self.loop else self.reason
        return Wish(
            site_id, person, self.bodies, self.loop, self.count, self.printer, self.layout, self.sheet, self.skip,
            self.duplex, reason, request_id, one_off=self.one_off,
        )  # fmt: skip

    def shown(self, site_id: int, person: UUID) -> Wish:
        """The same for the one card that is looked at."""
        wish = self.wish(site_id, person)
        if self.loop:
            return replace(wish, count=min(self.count, MOST_DRAWN))
        return replace(wish, bodies=self.bodies[self.show - 1 : self.show])


def read(given: QueryParams | FormData) -> Choices:
    """Read an address or a form. Raises BadFilter."""

    def text(name: str) -> str:
        value = given.get(name, "")
        return query_values.text(name, value)[:LONGEST] if isinstance(value, str) else ""

    def number(name: str, least: int, most: int, usual: int) -> int:
        return query_values.whole(name, text(name), least, most) if text(name) else usual

    bodies = _bodies([one for one in given.getlist("id") if isinstance(one, str)])
    loop = _uuid(text("loop"))
    if bool(bodies) == (loop is not None):
        raise BadFilter("expected either cards or a loop")
    reason = query_values.one_of("reason", text("reason") or PrintReason.AGAIN, [str(one) for one in REASONS])
    return Choices(
        bodies=bodies, loop=loop, count=number("count", 1, MOST_CARDS, 1) if loop else 0,
        one_off=text("one_off") == "1" and loop is not None, printer=text("printer"), layout=text("layout"),
        sheet=text("sheet"), skip=number("skip", 0, MOST_SKIP, 0), duplex=text("duplex") == "1",
        reason=PrintReason(reason), show=min(number("show", 1, MOST_CARDS, 1), max(1, len(bodies))),
    )  # fmt: skip


def _bodies(codes: Sequence[str]) -> list[str]:
    if len(codes) > MOST_CARDS:
        raise BadFilter(f"id: expected at most {MOST_CARDS} cards, got {len(codes)}")
    try:
        return list(dict.fromkeys(body_of(code) for code in codes))
    except NoSuchCard as error:
        raise BadFilter(error.template, **error.facts) from error


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadFilter("loop: expected the id of a loop") from error
