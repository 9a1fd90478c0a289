"""What somebody wants printed, and what it takes to print it: everything that can be known before a print is made.

NoPrinter      no such printer, it is switched off, or it stands at a terminal
NoSuchCards    some of these cards do not exist
AskedOtherwise the request's id belongs to another job
NoSuchJob      no such print job
NotNow         the job is in a state that does not allow this
NotMissing     of cards that were missing some have got newer paper meanwhile
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central import forgotten_versions, master, print_faces, printers
from ekanban_central.database import Database
from ekanban_central.forgotten_versions import Leaps
from ekanban_central.ledger import Actor
from ekanban_central.loading import Loaded, load
from ekanban_central.pictures import Pictures
from ekanban_central.print_engine import Engine, Paper, Plan
from ekanban_central.print_faces import PaperFacts
from ekanban_central.printers import Printer
from ekanban_core import lifecycle
from ekanban_core.card_code import CardCode, random_body
from ekanban_core.errors import EkanbanError, RuleError
from ekanban_core.facts import Card
from ekanban_core.lifecycle_cards import Change, refused
from ekanban_core.states import PrintReason
from ekanban_core.texts import gettext as _
from ekanban_labels.pictures import Picture

# For people who came back to a page that they had printed from, and for programs that use a request_id twice
OTHERWISE = _("The same request has printed something else before: look at its job. To print this too, ask once more.")


class NoPrinter(EkanbanError):
    """There is no such printer, it is switched off, or it stands at a terminal."""


class NoSuchCards(EkanbanError):
    """Some of these cards do not exist."""


class AskedOtherwise(EkanbanError):
    """A request_id belongs to a job that was asked for otherwise."""


class NoSuchJob(EkanbanError):
    """There is no such print job."""


class NotNow(EkanbanError):
    """The job is in a state that does not allow this."""


class NotMissing(EkanbanError):
    """Of these cards some have got newer paper meanwhile, or it is on its way."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Cards that exist, or `count` new ones of a loop, `one_off` for one cycle each.

    printer: its name or id; empty: the only one there is.
    repeats, places: the prints of an earlier job that these take the place of. terminal: asks instead of a person.
    asked: the hash of what was asked for, where the cards follow from something else; empty: it is made of the wish.
    missed: the prints that were missing of these cards, which are printed only while nothing newer is there or to come.
    """

    site_id: int
    person: UUID | None
    bodies: Sequence[str] = ()
    loop_id: UUID | None = None
    count: int = 0
    printer: str = ""
    layout: str = ""
    sheet: str = ""
    skip: int = 0
    duplex: bool = False
    reason: PrintReason = PrintReason.AGAIN
    request_id: UUID | None = None
    repeats: UUID | None = None
    places: Sequence[int] = ()
    terminal: UUID | None = None
    one_off: bool = False
    asked: str = ""
    missed: Mapping[str, int] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks, for the ledger."""
        return Actor.person(self.person) if self.person else Actor.terminal(str(self.terminal))

    @property
    def hash(self) -> str:
        """What is asked for, without who asks."""
        if self.asked:
            return self.asked
        return hash_of(
            list(self.bodies), str(self.loop_id), self.count, self.printer, self.layout, self.sheet, self.skip,
            self.duplex, str(self.reason), str(self.repeats), list(self.places), self.one_off,
        )  # fmt: skip


def hash_of(*asked: object) -> str:
    """What is kept of what was asked for."""
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Printing:
    """What printing works with. `made` is set when this process has made a job: its workers look at once."""

    database: Database
    engine: Engine
    pictures: Pictures
    publish: Callable[[int, int], None]
    now_ms: Callable[[], int]
    random_bytes: Callable[[int], bytes]
    base_url: str  # of sites that have none of their own
    loopback: bool = False  # whether cards may carry an address that only this machine has: the demo's may
    made: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Draft:
    """A job before it is one: its cards, the versions that their prints will have, and what will stand on them."""

    printer: Printer
    plan: Plan
    facts: Sequence[PaperFacts]
    versions: Sequence[int]
    papers: Sequence[Paper]

    @property
    def bodies(self) -> list[str]:
        """The cards."""
        return [one.body for one in self.facts]

    @property
    def layout(self) -> str:
        """The layout, where all cards have the same."""
        found = {paper.layout for paper in self.papers}
        return found.pop() if len(found) == 1 else ""


def draft(printing: Printing, wish: Wish) -> Draft:
    """Find everything, and refuse what no good paper would come of.

    Raises NoPrinter, NoSuchCards, NotThere, LoopbackAddress, NotPrintable and RuleError.
    """
    with printing.database.reading() as connection:
        printer = _printer(connection, wish)
        words = print_faces.site_words(connection, wish.site_id, printing.base_url)
        if not printing.loopback:
            print_faces.check_address(words)
        if wish.loop_id is None:
            facts = _known(connection, wish)
            cards = load(connection, [one.body for one in facts], lock=False)
            leaps = forgotten_versions.leaps(connection, wish.site_id, cards)
            versions = _versions([cards[one.body] for one in facts], wish.reason, leaps)
        else:
            facts = _new(connection, wish, wish.loop_id, printing.random_bytes)
            versions = [1] * len(facts)
    now_ms, engine = printing.now_ms(), printing.engine
    plan = Plan(printer, wish.layout, wish.sheet or printer.sheet, wish.skip, wish.duplex)
    papers = []
    for one, version in zip(facts, versions, strict=True):
        face = print_faces.face_of(one, version, words, now_ms, _picture(printing, one))
        papers.append(Paper(face, engine.layout(plan, face, one.columns["layout"])))
    engine.check(plan, papers)
    return Draft(printer, plan, facts, versions, papers)


def preview(printing: Printing, wish: Wish, form: str) -> bytes:
    """Draw the first of these cards as it would be printed; no print is made. Raises what `draft` raises."""
    found = draft(printing, wish)
    return printing.engine.preview(found.plan, found.papers[0], form)


def _picture(printing: Printing, facts: PaperFacts) -> Picture | None:
    sha256 = facts.columns["picture"]
    return None if sha256 is None else printing.pictures.read(sha256)


def next_print(card: Card, reason: PrintReason, leaps: Leaps) -> Change:
    """The card with its next print as the pending one. Raises RuleError where it gets none."""
    counted, left_out = leaps.of(card)
    made, events = lifecycle.print_wanted(counted, reason)
    return made, (*left_out, *events)


def _versions(cards: Sequence[Loaded], reason: PrintReason, leaps: Leaps) -> list[int]:
    """Of each; where one of several gets none, the error names it."""
    versions = []
    for loaded in cards:
        try:
            versions.append(next_print(loaded.card, reason, leaps)[0].pending_version)
        except RuleError as error:
            if error.message is None or len(cards) == 1:
                raise
            code = CardCode(loaded.card.body, max(1, loaded.card.print_version)).shown
            raise refused(error.message.key, **{**error.message.facts, "code": code}) from error
    return versions


def _printer(connection: Connection, wish: Wish) -> Printer:
    if wish.printer:
        found = printers.named(connection, wish.site_id, wish.printer)
        if found is None:
            raise NoPrinter(_("There is no printer {name}."), name=wish.printer)
        if not found.enabled:
            raise NoPrinter(_("The printer {name} is switched off."), name=found.name)
        if found.terminal_id is not None:
            raise NoPrinter(_("The printer {name} stands at a terminal: print there."), name=found.name)
        return found
    usable = printers.usable(connection, wish.site_id)
    if not usable:
        raise NoPrinter(_("There is no printer. An administrator registers one first."))
    if len(usable) > 1:
        names = ", ".join(one.name for one in usable[:10])
        raise NoPrinter(_("Name the printer; there are several: {names}."), names=names)
    return usable[0]


def _known(connection: Connection, wish: Wish) -> list[PaperFacts]:
    bodies = list(dict.fromkeys(wish.bodies))
    facts = [one for one in print_faces.facts_of(connection, bodies) if one.columns["site_id"] == wish.site_id]
    missing = [body for body in bodies if body not in {one.body for one in facts}]
    if missing or not bodies:
        raise NoSuchCards(_("There is no card {codes}."), codes=", ".join(missing[:10]))
    return facts


def _new(connection: Connection, wish: Wish, loop_id: UUID, random_bytes: Callable[[int], bytes]) -> list[PaperFacts]:
    columns = print_faces.loop_columns(connection, [loop_id]).get(loop_id)
    if columns is None or columns["site_id"] != wish.site_id:
        raise master.NotThere(f"There is no loop {loop_id}.")
    first = master.next_number(connection, loop_id)
    last = first + wish.count - 1
    of_them = {**columns, "cards": last}
    return [PaperFacts(random_body(random_bytes), loop_id, number, of_them) for number in range(first, last + 1)]
