"""The one way in which cards and signals change, by scans and by people alike: core decides, this writes.

Everything is collected first and written at the end by a few set-based statements, the site's head row last of all
locks. A signal that closes is written before one that opens, so that the database's own constraint (one open signal for
each card, promise 3) never sees two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Table, select

from ekanban_central import ledger, tables
from ekanban_central.ids import uuid_of
from ekanban_central.ledger import Actor, Entry
from ekanban_central.loading import CARD, SIGNAL, Loaded, signal_of
from ekanban_central.sets import Counted, Head, Statements, among
from ekanban_central.signal_rows import Columns, changed_columns, moment_columns, signal_of_event
from ekanban_core.decision import Decision
from ekanban_core.errors import EkanbanError
from ekanban_core.events import Event, ReviewKind, ReviewRaised
from ekanban_core.facts import Card

REVIEW: Table = tables.Review.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
REVIEWS = uuid5(NAMESPACE_URL, "ekanban:review")
# Of one signal, whichever of them, until somebody has decided: each asks for the next bin.
ASKED_ONCE = (ReviewKind.PROBABLY_RECEIVED, ReviewKind.CYCLE_UNCLEAR, ReviewKind.EMPTY_MEANWHILE)


class DecisionInconsistent(EkanbanError):
    """A decision's events do not lead to the state that it names; nothing of it was written."""


@dataclass(frozen=True, slots=True)
class Change:
    """What core decided about one loaded card, and who caused it."""

    loaded: Loaded
    decision: Decision
    actor: Actor
    scan_id: str | None = None


def store(connection: Connection, site_id: int, changes: Sequence[Change], now_ms: int) -> int:
    """Write cards, signals, reviews and ledger; returns the last position. All cards belong to `site_id`.

    Cards must have been loaded with their locks in this transaction. Several changes of one card follow each other in
    the order given. Afterwards, when the transaction is committed: `central.hub.publish(site_id, position)`.
    """
    desk = Writer(site_id, now_ms)
    for change in changes:
        desk.change(change)
    return desk.write(connection)


@dataclass(slots=True)
class _State:
    """A card's rows while changes are collected; `index`: the newest entry that changed one of them."""

    card: Columns
    core: Card  # the same card for the rules
    signals: dict[UUID, Columns]
    index: int | None = None
    signal_index: dict[UUID, int] = field(default_factory=dict)
    written: dict[UUID, set[str]] = field(default_factory=dict)  # columns of signals that the database has


class Writer:
    """Collects what is to be written for one site; `write` writes it."""

    def __init__(self, site_id: int, now_ms: int) -> None:
        self.site_id = site_id
        self.now_ms = now_ms
        self.entries: list[Entry] = []
        self._states: dict[str, _State] = {}
        self._reviews: list[tuple[int, Columns]] = []  # with the index of the entry that raised it
        self._revised: list[Columns] = []  # of reviews that the desk has

    def note(self, entry: Entry) -> int:
        """Add a ledger row; returns its index."""
        self.entries.append(entry)
        return len(self.entries) - 1

    def change(self, change: Change) -> None:
        """Add what one decision changes. Raises DecisionInconsistent."""
        state = self._state(change.loaded)
        made = [(event, self._data(event, change, state)) for event in change.decision.events]
        card_columns = _card_columns(change.decision.card, state.core)
        if card_columns and change.decision.card:
            state.core = change.decision.card
            if not made:
                raise DecisionInconsistent
            made[-1][1].setdefault("set", {})["card"] = card_columns
            state.card |= card_columns
        for event, data in made:
            self._entry(event, data, change, state)
        if made or change.decision.signal is not change.loaded.signal:
            _check(change.decision, state)

    def seen(self, loaded: Loaded, at_ms: int, terminal: UUID) -> None:
        """Remember when and where the card was read last; scans may come in any order."""
        card = self._state(loaded).card
        if at_ms >= (card["last_scan_ms"] or 0):
            card |= {"last_scan_ms": at_ms, "last_scan_terminal": terminal}

    def review(self, index: int, kind: str, facts: dict[str, Any], **columns: Any) -> None:
        """Lay something on the review desk; `index`: the entry that says why."""
        none = dict.fromkeys(("scan_id", "terminal_id", "body", "signal_id", "decided_ms", "decision"))
        self._reviews.append((index, {**none, "kind": kind, "facts": facts, **columns}))

    def raised(self, connection: Connection) -> list[Columns]:
        """What will be laid on the review desk."""
        self._reviews = self._unasked(connection)
        return [columns for _, columns in self._reviews]

    def revise(self, review: Columns, columns: Columns, entry: Entry) -> None:
        """Change a review by rule, mostly decide it: one that the desk has, or one of `raised`."""
        self.note(entry)
        if "id" in review:
            self._revised.append({"id": review["id"], **columns})
        else:
            review |= columns

    def write(self, connection: Connection) -> int:
        """Write everything; returns the site's newest position."""
        statements = Statements(connection)
        head = self.reserve(statements)
        self.put(statements, head)
        statements.run()
        return head.position

    def reserve(self, statements: Statements) -> Head:
        """Take positions for all that was collected, when the statements run: the last lock of a transaction."""
        self._reviews = self._unasked(statements.connection)
        return ledger.reserve(statements, self.site_id, self.entries, self.now_ms)

    def put(self, statements: Statements, head: Head) -> None:
        """Write everything, when the statements run."""
        ledger.write(statements, self.entries, self.now_ms, head)
        self._write_cards(statements, head)
        self._write_signals(statements, head)
        if self._reviews:
            statements.run()  # their ids are made of positions
            statements.insert_new(REVIEW, [self._review_row(head, *raised) for raised in self._reviews])
        for row in self._revised:  # few, and not of the same columns
            statements.update(REVIEW, [row])

    def before_head(self, index: int) -> int:
        """How far the entry of this index lies from the head: zero or less."""
        return index + 1 - len(self.entries)

    def _state(self, loaded: Loaded) -> _State:
        body = loaded.card.body
        if body not in self._states:
            signals = {key: dict(row) for key, row in loaded.signal_rows.items()}
            self._states[body] = _State(dict(loaded.card_row), loaded.card, signals)
        return self._states[body]

    def _data(self, event: Event, change: Change, state: _State) -> dict[str, Any]:
        columns = changed_columns(event, change.loaded, change.scan_id)
        key = signal_of_event(event)
        if columns is None or key is None:
            return event.data()
        if key not in state.signals and "id" not in columns:
            raise DecisionInconsistent(f"{event.kind}: signal {key} was not loaded with its card")
        if key in change.loaded.signal_rows:
            state.written.setdefault(key, set()).update(columns)
        state.signals[key] = {**state.signals.get(key, {}), **columns}
        return {**event.data(), "set": {"signal": columns}}

    def _entry(self, event: Event, data: dict[str, Any], change: Change, state: _State) -> None:
        key = signal_of_event(event)
        scan_id = uuid_of(change.scan_id) if change.scan_id else None
        body = change.loaded.card.body
        index = self.note(Entry(event.kind, change.actor, body, scan_id, key, change.loaded.loop.id, data))
        if "set" in data:
            state.index = index
            if key is not None and "signal" in data["set"]:
                state.signal_index[key] = index
        if isinstance(event, ReviewRaised):
            about = uuid_of(event.scan) if event.scan else scan_id
            terminal = event.terminal or (change.actor.id if change.actor.kind == "terminal" else None)
            at = uuid_of(terminal) if terminal else None
            self.review(index, event.review, event.facts, scan_id=about, terminal_id=at, body=body, signal_id=key)

    def _write_cards(self, statements: Statements, head: Head) -> None:
        changed, read = [], []
        for state in self._states.values():
            row = {name: state.card[name] for name in _WRITTEN}
            if state.index is None:
                read.append(row)
            else:
                changed.append({**row, "changed": self.before_head(state.index)})
        statements.update(CARD, changed, Counted(head, ("changed",)))
        statements.update(CARD, read)

    def _write_signals(self, statements: Statements, head: Head) -> None:
        new: list[Columns] = []
        ends: dict[tuple[str, ...], list[Columns]] = {}  # by the columns that change
        goes_on: dict[tuple[str, ...], list[Columns]] = {}
        counted = Counted(head, ("changed",))
        for state in self._states.values():
            for key, index in state.signal_index.items():
                row = {**state.signals[key], "changed": self.before_head(index)}
                if key not in state.written:
                    new.append(row)
                    continue
                names = ("id", *sorted(state.written[key]), "changed")
                rows = goes_on if row["closed_how"] is None else ends
                rows.setdefault(names, []).append({name: row[name] for name in names})
        for alike in ends.values():
            statements.update(SIGNAL, alike, counted)
        statements.insert(SIGNAL, new, counted)
        for alike in goes_on.values():
            statements.update(SIGNAL, alike, counted)

    def _unasked(self, connection: Connection) -> list[tuple[int, Columns]]:
        """Leave out what lies on the desk already: a worker who scans on and on asks one question, the first one."""
        signals = {columns["signal_id"] for _, columns in self._reviews if columns["kind"] in ASKED_ONCE}
        if not signals:
            return self._reviews
        open_ones = select(REVIEW.c.signal_id).where(
            REVIEW.c.site_id == self.site_id, REVIEW.c.decided_ms.is_(None), REVIEW.c.kind.in_(ASKED_ONCE)
        )
        found = connection.execute(open_ones.where(among(connection, REVIEW.c.signal_id, signals)))
        asked = {row[0] for row in found}
        new = []
        for index, columns in self._reviews:
            if columns["kind"] not in ASKED_ONCE:
                new.append((index, columns))
            elif columns["signal_id"] not in asked:
                new.append((index, columns))
                asked.add(columns["signal_id"])
        return new

    def _review_row(self, head: Head, index: int, columns: Columns) -> Columns:
        position = head.position + self.before_head(index)
        return {
            "id": review_id(self.site_id, position, columns["kind"]),
            "site_id": self.site_id,
            "position": position,
            "raised_ms": self.now_ms,
            "note": "",
            **columns,
            "kind": str(columns["kind"]),
        }


def review_id(site_id: int, position: int, kind: str) -> UUID:
    """Name a review after the ledger row that raised it."""
    return uuid5(REVIEWS, f"{site_id}:{position}:{kind}")


_CARD_FACTS = ("state", "print_version", "pending_version", "quantity_version", "last_signal")
_CLOSED = ("last_closed_earliest_ms", "last_closed_latest_ms", "last_closed_terminal")
_WRITTEN = ("body", *_CARD_FACTS, *_CLOSED, "last_scan_ms", "last_scan_terminal")


def _card_columns(card: Card | None, before: Card) -> Columns:
    """Return the columns of what core changed in a card."""
    if card is None or card is before:
        return {}
    columns: Columns = {
        name: value
        for name, value, old in (
            ("state", str(card.state), str(before.state)),
            ("print_version", card.print_version, before.print_version),
            ("pending_version", card.pending_version, before.pending_version),
            ("quantity_version", card.quantity_version, before.quantity_version),
        )
        if value != old
    }
    if card.last_signal != before.last_signal:
        columns["last_signal"] = uuid_of(card.last_signal) if card.last_signal else None
    if card.last_closed != before.last_closed:
        columns |= moment_columns("last_closed", card.last_closed)
    return columns


def _check(decision: Decision, state: _State) -> None:
    """Rows follow the events; they must have come out where the decision says."""
    open_rows = [row for row in state.signals.values() if row["closed_how"] is None]
    found = [signal_of(row) for row in open_rows]
    wanted = [] if decision.signal is None else [decision.signal]
    if found != wanted:
        raise DecisionInconsistent(f"expected open signals {wanted}, got {found}")
