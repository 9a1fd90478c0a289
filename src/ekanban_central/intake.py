"""Intake: batches of scans become ledger, cards and signals, in one transaction, or each scan finds its desk.

A transaction that the database refuses to run now (deadlock, two deliveries of one scan at once) is run again. One that
fails by its content is halved, first between batches, then between scans in sequence, down to the one scan, which is
kept for a person; nothing else is lost (promise 12). What is wrong with the database itself is nobody's scan: it is
raised, and terminals send again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from ekanban_central.database import Database, DatabaseBusy
from ekanban_central.intake_parsing import Delivery
from ekanban_central.intake_taking import Receipt, Taking

TRIES = 5
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes batches in. `publish` tells those who look on, after the commit; `not_before` the clock."""

    database: Database
    publish: Callable[[int, int], None]
    random_bytes: Callable[[int], bytes]
    not_before: Callable[[int], None] = lambda recorded_ms: None

    def take(self, deliveries: Sequence[Delivery]) -> list[Receipt | None]:
        """Take batches of different terminals in together; returns, after the commit, a receipt for each.

        None instead, and nothing taken in, for a terminal that is not known.
        """
        try:
            return self._commit(deliveries)
        except (OperationalError, InterfaceError, DatabaseBusy):
            raise
        except Exception as error:  # whatever it is, it must not hold up the scans that did not cause it
            scans = sum(len(delivery.items) for delivery in deliveries)
            log.warning("intake_set_failed", batches=len(deliveries), scans=scans, error=_told(error))
            return self._take_in_parts(deliveries, error)

    def _take_in_parts(self, deliveries: Sequence[Delivery], error: Exception) -> list[Receipt | None]:
        if len(deliveries) > 1:
            half = len(deliveries) // 2
            return [*self.take(deliveries[:half]), *self.take(deliveries[half:])]
        (delivery,) = deliveries
        if len(delivery.items) > 1:
            return [self._take_halves(delivery)]
        log.error("scan_kept_for_a_person", terminal=str(delivery.terminal_id), exc_info=error)
        return self._commit(deliveries, keep=_told(error))

    def _take_halves(self, delivery: Delivery) -> Receipt | None:
        half = len(delivery.items) // 2
        (first,) = self.take([replace(delivery, items=delivery.items[:half])])
        if first is None or first.expected:
            return first
        (second,) = self.take([replace(delivery, items=delivery.items[half:])])
        return replace(second, results=(*first.results, *second.results)) if second else first

    def _commit(self, deliveries: Sequence[Delivery], keep: str = "") -> list[Receipt | None]:
        for _ in range(TRIES - 1):
            try:
                return self._once(deliveries, keep)
            except DBAPIError as error:
                if not _passes(error):
                    raise
                log.info("intake_again", error=str(error.orig))
        return self._once(deliveries, keep)

    def _once(self, deliveries: Sequence[Delivery], keep: str) -> list[Receipt | None]:
        with self.database.taking_in() as connection:
            taking = Taking(connection, deliveries, self.random_bytes, keep)
            receipts = taking.run()
        self.not_before(taking.now_ms)
        for site_id, head in taking.heads.items():
            self.publish(site_id, head.position)
        return receipts


def _told(error: Exception) -> str:
    """Name an error; one of the database without its statement and values."""
    return f"{type(error).__name__}: {getattr(error, 'orig', error)}"


def _passes(error: DBAPIError) -> bool:
    """Whether the same may succeed when it is tried again: another transaction was in the way."""
    return isinstance(error, IntegrityError) or isinstance(
        error.orig, pg.DeadlockDetected | pg.SerializationFailure | pg.LockNotAvailable
    )
