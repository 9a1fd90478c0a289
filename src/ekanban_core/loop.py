"""From a terminal's register to the values of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ekanban_core.decision import Known
from ekanban_core.facts import Card, LoopPolicy, Moment, Signal

if TYPE_CHECKING:
    from ekanban_core.wire import RegisterCard, RegisterSignal


def known(entry: RegisterCard) -> Known:
    """Card, open signal and policy of a register entry."""
    return Known(card(entry), signal(entry.signal), policy(entry))


def policy(entry: RegisterCard) -> LoopPolicy:
    """What the card's loop allows."""
    return LoopPolicy(
        closing=entry.closing,
        quantity=entry.quantity,
        lead_time_s=entry.lead_time_s,
        min_cycle_s=entry.min_cycle_s,
        states=frozenset(entry.states),
        holds_back=entry.holds_back,
        out_of_sequence=entry.out_of_sequence,
    )


def card(entry: RegisterCard) -> Card:
    """The card itself. The register does not say which terminal closed its last signal."""
    return Card(
        body=entry.body,
        state=entry.state,
        print_version=entry.print_version,
        pending_version=entry.pending_version,
        quantity_version=entry.quantity_version,
        last_closed=_moment(entry.last_closed_earliest_ms, entry.last_closed_latest_ms),
        last_signal=entry.last_signal,
        one_off=entry.one_off,
    )


def signal(entry: RegisterSignal | None) -> Signal | None:
    """The open signal, if there is one."""
    if entry is None:
        return None
    opened = Moment(entry.opened_earliest_ms, entry.opened_latest_ms)
    released = _moment(entry.released_earliest_ms, entry.released_latest_ms)
    return Signal(entry.id, entry.state, opened, released, last_scan=None, urgent=entry.urgent)


def _moment(earliest_ms: int | None, latest_ms: int | None) -> Moment | None:
    return None if earliest_ms is None or latest_ms is None else Moment(earliest_ms, latest_ms)
