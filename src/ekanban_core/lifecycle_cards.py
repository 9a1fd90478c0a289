"""The life of a card and of its paper, as people and printers change it.

Each function gives the card afterwards and what happened; RuleError where the card's state forbids it.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.card_code import LAST_VERSION
from ekanban_core.errors import RuleError
from ekanban_core.events import (
    CardActivated,
    CardHeld,
    CardLost,
    CardRetired,
    Event,
    PrintConfirmed,
    PrintMade,
    PrintSeen,
    QuantityChanged,
)
from ekanban_core.facts import Card, Message, Moment, Signal
from ekanban_core.lifecycle_close import cancelled
from ekanban_core.states import CardState, PrintReason
from ekanban_core.texts import sentence

Change = tuple[Card, tuple[Event, ...]]


def refused(key: str, **facts: str | int) -> RuleError:
    """The error that says why, in English and as a message for any language."""
    message = Message(key, facts)
    return RuleError(sentence(message), message)


def _only(card: Card, *states: CardState) -> None:
    if card.state not in states:
        raise refused("card_forbids", card_state=str(card.state))


def hold(card: Card, reason: str = "") -> Change:
    """Put on hold: `empty` is refused until it is released."""
    _only(card, CardState.ACTIVE)
    return replace(card, state=CardState.ON_HOLD), (CardHeld(reason),)


def unhold(card: Card) -> Change:
    """Release from hold."""
    _only(card, CardState.ON_HOLD)
    return replace(card, state=CardState.ACTIVE), (CardActivated(CardState.ON_HOLD),)


def lose(card: Card, reason: str = "") -> Change:
    """Report lost; its next scan finds it.

    Not while it is on hold: a loss ends with new paper, and a hold only by a person (decision 52). A held card orders
    nothing wherever its paper is, and new paper of it is on hold as well.
    """
    if card.state is CardState.ON_HOLD:
        raise refused("lose_while_held")
    _only(card, CardState.ACTIVE)
    return replace(card, state=CardState.LOST), (CardLost(reason),)


def reinstate(card: Card) -> Change:
    """A lost or found card is in use again. Its kept demand: open_from_scan."""
    _only(card, CardState.LOST, CardState.FOUND)
    return replace(card, state=CardState.ACTIVE), (CardActivated(card.state),)


def retire(card: Card, signal: Signal | None, at: Moment, reason: str = "", *, cancel: bool = False) -> Change:
    """Take out of use for good; refused while a signal is open, unless it is cancelled with the card."""
    if card.state is CardState.RETIRED:
        raise refused("card_forbids", card_state=str(card.state))
    events: tuple[Event, ...] = ()
    if signal:
        if not cancel:
            raise refused("retire_while_open")
        card, closing = cancelled(card, signal, at, reason)
        events = tuple(event for event in closing if not isinstance(event, CardRetired))  # said once, below
    return replace(card, state=CardState.RETIRED), (*events, CardRetired(reason))


def print_made(card: Card) -> Change:
    """A new print goes to a printer: its version is the card's new pending_version. A draft becomes active."""
    if card.state is CardState.RETIRED:
        raise refused("card_forbids", card_state=str(card.state))
    version = card.pending_version + 1
    if version > LAST_VERSION:
        raise refused("prints_used_up", most=LAST_VERSION)
    made = replace(card, pending_version=version)
    return _active(made, (PrintMade(version),))


def print_wanted(card: Card, reason: PrintReason) -> Change:
    """A person wants new paper. Where it takes the place of lost paper, a lost card is in use again once it is there.

    Until then the card is lost: were its print never to come, nobody would look for it. A card that was found waits
    for its review first: its demand is kept there.
    """
    if card.state is not CardState.LOST or reason not in (PrintReason.LOST, PrintReason.DAMAGED):
        _only(card, CardState.DRAFT, CardState.ACTIVE, CardState.ON_HOLD)
    return print_made(card)


def print_confirmed(card: Card, version: int) -> Change:
    """The paper of this version exists; older prints are superseded. Confirming an older one changes nothing.

    What was lost was an older paper: the card is in use again by the new one.
    """
    if not card.print_version < version <= card.pending_version:
        return card, ()
    confirmed, events = _active(replace(card, print_version=version), (PrintConfirmed(version),))
    if card.state not in (CardState.LOST, CardState.FOUND):
        return confirmed, events
    return replace(confirmed, state=CardState.ACTIVE), (*events, CardActivated(card.state))


def quantity_changed(card: Card) -> Change:
    """The loop's quantity changed: all prints made so far are stale."""
    version = card.pending_version + 1
    return replace(card, quantity_version=version), (QuantityChanged(version),)


def paper_seen(card: Card, version: int | None) -> Change:
    """What a scan of this print proves about the card's paper; version is None where an alias was read.

    A version above all that were made counts as made, but supersedes nothing until it is scanned again: were one such
    code enough, a single wrong label would make all true paper void.
    """
    if card.state is CardState.RETIRED:
        return card, ()
    if version is None:
        return _active(card, ())
    if version > card.pending_version:
        return _active(replace(card, pending_version=version), (PrintSeen(version),))
    confirmed, events = print_confirmed(card, version)
    return _active(confirmed, events)


def _active(card: Card, events: tuple[Event, ...]) -> Change:
    if card.state is not CardState.DRAFT:
        return card, events
    return replace(card, state=CardState.ACTIVE), (*events, CardActivated(CardState.DRAFT))
