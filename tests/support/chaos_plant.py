"""A plant without any fake: PostgreSQL that flushes, central, terminals in rooms of their own, a serial scanner each.

Only the scanners' hardware is missing: they are pseudo-terminals. Each terminal has a cable of its own to central.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from captive_portal import portal
from chaos_faults import Fault, Kind
from chaos_watch import KioskWatch
from chaos_worker import Worker
from network_rooms import Cut, Room
from pty_scanner import PtyScanner
from real_plant import Central, Terminal, until

from ekanban_cli.bench import postgres

PORT = 8000  # free in every room
MIN_CYCLE_S = 3
ARRIVES_S = 0.5  # a scan that was shown is at central by then
HIT_S = 10.0  # how long a fault that shall hit something waits for it
STARTS_S = 120.0  # the database may be gone again and again meanwhile


@dataclass
class ChaosPlant:
    """All of it, and the hands that break and mend it."""

    server: postgres.Cluster
    central: Central
    rooms: list[Room]
    workers: list[Worker]
    ones: list[str] = field(default_factory=list)  # cards of a loop that closes by the next empty
    twos: list[str] = field(default_factory=list)  # cards of a loop that closes by a receive scan
    _hands: dict[str, threading.Lock] = field(default_factory=dict)  # one fault at a time for each thing

    def suffer(self, fault: Fault) -> None:
        """Do it, wait as long as it lasts, and mend it."""
        hands = self._hands.setdefault(self._hit(fault), threading.Lock())
        with hands:
            match fault.kind:
                case Kind.CENTRAL_KILLED:
                    self._central_killed(fault)
                case Kind.DATABASE_KILLED | Kind.DATABASE_STOPPED:
                    self._database_gone(fault)
                case Kind.TERMINAL_KILLED | Kind.TERMINAL_KILLED_AT_GREEN:
                    self._terminal_killed(fault)
                case Kind.LINK_PORTAL:
                    with portal(self.rooms[fault.which], _central_of(fault.which), PORT) as asked:
                        time.sleep(fault.seconds)
                        asked.wait(HIT_S)
                case Kind.LINK_DEAF:
                    self._deaf(fault)
                case _:
                    self.rooms[fault.which].cut(fault.which, fault.kind.cut)
                    time.sleep(fault.seconds)
                    self.rooms[fault.which].mend(fault.which)

    def _hit(self, fault: Fault) -> str:
        word = fault.kind.partition(" ")[0]
        return word if word in ("central", "database") else f"{word} {fault.which}"

    def _deaf(self, fault: Fault) -> None:
        """Until a scan was made meanwhile; then its connection breaks, or its answer would come when all is well."""
        watch, room = self.workers[fault.which].watch, self.rooms[fault.which]
        watch.until(lambda: watch.online, HIT_S)
        before = len(watch.seen)
        room.cut(fault.which, Cut.DEAF)
        time.sleep(fault.seconds)
        watch.until(lambda: len(watch.seen) > before, HIT_S)
        time.sleep(ARRIVES_S)
        room.tear(_central_of(fault.which))
        room.mend(fault.which)

    def _central_killed(self, fault: Fault) -> None:
        self.central.kill()
        time.sleep(fault.seconds)
        until(lambda: _started(self.central), "central is back", STARTS_S)

    def _database_gone(self, fault: Fault) -> None:
        if fault.kind is Kind.DATABASE_STOPPED:
            self.server.stop()
        else:
            pid = int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
        time.sleep(fault.seconds)
        until(self._database_back, "the database is back", STARTS_S)

    def _database_back(self) -> bool:
        try:
            self.server.start(postgres.DURABLE)
        except RuntimeError:  # its orphans have not all ended yet
            return False
        return True

    def _terminal_killed(self, fault: Fault) -> None:
        worker = self.workers[fault.which]
        if fault.kind is Kind.TERMINAL_KILLED_AT_GREEN:
            before = worker.watch.greens
            worker.watch.until(lambda: worker.watch.greens > before, HIT_S)
        worker.terminal.kill()
        assert worker.watch.until(lambda: worker.watch.state is None, STARTS_S), "a killed terminal still answers"
        time.sleep(fault.seconds)
        worker.terminal.start()
        with worker.watch.changed:
            worker.starts += 1
            worker.watch.changed.notify_all()


def _central_of(cable: int) -> str:
    """Central's end of a cable, as Room.cable numbers it."""
    return f"10.91.{cable}.2"


def _started(central: Central) -> bool:
    """Try to start it, as systemd does: without its database it ends with a reason."""
    try:
        central.start()
    except AssertionError:
        central.kill()
        return False
    return True


@contextmanager
def chaos_plant(folder: Path, seed: int, terminals: int = 2, cards: int = 60) -> Iterator[ChaosPlant]:
    """Build it, enrolled and online; whatever happens, nothing of it is left."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.cluster(postgres.DURABLE))
        server.run(server.programs / "createdb", "-h", server.folder, "-U", "ekanban", "chaos")
        middle = stack.enter_context(Room("central"))
        host = {"EKANBAN_CENTRAL__HOST": "0.0.0.0"}  # noqa: S104  # of a room that has only the terminals' cables
        central = Central(folder / "central", PORT, server.url("chaos"), host, middle)
        stack.callback(central.close)
        central.begin()
        plant = ChaosPlant(server, central, [], [])
        plant.ones = central.loop("CH-1", "Line 1", cards // 2, closing="one_scan", min_cycle_s=MIN_CYCLE_S)
        plant.twos = central.loop("CH-2", "Line 2", cards - cards // 2, closing="two_scan", min_cycle_s=MIN_CYCLE_S)
        for number in range(terminals):
            room = stack.enter_context(Room(f"line{number}"))
            _here, there = room.cable(middle, number)
            plant.rooms.append(room)
            plant.workers.append(_worker(stack, folder, number, room, central, f"http://{there}:{PORT}", seed))
        for worker in plant.workers:
            until(lambda worker=worker: _online(worker.terminal), "online")  # type: ignore[misc]  # bound now
        yield plant


def _worker(stack: ExitStack, folder: Path, number: int, room: Room, central: Central, url: str, seed: int) -> Worker:
    scanners = [stack.enter_context(PtyScanner(folder / f"ttyUSB{number}-{name}")) for name in ("empties", "fulls")]
    config = "".join(
        f'[[scanners]]\nname = "{scanner.path.name}"\ndriver = "serial"\ndevice = "{scanner.path}"\n{intent}'
        for scanner, intent in zip(scanners, ("", 'intent = "receive"\n'), strict=True)
    )
    terminal = Terminal(folder / f"line{number}", PORT, f"Line {number}", config, room=room)
    terminal.enrol(central, url)
    terminal.start()
    watch = KioskWatch(terminal)
    stack.callback(_end, terminal, watch)
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  # to be drawn again, not to be secret
    return Worker(terminal, watch, *scanners, chance)


def _end(terminal: Terminal, watch: KioskWatch) -> None:
    terminal.close()
    watch.close()


def _online(terminal: Terminal) -> bool:
    status = terminal.status()
    return status["central"]["state"] == "online" and bool(status["register"]["loaded"])
