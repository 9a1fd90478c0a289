"""A disk loses a row of a journal: that scan is not promised, and all the rest is.

It is told by its number, once a later scan of its terminal is here; nothing else is told as missing; what a network
still had of it may come, and is set aside. That nothing else is held up, is doubled or is lost, the other checks say.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simulation.broken import Broken

if TYPE_CHECKING:
    from simulation.central_watch import CentralWatch
    from simulation.device import Device, Reading
    from simulation.floor import Floor

TOLD = "2 (what a disk has lost is told)"
Place = tuple[str, int]  # epoch, sequence number


class LostRows:
    """Remembers what disks have lost."""

    def __init__(self, floor: Floor, kept: Mapping[str, set[str]]) -> None:
        self._floor = floor
        self._kept = kept  # by device: what its journal is known to hold
        self.ids: set[str] = set()
        self._places: dict[str, dict[str, Place]] = {}  # by device and scan

    def row(self, device: Device, row: sqlite3.Row) -> None:
        """This row is gone."""
        self.ids.add(row["id"])
        self._places.setdefault(device.name, {})[row["id"]] = (row["epoch"], row["seq"])
        self._kept.get(device.name, set()).discard(row["id"])

    def are_told(self, central: CentralWatch, identities: Mapping[str, Any], readings: Mapping[str, Reading]) -> None:
        """In the end: each gap that central can see stands in the ledger and on the review desk, and no other does."""
        told = set(_numbers(central.rows("SELECT data FROM ledger WHERE kind = 'scans_missing'")))
        asked = set(_numbers(central.rows("SELECT facts AS data FROM review WHERE kind = 'scans_missing'")))
        if told != asked:
            raise Broken(TOLD, f"the ledger tells {sorted(told)} as missing, the review desk {sorted(asked)}")
        lost: set[Place] = set()
        for name, places in self._places.items():
            lost |= set(places.values())
            if self._floor.devices[name].may_fork or self._floor.counts["restores of central"]:
                continue
            for one in places.keys() - identities.keys():
                if places[one] not in told and _followed(readings[one], identities, readings):
                    raise Broken(TOLD, f"{name} has lost {one}, and nobody is told")
        self._nothing_else(told - lost, readings)

    def _nothing_else(self, told: Collection[Place], readings: Mapping[str, Reading]) -> None:
        for reading in readings.values():
            place = (reading.message.epoch, reading.message.seq)
            if place in told and not self._floor.devices[reading.device].may_fork:
                raise Broken(
                    TOLD, f"{reading.scan_id} of {reading.device} is told as missing, and its disk has lost nothing"
                )


def _followed(lost: Reading, identities: Mapping[str, Any], readings: Mapping[str, Reading]) -> bool:
    """Whether central has a later scan of the same terminal: it cannot miss anything before."""
    later = (one for one in readings.values() if one.device == lost.device and one.number > lost.number)
    return any(one.scan_id in identities for one in later)


def _numbers(rows: Collection[sqlite3.Row]) -> Iterator[Place]:
    for row in rows:
        gap = json.loads(row["data"])
        yield from ((gap["epoch"], seq) for seq in range(gap["first"], gap["last"] + 1))
