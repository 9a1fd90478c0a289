"""Memory that was used for a moment and is not needed again."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Let the system have what malloc(3) keeps of freed memory, some milliseconds of work; glibc only, else nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
