"""What many look at is read once for each change of the plant, not once for each of them.

Whatever changes a plant moves its ledger's head. So what was read at a head is what everybody reads who finds the same
head; a reader at any other head, a higher one or (central was restored) a lower one, begins anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from ekanban_central.sites import SiteView

MOST = 16  # reads that are kept: some filters, some orders

T = TypeVar("T")


class SharedReads:
    """Reads of one process, from any thread. What is kept is shared, so nobody may change it.

    Only for what the ledger tells everything about: not when a terminal was seen, not what falls overdue by itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head: tuple[int, int] | None = None  # site and position at which everything here was read
        self._kept: dict[Hashable, Any] = {}

    def once(
        self, site: SiteView, what: Hashable, read: Callable[[], T], holds: Callable[[T], bool] = lambda _kept: True
    ) -> T:
        """Return what `read` gave at the head of `site`, read in the transaction in hand, or reads it.

        holds: whether what was kept still counts, for what depends on the time too.
        """
        head = (site.id, site.head)
        with self._lock:
            kept = self._kept.get(what) if self._head == head else None
        if kept is not None and holds(cast("T", kept)):
            return cast("T", kept)
        fresh = read()  # outside of the lock: a database that hangs must not make everybody wait for one
        with self._lock:
            if self._head != head or len(self._kept) >= MOST:
                self._head, self._kept = head, {}
            self._kept[what] = fresh
        return fresh
