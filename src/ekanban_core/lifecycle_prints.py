"""Versions that a terminal has in reserve, so that it can print while central is away.

Central gives each version of a card once, to one printer or one terminal; nothing gives it back. A version that was not
printed is a gap in the numbers and harms nobody. Whatever is printed and confirmed later counts by its number alone:
the highest confirmed one is the valid paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ekanban_core.card_code import LAST_VERSION
from ekanban_core.events import (
    Event,
    PrintBurnt,
    PrintReserved,
    QuantityChanged,
    ReviewKind,
    ReviewRaised,
    VersionsLeapt,
)
from ekanban_core.facts import Card
from ekanban_core.lifecycle_cards import Change, print_confirmed, refused
from ekanban_core.states import CardState, PrintAnswer, PrintEnd

LAST_RESERVED = LAST_VERSION - 100  # the last ones are for people at central alone
FORGOTTEN = 64  # versions of one card that a central may have given between a backup and its restore


class Reserve(StrEnum):
    """What a version in reserve is worth."""

    GOOD = "good"
    OLD_QUANTITY = "old_quantity"  # its paper would be answered as stale: better another one, if there is
    VOID = "void"  # a newer print of the card is in use; this one would be refused at its first scan


def worth(version: int, print_version: int, quantity_version: int) -> Reserve:
    """What a version in reserve is worth, by the card's newest confirmed print and its quantity's version."""
    if version <= print_version:
        return Reserve.VOID
    return Reserve.OLD_QUANTITY if version < quantity_version else Reserve.GOOD


def print_reserved(card: Card, terminal: str) -> Change:
    """Give a terminal the card's next version. A card that was never printed is printed at central first."""
    if card.state in (CardState.DRAFT, CardState.RETIRED):
        raise refused("card_forbids", card_state=str(card.state))
    version = card.pending_version + 1
    if version > LAST_RESERVED:
        raise refused("prints_used_up", most=LAST_RESERVED)
    return _reserved(card, version, terminal)


def adopted(card: Card, version: int, terminal: str, *, leapt_over: bool = False) -> Change:
    """Count a version as the terminal's that central gave it and has forgotten, because it was restored.

    Only one above all that central knows can be such a one, or one that it has leapt over since; of any other the card
    stays as it is.
    """
    if card.state is CardState.RETIRED or (version <= card.pending_version and not leapt_over):
        return card, ()
    return _reserved(card, version, terminal)


def leapt(card: Card, over: int, lives: int) -> Change:
    """Leave out what central may have given to paper and forgotten in so many restores: `over`, of `lives` in all."""
    first, version = card.pending_version + 1, card.pending_version + over * FORGOTTEN
    return replace(card, pending_version=version), (VersionsLeapt(first, version, lives),)


def burnt(card: Card, version: int, terminal: str) -> Change:
    """Give a version up whose terminal cannot say any more whether it has printed it."""
    return card, (PrintBurnt(version, terminal),)


def _reserved(card: Card, version: int, terminal: str) -> Change:
    newest = max(version, card.pending_version)
    return replace(card, pending_version=newest), (PrintReserved(version, terminal),)


@dataclass(frozen=True, slots=True)
class Reported:
    """What a terminal's print means: the card afterwards, what happened, the answer and the key of its sentence."""

    card: Card
    events: tuple[Event, ...]
    answer: PrintAnswer
    key: str


def reported(card: Card, version: int, end: PrintEnd, *, old_quantity: bool = False) -> Reported:
    """A terminal has printed a version of its own.

    A paper that is older than the valid one is a person's matter: whoever printed it may have destroyed the valid one.
    old_quantity: the paper shows another quantity than the loop has. Its version does not tell that where the terminal
    was given it after the change and had not heard of the change.
    """
    if version == card.print_version:  # by its first scan
        return _confirmed(card, (), version, old_quantity)
    if end is PrintEnd.FAILED:
        return Reported(card, (), PrintAnswer.SPENT, "print_failed")
    if version < card.print_version:
        return _overtaken(card, version, end)
    if end is PrintEnd.UNKNOWN:
        return Reported(card, (), PrintAnswer.PENDING, "print_unknown")
    if card.state is CardState.RETIRED:
        return Reported(card, (), PrintAnswer.SUPERSEDED, "print_of_retired")
    return _confirmed(*print_confirmed(card, version), version, old_quantity)


def _confirmed(card: Card, events: tuple[Event, ...], version: int, old_quantity: bool) -> Reported:
    if old_quantity and card.quantity_version <= version and card.state is not CardState.RETIRED:
        card, events = replace(card, quantity_version=version + 1), (*events, QuantityChanged(version + 1))
    return Reported(card, events, PrintAnswer.CONFIRMED, "print_confirmed")


def _overtaken(card: Card, version: int, end: PrintEnd) -> Reported:
    facts: dict[str, str | int] = {"version": version, "newest": card.print_version}
    told = (ReviewRaised(ReviewKind.PRINT_OVERTAKEN, facts),)
    events = told if end is PrintEnd.PRINTED and card.state is not CardState.RETIRED else ()
    return Reported(card, events, PrintAnswer.SUPERSEDED, "print_superseded")
