"""Central and terminals as they are shipped, all in one thread of this process, and people who look at their pages.

Real HTTP, real files, real pages; only the boot clocks go on faster when a test lets hours pass.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from page_desk import Desk
from page_plant import PagePlant
from real_plant import until

from ekanban_central import terminals
from ekanban_central.inputs import NewCards, NewLoop
from ekanban_central.ledger import SYSTEM
from ekanban_central.master import Desk as MasterDesk
from ekanban_central.master import create_cards, create_loop
from ekanban_core.card_code import CardCode
from ekanban_core.enrolment import Code
from ekanban_core.states import Closing, LoopKind
from ekanban_terminal import enroll
from ekanban_terminal.app import create_app
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.http_link import HttpLink
from ekanban_terminal.link import Reply, Request
from ekanban_terminal.settings import TerminalSettings


@dataclass
class Wire:
    """The way to central, which can be cut."""

    link: HttpLink
    station: Station

    @property
    def prefix(self) -> str:
        return self.link.prefix

    async def ask(self, request: Request) -> Reply:
        if self.station.cut:
            raise LinkDown("the cable is out")
        return await self.link.ask(request)

    async def close(self) -> None:
        await self.link.close()


@dataclass
class Station:
    """One terminal on its data folder. `cut`: its way to central is."""

    shop: Shop
    name: str
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    cut: bool = False
    boot: str = "boot-one"
    server: uvicorn.Server | None = None
    served: Any = None
    api: httpx2.Client | None = None

    # Its clock: the machine's wall clock, and a boot clock that goes on when the shop lets time pass.

    @property
    def boot_id(self) -> str:
        return f"{self.name}-{self.boot}"

    def boottime_ms(self) -> int:
        return self.shop.desk.now_ms() - self.shop.began_ms + 1_000_000

    def monotonic(self) -> float:
        return self.boottime_ms() / 1000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def start(self) -> Station:
        """Start it; returns when its page answers."""
        settings = TerminalSettings(**{"data": self.folder, "name": self.name, "port": 0, "window_s": 0, **self.more})
        app = create_app(settings, clock=self, link=lambda url: Wire(HttpLink(url), self))
        self.app = app
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
        self.served = asyncio.run_coroutine_threadsafe(self.server.serve(), self.shop.desk.loop)
        until(lambda: self.server is not None and self.server.started, f"{self.name} is up")
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        self.api = httpx2.Client(base_url=self.url, timeout=20, trust_env=False)
        return self

    def stop(self) -> None:
        """End it; what it knows stays in its folder."""
        if self.server is not None and self.api is not None:
            self.api.close()
            asyncio.run_coroutine_threadsafe(self.app.state.kiosk.close(), self.shop.desk.loop).result(5)
            self.server.should_exit = True
            self.served.result(20)
            self.server = None

    def restart(self) -> None:
        """The process ends and starts again."""
        self.stop()
        self.start()

    def copy(self, folder: str) -> Path:
        """Copy its whole data folder, as somebody clones a card or a backup does."""
        return Path(shutil.copytree(self.folder, self.shop.folder / folder, ignore=shutil.ignore_patterns("*.lock")))

    def back(self, copy: Path) -> None:
        """Its folder is the copy again."""
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)

    def scan(self, body: str, intent: str = "empty", version: int = 1) -> dict[str, Any]:
        """One scan at this station."""
        return self.post("/api/v1/scan", {"code": CardCode(body, version).text, "intent": intent})

    def post(self, path: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        assert self.api is not None
        answer = self.api.post(path, json=body or {})
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def get(self, path: str) -> dict[str, Any]:
        assert self.api is not None
        told: dict[str, Any] = self.api.get(path).json()
        return told

    def status(self) -> dict[str, Any]:
        return self.get("/api/v1/status")

    def online(self) -> Station:
        """Wait until all is sent and its register is as new as central's ledger."""
        self.cut = False
        until(self._is_level, f"{self.name} is level with central: {self.status()}")
        return self

    def heard(self) -> Station:
        """Wait until central has answered it, whatever the answer is: from then on a scan waits for central's word."""
        until(lambda: self.status()["central"]["state"] in ("online", "refused"), f"{self.name} has heard of central")
        return self

    def sent(self) -> None:
        """Wait until central has answered everything."""
        self.cut = False
        until(lambda: self._stored() == 0, f"{self.name} has sent all")

    def offline(self) -> None:
        """Pull the cable, and wait until the station has noticed."""
        self.cut = True
        until(self._has_noticed, f"{self.name} is offline")

    def wake(self) -> None:
        """Let the courier try at once, as any event does."""
        loader = self.app.state.terminal.courier._loader
        self.shop.desk.loop.call_soon_threadsafe(loader.at_once)
        self.shop.desk.loop.call_soon_threadsafe(self.app.state.terminal.courier.wake)

    def _has_noticed(self) -> bool:
        self.wake()
        return bool(self.status()["central"]["state"] == "offline")

    def _stored(self) -> int:
        self.wake()
        journal = self.status()["journal"]
        return int(journal["stored"]) + int(journal["sent_again"])

    def _is_level(self) -> bool:
        status = self.status()
        if status["central"]["state"] != "online" or self._stored():
            self.wake()
            return False
        if int(status["register"]["position"]) < self.shop.head():
            self.wake()
            return False
        return bool(status["register"]["loaded"])


class Shop:
    """Riverside Works with terminals that people can stand before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plant = PagePlant(f"sqlite:///{folder / 'central.db'}")
        self.plant.now = time.time_ns() // 1_000_000
        self.desk = Desk(self.plant, folder)
        self.began_ms = self.desk.now_ms()
        headers = {"Authorization": f"Bearer {self.plant.token()}"}
        self.api = httpx2.Client(base_url=f"{self.desk.url}/api/v1", headers=headers, timeout=20, trust_env=False)
        self.stations: list[Station] = []
        self.loops = 0

    def close(self) -> None:
        for station in self.stations:
            station.stop()
        self.api.close()
        self.desk.stop()
        self.plant.database.close()

    def pass_s(self, seconds: float) -> None:
        """Time goes on for central and every terminal."""
        self.plant.pass_s(seconds)

    def station(self, name: str, **more: Any) -> Station:
        """Set a new terminal up, enrol it, start it, and wait until it knows its cards."""
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir()
        station = self.add(name, folder, **more)
        self.enrol(station)
        return station.start().online()

    def add(self, name: str, folder: Path, **more: Any) -> Station:
        """A terminal on a folder that is there, not started."""
        self.stations.append(Station(self, name, folder, more))
        return self.stations[-1]

    def enrol(self, station: Station) -> None:
        """Make a code and carry it to a terminal."""
        with self.plant.database.transaction() as connection:
            issued = terminals.issue_code(
                connection, self.plant.site_id, self.desk.app.state.central.key.public, self.desk.now_ms(),
                self.plant.random, created_by=self.plant.person, approved=True,
            )  # fmt: skip
        self.carry(station, issued.code.shown)

    def carry(self, station: Station, code: str) -> None:
        """What `ekanban terminal enroll URL CODE` does at a terminal."""
        asyncio.run_coroutine_threadsafe(self._enrol(station, code), self.desk.loop).result(20)

    async def _enrol(self, station: Station, code: str) -> None:
        link = HttpLink(self.desk.url)
        await enroll.enrol(station.folder, station.name, link, self.desk.url, Code.parse(code), lambda text: None)
        await link.close()

    def back_up(self) -> Path:
        """Copy central's database, as a nightly job does."""
        backup = self.folder / "backup.db"
        with closing(sqlite3.connect(self.folder / "central.db")) as live, closing(sqlite3.connect(backup)) as copy:
            live.backup(copy)
        return backup

    def restore(self, backup: Path) -> None:
        """Central's database is the backup again."""
        with closing(sqlite3.connect(backup)) as copy, closing(sqlite3.connect(self.folder / "central.db")) as live:
            copy.backup(live)

    def card(self, how: Closing = Closing.TWO_SCAN) -> str:
        """A new card of a loop of its own."""
        self.loops += 1
        with self.plant.database.transaction() as connection:
            desk = MasterDesk(connection, self.plant.site_id, SYSTEM, self.desk.now_ms(), self.plant.random)
            new = NewLoop(
                part="4711-0815", source="Supermarket A", destination="Line 4", bin=f"S-{self.loops}",
                kind=LoopKind.WITHDRAWAL, quantity=200, container="KLT 4315", lead_time_s=3600, min_cycle_s=600,
                closing=how,
            )  # fmt: skip
            loop = create_loop(desk, new)
            (body,) = create_cards(desk, loop, NewCards(count=1, printed=True))
        return body

    def head(self) -> int:
        with self.plant.database.reading() as connection:
            return int(connection.exec_driver_sql("SELECT head FROM site").scalar_one())

    def get(self, path: str, **query: Any) -> Any:
        """Read from central's API."""
        return _told(self.api.get(path, params=query))

    def post(self, path: str, **content: Any) -> Any:
        """Write through central's API."""
        return _told(self.api.post(path, json=content))

    def act(self, body: str, verb: str, **content: Any) -> None:
        """A person's act on a card: lost, hold, retire."""
        self.post(f"/cards/{body}/{verb}", **content)

    def review(self, kind: str) -> dict[str, Any]:
        """The one open review of a kind."""
        (found,) = self.get("/reviews", kind=kind)["items"]
        return dict(found)

    def reviews(self) -> list[str]:
        """The kinds of the open reviews, oldest first."""
        return [one["kind"] for one in self.get("/reviews")["items"]]

    def decide(self, kind: str, decision: str) -> None:
        """Decide the one open review of a kind."""
        self.post(f"/reviews/{self.review(kind)['id']}/decide", decision=decision)

    def signals(self, body: str) -> dict[str, str | None]:
        """All signals of a card by id: how each was closed, None for the open one."""
        found = [one for state in ("closed", "open") for one in self.get("/signals", state=state)["items"]]
        return {one["id"]: one["closed_how"] for one in found if one["card"].replace("-", "").startswith(body)}

    def is_open(self, body: str) -> bool:
        """Whether something is on order for a card."""
        return None in self.signals(body).values()

    def open_ones(self) -> list[str]:
        """Cards with an open signal, by central's API."""
        return sorted(one["card"] for one in self.get("/signals", state="open")["items"])


def _told(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()
