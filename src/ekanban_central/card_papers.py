"""What is known of cards' paper, as conditions and columns of queries over the cards' table.

That a version above the confirmed one was made says little: terminals have such in reserve, and most are never printed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select

from ekanban_central import tables
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD
from ekanban_central.sets import among
from ekanban_core.states import CardState, PaperState, PrintAnswer

ITEM: Table = tables.PrintJobItem.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
JOB: Table = tables.PrintJob.__table__  # type: ignore[attr-defined]  # see ITEM
PRINT: Table = tables.TerminalPrint.__table__  # type: ignore[attr-defined]  # see ITEM

_UNSETTLED = (PaperState.WAITING, PaperState.UNSURE)
_OF_JOBS: Select[tuple[int]] = (
    select(func.max(ITEM.c.version))
    .where(ITEM.c.body == CARD.c.body, ITEM.c.version > CARD.c.print_version, ITEM.c.state.in_(_UNSETTLED))
    .correlate(CARD)
)
_OF_TERMINALS: Select[tuple[int]] = (
    select(func.max(PRINT.c.version))
    .where(PRINT.c.body == CARD.c.body, PRINT.c.version > CARD.c.print_version, PRINT.c.answered == PrintAnswer.PENDING)
    .correlate(CARD)
)
# The paper in use shows an old quantity.
STALE: ColumnElement[bool] = and_(
    CARD.c.state != CardState.RETIRED, CARD.c.print_version > 0, CARD.c.print_version < CARD.c.quantity_version
)
# The newest print that is on its way, or may have come out without anybody having seen it; null: none.
AWAITED: ColumnElement[int | None] = func.coalesce(_OF_JOBS.scalar_subquery(), _OF_TERMINALS.scalar_subquery())


def in_use(connection: Connection, bodies: Collection[str]) -> dict[str, int]:
    """The confirmed version of each of these cards of which no newer print is on its way, or may have come out."""
    statement = select(CARD.c.body, CARD.c.print_version).where(among(connection, CARD.c.body, bodies))
    return {row.body: row.print_version for row in connection.execute(statement.where(AWAITED.is_(None)))}


def of_newest_print(say: Callable[[ColumnElement[int]], ColumnElement[int]]) -> ColumnElement[int | None]:
    """What `say` makes of when central made the card's newest print; null where it made none.

    It is asked within the subquery: whoever compares a subquery several times has it carried out as often.
    """
    made = select(say(JOB.c.made_ms)).join(ITEM, ITEM.c.job_id == JOB.c.id).where(ITEM.c.body == CARD.c.body)
    return made.order_by(ITEM.c.version.desc()).limit(1).correlate(CARD).scalar_subquery()


def of_entry(say: Callable[[ColumnElement[int]], ColumnElement[int]]) -> ColumnElement[int | None]:
    """What `say` makes of when the card came to central; null where the ledger does not tell."""
    entered = select(say(LEDGER.c.at_ms)).where(LEDGER.c.body == CARD.c.body)
    return entered.order_by(LEDGER.c.position).limit(1).correlate(CARD).scalar_subquery()
