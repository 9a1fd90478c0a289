"""What an event of core changes in a signal's row: pure, from columns to columns.

The same columns go into the ledger, so that replaying it rebuilds the rows (replay.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any
from uuid import UUID

from ekanban_central.ids import uuid_of
from ekanban_central.loading import Loaded
from ekanban_core.decision import due_ms
from ekanban_core.events import (
    Event,
    SignalAdvanced,
    SignalCancelled,
    SignalOpened,
    SignalReceived,
    SignalReleased,
    SignalReopened,
    SignalSteppedBack,
)
from ekanban_core.facts import Moment
from ekanban_core.states import OPEN_STATES, SignalState

Columns = dict[str, Any]
STEP_TIMES = {
    SignalState.ACKNOWLEDGED: "acknowledged_ms",
    SignalState.IN_PROCESS: "started_ms",
    SignalState.READY: "ready_ms",
    SignalState.IN_TRANSIT: "shipped_ms",
}
NOT_CLOSED: Mapping[str, Any] = {
    "closed_earliest_ms": None, "closed_latest_ms": None, "closed_how": None, "closed_reason": "",
}  # fmt: skip


@singledispatch
def changed_columns(event: Event, loaded: Loaded, scan_id: str | None) -> Columns | None:
    """Return the columns that `event` sets, None for an event of no signal. `scan_id`: what caused it."""
    return None


def signal_of_event(event: Event) -> UUID | None:
    """Return the signal that an event names."""
    name = getattr(event, "signal", None)
    return None if name is None else uuid_of(name)


@changed_columns.register
def _(event: SignalOpened, loaded: Loaded, scan_id: str | None) -> Columns:
    return {
        "id": uuid_of(event.signal),
        "site_id": loaded.site_id,
        "body": loaded.card.body,
        "loop_id": loaded.loop.id,
        "state": str(event.state),
        "urgent": False,
        "quantity": loaded.policy.quantity,
        **moment_columns("opened", event.at),
        **moment_columns("released", None if event.state is SignalState.WAITING else event.at),
        "due_ms": due_ms(event.at, loaded.policy),
        **dict.fromkeys(STEP_TIMES.values()),
        **NOT_CLOSED,
        "last_scan": uuid_of(event.signal),
    }


@changed_columns.register
def _(event: SignalReleased, loaded: Loaded, scan_id: str | None) -> Columns:
    return {"state": str(SignalState.RELEASED), **moment_columns("released", event.at), **_by(scan_id)}


@changed_columns.register
def _(event: SignalAdvanced, loaded: Loaded, scan_id: str | None) -> Columns:
    return {"state": str(event.after), STEP_TIMES[event.after]: event.at.latest_ms, **_by(scan_id)}


@changed_columns.register
def _(event: SignalSteppedBack, loaded: Loaded, scan_id: str | None) -> Columns:
    kept = OPEN_STATES.index(event.after)
    later = {name: None for state, name in STEP_TIMES.items() if OPEN_STATES.index(state) > kept}
    released = moment_columns("released", None) if event.after is SignalState.WAITING else {}
    return {"state": str(event.after), **later, **released, **_by(event.last_scan)}


@changed_columns.register
def _(event: SignalReceived, loaded: Loaded, scan_id: str | None) -> Columns:
    return {"state": str(SignalState.RECEIVED), **_closed(event.at, event.how, ""), **_by(scan_id)}


@changed_columns.register
def _(event: SignalCancelled, loaded: Loaded, scan_id: str | None) -> Columns:
    return {"state": str(SignalState.CANCELLED), **_closed(event.at, event.how, event.reason), **_by(scan_id)}


@changed_columns.register
def _(event: SignalReopened, loaded: Loaded, scan_id: str | None) -> Columns:
    before = event.restored
    return {
        "state": str(before.state),
        "urgent": before.urgent,
        **moment_columns("opened", before.opened),
        **moment_columns("released", before.released),
        **NOT_CLOSED,
        **_by(before.last_scan),
    }


def moment_columns(name: str, at: Moment | None) -> Columns:
    """Return the columns `<name>_earliest_ms`, `<name>_latest_ms`, `<name>_terminal`."""
    return {
        f"{name}_earliest_ms": at.earliest_ms if at else None,
        f"{name}_latest_ms": at.latest_ms if at else None,
        f"{name}_terminal": uuid_of(at.terminal) if at and at.terminal else None,
    }


def _closed(at: Moment, how: str, reason: str) -> Columns:
    return {
        "closed_earliest_ms": at.earliest_ms,
        "closed_latest_ms": at.latest_ms,
        "closed_how": str(how),
        "closed_reason": reason,
    }


def _by(scan_id: str | None) -> Columns:
    return {"last_scan": uuid_of(scan_id) if scan_id else None}
