"""Telling central what waits in the print book, so that nothing that it cannot take keeps anything else back.

A set that is refused is halved, down to the one report that central cannot take (promise 12). That one stays in the
book and is told again with the next round; those behind it are told now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from ekanban_core.wire import MOST_REPORTS
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.sending import refused_set

MOST_REFUSALS = 20  # one after the other: then it is central that fails, whatever it is told

T = TypeVar("T")

log = structlog.get_logger()


class Refused(LinkDown):
    """Central, or what stands before it, did not take this set."""


def refusal_of(status: int, why: str) -> LinkDown:
    """What such an answer means for a set of reports."""
    return Refused(why) if refused_set(status) else LinkDown(why)


async def tell_all(
    waiting: Callable[[int], Awaitable[Sequence[T]]],
    tell: Callable[[Sequence[T]], Awaitable[bool]],
    id_of: Callable[[T], str],
) -> None:
    """Tell all that waits, the oldest first; `waiting` gives so many, `tell` says whether to go on.

    Raises Refused where some of it is left at the end, and what `tell` raises where central cannot be reached.
    """
    left: dict[str, Refused] = {}  # by id
    while True:
        found = [one for one in await waiting(MOST_REPORTS + len(left)) if id_of(one) not in left][:MOST_REPORTS]
        if not found:
            break
        refused, goes_on = await _in_parts(found, tell)
        left |= {id_of(one): why for one, why in refused}
        if not goes_on:
            break
    for key, why in left.items():
        log.error("report_not_taken", id=key, why=str(why))
    if left:
        raise next(iter(left.values()))


async def _in_parts(
    reports: Sequence[T], tell: Callable[[Sequence[T]], Awaitable[bool]]
) -> tuple[list[tuple[T, Refused]], bool]:
    """What central does not take, and whether it takes the rest and more may be told."""
    parts, refusals = [list(reports)], 0
    left: list[tuple[T, Refused]] = []
    while parts:
        part = parts.pop()
        try:
            if not await tell(part):
                return left, False
            refusals = 0
        except Refused as why:
            refusals += 1
            if refusals == MOST_REFUSALS:
                raise
            half = len(part) // 2
            if half:
                parts += [part[half:], part[:half]]  # the older half is next
            else:
                left.append((part[0], why))
    return left, len(left) < len(reports)
