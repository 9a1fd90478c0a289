"""Reports of terminals, taken in together or, where that fails by its content, in parts (promise 12).

A set is halved, down to the one report that central cannot take: that is kept as text and laid before a person, and
acknowledged like any. What is wrong with the database itself is no report's fault: it is raised, and told again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from ekanban_central.database import DatabaseBusy
from ekanban_central.print_reports import MOST_ERROR, Item, R

A = TypeVar("A")

log = structlog.get_logger()


def in_parts(items: Sequence[Item[R]], take: Callable[[Sequence[Item[R]]], list[A]]) -> list[A]:
    """The answers, in the order of the reports. `take` takes a set in, in one transaction."""
    try:
        return take(items)
    except (OperationalError, InterfaceError, DatabaseBusy):
        raise
    except Exception as error:  # whatever it is, it must not hold up the reports that did not cause it
        if len(items) > 1:
            log.warning("report_set_failed", reports=len(items), error=_told(error))
            half = len(items) // 2
            return [*in_parts(items[:half], take), *in_parts(items[half:], take)]
        if not items:
            raise
        log.error("report_kept_for_a_person", id=str(items[0].id), exc_info=error)
        return take([_kept(items[0], error)])


def _kept(item: Item[R], error: Exception) -> Item[R]:
    """Judge nothing of it. What no database takes as JSON is kept as text."""
    return replace(item, report=None, content=repr(item.content), error=_told(error)[:MOST_ERROR])


def _told(error: Exception) -> str:
    """Name an error; one of the database without its statement and values."""
    return f"{type(error).__name__}: {getattr(error, 'orig', error)}"
