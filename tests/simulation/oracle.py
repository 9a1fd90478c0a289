"""Watches a run from outside and says which promise it breaks, at once or at the end."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ekanban_core.signatures import Target, sign_request
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import Request
from simulation.bad_scans import BadScans
from simulation.broken import Broken
from simulation.central_watch import MIN_CYCLE_MS, CentralWatch, in_sequence
from simulation.device import KEPT_MS, Device, Process, Reading, is_card
from simulation.disk import rows, scan_ids
from simulation.kept_demand import nobody_has_lost_a_demand
from simulation.lost_rows import LostRows
from simulation.station_model import COMMANDS, StationModel, body_of

if TYPE_CHECKING:
    from ekanban_central.intake_parsing import Delivery
    from ekanban_central.intake_taking import Receipt
    from ekanban_terminal.journal_types import Draft, Settled
    from ekanban_terminal.station import Taken
    from simulation.floor import Floor

REFUSALS = frozenset({"on_hold", "retired", "superseded_print", "unknown_card", "unreadable", "review", "set_aside"})
ONCE = "cycle_unclear"


class Oracle:
    """Remembers every reading and every answer."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.readings: dict[str, Reading] = {}
        self.all: list[Reading] = []
        self.central = CentralWatch(floor.central.file, self.readings)
        self.bad = BadScans(floor, self.readings)
        self._answers: dict[tuple[str, str], tuple[Any, ...]] = {}  # by terminal and scan
        self._taken_ms: dict[tuple[str, str], int] = {}  # by device and scan: when it believed that central has it
        self._committed_ms: dict[str, int] = {}  # by scan: when central took it, last
        self._models: dict[tuple[str, int], StationModel] = {}
        self._kept: dict[str, set[str]] = {}  # by device: what its journal is known to hold
        self._clones: list[tuple[str, str, str, int]] = []  # original, clone, their number, readings until then
        self._tampered: set[str] = set()
        self._own: dict[tuple[str, bytes], Reading] = {}  # by device and card: its newest reading
        self.lost = LostRows(floor, self._kept)

    # Readings.

    def attempted(self, reading: Reading, draft: Draft) -> None:
        """A reading is about to be written to the journal."""
        reading.message, reading.scan_id = draft.message, draft.message.id
        entry = json.loads(draft.shown)
        reading.colour, reading.outcome = entry["colour"], entry["outcome"]
        reading.signal = (entry["signal"] or {}).get("id", "")
        reading.struck = self.floor.devices[reading.device].disk.struck
        self.readings[reading.scan_id] = reading
        self._own_scans(reading)
        self._model(reading).judge(reading)

    def appended(self, reading: Reading) -> None:
        """The journal says that it is stored."""
        if reading.struck:
            raise Broken(
                "14 (fail-stop storage)", f"reading {reading.number} is stored, and the disk had failed before"
            )
        self._model(reading).stored(reading)
        if reading.message.intent == "undo":
            self._own = {key: own for key, own in self._own.items() if key[0] != reading.device}
        elif is_card(reading.raw):
            self._own[reading.device, body_of(reading.raw)] = reading

    def _own_scans(self, reading: Reading) -> None:
        """What a terminal ordered itself, and central has not answered yet, it does not order once more."""
        own = self._own.get((reading.device, body_of(reading.raw)))
        if own is None or (own.device, own.scan_id) in self._taken_ms or not is_card(reading.raw):
            return
        if own.scan_id in self.lost.ids:
            return
        both = own.outcome == reading.outcome == "opened" and own.signal and reading.signal
        if both and reading.true_ms - own.true_ms < MIN_CYCLE_MS - 1_000:
            raise Broken("5 (own scans are remembered)", f"{own.scan_id} has opened, and {reading.scan_id} opens again")

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
            reading.in_doubt = device.disk.struck > reading.struck
            self._refused(process, reading, full=taken.full)
            return
        if entry.id not in scan_ids(device.disk.platter()):
            raise Broken("1 (durable before green)", f"reading {reading.number} is shown {reading.colour}, not on disk")
        if process.store.counts.stored > self.floor.plan.most_stored:
            raise Broken("13 (bounded)", f"{device.name} holds {process.store.counts.stored} scans")
        self._kept.setdefault(device.name, set()).add(entry.id)

    def _refused(self, process: Process, reading: Reading, *, full: bool) -> None:
        """Nothing was stored: this must be loud, and have a reason."""
        if reading.colour != "red":
            raise Broken("13 (loud)", f"reading {reading.number} is not stored and is shown {reading.colour}")
        disk, most = process.device.disk, self.floor.plan.most_stored
        if not (disk.was_hurt or (full and process.store.counts.stored >= most)):
            raise Broken("4 (a sound terminal takes scans)", f"reading {reading.number} is refused for no reason")

    def died_in_doubt(self, process: Process) -> None:
        """A commit has failed, and the process dies before it has looked what is on the disk."""
        for reading in self._in_doubt(process):
            reading.doubtful = True

    def opened(self, process: Process) -> None:
        """The journal was opened and checked: what had failed before counts no more, and nothing is in doubt."""
        process.device.disk.struck = 0
        for reading in self._in_doubt(process):
            reading.in_doubt = False

    def _in_doubt(self, process: Process) -> list[Reading]:
        name, number = process.device.name, process.number
        return [one for one in self.all if one.in_doubt and (one.device, one.process) == (name, number)]

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
            if receipt is None:  # its terminal is not known
                continue
            self.floor.trace(
                "committed", delivery.terminal_id, receipt.generation, receipt.position, len(receipt.results)
            )
            for result in receipt.results:
                if result.id is not None:
                    self._answered(str(delivery.terminal_id), result)

    def _answered(self, terminal: str, result: Any) -> None:
        answer = (str(result.outcome), result.reason, result.card, result.signal and result.signal.id, result.message)
        self.floor.trace("answer", result.id, *answer[:4], result.repeated)
        first = self._answers.get((terminal, result.id))
        if result.id in self._tampered:  # there are two of it, each with its own answer
            return
        if result.repeated and first is not None and first != answer:
            raise Broken("5 (the first answer again)", f"{result.id}: first {first}, then {answer}")
        if result.repeated:
            return
        if first is not None:
            raise Broken("6 (memory without end)", f"{result.id} was taken twice: {first}, then {answer}")
        self._answers[terminal, result.id] = answer
        self._committed_ms[result.id] = self.floor.central.now_ms()
        reading = self.readings.get(result.id)
        if result.id in self.lost.ids:
            return  # the network still had it
        if answer[0] == "set_aside" and reading and not self.floor.devices[reading.device].may_fork:
            raise Broken("9 (fencing)", f"{result.id} of {reading.device} is set aside, and nobody has copied anything")

    def central_began_anew(self) -> None:
        """Central was restored: it knows again what the backup knew."""
        self.central.begin()
        known = self.central.identities()
        kept = {(one["terminal_id"], scan_id) for scan_id, one in known.items()}
        self._answers = {key: answer for key, answer in self._answers.items() if key in kept}

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
            self._taken_ms[device.name, one] = self.floor.central.now_ms()

    def look_at(self, device: Device) -> None:
        """Compare what a journal holds with what it held: only what central has had for long may be gone."""
        now = scan_ids(device.disk.snapshot())
        gone = self._kept.get(device.name, set()) - now
        for one in sorted(gone):
            # A process that dies between storing an answer and telling of it has told nobody.
            taken_ms = self._taken_ms.get((device.name, one), self._committed_ms.get(one))
            if taken_ms is None or self.floor.central.now_ms() - taken_ms < KEPT_MS - 60_000:
                raise Broken("7 (forgets only after its retention time)", f"{device.name} has forgotten {one}")
        self._kept[device.name] = now

    def restored(self, device: Device) -> None:
        """Its disk holds something else by an act of people."""
        self._kept[device.name] = scan_ids(device.disk.snapshot())
        self._own = {key: own for key, own in self._own.items() if key[0] != device.name}

    def cloned(self, original: Device, clone: Device) -> None:
        """From now on two machines claim to be the same one."""
        heard = {one: at for (name, one), at in self._taken_ms.items() if name == original.name}
        self._taken_ms |= {(clone.name, one): at for one, at in heard.items()}
        self._clones.append((original.name, clone.name, clone.terminal, len(self.all)))
        self.restored(clone)

    def known_of(self, device: Device) -> Reading | None:
        """The newest of a machine's scans that central has taken under its present number."""
        here = [one for one in self.all if one.device == device.name and one.stored]
        known = self.central.has(one.scan_id for one in here[-20:])
        mine = {row["scan_id"]: row for row in self.central.identities().values()}
        fits = (one for one in reversed(here) if one.scan_id in known)
        return next((one for one in fits if mine[one.scan_id]["terminal_id"] == device.terminal), None)

    async def tampered(self, device: Device, reading: Reading, raw: str) -> None:
        """Send other content under the same number: it must be set aside, and the first one stays."""
        self._tampered.add(reading.scan_id)
        scan = self.central.identities()[reading.scan_id]["data"]["scan"]
        if not isinstance(scan, dict):
            return
        try:
            reply = await self.floor.central.ask(tampered_request(device, scan, raw))
        except LinkDown:  # central has died over it
            return
        outcomes = [one["outcome"] for one in json.loads(reply.body).get("results", [])]
        if reply.status == 200 and set(outcomes) - {"set_aside"}:
            raise Broken("8 (immutable facts)", f"{reading.scan_id} with another content is answered {outcomes}")

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
        self.bad.at_central(identities)
        nobody_has_lost_a_demand(self.central, self.readings, identities)
        self._forks(identities)
        self.lost.are_told(self.central, identities, self.readings)
        self._registers()
        self.floor.replays()

    def _every_scan_has_one_end(self, device: Device, identities: dict[str, Any], asides: set[str]) -> None:
        for row in rows(device.disk.snapshot(), "SELECT id, state, message, stand_in_id FROM scan ORDER BY n"):
            one = row["id"]
            if row["state"] == "waiting" and not device.dead:
                raise Broken("4 (liveness)", f"{device.name}: {one} still waits")
            self._is_not_refused(row)
            if one in identities:
                _same_content(one, json.loads(row["message"]), identities[one])
            elif row["state"] == "dead" and row["stand_in_id"] in identities:
                self.bad.dead_here(one)
            elif one not in asides and not device.dead:
                raise Broken("2 (no loss)", f"{device.name}: {one} is {row['state']}, and central does not have it")

    def _is_not_refused(self, row: sqlite3.Row) -> None:
        """People were told that it does not count, and it is on the disk all the same: central must know."""
        reading = self.readings.get(row["id"])
        told = reading is not None and reading.shown and not reading.stored and not reading.doubtful
        if told and json.loads(row["message"])["local_outcome"] != "set_aside":
            raise Broken("2 (red is never carried out)", f"{row['id']} was shown as not stored, and is sent as it was")

    def _refusals(self, identities: dict[str, Any]) -> None:
        """Shown green, not carried out: on the review desk, and on the kiosk until somebody has seen it."""
        reviews = {row["scan_id"] for row in self.central.rows("SELECT scan_id FROM review WHERE scan_id IS NOT NULL")}
        asked = {row["signal_id"] for row in self.central.rows("SELECT signal_id FROM review WHERE kind = ?", ONCE)}
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
                if found["data"]["reason"] == ONCE and found["signal_id"] in asked:
                    continue  # one question about one signal, however often it is scanned
                if found["scan_id"].replace("-", "") not in reviews:
                    raise Broken(
                        "2 (refused green goes to review)", f"{reading.scan_id}: {found['outcome']}, no review"
                    )
                if reading.scan_id in held and reading.scan_id not in listed:
                    raise Broken("2 (refused green stays listed)", f"{reading.scan_id} is not on the kiosk")

    def _forks(self, identities: dict[str, Any]) -> None:
        """Of two machines that claim to be the same, what one of them sends is set aside."""
        for original, clone, terminal, before in self._clones:
            found = [(one.device, identities.get(one.scan_id)) for one in self.all[before:] if one.stored]
            since = [(device, taken) for device, taken in found if taken and taken["terminal_id"] == terminal]
            ends = [{taken["outcome"] for device, taken in since if device == name} for name in (original, clone)]
            if all(ends) and not any("set_aside" in outcomes for outcomes in ends):
                raise Broken("9 (fencing)", f"{original} and its copy {clone} are both believed")

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


def tampered_request(device: Device, scan: dict[str, Any], raw: str) -> Request:
    """A batch that says something else of a scan, signed with the machine's key."""
    other = {**scan, "raw": base64.b64encode(raw.encode()).decode()}
    batch = {"version": 1, "terminal": device.terminal, "generation": None, "scans": [other]}
    body, path = json.dumps(batch).encode(), "/api/v1/scans"
    nonce = device.random.randbytes(16).hex()
    signed = sign_request(device.key.sign, device.terminal, nonce, Target("POST", path), body)
    return Request("POST", path, "", body, signed.headers)
