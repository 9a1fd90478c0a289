"""A plant of real processes: `ekanban central serve`, `ekanban terminal serve`, and what a person does at them.

Nothing is faked here but the hardware: ports are free ones, data folders the test's own, people sign in by the printed
link, terminals enrol by a code, and a killed process gets SIGKILL.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from network_rooms import MORTAL, Room

EKANBAN = [sys.executable, "-c", "from ekanban_cli.main import app; app()"]
T = TypeVar("T")


def until(found: Callable[[], T], what: str, seconds: float = 60, every: float = 0.02) -> T:
    """Return the first true answer of `found`, asked `every` so many seconds; fails when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}; last seen {answer!r}")
        select.select([], [], [], every)


def free_port() -> int:
    """A port that nobody listens on now; a restarted service comes back to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Service:
    """One `ekanban … serve` that can be stopped, killed and started again on the same data and port."""

    arguments: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    room: Room | None = None  # the network namespace in which it runs
    process: subprocess.Popen[bytes] | None = None
    ready: dict[str, Any] = field(default_factory=dict)
    api: httpx2.Client | None = None

    def start(self) -> dict[str, Any]:
        """Start it; returns the line that it prints when it is ready."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)  # a missing one is an unmounted disk, says ekanban
        self.log = self.folder / f"log-{time.monotonic_ns()}"
        self.process = self.room.call(self._begun) if self.room else self._begun()
        self.ready = json.loads(self._line())
        return self.ready

    def _begun(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [*(MORTAL if self.room else ()), *EKANBAN, *self.arguments, "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "TZ": "UTC", **self.environment},
            )

    def client(self, url: str, **more: Any) -> httpx2.Client:
        """Somebody who asks it from where it runs."""
        transport = self.room.transport() if self.room else None
        return httpx2.Client(base_url=url, timeout=20, trust_env=False, transport=transport, **more)

    def _line(self) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        data, end = b"", time.monotonic() + 30
        while not data.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"{self.arguments} is not ready: {self.log.read_text()}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise AssertionError(f"{self.arguments} ended: {self.log.read_text()}")
            data += more
        return data

    def end(self, with_signal: int = signal.SIGTERM) -> int:
        """End it; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        code = self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        return code

    def kill(self) -> None:
        """Pull the plug."""
        self.end(signal.SIGKILL)

    def close(self) -> None:
        """Leave nothing behind: neither a process nor a connection."""
        if self.process is not None:
            self.kill()
        if self.api is not None:
            self.api.close()


class Central(Service):
    """The replenishment service with its first admin signed in."""

    def __init__(
        self,
        folder: Path,
        port: int,
        database_url: str = "",
        environment: Mapping[str, str] | None = None,
        room: Room | None = None,
    ) -> None:
        settings = {"EKANBAN_CENTRAL__DATABASE_URL": database_url} if database_url else {}
        arguments = ["central", "serve", "--data", str(folder / "data"), "--port", str(port)]
        super().__init__(arguments, folder, {**settings, **(environment or {})}, room)
        self.url = f"http://127.0.0.1:{port}"
        self.browser_state: dict[str, str] = {}

    def begin(self) -> None:
        """First start: sign in by the printed link."""
        self.sign_in(self.start()["sign_in"])

    def sign_in(self, link: str) -> None:
        """Sign in by a link, and make a token for the test's own questions."""
        with self.client(self.url, follow_redirects=True) as visitor:
            page = visitor.get(link)
            word = re.search(r'name="csrf" value="([^"]+)"', page.text)
            assert word is not None, page.text
            page = visitor.post(link, data={"csrf": word[1]}, headers={"Origin": self.url})
            csrf = re.search(r'<meta name="csrf" content="([^"]+)"', page.text)
            assert csrf is not None, page.text
            headers = {"X-CSRF-Token": csrf[1], "Origin": self.url}
            made = visitor.post("/api/v1/people/me/tokens", json={"name": "acceptance"}, headers=headers)
            assert made.status_code == 201, made.text
            self.browser_state = {cookie.name: cookie.value or "" for cookie in visitor.cookies.jar}
        token = made.json()["token"]
        self.api = self.client(self.url, headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, **query: Any) -> Any:
        """Ask the API."""
        assert self.api is not None
        answer = self.api.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        """Do something through the API."""
        assert self.api is not None
        answer = self.api.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def loop(self, part: str, destination: str, cards: int, **more: Any) -> list[str]:
        """Make a part, a loop from the supermarket, and its printed cards; returns their codes."""
        locations = {location["name"] for location in self.get("/api/v1/locations")["items"]}
        for name, kind in (("Supermarket North", "supermarket"), (destination, "line")):
            if name not in locations:
                self.post("/api/v1/locations", {"name": name, "kind": kind})
        self.post("/api/v1/parts", {"number": part, "description": f"Description of {part}"})
        loop = self.post(
            "/api/v1/loops",
            {
                "part": part, "source": "Supermarket North", "destination": destination, "kind": "withdrawal",
                "quantity": 25, "lead_time_s": 3600, "min_cycle_s": 600, "bin": "B-01", **more,
            },
        )  # fmt: skip
        made = self.post("/api/v1/cards", {"loop_id": loop["id"], "count": cards, "printed": True})
        return [card["code"] for card in made["items"]]

    def open_signals(self) -> list[dict[str, Any]]:
        """All open signals, by the API's pages."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"state": "open"}
        while True:
            answer = self.get("/api/v1/signals", **query)
            found += answer["items"]
            if not answer["next"]:
                return found
            query["cursor"] = answer["next"]


class Terminal(Service):
    """A shop-floor terminal."""

    def __init__(
        self,
        folder: Path,
        port: int,
        name: str,
        scanners: str,
        environment: Mapping[str, str] | None = None,
        room: Room | None = None,
    ) -> None:
        (folder / "data").mkdir(parents=True)
        config = folder / "terminal.toml"
        config.write_text(f'data = "{folder / "data"}"\nname = "{name}"\nport = {port}\n{scanners}')
        self.config = config
        super().__init__(["terminal", "serve", "--config", str(config)], folder, environment or {}, room)
        self.url = f"http://127.0.0.1:{port}"
        self.api = self.client(self.url)

    def enrol(self, central: Central, url: str = "") -> None:
        """Carry a code from central to this terminal; `url`: central's as it is reached from where the terminal is."""
        self.enrol_by(url or central.url, central.post("/api/v1/terminals/codes", {"approved": True})["code"])

    def enrol_by(self, url: str, code: str) -> None:
        """Type a code at this terminal."""
        command = [*EKANBAN, "terminal", "enroll", url, code, "--config", str(self.config), "--json"]
        environment = {**os.environ, **self.environment}
        enrol = partial(subprocess.run, command, env=environment, capture_output=True, text=True, check=False)
        done = self.room.call(enrol) if self.room else enrol()
        assert done.returncode == 0, done.stderr

    def status(self) -> dict[str, Any]:
        """How it stands."""
        assert self.api is not None
        answer = self.api.get("/api/v1/status")
        assert answer.is_success, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def scan(self, code: str, **more: Any) -> dict[str, Any]:
        """Scan through the local API, as `ekanban scan` does."""
        assert self.api is not None
        answer = self.api.post("/api/v1/scan", json={"code": code, **more})
        assert answer.is_success, answer.text
        scanned: dict[str, Any] = answer.json()
        return scanned
