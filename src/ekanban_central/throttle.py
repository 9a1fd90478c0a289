"""Guessing is slowed down for each credential, not for each address: a plant's terminals often share one address.

Counted in this process's memory: with several central processes somebody has that many times the tries, no more. The
wall clock has no part in it: set back by hours it would lock people out for hours, set forward it would give tries.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable

TRIES = 10
MINUTES = 15


class Throttle:
    """Counts the wrong tries on names; names that nobody has count like the others. Used from the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: OrderedDict[bytes, list[float]] = OrderedDict()  # by name; the last to try at the end

    def take(self, name: str) -> bool:
        """Take one try; False when there are no more in this quarter of an hour."""
        tries = self._recent(name)
        if len(tries) >= TRIES:
            return False
        tries.append(self._clock())
        self._tries[_key(name)] = tries
        self._tries.move_to_end(_key(name))
        return True

    def minutes_left(self, name: str) -> int:
        """How long until there is a try again, rounded up."""
        oldest = next(iter(self._recent(name)), self._clock())
        return max(1, math.ceil((oldest + MINUTES * 60 - self._clock()) / 60))

    def forget(self, name: str) -> None:
        """Forget the tries: the right password was given."""
        self._tries.pop(_key(name), None)

    def _recent(self, name: str) -> list[float]:
        """Give the name's tries of this quarter of an hour; names without one are let go."""
        since = self._clock() - MINUTES * 60
        while self._tries and next(iter(self._tries.values()))[-1] <= since:
            self._tries.popitem(last=False)
        return [at for at in self._tries.get(_key(name), ()) if at > since]


def _key(name: str) -> bytes:
    """Of one length whatever was typed."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
