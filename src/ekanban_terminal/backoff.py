"""When the courier tries again. Jittered, so that a plant's terminals do not come back all at once."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 0.5
LONGEST_S = 60.0
NUDGE_S = 3.0  # a new scan shortens the waiting to this, counted from the last try


class Backoff:
    """Doubles from FIRST_S to LONGEST_S; each wait is between half of that and the whole."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self.failures = 0
        self._random_bytes = random_bytes

    def failed(self) -> float:
        """Count a failure and say how long to wait, in seconds."""
        self.failures += 1
        return self.jittered(min(LONGEST_S, FIRST_S * 2 ** min(self.failures - 1, 20)))

    def worked(self) -> None:
        """Begin anew."""
        self.failures = 0

    def jittered(self, seconds: float) -> float:
        """Between half of it and the whole."""
        return seconds * (0.5 + int.from_bytes(self._random_bytes(2), "big") / 131_072)
