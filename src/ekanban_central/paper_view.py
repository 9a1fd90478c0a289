"""A card's paper as its page shows it: which print is in use, whether a newer one comes, what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ekanban_central import aliases, print_rows, printers
from ekanban_central.card_papers import AWAITED
from ekanban_central.loading import CARD
from ekanban_central.print_rows import OPEN_TO_PEOPLE, Item, Job
from ekanban_central.printers import Printer
from ekanban_core.facts import Card
from ekanban_core.states import CardState, PaperState, PrintReason, PrintState

SHOWN = 8  # newest prints
PRINTABLE = (CardState.DRAFT, CardState.ACTIVE, CardState.ON_HOLD, CardState.LOST)


@dataclass(frozen=True, slots=True)
class Paper:
    """prints: newest first, each with the job that made it. coming: the version that is not confirmed yet, or 0."""

    prints: list[tuple[Item, Job]]
    coming: int
    printers: list[Printer]
    aliases: list[str]
    reasons: list[PrintReason]

    @property
    def newest(self) -> tuple[Item, Job] | None:
        """The print on its way, where a job of central made it."""
        return next((one for one in self.prints if one[0].version == self.coming), None)

    @property
    def waits(self) -> bool:
        """Whether its printer has it still."""
        return self.newest is not None and self.newest[1].state in (PrintState.QUEUED, PrintState.SENDING)

    @property
    def failed(self) -> bool:
        """Whether it is known not to have come out."""
        return self.newest is not None and self.newest[0].state is PaperState.MISSING

    @property
    def may_confirm(self) -> bool:
        """Whether somebody can say now that the paper is there."""
        sent = self.newest is None or self.newest[1].state in (*OPEN_TO_PEOPLE, PrintState.DONE)
        return self.coming > 0 and sent


def read(connection: Connection, site_id: int, card: Card) -> Paper:
    """Everything about a card's paper."""
    prints = print_rows.of_card(connection, card.body, SHOWN)
    awaited = connection.execute(select(AWAITED).where(CARD.c.body == card.body)).scalar_one_or_none()
    return Paper(
        prints=prints,
        coming=awaited or _failed(prints, card.print_version),
        printers=printers.usable(connection, site_id) if card.state in PRINTABLE else [],
        aliases=aliases.of_card(connection, card.body),
        reasons=_reasons(card),
    )


def _failed(prints: list[tuple[Item, Job]], in_use: int) -> int:
    """The newest print, where it failed to come and nothing has taken its place."""
    if not prints or prints[0][0].version <= in_use or prints[0][1].state is not PrintState.FAILED:
        return 0
    return prints[0][0].version


def _reasons(card: Card) -> list[PrintReason]:
    """Why it may be printed, the likeliest first."""
    if card.state is CardState.DRAFT:
        return [PrintReason.NEW]
    if card.state is CardState.LOST:
        return [PrintReason.LOST]
    stale = [PrintReason.STALE] if card.print_version < card.quantity_version else []
    return [*stale, PrintReason.DAMAGED, PrintReason.LOST]
