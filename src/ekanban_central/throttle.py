"""Guessing is slowed down for each credential, not for each address: a plant's terminals often share one address.

Counted in this process's memory: with several central processes somebody has that many times the tries, no more.
"""

from __future__ import annotations

import hashlib
import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

TRIES = 10
MINUTES = 15


class Throttle:
    """Counts the wrong tries on names; names that nobody has count like the others."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(TRIES, MINUTES)

    def take(self, name: str) -> bool:
        """Take one try; False when there are no more in this quarter of an hour."""
        return self._limiter.hit(self._limit, _key(name))

    def minutes_left(self, name: str) -> int:
        """How long until there is a try again, rounded up."""
        window = self._limiter.get_window_stats(self._limit, _key(name))
        return max(1, math.ceil((window.reset_time - time.time()) / 60))

    def forget(self, name: str) -> None:
        """Forget the tries: the right password was given."""
        self._limiter.clear(self._limit, _key(name))


def _key(name: str) -> str:
    """Of one length whatever was typed."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
