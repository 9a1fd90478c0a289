"""When the scans of one batch happened: bounds from boot clocks, contacts, cursors and sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ekanban_central.intake_parsing import Delivery
from ekanban_central.register_cursor import Cursor
from ekanban_core.bounds import OffsetBounds, Reach, boot_start_ms, measure, scan_moment
from ekanban_core.facts import Moment
from ekanban_core.wire import ScanMessage

MOST_BOOT_ID = 64  # characters of tables.TerminalBoot.boot_id
Boots = dict[tuple[UUID, str], OffsetBounds]


def measure_boots(delivery: Delivery, boots: Boots) -> set[str]:
    """Narrow the bounds of the terminal's boots by what the batch tells; returns those that changed."""
    batch, terminal = delivery.batch, delivery.terminal_id
    changed: set[str] = set()

    def narrow(boot_id: str, **reach: Reach) -> None:
        bounds = measure(boots.get((terminal, boot_id)), **reach) if 0 < len(boot_id) <= MOST_BOOT_ID else None
        if bounds is not None:
            boots[terminal, boot_id] = bounds
            changed.add(boot_id)

    if batch.contact:
        narrow(batch.contact.boot_id, heard=Reach(batch.contact.at_ms, batch.contact.boottime_ms))
    if batch.boottime_ms is not None:
        narrow(batch.boot_id, sent=Reach(delivery.received_ms, batch.boottime_ms))
    else:
        for boot_id, boottime_ms in _sent(delivery).items():
            narrow(boot_id, sent=Reach(delivery.received_ms, boottime_ms))
    return changed


def moments(
    scans: Sequence[ScanMessage],
    delivery: Delivery,
    boots: Mapping[tuple[UUID, str], OffsetBounds],
    floor_ms: int,
    recorded_ms: Mapping[str, int],
) -> list[Moment]:
    """Return the interval of each scan, given in sequence.

    floor_ms: the latest of the earliest times of all scans before them, 0 for the first. recorded_ms: when central
    wrote the ledger position that a register cursor names; a scan that carries the cursor was made after it.

    Sequence orders the boots. Within a boot its clock does: what was read first may be whole, and stored, later.
    """
    terminal = delivery.terminal_id
    current = delivery.batch.boot_id or (scans[-1].boot_id if scans and scans[-1].age_ms is not None else "")
    start = boot_start_ms(boots.get((terminal, current)))
    ceilings: list[int] = []
    ceiling = least = delivery.received_ms
    after = ""
    for scan in reversed(scans):
        bounds = boots.get((terminal, scan.boot_id))
        if scan.boot_id != after:
            ceiling, after = least, scan.boot_id
        if scan.boot_id != current and start is not None and _may_precede(scan, bounds, start):
            ceiling = min(ceiling, start)
        ceilings.append(ceiling)
        least = min(least, scan_moment("", scan.boottime_ms, bounds, floor_ms=0, ceiling_ms=ceiling).latest_ms)
    return _upwards(scans, ceilings[::-1], terminal, boots, floor_ms, recorded_ms)


def _upwards(
    scans: Sequence[ScanMessage],
    ceilings: Sequence[int],
    terminal: UUID,
    boots: Mapping[tuple[UUID, str], OffsetBounds],
    floor_ms: int,
    recorded_ms: Mapping[str, int],
) -> list[Moment]:
    """Go through the scans in sequence, and let the floor rise from boot to boot."""
    found: list[Moment] = []
    greatest, before = floor_ms, ""
    for scan, ceiling in zip(scans, ceilings, strict=True):
        bounds = boots.get((terminal, scan.boot_id))
        if scan.boot_id != before:
            # Of which boot the scans of earlier batches were, nobody knows: of this one, if its clock is measured.
            measured = not before and bounds is not None and bounds.low_ms is not None
            floor_ms, before = 0 if measured else greatest, scan.boot_id
        floor = max(floor_ms, recorded_ms.get(scan.register_cursor or "", 0))
        moment = scan_moment(str(terminal), scan.boottime_ms, bounds, floor_ms=floor, ceiling_ms=ceiling)
        greatest = max(greatest, moment.earliest_ms)
        found.append(moment)
    return found


def _may_precede(scan: ScanMessage, bounds: OffsetBounds | None, start_ms: int) -> bool:
    """Whether a scan of another boot can be older than this one: the folder may have come from another machine."""
    there = bounds.at(scan.boottime_ms) if bounds else None
    return there is None or there.low_ms is None or scan.boottime_ms + there.low_ms <= start_ms


def cursor_position(cursor: str | None, generation: str) -> int | None:
    """Return the ledger position in a register's cursor of this generation."""
    read = Cursor.parse(cursor or "")
    return read.position if read is not None and read.generation == generation else None


def boot_rows(terminal: UUID, changed: set[str], boots: Boots, now_ms: int) -> list[dict[str, Any]]:
    """Return the rows of terminal_boot that changed."""
    return [
        {
            "terminal_id": terminal,
            "boot_id": boot_id,
            "offset_low_ms": boots[terminal, boot_id].low_ms,
            "offset_high_ms": boots[terminal, boot_id].high_ms,
            "measured_boottime_ms": boots[terminal, boot_id].measured_ms,
            "seen_ms": now_ms,
        }
        for boot_id in sorted(changed)
    ]


def _sent(delivery: Delivery) -> dict[str, int]:
    """The boot clock at sending, by boot, from the scans' own ages: for programs that do not send it with the batch."""
    sent: dict[str, int] = {}
    for item in delivery.items:
        if item.message and item.message.age_ms is not None:
            at = item.message.boottime_ms + item.message.age_ms
            sent[item.message.boot_id] = max(at, sent.get(item.message.boot_id, 0))
    return sent
