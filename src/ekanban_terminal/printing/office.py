"""Where versions come from, and where it is told how prints ended: central, as the desk sees it."""

from __future__ import annotations

from typing import Protocol

from ekanban_terminal.printing.jobs import Job, Said, Why


class Office(Protocol):
    """Central, behind the messenger."""

    @property
    def reachable(self) -> bool:
        """Whether central answers."""
        ...

    @property
    def generation(self) -> str:
        """The life of central's that counts; versions of another are void. Empty: not known."""
        ...

    async def fetch(self, body: str) -> Why:
        """Ask for a version of this card now. What comes of it is in the book; gives why there is none."""
        ...

    async def request(self, job: Job) -> Said:
        """Let central print a card."""
        ...

    def wake(self) -> None:
        """There is something to tell."""
        ...
