"""The way to central, whatever it is made of: one exchange, bounded in time and size. HttpLink is the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

DEADLINE_S = 15.0  # for a whole exchange, however slowly it drips


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `path` is the whole one, as it is signed; `query` without its question mark."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answered: nothing of it is believed yet."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Link(Protocol):
    """The way to central."""

    @property
    def prefix(self) -> str:
        """What stands before every path: the path of central's base URL, without a slash at its end."""
        ...

    async def ask(self, request: Request) -> Reply:
        """Send a request and read the whole answer. Raises LinkDown."""
        ...

    async def close(self) -> None:
        """End open connections."""
        ...
