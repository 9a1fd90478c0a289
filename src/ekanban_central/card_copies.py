"""Copies of cards for people and files: what the paper in use looks like, and never a paper more (decision 45).

A copy carries the version of the card's confirmed print and a word that says that it is a copy. Where no such paper
exists there is nothing to copy, and the answer says what to do instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select

from ekanban_central import card_named, print_faces
from ekanban_central.card_named import NoSuchCard
from ekanban_central.card_papers import ITEM
from ekanban_central.loading import load
from ekanban_central.print_engine import Fault, NotPrintable, Paper, Plan
from ekanban_central.print_faces import PaperFacts, SiteWords
from ekanban_central.print_wish import Printing
from ekanban_central.printers import Printer
from ekanban_core.card_code import CardCode
from ekanban_core.card_words import copy_word
from ekanban_core.facts import Card
from ekanban_core.states import CardState, PrinterDialect, PrinterWay
from ekanban_core.texts import gettext as _

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """How copies shall be drawn. form: "pdf", "zpl", "svg", "png"; layout: empty: each as its paper."""

    form: str
    dpi: int = 203
    layout: str = ""
    sheet: str = ""
    skip: int = 0
    duplex: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """One card that was copied. asked: what was named; exact: the face is the one that its job kept, else today's."""

    asked: str
    code: CardCode
    part: str
    stale: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of the cards that were named, by body."""

    named: Mapping[str, str]  # what was asked, by body, in its order
    cards: Mapping[str, Card]
    facts: Mapping[str, PaperFacts]
    kept: Mapping[str, Row]


def draw(printing: Printing, site_id: int, codes: Sequence[str], asked: Asked) -> tuple[list[Copy], list[bytes]]:
    """Draw the papers in use of these cards, each once. Nothing is stored.

    Raises NotPrintable with all that is wrong, card by card, and LoopbackAddress.
    """
    faults: list[Fault] = []
    with printing.database.reading() as connection:
        words = print_faces.site_words(connection, site_id, printing.base_url)
        found = _found(connection, site_id, codes, faults)
    faults += [fault for body in found.named if (fault := _missing(found, body)) is not None]
    if faults:
        raise NotPrintable(faults)
    if len(found.kept) < len(found.named) and not printing.loopback:
        print_faces.check_address(words)
    plan = Plan(_paper(site_id, asked), asked.layout, asked.sheet, asked.skip, asked.duplex)
    copies, papers = [], []
    for body, text in found.named.items():
        card, facts, kept = found.cards[body], found.facts[body], found.kept.get(body)
        paper = _kept(printing, kept) if kept else _of_today(printing, plan, facts, card, words)
        papers.append(Paper(paper.face, asked.layout or paper.layout))
        code = CardCode(body, card.print_version)
        copies.append(Copy(text, code, paper.face.part, _is_stale(card), kept is not None))
    return copies, printing.engine.copies(plan, papers, copy_word(words.language), asked.form)


def _found(connection: Connection, site_id: int, codes: Sequence[str], faults: list[Fault]) -> _Found:
    named: dict[str, str] = {}
    alias = card_named.aliases(connection, codes)
    for text in codes:
        try:
            named.setdefault(card_named.named(text, alias).body, text)
        except NoSuchCard as error:
            faults.append(Fault(error.template, error.facts, text))
    facts = {one.body: one for one in print_faces.facts_of(connection, list(named))}
    facts = {body: one for body, one in facts.items() if one.columns["site_id"] == site_id}
    loaded = load(connection, list(facts), lock=False)
    cards = {body: loaded[body].card for body in facts}
    return _Found(named, cards, facts, _faces(connection, cards))


def _faces(connection: Connection, cards: Mapping[str, Card]) -> dict[str, Row]:
    """What jobs have kept of the papers in use, by body."""
    pairs = [and_(ITEM.c.body == body, ITEM.c.version == card.print_version) for body, card in cards.items()]
    if not pairs:
        return {}
    rows = connection.execute(select(ITEM.c.body, ITEM.c.face).where(or_(*pairs)))
    return {row.body: row.face for row in rows}


def _missing(found: _Found, body: str) -> Fault | None:
    """Why there is no paper of this card to copy; None: there is."""
    card, text = found.cards.get(body), found.named[body]
    if card is None:
        return Fault(_("There is no such card."), card=text)
    if card.state is CardState.RETIRED:
        return Fault(_("This card is retired, its papers are worthless. Make a new card of its loop."), card=text)
    if card.state is CardState.LOST:
        return Fault(_("This card is reported lost, nobody has its paper. Print it anew, as lost."), card=text)
    if card.print_version == 0:
        return Fault(_("This card has no paper in use that could be copied. Print it first."), card=text)
    if _is_stale(card) and body not in found.kept:
        why = _("Its paper shows an old quantity, and what else it shows central does not know. Print it again.")
        return Fault(why, card=text)
    return None


def _is_stale(card: Card) -> bool:
    return card.print_version < card.quantity_version


def _kept(printing: Printing, columns: Row) -> Paper:
    return print_faces.paper_from(columns, printing.pictures)


def _of_today(printing: Printing, plan: Plan, facts: PaperFacts, card: Card, words: SiteWords) -> Paper:
    """A paper that a terminal printed, or that is older than this central: its date is not known."""
    picture = facts.columns["picture"]
    face = print_faces.face_of(
        facts, card.print_version, words, None, None if picture is None else printing.pictures.read(picture)
    )
    return Paper(face, printing.engine.layout(plan, face, facts.columns["layout"]))


def _paper(site_id: int, asked: Asked) -> Printer:
    """Where nothing is printed: paper of the wanted dots, without any printer's errors."""
    dialect = PrinterDialect.ZPL if asked.form == "zpl" else PrinterDialect.PDF
    return Printer(
        id=UUID(int=0), site_id=site_id, name="", way=PrinterWay.FILE, address="", dialect=dialect, dpi=asked.dpi,
        media="", offset_x=0.0, offset_y=0.0, scale_x=1.0, scale_y=1.0, inset=0.25, answers_status=False,
        fingerprint="", layout="", sheet="", terminal_id=None, enabled=True,
    )  # fmt: skip
