"""Central's clock as this terminal can know it: bounds, never a belief (promise 10)."""

from __future__ import annotations

import json
from typing import Any

from ekanban_core.bounds import OffsetBounds, Reach, measure, scan_moment
from ekanban_core.facts import Moment
from ekanban_core.wire import Contact
from ekanban_terminal.clock import Clock
from ekanban_terminal.marked import Marked, changing

YEAR_9000_MS = 221_845_392_000_000  # a wall clock beyond is not even worth showing


class CentralTime(Marked):
    """Bounds of central's clock minus this boot's clock, and the latest time of central's that was ever heard."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.contact: Contact | None = None
        self._clock = clock
        self._bounds: OffsetBounds | None = None
        self._register_ms = 0

    @changing
    def heard(self, at_ms: int, sent_ms: int, arrived_ms: int) -> None:
        """Central's time in an answer; the boot clock when its request was sent, and when the answer had arrived."""
        self._bounds = measure(self._bounds, heard=Reach(at_ms, arrived_ms), sent=Reach(at_ms, sent_ms))
        self.contact = Contact(at_ms=at_ms, boot_id=self._clock.boot_id, boottime_ms=arrived_ms)

    def moment(self, terminal: str, boottime_ms: int, ago_ms: int = 0) -> Moment:
        """The interval in which something at that boot time, `ago_ms` before now, happened, on central's clock.

        It happened after everything that was ever heard of central. Without a contact in this boot the wall clock ends
        the interval: it is shown to people, and a wrong one can only turn the local verdict amber, never green.
        """
        floor_ms = max(self.contact.at_ms if self.contact else 0, self._register_ms)
        wall_ms = min(max(self._clock.wall_ms() - ago_ms, 0), YEAR_9000_MS)
        known = self._bounds is not None and self._bounds.high_ms is not None
        return scan_moment(
            terminal,
            boottime_ms,
            self._bounds,
            floor_ms=min(floor_ms, YEAR_9000_MS),
            ceiling_ms=YEAR_9000_MS if known else max(wall_ms, floor_ms),
        )

    def now_ms(self) -> int | None:
        """A time that central's clock has reached; None before the first contact."""
        if self.contact is None:
            return None
        return self.moment("", self._clock.boottime_ms()).earliest_ms

    def shown_ms(self) -> int:
        """The time that people read here: the wall clock's where it fits what is known of central's.

        A Pi without a clock shows the plant's time after its first contact, and until then no time before its last one.
        """
        known = self.moment("", self._clock.boottime_ms())
        return min(max(self._clock.wall_ms(), known.earliest_ms), known.latest_ms)

    def to_json(self) -> str:
        """For the journal, so that a restart in the same boot goes on with what was measured."""
        bounds = self._bounds
        if bounds is None:
            return ""
        return json.dumps([self._clock.boot_id, bounds.low_ms, bounds.high_ms, bounds.measured_ms])

    @changing
    def restore(self, contact: str | None, offset: str | None, register_ms: int = 0) -> None:
        """The reverse; what was measured in another boot says nothing of this one.

        register_ms: central's time in the register, which may have come after the contact that was stored last.
        """
        self._register_ms = register_ms
        if contact:
            self.contact = Contact.model_validate_json(contact)
        found: Any = json.loads(offset) if offset else None
        if found and found[0] == self._clock.boot_id:
            self._bounds = OffsetBounds(*found[1:])
