"""Three ways of a scan from the floor to a database, of real processes: the device, a link that is cut, the centre."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ekanban_cli.bench import mqtt
from ekanban_cli.bench.cut_link import CutLink, free_port
from ekanban_cli.bench.floor_plant import make

PROBE = "probe"  # no card; nobody counts it
NAIVE = [sys.executable, "-m", "ekanban_cli.bench.naive"]


class Way(ABC):
    """A device at which cards are scanned, and a centre where orders are to arrive."""

    name = ""
    quiet_s = 5.0  # when nothing has arrived for so long, nothing more will
    table = "SELECT code FROM scan"

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.far = free_port()
        self.link = CutLink(self.far)
        self.database = folder / "orders.db"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.log = (folder / "log").open("ab")

    @abstractmethod
    def start_device(self) -> None:
        """Start what the worker scans at."""

    @abstractmethod
    def start_centre(self) -> None:
        """Start what takes orders."""

    @abstractmethod
    def scan(self, code: str) -> bool:
        """Scan a card; whether the device said that it has it."""

    def warm_up(self) -> None:
        """Wait until a scan gets through: what is counted begins with everything well."""
        while not self.orders():
            self.scan(PROBE)
            time.sleep(0.2)

    def kill_device(self) -> None:
        """Pull its plug, and start it again."""
        self._kill("device")
        self.start_device()

    def kill_centre(self) -> None:
        """Pull its plug, and start it again."""
        self._kill("centre", "database")
        self.start_centre()

    def orders(self) -> Counter[str]:
        """How often each card was ordered."""
        if not self.database.exists():
            return Counter()
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            return Counter(row[0] for row in connection.execute(self.table))
        except sqlite3.OperationalError:  # no table yet
            return Counter()
        finally:
            connection.close()

    def close(self) -> None:
        """End everything."""
        self._kill(*self.processes)
        self.link.close()
        self.log.close()

    def run(self, name: str, command: Sequence[str], *, asks: bool = False, answers: bool = False) -> IO[bytes] | None:
        """Start a process; returns its output where it answers."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if asks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if answers else self.log,
            stderr=self.log,
        )
        self.processes[name] = process
        return process.stdout

    def _kill(self, *names: str) -> None:
        for name in names:
            process = self.processes.pop(name, None)
            if process is not None:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        pipe.close()


class Ekanban(Way):
    """`ekanban terminal serve` and `ekanban central serve`."""

    name = "ekanban"
    table = "SELECT body FROM signal"

    def __init__(self, folder: Path, cards: Sequence[str]) -> None:
        super().__init__(folder)
        self.database = folder / "central" / "central.db"
        self.near = free_port()
        make(folder, cards, f"http://127.0.0.1:{self.link.port}", self.near)

    def warm_up(self) -> None:
        """Both said that they are ready."""

    def start_centre(self) -> None:
        """Start central, and wait until it answers."""
        serve = ["central", "serve", "--data", str(self.folder / "central"), "--port", str(self.far)]
        self._serve("centre", serve)

    def start_device(self) -> None:
        """Start the terminal, and wait until it answers."""
        self._serve("device", ["terminal", "serve", "--config", str(self.folder / "terminal.toml")])

    def scan(self, code: str) -> bool:
        """Scan through the local API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.near, timeout=10)
        try:
            body = json.dumps({"code": code})
            connection.request("POST", "/api/v1/scan", body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _serve(self, name: str, command: Sequence[str]) -> None:
        output = self.run(name, [sys.executable, "-m", "ekanban_cli", *command, "--json"], answers=True)
        if output is not None:
            output.readline()


class Mosquitto(Way):
    """A local broker, bridged to one at the centre; a subscriber there writes to a database."""

    name = "Mosquitto bridge, default settings"
    quiet_s = 32.0  # a bridge waits 5 to 30 s between its tries (restart_timeout)
    qos = 0
    topic = "topic scans out"
    keep = ""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.near = free_port()
        self.publisher: mqtt.Client | None = None

    def start_device(self) -> None:
        """Start the local broker."""
        bridge = f"connection centre\naddress 127.0.0.1:{self.link.port}\n{self.topic}\n"
        self._broker("device", self.near, bridge)

    def start_centre(self) -> None:
        """Start the broker and the subscriber of the centre."""
        self._broker("centre", self.far, "")
        self.run("database", [*NAIVE, "subscriber", str(self.far), str(self.database), str(self.qos)])

    def scan(self, code: str) -> bool:
        """Publish to the local broker."""
        try:
            if self.publisher is None:
                self.publisher = mqtt.Client(self.near, "scanner", self.qos)
            self.publisher.publish(code.encode())
        except OSError:
            if self.publisher is not None:
                self.publisher.close()
            self.publisher = None
            return False
        return True

    def close(self) -> None:
        """End everything."""
        if self.publisher is not None:
            self.publisher.close()
        super().close()

    def _broker(self, name: str, port: int, more: str) -> None:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        keep = f"{self.keep}persistence_location {data}/\n" if self.keep else ""
        user = "user root\n" if os.geteuid() == 0 else ""  # its own account may not read this folder
        file = self.folder / f"{name}.conf"
        file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{user}{keep}{more}")
        self.run(name, ["mosquitto", "-c", str(file)])


class CarefulMosquitto(Mosquitto):
    """The same by somebody who has read its manual."""

    name = "Mosquitto bridge, QoS 1 and persistence"
    quiet_s = 8.0
    qos = 1
    topic = "topic scans out 1\nrestart_timeout 1\n"
    keep = "persistence true\nautosave_on_changes true\nautosave_interval 1\n"


class Naive(Way):
    """A program that posts each scan and tries again after an error; a server that inserts what is posted."""

    name = "HTTP client with retries"

    def start_device(self) -> None:
        """Start the client."""
        command = [*NAIVE, "client", str(self.link.port)]
        self.run("device", command, asks=True, answers=True)

    def start_centre(self) -> None:
        """Start the server."""
        self.run("centre", [*NAIVE, "server", str(self.far), str(self.database)])

    def scan(self, code: str) -> bool:
        """Hand the scan to the client."""
        device = self.processes.get("device")
        if device is None or device.stdin is None or device.stdout is None:
            return False
        try:
            device.stdin.write(code.encode() + b"\n")
            device.stdin.flush()
            return device.stdout.readline() == b"ok\n"
        except (OSError, ValueError):  # killed just now
            return False
