"""What an audit has not found is printed anew, and may be reported lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central import audits, print_jobs, print_wish
from ekanban_central.audit_results import Found, lines
from ekanban_central.card_papers import in_use
from ekanban_central.changes import Change, store
from ekanban_central.inputs import MOST_CARDS
from ekanban_central.ledger import Actor
from ekanban_central.loading import CARD, load
from ekanban_central.print_wish import NoSuchCards, NotMissing, Printing, Wish, hash_of
from ekanban_central.sets import among
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.facts import Message
from ekanban_core.states import CardState, Outcome, PrintReason
from ekanban_core.texts import gettext as _

BARRED = (CardState.FOUND, CardState.RETIRED)  # one waits for its review first, the other needs no paper


@dataclass(frozen=True, slots=True)
class Replacing:
    """Print what is missing: all of it, or these cards. lost: report it lost, so that its old paper is found.

    Cards on hold stay on hold, and so does their new paper.
    """

    site_id: int
    person: UUID
    audit: UUID
    bodies: Collection[str] = ()
    lost: bool = False
    printer: str = ""
    layout: str = ""
    request_id: UUID | None = None


def replace_missing(printing: Printing, wanted: Replacing) -> UUID:
    """Make the print job; returns its id. At most MOST_CARDS cards, by part and number; ask again for the rest.

    Of two people who ask at the same time one gets what the other one has left.

    Raises NoSuchAudit, and what `print_jobs.make` raises; NoSuchCards where nothing is missing.
    """
    asked = hash_of(str(wanted.audit), sorted(wanted.bodies), wanted.lost, wanted.printer, wanted.layout)
    wish = Wish(
        wanted.site_id, wanted.person, printer=wanted.printer, layout=wanted.layout, reason=PrintReason.LOST,
        request_id=wanted.request_id, asked=asked,
    )  # fmt: skip
    while (made := print_jobs.made_already(printing, wish)) is None:  # else: what is missing may have changed since
        with printing.database.reading() as connection:
            missing = _missing(connection, wanted)
        if not missing:
            raise NoSuchCards(_("Nothing is missing that could be printed."))
        try:
            made = _make(printing, wanted, replace(wish, bodies=list(missing), missed=missing))
            break
        except NotMissing:  # each time somebody else has printed some, so that this comes to an end
            continue
    return made


def _make(printing: Printing, wanted: Replacing, wish: Wish) -> UUID:
    if wanted.lost:
        print_wish.draft(printing, wish)  # what cannot be printed is not reported lost either
        _lose(printing, wanted, wish.bodies)
    return print_jobs.make(printing, wish)


def _missing(connection: Connection, wanted: Replacing) -> dict[str, int]:
    """What may be printed, each with the print that is missing."""
    audit = audits.one(connection, wanted.site_id, wanted.audit)
    found = [line.text for line in lines(connection, audit) if line.found is Found.MISSING]
    chosen = [body for body in found if not wanted.bodies or body in wanted.bodies]
    barred = select(CARD.c.body).where(among(connection, CARD.c.body, chosen), CARD.c.state.in_(BARRED))
    not_these = set(connection.execute(barred).scalars())
    versions = in_use(connection, chosen)
    may = [body for body in chosen if body in versions and body not in not_these]
    return {body: versions[body] for body in may[:MOST_CARDS]}


def _lose(printing: Printing, wanted: Replacing, bodies: Collection[str]) -> None:
    now_ms = printing.now_ms()
    with printing.database.transaction() as connection:
        changes = []
        for loaded in load(connection, bodies).values():
            if loaded.card.state is CardState.ACTIVE:  # a card on hold stays so, and orders nothing by any paper
                card, events = lifecycle.lose(loaded.card, "audit")
                decision = Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal)
                changes.append(Change(loaded, decision, Actor.person(wanted.person)))
        position = store(connection, wanted.site_id, changes, now_ms)
    printing.publish(wanted.site_id, position)
