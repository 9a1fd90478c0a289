"""From a checked export to deliveries, as the terminal itself would have sent them (its `courier`, its `journal_rows`).

What is in a file is sent from its beginning, in its order. So of an epoch in a batch whatever is before its first scan
there has been sent or is not in the file, and of an epoch that is through, all: that is what `oldest_seq` says. Where
scans are missing in between, another batch begins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any
from uuid import UUID

from ekanban_central.intake_parsing import Delivery, Item, parse
from ekanban_central.journal_file import Export, lines, place_of
from ekanban_core.journal_export import opened
from ekanban_core.wire import MOST_SCANS, VERSION

Place = tuple[str, int]  # epoch and number in it
DAMAGED = "The terminal's disk has changed this scan; what can be read of it is kept."


@dataclass(frozen=True, slots=True)
class Sent:
    """What takes one place of a batch; without a place of its own where the scan is damaged."""

    content: Any
    place: Place | None


def deliveries(
    file: IO[bytes], export: Export, terminal: UUID, imported: UUID, received_ms: int, *, contact: bool
) -> Iterator[Delivery]:
    """Give all that the file holds, in batches. contact: the terminal heard this central's answers, and no other's."""
    for batch in _batches(file, export):
        yield _delivery(batch, export, terminal, imported, received_ms, contact=contact)


def _delivery(
    batch: list[Sent], export: Export, terminal: UUID, imported: UUID, received_ms: int, *, contact: bool
) -> Delivery:
    first: dict[str, int] = {}
    for one in batch:
        if one.place is not None:
            first.setdefault(*one.place)
    epochs = [export.epochs[epoch] for epoch in first if epoch in export.epochs]
    through = {one.previous: one.previous_seq + 1 for one in epochs if one.previous and one.previous not in first}
    heard = export.contact if contact and export.contact and export.contact.at_ms <= received_ms else None
    body = {
        "version": VERSION,
        "terminal": str(terminal),
        "scans": [one.content for one in batch],
        "epochs": [one.model_dump(mode="json") for one in epochs],
        "oldest_seq": {**through, **first},
        "contact": heard.model_dump(mode="json") if heard else None,
    }
    delivery = parse(json.dumps(body).encode(), terminal, received_ms)
    return replace(delivery, items=tuple(_told(item) for item in delivery.items), imported=imported)


def _told(item: Item) -> Item:
    """Say of a damaged scan that it is one, to whoever decides about it."""
    damaged = isinstance(item.content, dict) and "damaged" in item.content
    return replace(item, error=DAMAGED) if damaged else item


def _batches(file: IO[bytes], export: Export) -> Iterator[list[Sent]]:
    batch: list[Sent] = []
    last: Place | None = None
    nameless = 0  # damaged scans behind it
    for sent in _all(file):
        gap = sent.place is not None and last is not None and not _follows(last, sent.place, nameless, export)
        if batch and (gap or len(batch) == MOST_SCANS):
            cut = len(batch) - nameless or len(batch)  # damaged ones stay with the next that has a place
            yield batch[:cut]
            batch = batch[cut:]
        batch.append(sent)
        nameless = nameless + 1 if sent.place is None else 0
        last = sent.place or last
    if batch:
        yield batch


def _follows(last: Place, place: Place, nameless: int, export: Export) -> bool:
    """Whether nothing is missing between two scans."""
    if place == last:  # a stand-in, and the scan for which it stands
        return True
    if place[0] == last[0]:
        return place[1] - last[1] - 1 <= nameless
    start = export.epochs.get(place[0])
    return start is not None and (start.previous, start.previous_seq) == last


def _all(file: IO[bytes]) -> Iterator[Sent]:
    for number, line in lines(file):
        thing = opened(line) if number > 1 else {}
        if isinstance(scan := thing.get("scan"), dict):
            yield from _scan(scan, thing)
        elif "damaged" in thing:
            yield Sent({"damaged": thing["damaged"], "state": thing.get("state")}, None)


def _scan(scan: dict[str, Any], thing: dict[str, Any]) -> Iterator[Sent]:
    """A scan; where central has taken a stand-in in its place that one, and the scan behind it if nobody replayed it.

    Its place being taken, the scan is set aside then: nobody can replay it on a dead device any more.
    """
    stand_in = thing.get("stand_in")
    if thing.get("stands_in") and isinstance(stand_in, dict):
        yield Sent(_aged(stand_in), place_of(stand_in))
        if thing.get("state") != "dead":
            return
    yield Sent(_aged(scan), place_of(scan))


def _aged(scan: dict[str, Any]) -> dict[str, Any]:
    """As a terminal sends a scan of an earlier boot: how old it is now, a file cannot tell."""
    return {**scan, "age_ms": None}
