"""The review desk: what no rule decides, with everything that is known about it, and what a person may decide.

A decision changes cards and signals by core's building blocks, like a scan; it is an event in the ledger with the
person and the scan that caused it. What may be decided depends on how card and signal stand now, not when the review
was raised: the desk never offers what the rules would refuse.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from ekanban_central import missing_scans
from ekanban_central.changes import ASKED_ONCE
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import Loaded, last_opened, load
from ekanban_central.sets import among
from ekanban_central.signals_filter import Cursor
from ekanban_central.signals_view import TERMINAL, actor_names
from ekanban_central.sites import REVIEW
from ekanban_core import lifecycle
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Moment
from ekanban_core.lifecycle_missing import FOLLOWS, ORDERABLE, Demand
from ekanban_core.states import CardState, Closing, Intent, SignalState

PAGE = 50
Row = Mapping[str, Any]


class Choice(StrEnum):
    """What a person may decide."""

    NOTHING = "nothing"  # it has been looked at, and nothing is to be done
    ORDER = "order"  # open a signal with the scan's id and time
    RECEIVED = "received"  # the open signal is received
    RECEIVED_NEXT = "received_next"  # it is received, and the scan opens the next one
    STEP = "step"  # take the step that was scanned
    REINSTATE = "reinstate"  # the card is in use again, nothing is ordered
    REINSTATE_ORDER = "reinstate_order"  # the card is in use again, and the scan opens a signal
    CANCEL = "cancel"  # the open signal is cancelled; the note is its reason
    RETIRE = "retire"  # the card is out of use for good


STEPS = (Intent.ACKNOWLEDGE, Intent.START, Intent.READY, Intent.SHIP)


@dataclass(frozen=True, slots=True)
class Scanned:
    """The scan that a review is about, as it was stored; empty where it did not fit its schema."""

    text: str = ""
    raw: bytes = b""
    intent: str = ""
    scanner: str = ""
    shown: str = ""  # the outcome that the terminal showed
    scanned_at: str = ""  # the terminal's wall clock
    outcome: str = ""  # what the rules said
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    earliest_ms: int | None = None
    latest_ms: int | None = None
    imported: bool = False  # somebody brought it with the terminal's journal


@dataclass(frozen=True, slots=True)
class Case:
    """A review with all that a person needs to decide it; the desk's first choice is the likeliest."""

    id: UUID
    kind: ReviewKind
    position: int
    raised_ms: int
    scan_id: UUID | None
    signal_id: UUID | None
    body: str | None
    terminal_id: UUID | None
    terminal: str  # its name
    facts: Mapping[str, Any]
    scanned: Scanned
    loaded: Loaded | None
    choices: tuple[Choice, ...]
    decided_ms: int | None
    decision: str | None
    decided_by: str
    note: str
    arrived: int = 0  # of the scans that were missing


@dataclass(frozen=True, slots=True)
class DeskPage:
    """A page of the desk; `next` begins the one behind it."""

    cases: list[Case]
    next: Cursor | None


def page(
    connection: Connection,
    site_id: int,
    *,
    decided: bool = False,
    kind: str = "",
    after: Cursor | None = None,
    limit: int = PAGE,
) -> DeskPage:
    """Waiting reviews, the oldest first; or decided ones, the newest first."""
    place: ColumnElement[int] = REVIEW.c.decided_ms if decided else REVIEW.c.raised_ms
    key = (place, REVIEW.c.id)
    statement = select(REVIEW).where(REVIEW.c.site_id == site_id)
    statement = statement.where(REVIEW.c.decided_ms.is_not(None) if decided else REVIEW.c.decided_ms.is_(None))
    if kind:
        statement = statement.where(REVIEW.c.kind == kind)
    if after is not None:
        behind = tuple_(after.place_ms, after.id, types=[column.type for column in key])
        statement = statement.where(tuple_(*key) < behind if decided else tuple_(*key) > behind)
    ordered = statement.order_by(*(column.desc() if decided else column.asc() for column in key))
    rows = [dict(row) for row in connection.execute(ordered.limit(limit + 1)).mappings()]
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = Cursor(last["decided_ms" if decided else "raised_ms"], last["id"]) if last else None
    return DeskPage(cases(connection, site_id, rows[:limit]), cursor)


def counts(connection: Connection, site_id: int) -> dict[str, int]:
    """How many reviews wait, by kind."""
    statement = select(REVIEW.c.kind, func.count()).where(REVIEW.c.site_id == site_id, REVIEW.c.decided_ms.is_(None))
    return {row[0]: row[1] for row in connection.execute(statement.group_by(REVIEW.c.kind).order_by(REVIEW.c.kind))}


def one(connection: Connection, site_id: int, review_id: UUID, *, lock: bool = False) -> Case | None:
    """One review. `lock`: hold its card until the transaction ends."""
    statement = select(REVIEW).where(REVIEW.c.site_id == site_id, REVIEW.c.id == review_id)
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else cases(connection, site_id, [dict(row)], lock=lock)[0]


def cases(connection: Connection, site_id: int, rows: Sequence[Row], *, lock: bool = False) -> list[Case]:
    """Put together what is known about these reviews."""
    scans = _scans(connection, site_id, rows)
    scans |= {row["id"]: _reported(row["facts"]) for row in rows if row["kind"] == ReviewKind.CARD_MISSING}
    cards = load(connection, {row["body"] for row in rows if row["body"]}, lock=lock)
    names = _names(connection, rows)
    found = [_case(row, scans.get(row["id"], Scanned()), cards.get(row["body"] or ""), names) for row in rows]
    return [_counted(connection, case) if case.kind is ReviewKind.SCANS_MISSING else case for case in found]


def _case(row: Row, scanned: Scanned, loaded: Loaded | None, names: Mapping[str, str]) -> Case:
    same = {
        name: row[name]
        for name in ("id", "position", "raised_ms", "scan_id", "signal_id", "terminal_id", "body", "facts")
    }
    return Case(
        **same,
        kind=ReviewKind(row["kind"]),
        terminal=names.get(str(row["terminal_id"]), ""),
        scanned=scanned,
        loaded=loaded,
        choices=() if row["decided_ms"] is not None else choices(row, scanned, loaded),
        decided_ms=row["decided_ms"],
        decision=row["decision"],
        decided_by=names.get(str(row["decided_by"]), ""),
        note=row["note"],
    )


def _counted(connection: Connection, case: Case) -> Case:
    return replace(case, arrived=missing_scans.number_here(connection, missing_scans.gap_of(case.facts)))


def choices(row: Row, scanned: Scanned, loaded: Loaded | None) -> tuple[Choice, ...]:
    """What may be decided now, the likeliest first."""
    if loaded is None or loaded.card.state is CardState.RETIRED or row["scan_id"] is None:
        return (Choice.NOTHING,)
    intent = scanned.intent or str(row["facts"].get("intent", ""))
    kind = ReviewKind(row["kind"])
    if kind is ReviewKind.CARD_MISSING:
        return _about_missing(row, scanned, loaded)
    likely: list[Choice] = []
    if kind is ReviewKind.FOUND:
        likely = _about_found(row, scanned, loaded, intent)
    elif kind is ReviewKind.UNDO_MOVED_ON:
        same = loaded.signal is not None and str(row["signal_id"]) == loaded.signal.id
        likely = [Choice.CANCEL] if same else []
    elif kind in _MAY_CHANGE:
        likely = _about_intent(row, scanned, loaded, intent)
    if intent == Intent.EMPTY and loaded.signal is not None and kind not in _ABOUT_THE_CYCLE:
        return (Choice.NOTHING, *likely)  # what was wanted is on order, whoever has ordered it
    return (*likely, Choice.NOTHING)


_MAY_CHANGE = frozenset({
    ReviewKind.PROBABLY_RECEIVED, ReviewKind.CYCLE_UNCLEAR, ReviewKind.EMPTY_MEANWHILE, ReviewKind.TIMES_OVERLAP,
    ReviewKind.NO_OPEN_SIGNAL, ReviewKind.SHOWN_GREEN_REFUSED, ReviewKind.SHOWN_RED, ReviewKind.SET_ASIDE,
})  # fmt: skip

_ABOUT_THE_CYCLE = (ReviewKind.PROBABLY_RECEIVED, ReviewKind.CYCLE_UNCLEAR, ReviewKind.TIMES_OVERLAP, ReviewKind.FOUND)


def missing_demand(scanned: Scanned, loaded: Loaded) -> Demand:
    """How the demand of a bin stands that was reported without its card."""
    at = Moment(scanned.earliest_ms or 0, scanned.latest_ms or 0)
    return lifecycle.demand(loaded.card, loaded.signal, loaded.policy, at, last_opened(loaded))


def _about_missing(row: Row, scanned: Scanned, loaded: Loaded) -> tuple[Choice, ...]:
    """Order it, where the bounds allow it; first, where nothing speaks against it."""
    stands, believed = missing_demand(scanned, loaded), "standing" not in row["facts"]
    if stands in FOLLOWS:
        assumed = stands is Demand.NEXT and believed and loaded.policy.closing is Closing.ONE_SCAN  # as by a scan
        return (Choice.RECEIVED_NEXT, Choice.NOTHING) if assumed else (Choice.NOTHING, Choice.RECEIVED_NEXT)
    if stands not in ORDERABLE or loaded.card.last_signal == str(row["scan_id"]):
        return (Choice.NOTHING,)
    return (Choice.ORDER, Choice.NOTHING) if stands is Demand.WAITS and believed else (Choice.NOTHING, Choice.ORDER)


def _about_found(row: Row, scanned: Scanned, loaded: Loaded, intent: str) -> list[Choice]:
    if loaded.card.state not in (CardState.LOST, CardState.FOUND):
        # By a newer print. What the worker wanted is left, unless the new paper has asked for it.
        return _about_intent(row, scanned, loaded, intent) if loaded.signal is None else []
    orders = intent == Intent.EMPTY and loaded.signal is None
    retire = [] if loaded.signal else [Choice.RETIRE]
    return [*([Choice.REINSTATE_ORDER] if orders else []), Choice.REINSTATE, *retire]


def _about_intent(row: Row, scanned: Scanned, loaded: Loaded, intent: str) -> list[Choice]:
    """What the worker meant, as far as it is possible now."""
    signal, kind = loaded.signal, ReviewKind(row["kind"])
    if signal is not None and scanned.latest_ms is not None and scanned.latest_ms < signal.opened.earliest_ms:
        return []  # it was scanned before this signal's time, and is not about it
    if intent == Intent.EMPTY:
        if signal is None:
            return [] if loaded.card.last_signal == str(row["scan_id"]) else [Choice.ORDER]
        about_this = row["signal_id"] is None or str(row["signal_id"]) == signal.id
        opened_by_it = signal.id == str(row["scan_id"])
        if signal.state is SignalState.WAITING or opened_by_it or not about_this:
            return []
        return [Choice.RECEIVED_NEXT, Choice.RECEIVED]
    if intent == Intent.RECEIVE:
        if signal is not None:
            return [Choice.RECEIVED]
        return [Choice.ORDER] if kind is ReviewKind.NO_OPEN_SIGNAL else []
    return [Choice.STEP] if signal is not None and intent in STEPS else []


def _scans(connection: Connection, site_id: int, rows: Collection[Row]) -> dict[UUID, Scanned]:
    """The ledger's word about the scan behind each review."""
    own = [row for row in rows if row["position"] and row["kind"] not in _OF_NO_OWN_SCAN]
    found = _own_scans(connection, site_id, own) if own else {}
    earlier = [row for row in rows if row["kind"] in ASKED_ONCE and row["id"] not in found]
    return found | (_earlier_scans(connection, earlier) if earlier else {})


_OF_NO_OWN_SCAN = (
    ReviewKind.RESTORED, ReviewKind.SCANS_MISSING, ReviewKind.EMPTY_MEANWHILE, ReviewKind.PRINT_OVERTAKEN,
    ReviewKind.PRINT_ASIDE, ReviewKind.CARD_MISSING,
)  # fmt: skip


def _reported(facts: Mapping[str, Any]) -> Scanned:
    """What was told of a bin without a card, as if its card had been scanned."""
    return Scanned(
        intent=str(facts.get("intent", "")), scanned_at=str(facts.get("reported_at", "")),
        earliest_ms=facts.get("earliest_ms"), latest_ms=facts.get("latest_ms"),
    )  # fmt: skip


def _earlier_scans(connection: Connection, rows: Collection[Row]) -> dict[UUID, Scanned]:
    """These reviews are about a scan that was answered with their signal, and not about the one that raised them."""
    signals, scans = {row["signal_id"] for row in rows}, {row["scan_id"] for row in rows}
    statement = select(LEDGER.c.scan_id, LEDGER.c.data).where(
        among(connection, LEDGER.c.signal_id, signals), LEDGER.c.kind == "scan", LEDGER.c.scan_id.in_(scans)
    )
    found = {row.scan_id: _scanned(row.data) for row in connection.execute(statement)}
    return {row["id"]: found[row["scan_id"]] for row in rows if row["scan_id"] in found}


def _own_scans(connection: Connection, site_id: int, rows: Collection[Row]) -> dict[UUID, Scanned]:
    """The row of the scan that raised a review stands at or just before the review's."""
    about = {row["id"]: row for row in rows}
    wanted = {position for row in about.values() for position in range(row["position"] - _LOOK_BACK, row["position"])}
    statement = select(LEDGER.c.position, LEDGER.c.scan_id, LEDGER.c.data).where(
        LEDGER.c.site_id == site_id, LEDGER.c.kind == "scan", among(connection, LEDGER.c.position, sorted(wanted))
    )
    found = sorted(((row.position, row.scan_id, row.data) for row in connection.execute(statement)), reverse=True)
    result = {}
    for key, row in about.items():
        fits = (data for position, scan_id, data in found if position < row["position"] and scan_id == row["scan_id"])
        data = next(fits, None)
        if data is not None:
            result[key] = _scanned(data)
    return result


_LOOK_BACK = 12  # a scan's events follow its row at once; no decision makes more of them


def _scanned(data: Mapping[str, Any]) -> Scanned:
    scan = data.get("scan")
    sent: Mapping[str, Any] = scan if isinstance(scan, Mapping) else {}
    raw = _raw(sent.get("raw"))
    return Scanned(
        text=raw.decode("utf-8", "replace") if "raw" in sent else str(scan),
        raw=raw,
        intent=_short(sent, "intent"),
        scanner=_short(sent, "scanner"),
        shown=_short(sent, "local_outcome"),
        scanned_at=_short(sent, "scanned_at"),
        outcome=_short(data, "outcome"),
        reason=_short(data, "reason"),
        facts=data.get("facts") or {},
        earliest_ms=data.get("earliest_ms"),
        latest_ms=data.get("latest_ms"),
        imported="import" in data,
    )


def _short(data: Mapping[str, Any], name: str) -> str:
    return str(data.get(name) or "")[:200]


def _raw(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _names(connection: Connection, rows: Collection[Row]) -> dict[str, str]:
    terminals = {row["terminal_id"] for row in rows if row["terminal_id"]}
    names: dict[str, str] = {}
    if terminals:
        statement = select(TERMINAL.c.id, TERMINAL.c.name).where(among(connection, TERMINAL.c.id, list(terminals)))
        names = {str(row.id): row.name for row in connection.execute(statement)}
    people = [{"actor_kind": "person", "actor": str(row["decided_by"])} for row in rows if row["decided_by"]]
    return names | actor_names(connection, people)
