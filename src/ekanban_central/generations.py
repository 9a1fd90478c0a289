"""Central's generation: a word that changes when a terminal knows more of the ledger than central does (promise 15).

That shows that central was restored from a backup. In a new generation terminals send again all that they retain, and
registers are loaded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import Connection, update

from ekanban_central import ledger
from ekanban_central.changes import Writer
from ekanban_central.ledger import META, Actor, Entry

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a terminal says that it has heard: a position of its site's ledger in a generation."""

    site_id: int
    head: int  # central's own position there
    terminal_id: UUID
    generation: str | None
    position: int | None


def check(
    connection: Connection, claims: Sequence[Claim], writers: Mapping[int, Writer], random_bytes: Callable[[int], bytes]
) -> str:
    """Return the generation; a new one when a claim of the present one goes beyond the ledger."""
    present = ledger.generation(connection)
    for claim in claims:
        if claim.generation != present or claim.position is None or claim.position <= claim.head:
            continue
        fresh = _start(connection, present, random_bytes(8).hex())
        data = {"before": present, "after": fresh, "heard": claim.position}
        writers[claim.site_id].note(Entry("generation_started", Actor.terminal(claim.terminal_id), data=data))
        log.warning("generation_started", terminal=str(claim.terminal_id), **data)
        return fresh
    return present


def _start(connection: Connection, present: str, fresh: str) -> str:
    """Write the new word; where another process was first, its word holds."""
    where = (META.c.key == "generation") & (META.c.value == present)
    connection.execute(update(META).where(where).values(value=fresh))
    return ledger.generation(connection)
