"""What this terminal believes of a card: central's register, and on top what its own scans did since.

The overlay holds, for each card with scans that central has not answered, the state after the newest of them; it goes
when a register at least as new as that answer has arrived. Over it lies the paper that this terminal printed, which
stays: versions only grow, so that it says nothing once the register knows of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json

from ekanban_core import loop
from ekanban_core.decision import Decision, Known
from ekanban_core.effects import (
    Effect,
    moment_from_json,
    moment_to_json,
    signal_from_json,
    signal_to_json,
)
from ekanban_core.facts import Card, Signal
from ekanban_core.lifecycle import print_confirmed
from ekanban_core.states import CardState
from ekanban_core.wire import RegisterCard
from ekanban_terminal.marked import Marked, changing
from ekanban_terminal.register import Register


@dataclass(frozen=True, slots=True)
class After:
    """A card and its open signal after one of this terminal's scans, and what that scan changed."""

    card: Card
    signal: Signal | None
    effect: Effect | None = None

    @classmethod
    def of(cls, decision: Decision) -> After | None:
        """What a decision leaves; None where no card is known."""
        return None if decision.card is None else cls(decision.card, decision.signal, decision.effect)


@dataclass(slots=True)
class _Own:
    scan_id: str
    card: Card
    signal: Signal | None
    position: int | None = None  # of central's ledger when it had answered this scan


class Beliefs(Marked):
    """Register and overlay. The station asks and notes in its thread, the courier's news come in the event loop."""

    def __init__(self, register: Register) -> None:
        super().__init__()
        self.register = register
        self._own: dict[str, _Own] = {}
        self._paper: dict[str, tuple[int, int]] = {}  # by body: the newest version sent here, the newest confirmed
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        """Whether a card that is not found does not exist."""
        return self.register.about.loaded

    def known(self, body: str) -> tuple[RegisterCard | None, Known | None]:
        """The card for people, and for the rules."""
        found = self.register.card(body)
        if found is None:
            return None, None
        own = self._own.get(body)
        card, signal = (own.card, own.signal) if own else (loop.card(found), loop.signal(found.signal))
        return found, Known(self._with_paper(card), signal, loop.policy(found))

    def _with_paper(self, card: Card) -> Card:
        paper = self._paper.get(card.body)
        if paper is None or card.state is CardState.RETIRED:
            return card
        made, confirmed = paper
        printed = replace(card, pending_version=max(card.pending_version, made))
        return print_confirmed(printed, confirmed)[0]

    @changing
    def printed(self, body: str, made: int, confirmed: int) -> None:
        """This terminal sent paper of a card to a printer: up to which version, and up to which it surely exists."""
        with self._lock:
            known = self._paper.get(body, (0, 0))
            self._paper[body] = (max(made, known[0]), max(confirmed, known[1]))

    def opened_here(self, body: str, signal_id: str) -> bool:
        """Whether the open signal is known from this terminal's own scans only."""
        own = self._own.get(body)
        return own is not None and own.signal is not None and own.signal.id == signal_id

    @changing
    def note(self, scan_id: str, after: After) -> None:
        """Take over what a stored scan did."""
        with self._lock:
            self._own[after.card.body] = _Own(scan_id, after.card, after.signal)

    @changing
    def answered(self, scan_ids: Iterable[str], position: int) -> None:
        """Central has committed these scans; its register tells of them from this position on."""
        ids = set(scan_ids)
        with self._lock:
            for own in self._own.values():
                if own.scan_id in ids:
                    own.position = position

    @changing
    def refreshed(self, position: int) -> None:
        """The register has come to this position."""
        with self._lock:
            told = [body for body, own in self._own.items() if own.position is not None and own.position <= position]
            for body in told:
                del self._own[body]

    @changing
    def new_generation(self) -> None:
        """Central was restored: positions of before mean nothing, and its register is loaded anew."""
        with self._lock:
            self._own = {body: own for body, own in self._own.items() if own.position is None}

    @changing
    def restore(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Rebuild the overlay after a restart: body, scan id, state afterwards; oldest first."""
        for body, scan_id, content in rows:
            after = after_from_json(content)
            self._own[body] = _Own(scan_id, after.card, after.signal)


def for_undo(known: Known, scan_id: str) -> Known:
    """Where central's register tells of the signal, assume that the scan to be undone was its last: central decides."""
    if known.signal is None or known.signal.last_scan is not None:
        return known
    return replace(known, signal=replace(known.signal, last_scan=scan_id))


def after_to_json(after: After) -> str:
    """For the journal."""
    content = {
        "card": {**_card_facts(after.card), "last_closed": moment_to_json(after.card.last_closed)},
        "signal": signal_to_json(after.signal),
        "effect": after.effect.to_json() if after.effect else None,
    }
    return to_json(content).decode()


def after_from_json(content: str) -> After:
    """The reverse of after_to_json."""
    found: dict[str, Any] = json.loads(content)
    card = {**found["card"], "state": CardState(found["card"]["state"])}
    card["last_closed"] = moment_from_json(card["last_closed"])
    effect = Effect.from_json(found["effect"]) if found["effect"] else None
    return After(Card(**card), signal_from_json(found["signal"]), effect)


def _card_facts(card: Card) -> dict[str, Any]:
    return {
        "body": card.body,
        "state": str(card.state),
        "print_version": card.print_version,
        "pending_version": card.pending_version,
        "quantity_version": card.quantity_version,
        "last_signal": card.last_signal,
        "one_off": card.one_off,
    }
