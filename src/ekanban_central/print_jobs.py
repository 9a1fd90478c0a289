"""Print jobs: what people ask for becomes prints with versions of their own, all of them or none.

Whatever could be refused is refused before anything is stored (print_wish.py). Then one transaction makes the prints
and the job; had a card or its loop changed in between, all begins again.

    key = make(printing, Wish(site_id, person, bodies=["7K3QM9X2"], reason=PrintReason.DAMAGED))
    confirm(printing, site_id, person, key, 1, 2)           these came out
    print_again.again(printing, site_id, person, key, range(3, 9))   these once more, as new prints
    cancel(printing, site_id, person, key)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ekanban_central import card_papers, forgotten_versions, master, print_faces, print_rows, printers
from ekanban_central.changes import Change, Writer
from ekanban_central.inputs import NewCards
from ekanban_central.ledger import Actor, Entry
from ekanban_central.loading import Loaded, load
from ekanban_central.master import Desk
from ekanban_central.print_rows import Row
from ekanban_central.print_wish import (
    OTHERWISE,
    AskedOtherwise,
    Draft,
    NoSuchCards,
    NoSuchJob,
    NotMissing,
    NotNow,
    Printing,
    Wish,
    draft,
    next_print,
)
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.events import Event
from ekanban_core.facts import Card, Message
from ekanban_core.ids import uuid7
from ekanban_core.states import Outcome, PaperState, PrintState
from ekanban_core.texts import gettext as _

TRIES = 5


class _Moved(Exception):
    """A card, its loop or the printer is not any more what the faces were made of, or the job is there by now."""


def make(printing: Printing, wish: Wish) -> UUID:
    """Make a job; returns its id, also where this request has made it before.

    A wish without an id is the same as the one before where it says the same (print_rows.same_of_late).

    Raises AskedOtherwise, NotNow, NotMissing, NoSuchJob and what `draft` raises.
    """
    tried = 0
    while (key := made_already(printing, wish)) is None:
        tried += 1
        found = draft(printing, wish)
        try:
            key = _store(printing, wish, found)
            break
        except IntegrityError:  # the same request at the same time
            if tried == TRIES:
                raise
        except (_Moved, master.AlreadyThere):  # AlreadyThere: chance gave a card's body that another card has
            if tried == TRIES:
                raise NotNow(_("These cards change all the time. Try again in some seconds.")) from None
    printing.made.set()
    return key


def confirm(printing: Printing, site_id: int, person: UUID, key: UUID, first: int, last: int) -> None:
    """Somebody has seen that this range came out: older prints are superseded.

    Raises NoSuchJob, NotNow and NoSuchCards.
    """
    now_ms = printing.now_ms()
    with printing.database.transaction() as connection:
        job = _held(connection, site_id, key)
        if job["state"] not in (*print_rows.OPEN_TO_PEOPLE, PrintState.DONE):
            raise NotNow(_("Only of a job that was sent can be said what came out."))
        last = min(last, job["total"])
        if first > last:
            raise NoSuchCards(_("Expected a range of the job's cards, from 1 to {total}."), total=job["total"])
        position = paper_out(connection, job, range(first, last + 1), Actor.person(person), now_ms)
    printing.publish(site_id, position)


def cancel(printing: Printing, site_id: int, person: UUID, key: UUID) -> None:
    """Take a job back that waits. Its prints never come, the older ones stay valid. Raises NoSuchJob and NotNow."""
    now_ms = printing.now_ms()
    with printing.database.transaction() as connection:
        job = _held(connection, site_id, key)
        if job["state"] != PrintState.QUEUED:
            raise NotNow(_("Only a job that waits can be taken back."))
        position = ended(connection, job, PrintState.CANCELLED, Actor.person(person), now_ms)
    printing.publish(site_id, position)


def paper_out(connection: Connection, job: Row, places: Iterable[int], actor: Actor, now_ms: int) -> int:
    """Confirm prints of a job that is held; returns the ledger's position."""
    wanted = set(places)
    rows = print_rows.prints(connection, job["id"], min(wanted), max(wanted)) if wanted else []
    chosen = [row for row in rows if row["place"] in wanted and row["state"] != PaperState.OUT]
    desk = Writer(job["site_id"], now_ms)
    if chosen:
        about = {"job": str(job["id"]), "places": [row["place"] for row in chosen]}
        desk.note(Entry("paper_out", actor, data=about))
    cards = load(connection, [row["body"] for row in chosen])
    for row in chosen:
        loaded = cards[row["body"]]
        card, events = lifecycle.print_confirmed(loaded.card, row["version"])
        if events:
            desk.change(_change(loaded, card, events, actor))
    print_rows.settle(connection, job["id"], [row["place"] for row in chosen], PaperState.OUT, now_ms)
    return desk.write(connection)


def ended(
    connection: Connection,
    job: Row,
    state: PrintState,
    actor: Actor,
    now_ms: int,
    said: print_rows.Said | None = None,
    begun: int | None = None,
) -> int:
    """End a job that is held; returns the ledger's position. begun: see print_rows.end."""
    print_rows.end(connection, job["id"], state, now_ms, said, begun)
    desk = Writer(job["site_id"], now_ms)
    desk.note(Entry(f"print_job_{state}", actor, data={"job": str(job["id"]), "printer": job["printer"]}))
    return desk.write(connection)


def made_already(printing: Printing, wish: Wish) -> UUID | None:
    """The job that this request has made before: by its id or, without one, by its words. Raises AskedOtherwise."""
    with printing.database.reading() as connection:
        if wish.request_id is None:
            return _same_of_late(printing, connection, wish)
        found = print_rows.by_request(connection, wish.site_id, wish.request_id)
    if found is None:
        return None
    if found["request_hash"] != wish.hash:
        raise AskedOtherwise(OTHERWISE)
    key: UUID = found["id"]
    return key


def _same_of_late(printing: Printing, connection: Connection, wish: Wish, without: UUID | None = None) -> UUID | None:
    now_ms = printing.now_ms()
    return print_rows.same_of_late(connection, wish.site_id, wish.hash, wish.person, now_ms, without)


def _store(printing: Printing, wish: Wish, found: Draft) -> UUID:
    """Locks: the printer, the repeated job, the cards, the site's head; the same order as everywhere."""
    now_ms, actor = printing.now_ms(), wish.actor
    key = UUID(uuid7(now_ms, printing.random_bytes))
    with printing.database.transaction() as connection:
        if printers.hold(connection, wish.site_id, found.printer.id) != found.printer:
            raise _Moved
        if wish.repeats is not None:
            _held(connection, wish.site_id, wish.repeats)
            not_twice(connection, wish.bodies, wish.repeats)  # two people may look at one job
        print_rows.add(connection, _job_row(key, wish, found, now_ms))
        if wish.loop_id is not None:
            _new_cards(printing, connection, wish, wish.loop_id, found)
        cards = load(connection, found.bodies)
        if wish.loop_id is None and print_faces.facts_of(connection, found.bodies) != list(found.facts):
            raise _Moved
        if wish.terminal is not None:
            not_twice(connection, found.bodies)
        if wish.missed and card_papers.in_use(connection, found.bodies) != wish.missed:
            raise NotMissing
        if wish.request_id is None and _same_of_late(printing, connection, wish, key):
            raise _Moved  # at the same time: the cards are held, so that there is no third one
        print_rows.add_prints(connection, key, _print_rows(found))
        _replace(connection, wish, now_ms)
        desk = Writer(wish.site_id, now_ms)
        about = {
            "job": str(key), "printer": found.printer.name, "reason": str(wish.reason), "cards": len(found.bodies),
            "repeats": None if wish.repeats is None else str(wish.repeats),
        }  # fmt: skip
        desk.note(Entry("print_job_made", actor, loop_id=wish.loop_id, data=about))
        leaps = forgotten_versions.leaps(connection, wish.site_id, found.bodies)
        for body, version in zip(found.bodies, found.versions, strict=True):
            card, events = next_print(cards[body].card, wish.reason, leaps)
            if card.pending_version != version:
                raise _Moved
            desk.change(_change(cards[body], card, events, actor))
        position = desk.write(connection)
    printing.publish(wish.site_id, position)
    return key


def not_twice(connection: Connection, bodies: Sequence[str], repeats: UUID | None = None) -> None:
    """Refuse to print cards that are being printed; repeats: once more, as this job. Raises NotNow."""
    printer = print_rows.prints_now(connection, bodies, repeats)
    if printer is None:
        return
    if len(bodies) == 1:
        raise NotNow(_("This card is being printed already, on {printer}."), printer=printer)
    raise NotNow(_("Of these cards some are being printed again already, on {printer}."), printer=printer)


def _new_cards(printing: Printing, connection: Connection, wish: Wish, loop_id: UUID, found: Draft) -> None:
    desk = Desk(connection, wish.site_id, wish.actor, printing.now_ms(), printing.random_bytes)
    master.hold_loop(desk, loop_id)
    now = print_faces.loop_columns(connection, [loop_id])[loop_id]
    planned = found.facts[0]
    if {**now, "cards": planned.columns["cards"]} != planned.columns:
        raise _Moved
    if master.next_number(connection, loop_id) != planned.number:
        raise _Moved
    master.create_cards(desk, loop_id, NewCards(count=len(found.facts), one_off=wish.one_off), found.bodies)


def _replace(connection: Connection, wish: Wish, now_ms: int) -> None:
    """Of the prints that these take the place of, nobody need find out any more what became of them."""
    if wish.repeats is None:
        return
    rows = print_rows.prints(connection, wish.repeats, min(wish.places), max(wish.places))
    unsure = [row["place"] for row in rows if row["state"] == PaperState.UNSURE and row["place"] in wish.places]
    print_rows.settle(connection, wish.repeats, unsure, PaperState.MISSING, now_ms)


def _job_row(key: UUID, wish: Wish, found: Draft, now_ms: int) -> dict[str, Any]:
    return {
        "id": key, "site_id": wish.site_id, "printer_id": found.printer.id, "printer": found.printer.name,
        "terminal_id": found.printer.terminal_id, "request_id": wish.request_id, "request_hash": wish.hash,
        "state": PrintState.QUEUED, "layout": found.layout, "sheet": found.plan.sheet, "skip": wish.skip,
        "duplex": wish.duplex, "reason": wish.reason, "person_id": wish.person, "repeats": wish.repeats,
        "total": len(found.facts), "printed": 0, "made_ms": now_ms, "seen_ms": now_ms, "ended_ms": None, "worker": "",
        "said": None,
    }  # fmt: skip


def _print_rows(found: Draft) -> list[dict[str, Any]]:
    rows = zip(found.facts, found.versions, found.papers, strict=True)
    return [
        {
            "place": place, "body": facts.body, "version": version,
            "face": print_faces.kept(paper, facts.columns["picture"]),
        }
        for place, (facts, version, paper) in enumerate(rows, start=1)
    ]  # fmt: skip


def _change(loaded: Loaded, card: Card, events: tuple[Event, ...], actor: Actor) -> Change:
    return Change(loaded, Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal), actor)


def _held(connection: Connection, site_id: int, key: UUID) -> Row:
    job = print_rows.hold(connection, site_id, key)
    if job is None:
        raise NoSuchJob
    return job
