"""Symbols' modules as rectangles, measured in modules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_DARK = re.compile("1+")


def runs(pattern: str) -> Iterator[tuple[int, int]]:
    """The bars of a line of modules: where each begins, and how many modules it is wide."""
    for bar in _DARK.finditer(pattern):
        start, end = bar.span()
        yield start, end - start


def shared(rows: Sequence[str]) -> Iterator[str]:
    """For each row but the last, the modules that are dark in it and in the next one."""
    numbers = [int(row, 2) for row in rows]
    width = len(rows[0])
    for above, below in pairwise(numbers):
        yield f"{above & below:0{width}b}"
