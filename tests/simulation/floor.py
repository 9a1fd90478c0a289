"""Carries out a plan: the shop floor, its network and central, in one loop of virtual time."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekanban_central import terminals
from ekanban_central.ledger import SYSTEM
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent, TerminalState
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import Request
from simulation import people
from simulation.broken import Broken
from simulation.central_host import CentralHost, Died, plant
from simulation.central_watch import is_same_register, replays
from simulation.device import KEPT_MS, Device, Reading
from simulation.disk import Disk, rows
from simulation.network import FAIR
from simulation.oracle import Oracle
from simulation.plan import Plan, Step

T = TypeVar("T")

LIVENESS_S = 1_800.0  # once faults have stopped, everything must have reached central after that time
QUIET_S = 4_000.0  # then: time for a restored central to be found out by those who have nothing to send
LOOK_S = 20.0
OLDEST = "SELECT id FROM scan WHERE state = 'waiting' ORDER BY n LIMIT 1"
ROOM = 10**12  # bytes


class Floor:
    """One run."""

    def __init__(self, plan: Plan, place: Path, *, verbose: bool = False) -> None:
        self.plan = plan
        self.verbose = verbose
        self.loop = asyncio.get_running_loop()
        self.place = place
        self.counts: Counter[str] = Counter()
        self.drained_s = 0.0
        self._calm_since = 0.0
        self.lost_by_restore: set[str] = set()
        self.devices: dict[str, Device] = {}
        self._hash = hashlib.sha256()
        self._wrong: BaseException | None = None
        self._wakes = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._late: list[Request] = []
        self._backups: dict[str, tuple[float, bytes]] = {}
        self._down_s: dict[str, float] = {}
        self.central = CentralHost(self, place)
        self.central.start()
        self.plant = plant(self.central)
        self.cards: list[str] = [*self.plant.cards, *self.plant.one_scan_cards]  # type: ignore[attr-defined]  # ours
        self.oracle = Oracle(self)

    # What everybody uses.

    def now(self) -> float:
        return self.loop.time()

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def trace(self, *facts: Any) -> None:
        """The run as a text of which the same seed must make the same."""
        line = f"{self.now():.6f} {' '.join(map(str, facts))}"
        self._hash.update(line.encode() + b"\n")
        if self.verbose:
            print(line)

    @property
    def trace_hash(self) -> str:
        return self._hash.hexdigest()

    def task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Something that goes on by itself; a promise that it breaks ends the run."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, LinkDown):
            self.wrong(error)

    def wrong(self, error: BaseException) -> None:
        self._wrong = self._wrong or error
        self._wakes.set()

    # The run.

    async def run(self) -> None:
        """Everything, from the first start to the last check. Raises Broken."""
        for number in range(self.plan.terminals):
            await self._install(f"t{number + 1}")
        for step in self.plan.steps:
            await self._until(step.at)
            self.trace("step", step.what, *step.facts.items())
            await self.carry_out(step)
        await self._until(self.plan.ends)
        await self._calm()
        await self._drain()
        self.oracle.final()
        await self._deliver_late()
        self.oracle.final()

    async def close(self) -> None:
        """Leave nothing behind."""
        for device in self.devices.values():
            await device.kill()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.oracle.central.close()
        self.central.stop()

    async def carry_out(self, step: Step) -> None:
        act = getattr(self, f"do_{step.what}")
        done = act(**step.facts)
        if asyncio.iscoroutine(done):
            await done

    async def _until(self, at: float) -> None:
        while self._wrong is None and (left := at - self.now()) > 1e-6:
            try:
                async with asyncio.timeout(left):
                    await self._wakes.wait()
            except TimeoutError:
                break
        if self._wrong is not None:
            raise self._wrong

    async def _install(self, name: str) -> None:
        dice = random.Random(f"{self.plan.seed} disk of {name}")  # noqa: S311  # repeatable on purpose
        device = Device(self, name, Disk(self.place / name, dice), self._enrolled(name))
        self.devices[name] = device
        await device.start()

    def _enrolled(self, name: str) -> tuple[str, Ed25519PrivateKey]:
        key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{name} {self.now()}".encode()).digest())
        assert self.central.process is not None
        self.plant.database, self.plant.now = self.central.process.database, self.central.now_ms()
        terminal = self.plant.terminal(name)
        self.plant.change("terminal", {"id": terminal.id}, public_key=key.public_key().public_bytes_raw())
        return str(terminal.id), key

    # The end.

    async def _calm(self) -> None:
        """Faults stop: every way is fair, every machine runs."""
        self.trace("calm")
        self._calm_since = self.now()
        self.central.dies = None
        self.central.well()
        if self.central.process is None:
            self.central.start()
        for device in self.devices.values():
            device.way.weather, device.way.cut_until, device.off, device.disk.room = FAIR, 0.0, False, ROOM
            device.stalls_until = 0.0
            device.disk.mend()
            if device.process is not None:
                device.process.dies_in = None
        await self._until(self.now() + 60.0)
        for name, device in self.devices.items():
            if device.process is None and not device.dead:
                await self._start(device)
            if not self._standing(device):  # a restored central has never heard of it: people enrol it again
                self.do_enrol(name)

    async def _drain(self) -> None:
        """Wait until nothing waits, not longer than promised; then until everybody knows what central knows."""
        began = self.now()
        while any(self._waits(device) for device in self.devices.values()):
            for name, device in self.devices.items():
                self.oracle.bad.holds_up(name, _oldest(device), self.now() - began)
            if self.now() - began > LIVENESS_S:
                waiting = {name: self._waits(device) for name, device in self.devices.items()}
                raise Broken("4 (liveness)", f"after {LIVENESS_S} s without faults there still wait {waiting}")
            await self._until(self.now() + LOOK_S)
        self.drained_s = self.drained_s or self.now() - self._calm_since
        self.trace("drained")
        await self._until(self.now() + QUIET_S)
        while any(self._waits(device) for device in self.devices.values()):
            if self.now() - began > 2 * LIVENESS_S:
                raise Broken("4 (liveness)", "scans that a restored central lost are not sent again")
            await self._until(self.now() + LOOK_S)
        await self._until(self.now() + QUIET_S)

    def _waits(self, device: Device) -> int:
        if device.dead:
            return 0
        if device.process is None or device.process.store.problem:
            return -1
        counts = device.process.store.counts
        return counts.stored + counts.again

    async def _deliver_late(self) -> None:
        """Whatever the network still had comes at last, and changes nothing."""
        before = self.oracle.central.digest()
        for request in self._late:
            try:
                await self.central.ask(request)
            except LinkDown:
                continue
        await self._until(self.now() + 60.0)
        if self.oracle.central.digest() != before:
            raise Broken("6 (memory without end)", "duplicates that came very late have changed something")
        await self._drain()

    def late(self, request: Request, delay: float) -> None:
        """The network keeps a copy that it delivers much later."""
        if self.now() + delay > self.plan.ends:
            self._late.append(request)
            return

        async def deliver() -> None:
            await asyncio.sleep(delay)
            self.count("late duplicate")
            await self.central.ask(request)

        self.task(deliver())

    def in_good_standing(self, device: Device) -> bool:
        return self._standing(device) == TerminalState.ENROLLED

    def _standing(self, device: Device) -> str | None:
        row = self.oracle.central.rows("SELECT state FROM terminal WHERE id = ?", UUID(device.terminal).hex)
        return row[0]["state"] if row else None

    def compare_register(self, device: Device) -> None:
        assert device.process is not None
        assert self.central.process is not None
        is_same_register(device.process.register, self.central.process.database, device.name)

    def replays(self) -> None:
        assert self.central.process is not None
        self.plant.database = self.central.process.database
        replays(self.central.process.database, self.plant.rows)

    # What dies and starts.

    def perished(self, device: Device, power: bool) -> None:
        """A process has died at one of its awaits or at its disk."""
        self.trace("perished", device.name, power)
        self.task(self._again(device, self._down_s.get(device.name, 5.0), power=power, boot=power))

    async def _again(self, device: Device, down_s: float, *, power: bool, boot: bool, wall: int | None = None) -> None:
        await (device.cut_power() if power else device.kill())
        await asyncio.sleep(down_s)
        if boot and device.process is None:
            device.clock.boot(min(down_s, 12.0) / 2)
        if wall is not None:
            device.clock.set_wall(wall)
        if not device.off and device.process is None and not device.dead:
            await self._start(device)

    async def _start(self, device: Device) -> None:
        self.trace("start", device.name)
        await device.start()

    def central_died(self) -> None:
        self.trace("central died")
        self.task(self._central_again(self._down_s.get("central", 5.0)))

    async def _central_again(self, down_s: float) -> None:
        self.central.stop()
        await asyncio.sleep(down_s)
        if self.central.process is None:
            self.central.start()

    # Steps: readings.

    def do_scan(
        self, terminal: str, scanner: str = "s1", card: int | None = None, version: int = 1, raw: str = "",
        intent: str | None = None,
    ) -> None:  # fmt: skip
        """A reading; `card`: number of the card, else any text."""
        content = (
            CardCode(self.cards[card % len(self.cards)], version).text.encode() if card is not None else raw.encode()
        )
        self._read(terminal, content, scanner, Intent(intent) if intent else None)

    def do_undo(self, terminal: str) -> None:
        """The kiosk's undo key."""
        self._read(terminal, b"EKC-UNDO", "", Intent.UNDO)

    def _read(self, name: str, raw: bytes, scanner: str, intent: Intent | None) -> None:
        device = self.devices.get(name)
        if device is None or device.process is None or not device.process.alive:
            return
        process = device.process
        reading = Reading(
            len(self.oracle.all), name, process.number, raw, scanner, intent, self.central.now_ms(),
            device.clock.monotonic(),
        )  # fmt: skip
        self.oracle.all.append(reading)
        self.count("scans")
        work = process.undo(reading) if intent is Intent.UNDO else process.read(reading)
        self._tasks.add(task := process.task(work))
        task.add_done_callback(self._done)

    # Steps: the network.

    def do_weather(self, terminal: str, **shares: float) -> None:
        """From now on each exchange meets these fates with these probabilities."""
        self.devices[terminal].way.weather = shares

    def do_outage(self, terminal: str, seconds: float) -> None:
        """No way at all."""
        self.count("outages")
        self.devices[terminal].way.cut_until = self.now() + seconds

    # Steps: the machine.

    def do_kill(self, terminal: str, down: float = 5.0, power: bool = False, wall: int | None = None) -> None:
        """The process dies, or the whole machine does; after `down` seconds it starts again."""
        self.count("kills")
        device = self.devices[terminal]
        self.task(self._again(device, down, power=power, boot=power, wall=wall))

    def do_kill_at(self, terminal: str, awaits: int, down: float = 5.0) -> None:
        """The process dies at its n-th await from now."""
        self.count("kills")
        self._down_s[terminal] = down
        if (process := self.devices[terminal].process) is not None:
            process.dies_in = awaits

    def do_disk(self, terminal: str, fault: str, operation: int) -> None:
        """The n-th disk operation from now fails."""
        self.count("disk faults")
        self.devices[terminal].disk.fails(fault, operation)

    async def do_away(self, terminal: str, seconds: float) -> None:
        """The disk is gone for a while, as one on a loose cable is, in the middle of the next commit."""
        self.count("disks gone for a while")
        disk = self.devices[terminal].disk
        disk.goes_away()
        self.loop.call_later(seconds, disk.comes_back)

    def do_stall(self, terminal: str, seconds: float) -> None:
        """The disk does nothing for so long, as an SD card that tidies itself up."""
        self.count("disk stalls")
        self.devices[terminal].stalls_until = self.now() + seconds

    def do_room(self, terminal: str, room: int = ROOM) -> None:
        """So many bytes fit on the disk from now on."""
        self.count("full disks")
        self.devices[terminal].disk.holds(room)

    def do_wall(self, terminal: str, wall: int | None = None, ahead: int = 0) -> None:
        """Its wall clock is set: to a time, or so far ahead of the right one."""
        self.count("clock jumps")
        clock = self.devices[terminal].clock
        if wall is not None:
            clock.set_wall(wall)
        else:
            clock.wall_offset_ms = ahead

    def do_look(self, terminal: str) -> None:
        """The oracle looks at the journal."""
        self.oracle.look_at(self.devices[terminal])

    def do_lose(self, terminal: str, which: str, down: float = 5.0) -> None:
        """The process ends, and when it starts again its disk has lost a row of the journal: see Disk.loses_row."""
        self.count("rows lost by disks")
        self.task(self._lose(self.devices[terminal], which, down))

    async def _lose(self, device: Device, which: str, down: float) -> None:
        await device.kill()
        lost = device.disk.loses_row(which)
        if lost is not None:
            self.trace("lost", device.name, lost["id"])
            self.oracle.lost.row(device, lost)
        await self._again(device, down, power=False, boot=False)

    # Steps: what people do to machines.

    def do_backup(self, terminal: str, name: str) -> None:
        """A copy of everything on its disk."""
        self.devices[terminal].backups[name] = self.devices[terminal].disk.backup()

    def do_restore(self, terminal: str, name: str) -> None:
        """The machine is brought back to that copy, and goes on from there."""
        device = self.devices[terminal]
        if name in device.backups:
            self.count("restores of terminals")
            self.task(self._other_content(device, device.backups[name]))

    def do_reimage(self, terminal: str) -> None:
        """Everything is made anew but the enrolment: name and key come from an image."""
        self.count("machines made anew")
        self.task(self._other_content(self.devices[terminal], {}))

    async def _other_content(self, device: Device, files: Mapping[str, bytes]) -> None:
        await device.kill()
        device.disk.bring_back(files)
        await asyncio.sleep(30.0)
        device.clock.boot(12.0)
        device.may_fork = True
        self.oracle.restored(device)
        if not device.off and device.process is None:
            await self._start(device)

    async def do_clone(self, terminal: str, name: str) -> None:
        """Its whole disk is copied into another machine; both are used."""
        if name in self.devices:
            return
        self.count("clones")
        original = self.devices[terminal]
        dice = random.Random(f"{self.plan.seed} disk of {name}")  # noqa: S311  # repeatable on purpose
        clone = Device(self, name, Disk(self.place / name, dice), (original.terminal, original.key))
        clone.disk.bring_back(original.disk.backup())
        clone.clock.boot(0.0)  # scans of a boot in which central was never heard are older than the present boot
        clone.may_fork = original.may_fork = True
        self.devices[name] = clone
        self.oracle.cloned(original, clone)
        await self._start(clone)

    def do_enrol(self, terminal: str) -> None:
        """It gets a new number and a new key at central."""
        device = self.devices[terminal]
        if self.central.process is None:
            return
        self.count("enrolments")
        device.terminal, device.key = self._enrolled(terminal)
        device.may_fork = True  # what waited under the old number and had been taken there cannot be taken again
        if device.process is not None:
            device.process.use()

    def do_revoke(self, terminal: str) -> None:
        """Its key is no longer believed."""
        if self.central.process is not None:
            self.count("revocations")
            device = self.devices[terminal]
            device.may_fork = True
            with self.central.process.database.session() as session:
                terminals.revoke(session, UUID(device.terminal), SYSTEM, self.central.now_ms())

    async def do_tamper(self, terminal: str, raw: str) -> None:
        """Something sends another content under the number of a scan that central has, with the terminal's own key."""
        device = self.devices[terminal]
        known = self.oracle.known_of(device)
        if known is not None:
            self.count("tampered scans")
            await self.oracle.tampered(device, known, raw)

    # Steps: central.

    def do_central_down(self, seconds: float) -> None:
        """The process is killed and started again."""
        self.count("kills of central")
        self.task(self._central_again(seconds))

    def do_central_dies(self, when: str, down: float = 5.0) -> None:
        """It dies at its next commit, `before` or `after` it."""
        self.count("kills of central")
        self._down_s["central"] = down
        self.central.dies = when

    def do_central_wall(self, ahead: int) -> None:
        """The wall clock of its machine is set so far ahead of the right time."""
        self.count("clock jumps of central")
        self.central.wall_ahead_ms = ahead

    def do_central_part(self, most: int) -> None:
        """From now on it takes so many scans of a batch, and answers for them alone."""
        self.count("parts of batches")
        self.central.most_scans = most

    def do_central_slow(self, seconds: float) -> None:
        """From now on its database takes so long; the batches of many terminals gather."""
        self.count("slow databases")
        self.central.takes_s = seconds

    def do_central_well(self) -> None:
        """It is as it should be again."""
        self.central.well()

    def do_central_backup(self, name: str) -> None:
        """Keep a copy."""
        self._backups[name] = (self.now(), self.central.backup())

    def do_central_restore(self, name: str) -> None:
        """Put it back: what was committed since is lost there."""
        made, content = self._backups.get(name, (0.0, b""))
        if not content or self.now() - made > (KEPT_MS - 3_600_000) / 1000:
            return  # the retention time is not shorter than the oldest backup that may be restored
        self.count("restores of central")
        before = self.oracle.central.identities().keys()
        self.central.restore(content)
        self.oracle.central_began_anew()
        self.lost_by_restore |= before - self.oracle.central.identities().keys()

    def do_person(self, act: str, card: int, **facts: Any) -> None:
        """Somebody works at a page of central."""
        if self.central.process is not None:
            self.count("acts of people")
            try:
                people.carry_out(self.central.process, self.cards[card % len(self.cards)], act, **facts)
            except Died:
                self.central_died()
            self.oracle.central.committed()


def _oldest(device: Device) -> str | None:
    """The scan that waits longest."""
    found = rows(device.disk.snapshot(), OLDEST)
    return str(found[0]["id"]) if found else None
