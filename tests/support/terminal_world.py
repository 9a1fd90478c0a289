"""A terminal without threads, network and clocks of its own, and the scripted central that it is enrolled at."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripted_central import ScriptedCentral

from ekanban_core.card_code import CardCode
from ekanban_core.ed25519 import verifier
from ekanban_core.states import Intent
from ekanban_core.wire import TerminalStatus
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.courier import Courier
from ekanban_terminal.disk import Disk, LocalDisk
from ekanban_terminal.entries import Reader
from ekanban_terminal.exchange import Central
from ekanban_terminal.identity import Identity
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Limits, Settled
from ekanban_terminal.register import Register
from ekanban_terminal.state import CentralState
from ekanban_terminal.station import Input, Setting, Station, Taken, correct
from ekanban_terminal.store import Store

T = TypeVar("T")

TERMINAL = "0192f0c0-0000-7000-8000-000000000001"
BODY = "7K3QM9X2"
CODE = CardCode(BODY, 1).text
DAY_MS = 86_400_000


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine."""
    return asyncio.run(work)


def code(number: int, version: int = 1) -> str:
    """The code of the n-th further card."""
    return CardCode(f"{number:08d}", version).text


@dataclass
class FakeClock:
    """Stands still until it is told to go on; every boot begins at 1,000 seconds."""

    boot_id: str = "boot-one"
    seconds: float = 1_000.0
    wall: int = 1_790_000_000_000

    def boottime_ms(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds

    def wall_ms(self) -> int:
        return self.wall

    def pass_s(self, seconds: float) -> None:
        """Time goes on."""
        self.seconds += seconds
        self.wall += int(seconds * 1000)


class RoomyDisk(LocalDisk):
    """The real disk, of which the test says how much is free."""

    def __init__(self, room: int = 10**12) -> None:
        self.room = room

    def free(self, folder: Path) -> int:
        return self.room


class HastyDisk(RoomyDisk):
    """Waits for no flush: where no power is cut. SQLite's own are left off by its first pragma."""

    def sync(self, folder: Path) -> None:
        pass

    def rewrite(self, path: Path) -> None:
        pass

    def note(self, path: Path, content: bytes, *, sync: bool) -> None:
        super().note(path, content, sync=False)


@dataclass
class Heard:
    """Notes what the courier tells."""

    results: list[Settled] = field(default_factory=list)
    standings: list[CentralState] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    registers: int = 0

    def settled(self, settled: Sequence[Settled]) -> None:
        self.results += settled

    def standing(self, state: CentralState) -> None:
        self.standings.append(state)

    def register_changed(self) -> None:
        self.registers += 1

    def alarm(self, key: str, text: str | None) -> None:
        if text is None:
            self.alarms.pop(key, None)
        else:
            self.alarms[key] = text


class World:
    """Station, journal, register and courier on one data folder; `restart` begins the process anew."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        limits: Limits | None = None,
        disk: Disk | None = None,
        window_s: float = 1.0,
    ) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.clock = FakeClock()
        self.limits = limits or Limits(1000, 1_000_000)
        self.disk = disk or RoomyDisk()
        self.window_s = window_s
        self.terminal_key = Ed25519PrivateKey.from_private_bytes(self.random.randbytes(32))
        self.central_clock_ms = 1_800_000_000_000  # central's clock minus ours
        self.central = ScriptedCentral(
            self.terminal_key.public_key().public_bytes_raw(),
            self.central_now,
            Ed25519PrivateKey.from_private_bytes(self.random.randbytes(32)),
        )
        self.central.add_card(BODY)
        self.begin()

    def central_now(self) -> int:
        return self.central_clock_ms + int(self.clock.seconds * 1000)

    def begin(self) -> None:
        self.journal = Journal(
            self.folder / "journal.sqlite", self.random.randbytes, self.limits, correct, disk=self.disk
        )
        self.store = Store(self.journal)
        self.register = Register(self.folder / "register.sqlite")
        self.beliefs = Beliefs(self.register)
        self.time = CentralTime(self.clock)
        self.heard = Heard()
        self.station = Station(
            Setting("Line 4", Intent.EMPTY, {"arrivals": Intent.RECEIVE}, self.window_s),
            clock=self.clock,
            random_bytes=self.random.randbytes,
            store=self.store,
            beliefs=self.beliefs,
            time=self.time,
            reader=lambda: Reader("en", "UTC", self.clock.wall_ms()),
            terminal=lambda: TERMINAL,
        )
        self.courier = Courier(
            store=self.store,
            beliefs=self.beliefs,
            clock=self.clock,
            time=self.time,
            random_bytes=self.random.randbytes,
            status=lambda: TerminalStatus(release="test", stored=self.store.counts.stored),
            news=self.heard,
            kept_ms=35 * DAY_MS,
        )

    async def open(self) -> World:
        await self.register.open()
        await self.store.open()
        overlays = await self.store.overlays()
        self.beliefs.restore(overlays)
        self.station.remember(await self.store.last(30), overlays)
        await self.courier.start()
        self.courier.use(self.enrolled(self.central))
        return self

    def enrolled(self, central: ScriptedCentral) -> Central:
        identity = Identity(
            TERMINAL, "http://central.test", "Plant One", central.key_id, self.terminal_key.sign,
            verifier(central.public),
        )  # fmt: skip
        return Central(identity, central, self.clock, self.random.randbytes)

    async def restart(self, *, boot: str | None = None) -> World:
        """Kill the process and start it again; `boot`: the machine, too."""
        self.journal.close()
        await self.register.close()
        if boot is not None:
            self.clock.boot_id, self.clock.seconds = boot, 1_000.0
        self.begin()
        return await self.open()

    async def close(self) -> None:
        self.journal.close()
        await self.register.close()

    async def scan(self, text: str = CODE, scanner: str = "hand", **more: Any) -> Taken:
        """One reading; a little time passes after it."""
        taken = await self.station.take(Input(text.encode(), scanner, **more))
        self.clock.pass_s(0.01)
        return taken

    async def later(self, text: str = CODE, scanner: str = "hand", **more: Any) -> Taken:
        """One reading, long enough after the last one to be no double read."""
        self.clock.pass_s(2.0)
        return await self.scan(text, scanner, **more)

    async def load(self) -> None:
        """Load the register."""
        while not self.register.about.loaded or self.register.about.position < self.central.position:
            self.clock.pass_s(12.0)
            await self.courier.step()

    async def drain(self, most: int = 200) -> int:
        """Let the courier work until nothing waits; returns how many steps it took."""
        for step in range(most):
            if self.store.counts.stored == 0 and self.store.counts.again == 0:
                return step
            self.clock.pass_s(await self.courier.step())
        raise AssertionError(f"{self.store.counts} after {most} steps")

    def states(self) -> list[str]:
        """The states of all scans, oldest first."""
        return [kept.state for kept in reversed(self.journal.last(100_000))]


async def work_a_shift(world: World, count: int) -> None:
    """Two starts: scans that central has answered, one that it could not take, some that wait; closed in order."""
    await world.load()
    for number in range(count):
        await world.scan(code(number))
    await world.drain()
    await world.restart()
    poison = await world.later(code(7))
    world.central.poison = {poison.entry.id}
    await world.later()
    for _ in range(20):
        await world.courier.step()
        world.clock.pass_s(60)
    await world.later(code(8))
    await world.close()
