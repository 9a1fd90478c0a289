"""Whether the device that asks is the terminal that it says it is, by its start (promise 9).

Intake alone writes down starts. Others ask what its fence would say to one, and write nothing.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, or_, select

from ekanban_central.fencing import Epoch, Fence
from ekanban_central.intake_known import EPOCH, TERMINAL, uuid_of
from ekanban_core.wire import EpochMessage


def is_copy(connection: Connection, terminal_id: UUID, start: EpochMessage, now_ms: int) -> bool:
    """Whether this start is a fork, or has a successor already: then its memory was copied or restored."""
    epoch, previous = uuid_of(start.epoch), uuid_of(start.previous)
    if epoch is None:
        return False
    head = select(TERMINAL.c.head_epoch).where(TERMINAL.c.id == terminal_id).scalar_subquery()
    named = [one for one in (epoch, previous) if one is not None]
    rows = connection.execute(
        select(EPOCH).where(EPOCH.c.terminal_id == terminal_id, or_(EPOCH.c.epoch.in_(named), EPOCH.c.epoch == head))
    ).mappings()
    known = [Epoch(**{name: value for name, value in row.items() if name != "terminal_id"}) for row in rows]
    newest = connection.execute(select(head)).scalar_one_or_none()
    fence = Fence(known, newest, {}, now_ms)
    fence.introduce(epoch, previous, start.previous_seq)
    here = fence.epochs.get(epoch)
    return here is not None and (here.forked or here.last_seq is not None)
