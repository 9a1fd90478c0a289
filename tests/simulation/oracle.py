"""Watches a run from outside and says which promise it breaks, at once or at the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulation.broken import Broken
from simulation.central_watch import CentralWatch, in_sequence
from simulation.device import KEPT_MS, Device, Process, Reading
from simulation.disk import rows, scan_ids
from simulation.station_model import COMMANDS, StationModel

if TYPE_CHECKING:
    from ekanban_central.intake_parsing import Delivery
    from ekanban_central.intake_taking import Receipt
    from ekanban_terminal.journal_types import Draft, Settled
    from ekanban_terminal.station import Taken
    from simulation.floor import Floor

REFUSALS = frozenset({"on_hold", "retired", "superseded_print", "unknown_card", "unreadable", "review"})


class Oracle:
    """Remembers every reading and every answer."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.readings: dict[str, Reading] = {}
        self.all: list[Reading] = []
        self.central = CentralWatch(floor.central.file, self.readings)
        self._answers: dict[str, tuple[Any, ...]] = {}
        self._taken_ms: dict[str, int] = {}
        self._models: dict[tuple[str, int], StationModel] = {}
        self._kept: dict[str, set[str]] = {}  # by device: what its journal is known to hold

    # Readings.

    def attempted(self, reading: Reading, draft: Draft) -> None:
        """A reading is about to be written to the journal."""
        reading.message, reading.scan_id = draft.message, draft.message.id
        entry = json.loads(draft.shown)
        reading.colour, reading.outcome = entry["colour"], entry["outcome"]
        self.readings[reading.scan_id] = reading
        self._model(reading).judge(reading)

    def nothing_to_undo(self, reading: Reading) -> None:
        """The kiosk said that there is nothing to take back."""
        last = self._model(reading).last
        if last is not None and reading.at - last[1] < 119.9:
            raise Broken("5 (undo names the station's last scan)", f"{last[0]} could be taken back, and was refused")

    def shown(self, process: Process, reading: Reading, taken: Taken) -> None:
        """Somebody sees the answer: what counts must be on the disk, were the power cut now."""
        entry, device = taken.entry, process.device
        reading.shown, reading.stored = True, taken.stored
        reading.colour, reading.outcome = str(entry.colour), str(entry.outcome)
        self.floor.trace("shown", device.name, reading.number, entry.id, entry.outcome, taken.stored)
        if not taken.stored:
            if reading.colour != "red":
                raise Broken("13 (loud)", f"reading {reading.number} is not stored and is shown {reading.colour}")
            return
        if entry.id not in scan_ids(device.disk.platter()):
            raise Broken("1 (durable before green)", f"reading {reading.number} is shown {reading.colour}, not on disk")
        self._model(reading).stored(reading)
        self._kept.setdefault(device.name, set()).add(entry.id)

    def started(self, device: Device) -> None:
        """A process begins: its journal holds what it held, and tells the station its last scan."""
        model = self._models[device.name, device.processes] = StationModel()
        for row in rows(device.disk.snapshot(), "SELECT id, message FROM scan ORDER BY n DESC LIMIT 30"):
            message = json.loads(row["message"])
            raw = self.readings[row["id"]].raw if row["id"] in self.readings else b""
            if message.get("duplicate_of") or (raw in COMMANDS and message["intent"] != "undo"):
                continue
            if message["boot_id"] == device.clock.boot_id and message["intent"] != "undo":
                age_s = (device.clock.boottime_ms() - message["boottime_ms"]) / 1000
                model.last = (row["id"], device.clock.monotonic() - age_s)
            return

    def _model(self, reading: Reading) -> StationModel:
        return self._models.setdefault((reading.device, reading.process), StationModel())

    # Central.

    def committed(self, deliveries: Sequence[Delivery], receipts: Sequence[Receipt]) -> None:
        """A transaction of intake was committed."""
        self.central.committed()
        for delivery, receipt in zip(deliveries, receipts, strict=True):
            self.floor.trace(
                "committed", delivery.terminal_id, receipt.generation, receipt.position, len(receipt.results)
            )
            for result in receipt.results:
                self._answered(result)

    def _answered(self, result: Any) -> None:
        if result.id is None:
            return
        answer = (str(result.outcome), result.reason, result.card, result.signal and result.signal.id, result.message)
        self.floor.trace("answer", result.id, *answer[:4], result.repeated)
        first = self._answers.get(result.id)
        if result.repeated and first is not None and first != answer:
            raise Broken("5 (the first answer again)", f"{result.id}: first {first}, then {answer}")
        if not result.repeated and first is not None and first[0] != "set_aside" and answer[0] != "set_aside":
            raise Broken("6 (memory without end)", f"{result.id} was taken twice: {first}, then {answer}")
        if not result.repeated and (first is None or answer[0] != "set_aside"):
            self._answers[result.id] = answer

    def central_began_anew(self) -> None:
        """Central was restored: it knows again what the backup knew."""
        self.central.begin()
        known = self.central.identities()
        self._answers = {one: answer for one, answer in self._answers.items() if one in known}

    # Terminals.

    def settled(self, device: Device, settled: Sequence[Settled]) -> None:
        """The journal notes central's word for scans: central must have given it."""
        words = [one.id for one in settled if one.state in ("taken", "refused")]
        self.floor.trace("settled", device.name, *((one.id, one.state) for one in settled))
        missing = set(words) - self.central.has(words) - self.central.asides()
        lost = missing - self.floor.lost_by_restore
        if lost:
            raise Broken("7 (ack after commit)", f"{device.name} believes that central has {sorted(lost)}")
        for one in words:
            self._taken_ms[one] = self.floor.central.now_ms()

    def look_at(self, device: Device) -> None:
        """Compare what a journal holds with what it held: only what central has had for long may be gone."""
        now = scan_ids(device.disk.snapshot())
        gone = self._kept.get(device.name, set()) - now
        for one in sorted(gone):
            taken_ms = self._taken_ms.get(one)
            if taken_ms is None or self.floor.central.now_ms() - taken_ms < KEPT_MS - 60_000:
                raise Broken("7 (forgets only after its retention time)", f"{device.name} has forgotten {one}")
        self._kept[device.name] = now

    def restored(self, device: Device) -> None:
        """Its disk holds something else by an act of people."""
        self._kept[device.name] = scan_ids(device.disk.snapshot())

    # The end.

    def final(self) -> None:
        """Faults have stopped, everything is drained: every promise in full."""
        self.central.committed()
        identities, asides = self.central.identities(), self.central.asides()
        for device in self.floor.devices.values():
            self.look_at(device)
            self._every_scan_has_one_end(device, identities, asides)
        in_sequence(list(identities.values()))
        self._refusals(identities)
        self._registers()
        self.floor.replays()

    def _every_scan_has_one_end(self, device: Device, identities: dict[str, Any], asides: set[str]) -> None:
        for row in rows(device.disk.snapshot(), "SELECT id, state, message, stand_in_id FROM scan ORDER BY n"):
            one = row["id"]
            if row["state"] == "waiting" and not device.dead:
                raise Broken("4 (liveness)", f"{device.name}: {one} still waits")
            if one in identities:
                _same_content(one, json.loads(row["message"]), identities[one])
            elif row["state"] == "dead" and row["stand_in_id"] in identities:
                continue
            elif one not in asides and not device.dead:
                raise Broken("2 (no loss)", f"{device.name}: {one} is {row['state']}, and central does not have it")

    def _refusals(self, identities: dict[str, Any]) -> None:
        """Shown green, not carried out: on the review desk, and on the kiosk until somebody has seen it."""
        reviews = {row["scan_id"] for row in self.central.rows("SELECT scan_id FROM review WHERE scan_id IS NOT NULL")}
        for device in self.floor.devices.values():
            if device.process is None or device.dead:
                continue
            listed = {kept.id for kept in device.process.journal.refused(10_000)}
            held = scan_ids(device.disk.snapshot())
            for reading in self.all:
                found = identities.get(reading.scan_id)
                if reading.device != device.name or found is None or not (reading.stored and reading.colour == "green"):
                    continue
                if found["outcome"] not in REFUSALS:
                    continue
                if found["scan_id"].replace("-", "") not in reviews:
                    raise Broken(
                        "2 (refused green goes to review)", f"{reading.scan_id}: {found['outcome']}, no review"
                    )
                if reading.scan_id in held and reading.scan_id not in listed:
                    raise Broken("2 (refused green stays listed)", f"{reading.scan_id} is not on the kiosk")

    def _registers(self) -> None:
        """Every terminal in good standing knows what central knows."""
        for device in self.floor.devices.values():
            if device.process is not None and not device.dead and self.floor.in_good_standing(device):
                self.floor.compare_register(device)


def _same_content(one: str, message: dict[str, Any], taken: dict[str, Any]) -> None:
    content = taken["data"]["scan"]
    if not isinstance(content, dict):  # kept for a person as text: it could not be processed
        return
    there = {name: value for name, value in content.items() if name != "age_ms"}
    if there != message:
        wrong = {name: (message.get(name), there.get(name)) for name in message if message.get(name) != there.get(name)}
        raise Broken("8 (immutable facts)", f"{one}: {wrong}")
