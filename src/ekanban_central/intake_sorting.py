"""Which scans of a batch are new, which are repeated, and which cannot take their place (promises 5, 6, 8, 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central import intake_known as known
from ekanban_central.fencing import Fence, Verdict
from ekanban_central.intake_known import Place, Taken
from ekanban_central.intake_parsing import Delivery, Item


@dataclass(slots=True)
class New:
    """A scan that takes its place now. `verdict`: NEXT, or why it is set aside."""

    item: Item
    verdict: Verdict


@dataclass(slots=True)
class Aside:
    """A scan without a place of its own. `conflict`: another scan has it; else it has no usable identity."""

    item: Item
    conflict: bool


@dataclass(slots=True)
class Repeated:
    """A scan that has its answer, or (`of`) gets the one of the same scan earlier in this transaction."""

    item: Item
    answer: dict[str, Any] | None
    of: Item | None = None


Sorted = New | Aside | Repeated


@dataclass(slots=True)
class Register:
    """Identities that are taken: those of the database, and those of this transaction."""

    by_id: dict[UUID, Taken]
    by_place: dict[Place, Taken]
    asides: dict[tuple[UUID, bytes], dict[str, Any]]
    fresh: dict[UUID, tuple[Place, Item]] = field(default_factory=dict)
    fresh_places: dict[Place, Item] = field(default_factory=dict)
    fresh_asides: dict[tuple[UUID, bytes], Item] = field(default_factory=dict)

    def take(self, place: Place, item: Item) -> None:
        """Note that a scan takes its place in this transaction."""
        if item.scan_id is not None:
            self.fresh[item.scan_id] = (place, item)
        self.fresh_places[place] = item


def load_register(
    connection: Connection, deliveries: Sequence[Delivery], fences: dict[UUID, Fence], by_id: dict[UUID, Taken]
) -> Register:
    """Look the scans up: by id it was done already, by place and by content only where they may be known."""
    places, contents = set(), set()
    for delivery, item in _all(deliveries):
        place = place_of(delivery, item)
        found = by_id.get(item.scan_id) if item.scan_id else None
        if place is None or (found is not None and not _same(found, item)):
            contents.add((delivery.terminal_id, item.hash))
        elif found is None:
            row = fences[delivery.terminal_id].epochs.get(place[1])
            if row is not None and place[2] < row.next_seq:
                places.add(place)
                contents.add((delivery.terminal_id, item.hash))
    return Register(by_id, known.taken_by_place(connection, places), known.asides(connection, contents))


def sort(delivery: Delivery, fence: Fence, register: Register) -> list[Sorted]:
    """Sort a batch up to the first gap; `fence.expected` then says what is missing."""
    found: list[Sorted] = []
    nameless = 0
    for item in delivery.items:
        place = place_of(delivery, item)
        repeated = _repeated(delivery, place, item, register)
        if repeated is not None:
            if _verdict_elsewhere(place, item, fence, register, nameless) is Verdict.GAP:
                return found
            found.append(repeated)
            nameless += place is None
            continue
        if place is None:
            nameless += 1
            found.append(_aside(delivery, item, register, conflict=False))
            continue
        verdict = _verdict(place, item, fence, register, nameless)
        if verdict is Verdict.GAP:
            return found
        if verdict is not None and not _is_taken(item, register):
            register.take(place, item)
            found.append(New(item, verdict))
        else:
            found.append(_aside(delivery, item, register, conflict=True))
        nameless = 0
    return found


def place_of(delivery: Delivery, item: Item) -> Place | None:
    """Return the place that a scan claims, None without a usable identity."""
    if item.scan_id is None or item.epoch is None or item.seq is None:
        return None
    return delivery.terminal_id, item.epoch, item.seq


def _all(deliveries: Sequence[Delivery]) -> Iterable[tuple[Delivery, Item]]:
    return ((delivery, item) for delivery in deliveries for item in delivery.items)


def _same(taken: Taken, item: Item) -> bool:
    """Whether it is this scan, of the same place in the same epoch: both are part of its content."""
    return taken.hash == item.hash


def _verdict_elsewhere(
    place: Place | None, item: Item, fence: Fence, register: Register, nameless: int
) -> Verdict | None:
    """Count a repeated scan that the same device sent as another terminal: it was enrolled anew since."""
    taken = register.by_id.get(item.scan_id) if item.scan_id else None
    if place is None or taken is None or taken.place == place or not _same(taken, item):
        return None
    return fence.place(place[1], place[2], nameless)


def _repeated(delivery: Delivery, place: Place | None, item: Item, register: Register) -> Repeated | None:
    if place is not None and item.scan_id is not None:
        taken = register.by_id.get(item.scan_id)
        if taken is not None and _same(taken, item):
            return Repeated(item, taken.answer)
        fresh = register.fresh.get(item.scan_id)
        if fresh is not None and fresh[0] == place and fresh[1].hash == item.hash:
            return Repeated(item, None, fresh[1])
    key = (delivery.terminal_id, item.hash)
    if key in register.asides:
        return Repeated(item, register.asides[key])
    if key in register.fresh_asides:
        return Repeated(item, None, register.fresh_asides[key])
    return None


def _is_taken(item: Item, register: Register) -> bool:
    return item.scan_id in register.by_id or item.scan_id in register.fresh


def _verdict(place: Place, item: Item, fence: Fence, register: Register, nameless: int) -> Verdict | None:
    """Return what the fence says; None when the place is another scan's. A stolen id at a new place counts on."""
    if place in register.by_place or place in register.fresh_places:
        return None
    return fence.place(place[1], place[2], nameless)


def _aside(delivery: Delivery, item: Item, register: Register, *, conflict: bool) -> Aside:
    register.fresh_asides[delivery.terminal_id, item.hash] = item
    return Aside(item, conflict)
