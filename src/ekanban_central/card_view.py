"""A card and its signals as the phone page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ekanban_central import signals_view, words
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import Loaded, load
from ekanban_central.signals_view import Row
from ekanban_central.view import gettext as _
from ekanban_core.states import SignalState

CYCLES = 6  # newest signals that are shown


@dataclass(frozen=True, slots=True)
class Entry:
    """One point of the timeline; `at_ms` the latest possible moment."""

    word: str
    icon: str
    at_ms: int | None
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """The card, its newest signals, and what happened to the newest one."""

    loaded: Loaded
    signals: list[Row]
    timeline: list[Entry]

    @property
    def signal(self) -> Row | None:
        """The open one."""
        newest = self.signals[0] if self.signals else None
        return newest if newest is not None and not signals_view.is_closed(newest) else None

    def paper(self, version: int) -> str:
        """What is wrong with this print: superseded, stale, or nothing."""
        card = self.loaded.card
        if 0 < version < card.print_version:
            return "superseded"
        return "stale" if 0 < version < card.quantity_version else ""


def read(connection: Connection, body: str) -> CardView | None:
    """Everything about one card; None when there is none."""
    loaded = load(connection, [body], lock=False).get(body)
    if loaded is None:
        return None
    signals = signals_view.of_card(connection, body, CYCLES)
    history = signals_view.history(connection, loaded.site_id, signals[0]["id"]) if signals else []
    return CardView(loaded, signals, timeline(history))


def timeline(history: Sequence[Row]) -> list[Entry]:
    """What happened to a signal in words, oldest first; its release only where it had waited."""
    entries = [_entry(row) for row in history]
    return [entry for entry in entries if entry is not None]


def _entry(row: Row) -> Entry | None:
    data: Mapping[str, Any] = row["data"]
    at_ms, by = _at(data, row["at_ms"]), row["by"]
    match row["kind"]:
        case "signal_opened":
            waits = _("waits for its release") if data.get("state") == SignalState.WAITING else ""
            return Entry(_("Bin empty"), "open", at_ms, by, waits)
        case "signal_released":
            return Entry(_("Released"), "open", at_ms, by)
        case "signal_advanced":
            sign = words.signal_state(str(data["after"]))
            return Entry(sign.word, sign.icon, at_ms, by)
        case "signal_stepped_back":
            word = words.signal_state(str(data["after"])).word
            return Entry(_("Taken back to: {state}").format(state=word), "undo", at_ms, by)
        case "signal_received":
            sign = words.signal_state(SignalState.RECEIVED, "assumed" if data.get("assumed") else None)
            return Entry(sign.word, sign.icon, at_ms, by)
        case "signal_cancelled":
            sign = words.signal_state(SignalState.CANCELLED, str(data.get("how")))
            return Entry(sign.word, sign.icon, at_ms, by, str(data.get("reason") or ""))
        case "signal_reopened":
            return Entry(_("Receipt taken back"), "undo", at_ms, by)
        case _:
            return None


def _at(data: Mapping[str, Any], recorded_ms: int) -> int:
    at = data.get("at")
    return int(at["latest_ms"]) if isinstance(at, Mapping) else recorded_ms


def last_words(connection: Connection, site_id: int, body: str) -> str:
    """Why the card is as it is: the reason of its making, last hold, loss or retirement; "" where none was given."""
    kinds = ("card_created", "card_held", "card_lost", "card_retired")
    statement = (
        select(LEDGER.c.data)
        .where(LEDGER.c.body == body, LEDGER.c.site_id == site_id, LEDGER.c.kind.in_(kinds))
        .order_by(LEDGER.c.position.desc())
        .limit(1)
    )
    data = connection.execute(statement).scalar_one_or_none()
    return str(data.get("reason") or "") if data else ""
