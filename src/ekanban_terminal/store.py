"""The journal as the event loop sees it: every call runs in the journal's one thread, one after the other.

What already runs there, as a station's work does, uses `append_here`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

from ekanban_core.wire import EpochMessage, ScanMessage
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Answer, Batch, Counts, Draft, Heard, Kept, Reached, Settled

P = ParamSpec("P")
T = TypeVar("T")


class Run(Protocol):
    """Where blocking work is done."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Do it and give its result."""
        ...


async def inline(work: Callable[[], T]) -> T:
    """Do it here and now: for the simulation, which has no threads."""
    return work()


class Store:
    """All calls may raise JournalError."""

    def __init__(self, journal: Journal, run: Run = inline) -> None:
        self._journal = journal
        self._run = run

    @property
    def counts(self) -> Counts:
        """How many scans wait, as of the last call."""
        return self._journal.counts

    @property
    def problem(self) -> str | None:
        """Why nothing can be stored."""
        return self._journal.problem

    async def open(self) -> None:
        """See Journal.open; so is every call below."""
        await self._do(self._journal.open)

    async def close(self) -> None:
        """Give the file back."""
        await self._do(self._journal.close)

    async def do(self, work: Callable[[], T]) -> T:
        """Do something where the journal is, in turn with all else that is done there."""
        return await self._run(work)

    def prepare_here(self, draft: Draft) -> None:
        """See Journal.prepare."""
        self._journal.prepare(draft)

    def append_here(self, draft: Draft) -> ScanMessage:
        """Store a reading, from work that is where the journal is; when this returns it is on the disk."""
        return self._journal.append(draft)

    async def batch(self, most: int, most_bytes: int, also: Collection[str] = ()) -> Batch | None:
        """What to send next."""
        return await self._do(self._journal.batch, most, most_bytes, also)

    async def settle(self, answers: Sequence[Answer], heard: Heard) -> list[Settled]:
        """Store what central answered."""
        return await self._do(self._journal.settle, answers, heard)

    async def resend_from(self, epoch: str, seq: int) -> int | None:
        """Send again what central wants next."""
        return await self._do(self._journal.resend_from, epoch, seq)

    async def known_at_central(self) -> Batch | None:
        """A scan that central has taken."""
        return await self._do(self._journal.known_at_central)

    async def stand_in(self, scan_id: str, proposal: ScanMessage) -> ScanMessage:
        """Fix what is sent in place of a scan that central cannot take."""
        return await self._do(self._journal.stand_in, scan_id, proposal)

    async def forget(self, before_ms: int) -> int:
        """Delete what central has had for long enough."""
        return await self._do(self._journal.forget, before_ms)

    async def tidy(self) -> None:
        """Do what nobody waits for."""
        await self._do(self._journal.tidy)

    async def full(self) -> Reached | None:
        """Which limit is reached."""
        return await self._do(self._journal.full)

    async def fact(self, key: str) -> str | None:
        """What was last heard of central."""
        return await self._do(self._journal.fact, key)

    async def overlays(self) -> list[tuple[str, str, str]]:
        """What this terminal's own scans did that central has not answered yet."""
        return await self._do(self._journal.overlays)

    async def last(self, most: int) -> list[Kept]:
        """The newest scans."""
        return await self._do(self._journal.last, most)

    async def refused(self) -> list[Kept]:
        """Shown green here, refused at central, not yet seen."""
        return await self._do(self._journal.refused)

    async def dead(self) -> list[Kept]:
        """What central could not take."""
        return await self._do(self._journal.dead)

    async def one(self, scan_id: str) -> Kept | None:
        """One scan."""
        return await self._do(self._journal.one, scan_id)

    async def acknowledge(self, kept: Kept) -> bool:
        """Note that a refusal was seen."""
        return await self._do(self._journal.acknowledge, kept)

    async def this_start(self) -> EpochMessage:
        """This start of the terminal."""
        return await self._do(self._journal.this_start)

    async def note(self) -> None:
        """Note beside the journal how far it has come."""
        await self._do(self._journal.note)

    async def _do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(partial(work, *args, **kwargs))
