"""What a scan changed, kept beside it for ever, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ekanban_core.facts import Card, Moment, Signal
from ekanban_core.states import CardState, SignalState


def moment_to_json(moment: Moment | None) -> list[Any] | None:
    """[earliest_ms, latest_ms, terminal]."""
    return None if moment is None else [moment.earliest_ms, moment.latest_ms, moment.terminal]


def moment_from_json(value: Any) -> Moment | None:
    """The reverse of moment_to_json."""
    return None if value is None else Moment(*value)


def signal_to_json(signal: Signal | None) -> dict[str, Any] | None:
    """A signal as JSON."""
    if signal is None:
        return None
    return {
        "id": signal.id,
        "state": str(signal.state),
        "opened": moment_to_json(signal.opened),
        "released": moment_to_json(signal.released),
        "last_scan": signal.last_scan,
        "urgent": signal.urgent,
    }


def signal_from_json(value: Mapping[str, Any] | None) -> Signal | None:
    """The reverse of signal_to_json."""
    if value is None:
        return None
    opened = moment_from_json(value["opened"])
    if opened is None:
        raise ValueError("Expected the moment of the opening, got null")
    return Signal(
        id=value["id"],
        state=SignalState(value["state"]),
        opened=opened,
        released=moment_from_json(value["released"]),
        last_scan=value["last_scan"],
        urgent=value["urgent"],
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """The change that one scan made to its card and signal.

    `before` is the signal that was open, whole; of what came out only so much is kept as tells whether anything has
    happened since: the open signal's id and state, the card's state and last closed signal. Prints are not in it: that
    a paper exists cannot be undone.
    """

    before: Signal | None
    card_state: CardState  # before
    last_closed: Moment | None  # before
    last_signal: str | None  # before
    after_id: str | None
    after_state: SignalState | None
    after_card_state: CardState
    after_last_signal: str | None
    withdrawn: bool = False

    @classmethod
    def between(cls, card: Card, signal: Signal | None, new_card: Card, new_signal: Signal | None) -> Effect:
        """What lies between the two."""
        return cls(
            before=signal,
            card_state=card.state,
            last_closed=card.last_closed,
            last_signal=card.last_signal,
            after_id=new_signal.id if new_signal else None,
            after_state=new_signal.state if new_signal else None,
            after_card_state=new_card.state,
            after_last_signal=new_card.last_signal,
        )

    def still_stands(self, card: Card, signal: Signal | None, scan: str) -> bool:
        """Whether nothing has happened to card and signal since `scan` left them so."""
        return (
            (signal.id if signal else None) == self.after_id
            and (signal.state if signal else None) == self.after_state
            and (signal is None or signal.last_scan == scan)
            and card.state is self.after_card_state
            and card.last_signal == self.after_last_signal
        )

    def to_json(self) -> dict[str, Any]:
        """For the scan's row."""
        return {
            "before": signal_to_json(self.before),
            "card_state": str(self.card_state),
            "last_closed": moment_to_json(self.last_closed),
            "last_signal": self.last_signal,
            "after_id": self.after_id,
            "after_state": str(self.after_state) if self.after_state else None,
            "after_card_state": str(self.after_card_state),
            "after_last_signal": self.after_last_signal,
            "withdrawn": self.withdrawn,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Effect:
        """The reverse of to_json."""
        return cls(
            before=signal_from_json(value["before"]),
            card_state=CardState(value["card_state"]),
            last_closed=moment_from_json(value["last_closed"]),
            last_signal=value["last_signal"],
            after_id=value["after_id"],
            after_state=SignalState(value["after_state"]) if value["after_state"] else None,
            after_card_state=CardState(value["after_card_state"]),
            after_last_signal=value["after_last_signal"],
            withdrawn=value["withdrawn"],
        )


@dataclass(frozen=True, slots=True)
class Target:
    """The scan that an undo names, as its keeper knows it.

    known: the scan is on record, and from the same terminal as the undo. effect: what it changed, None for nothing.
    """

    scan_id: str
    effect: Effect | None
    known: bool = True
