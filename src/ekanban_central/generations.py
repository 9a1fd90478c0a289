"""Central's generation: a word that changes when a terminal shows that central was restored from a backup (promise 15).

A terminal says again what it last heard: a generation, a position of the ledger, and the ledger's mark there. Central
was restored where

- its ledger has not come so far,
- its ledger has another mark there: it has passed the position since, but by another way,
- or it never gave itself that generation: the word was lost with the rest.

In a new generation terminals send again all that they retain, registers are loaded anew, and versions of cards leap
ahead of those that may have been given and forgotten (forgotten_versions.py). What people did on pages
since the backup comes from nowhere: the review desk says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import Connection, insert, select, update

from ekanban_central import forgotten_versions, ledger
from ekanban_central.changes import Writer
from ekanban_central.ledger import LEDGER, META, SYSTEM, Actor, Entry, Reached
from ekanban_core.events import ReviewKind, ReviewRaised

MOST_WORD = 64  # characters of a generation; ours have 16 or 17
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a terminal says that it has heard, and central's own head of that ledger."""

    head: Reached
    site_id: int
    terminal_id: UUID
    generation: str | None
    position: int | None
    mark: str | None  # as `Reached.word`; None from terminals of an older release


def check(
    connection: Connection,
    present: str,
    claims: Iterable[Claim],
    writers: Mapping[int, Writer],
    random_bytes: Callable[[int], bytes],
) -> str:
    """Return the generation: the present one, or a new one when a claim shows that central was restored."""
    claim = next((one for one in claims if _shows_a_loss(connection, one, present)), None)
    if claim is None:
        return present
    fresh = forgotten_versions.next_word(present, claim.generation or "", random_bytes)
    if not _start(connection, present, fresh):
        return ledger.generation(connection)  # another transaction was first; it has reported, too
    if claim.generation != present and len(claim.generation or "") <= MOST_WORD:
        # Lost, and from now on known to be: whoever else has heard it, or says it late, shows nothing more.
        connection.execute(insert(META).values(key=_OVER.format(claim.generation), value=fresh))
    data = {"before": present, "after": fresh, "heard": claim.position}
    log.warning("generation_started", terminal=str(claim.terminal_id), **data)
    writer = writers[claim.site_id]
    writer.note(Entry("generation_started", Actor.terminal(claim.terminal_id), data=data))
    _report(connection, claim, writer)
    return fresh


def notice(connection: Connection, claim: Claim, now_ms: int, random_bytes: Callable[[int], bytes]) -> int:
    """Check one claim by itself; returns the site's newest position."""
    writer = Writer(claim.site_id, now_ms)
    check(connection, ledger.generation(connection), [claim], {claim.site_id: writer}, random_bytes)
    return writer.write(connection)


def _shows_a_loss(connection: Connection, claim: Claim, present: str) -> bool:
    if claim.generation is None or claim.position is None:
        return False
    if claim.generation != present:
        return claim.mark is not None and not _was(connection, claim.generation)
    return not ledger.knows(connection, claim.site_id, claim.head, claim.position, claim.mark)


def _was(connection: Connection, generation: str) -> bool:
    """Whether central has had this generation before."""
    found = select(META.c.value).where(META.c.key == _OVER.format(generation))
    return connection.execute(found).one_or_none() is not None


_OVER = "generation:{}"  # key of one that is over; its value: the next one


def _start(connection: Connection, present: str, fresh: str) -> bool:
    """Write the new word; False where another process was first: its word holds."""
    where = (META.c.key == ledger.GENERATION_KEY) & (META.c.value == present)
    if not connection.execute(update(META).where(where).values(value=fresh)).rowcount:
        return False
    connection.execute(insert(META).values(key=_OVER.format(present), value=fresh))
    forgotten_versions.note_restore(connection)
    return True


def _report(connection: Connection, claim: Claim, writer: Writer) -> None:
    """Tell people from when to when what they did is lost, as far as it is known."""
    facts: dict[str, str | int] = {}
    heard_ms = ledger.said_ms(claim.mark or "")
    if heard_ms is not None:
        facts["heard_ms"] = heard_ms
        before = (LEDGER.c.site_id == claim.site_id) & (LEDGER.c.at_ms <= heard_ms)
        newest = select(LEDGER.c.at_ms).where(before).order_by(LEDGER.c.position.desc()).limit(1)
        ends_ms = connection.execute(newest).scalar_one_or_none()
        facts |= {} if ends_ms is None else {"ends_ms": ends_ms}
    raised = ReviewRaised(ReviewKind.RESTORED, facts)
    index = writer.note(Entry(raised.kind, SYSTEM, data=raised.data()))
    writer.review(index, raised.review, facts)
