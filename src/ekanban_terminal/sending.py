"""A scan as it goes over the wire."""

from __future__ import annotations

import base64
from typing import Any

from ekanban_core.states import Intent, Outcome
from ekanban_core.wire import ScanMessage

STAND_IN = b"STAND-IN "


def scan_body(message: ScanMessage, boot_id: str, boottime_ms: int) -> dict[str, Any]:
    """A scan with its age at sending, which only its own boot can tell."""
    age_ms = max(0, boottime_ms - message.boottime_ms) if message.boot_id == boot_id else None
    return {**message.model_dump(mode="json"), "age_ms": age_ms}


def stand_in_for(message: ScanMessage, scan_id: str) -> ScanMessage:
    """What takes the place of a scan that central cannot take: no card code, and named after what it stands for.

    It keeps epoch, sequence number and time, and nothing that somebody scanned or typed. Central records it as
    `unreadable`; the scan itself stays here for people to see and to replay.
    """
    return ScanMessage(
        id=scan_id,
        epoch=message.epoch,
        seq=message.seq,
        raw=base64.b64encode(STAND_IN + message.id.encode("ascii")).decode("ascii"),
        intent=Intent.LOOKUP,
        local_outcome=Outcome.UNREADABLE,
        scanned_at=message.scanned_at,
        boot_id=message.boot_id,
        boottime_ms=message.boottime_ms,
    )


def refused_set(status: int) -> bool:
    """Whether a status may be about what the set holds: then its halves are tried. Never a refusal of a scan."""
    return status in (400, 403, 413, 422) or (status >= 500 and status != 503)
