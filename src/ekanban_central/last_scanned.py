"""Which cards were scanned at a terminal last."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central.intake_known import EPOCH, IDENTITY

STARTS = 20  # newest starts of the terminal that are looked through
SCANS = 2_000  # newest scans of each


def bodies(connection: Connection, terminal_id: UUID, most: int) -> list[str]:
    """The cards that were scanned at a terminal last, newest first."""
    starts = (
        select(EPOCH.c.epoch)
        .where(EPOCH.c.terminal_id == terminal_id, EPOCH.c.forked.is_(False))
        .order_by(EPOCH.c.ordinal.desc())
        .limit(STARTS)
    )
    found: dict[str, None] = {}
    for epoch in connection.execute(starts).scalars().all():
        if len(found) >= most:
            break
        newest = (
            select(IDENTITY.c.body)
            .where(IDENTITY.c.terminal_id == terminal_id, IDENTITY.c.epoch == epoch)
            .order_by(IDENTITY.c.seq.desc())
            .limit(SCANS)
        )
        found |= dict.fromkeys(body for body in connection.execute(newest).scalars() if body is not None)
    return list(found)[:most]
