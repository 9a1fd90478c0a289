"""Ids as text and as UUIDs. Each is turned around once: a batch names the same ones again and again."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

MOST = 16_384  # about a megabyte


@lru_cache(maxsize=MOST)
def uuid_of(text: str) -> UUID:
    """Read an id. Raises ValueError for what is none."""
    return UUID(text)


@lru_cache(maxsize=MOST)
def text_of(key: UUID) -> str:
    """Write an id: lower case, with hyphens."""
    return str(key)
