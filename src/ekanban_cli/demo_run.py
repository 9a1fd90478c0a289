"""The demo's process tree: central in this process, the terminal as its child, and the simulated scanner's hand."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from hmac import compare_digest
from pathlib import Path
from socket import socket
from subprocess import Popen
from uuid import UUID

import httpx2
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from ekanban_central import plant_clock
from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.pages.sign_in import enter
from ekanban_central.secret_words import new_word
from ekanban_central.settings import CentralSettings, SiteSettings
from ekanban_cli import demo_plant, demo_scans, demo_seed, demo_terminal, logs, server
from ekanban_cli.demo_enrol import enrol
from ekanban_cli.demo_floor import Floor
from ekanban_cli.demo_place import HOST
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _, language
from ekanban_cli.said import say
from ekanban_core.card_code import CardCode
from ekanban_migrations import upgrade

LOG = "demo.log"
PRINTED = "printed"  # the folder where its cards land
CONNECTED_S = 10.0
CHANCE = random.Random()  # noqa: S311  # no secret


@dataclass(frozen=True, slots=True)
class Ready:
    """What a newcomer needs; the keys of --json."""

    central: str
    terminal: str
    sign_in: str
    api_token: str
    cards: list[str]


def run(folder: Path, listener: socket, scans: bool, as_json: bool) -> None:
    """Run until Ctrl-C. Central has `listener`, the terminal takes the next port."""
    port = listener.getsockname()[1]
    with (folder / LOG).open("w") as log:
        logs.configure("info", "json", log)
        app, ready, floor = _central(folder, listener, port)
        config = demo_terminal.configure(folder / "terminal", ready.central, port + 1)
        _let_in(app, ready.sign_in.rpartition("/")[2], floor.person)
        with demo_terminal.running(config, log) as terminal:
            announce = partial(_announce, ready, folder, as_json)
            _Demo(app, ready, terminal, floor if scans else None, announce).serve(listener)


def _central(folder: Path, listener: socket, port: int) -> tuple[FastAPI, Ready, Floor]:
    """Make central, and at the first start its plant, its history and its terminal."""
    url = server.address(listener)
    # Built without looking at file and environment: a demo must never get into a plant's own database.
    settings = CentralSettings.model_construct(
        data=folder / "central", base_url=url, port=port, language=language(),
        site=SiteSettings(code=demo_plant.SITE[0], name=demo_plant.SITE[1], time_zone=_time_zone()),
    )  # fmt: skip
    upgrade.central(settings.url)
    app = create_app(settings, loopback=True)  # its cards are for this machine's browser
    central: Central = app.state.central
    with central.database.transaction() as connection:
        central.clock.take_up(connection, plant_clock.boot_id())
    now = central.now_ms()
    site_id = demo_seed.site(central) or demo_seed.plant(central, now)
    demo_seed.printer(central, site_id, folder / PRINTED)
    terminal = enrol(app, site_id, folder / "terminal", demo_terminal.NAME, url)
    person = demo_seed.person(central, now)
    demo_seed.history(central, site_id, terminal, person, now)
    ready = Ready(
        central=url,
        terminal=f"http://{HOST}:{port + 1}",
        sign_in=f"{url}/demo/{new_word(central.random_bytes)}",
        api_token=demo_seed.api_token(central, person, now),
        cards=demo_seed.cards(central),
    )
    return app, ready, Floor(central, site_id, person)


def _let_in(app: FastAPI, word: str, person: UUID) -> None:
    """Sign in whoever opens the link that the demo prints, as long as it runs. No service has such a route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/demo/{given}")
    async def sign_in(request: Request, given: str) -> Response:
        if not compare_digest(given.encode("utf-8", "surrogatepass"), word.encode()):
            raise HTTPException(404)
        answer = await enter(request, person, "/")
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    app.include_router(router)


def _announce(ready: Ready, folder: Path, as_json: bool) -> None:
    data = {name: getattr(ready, name) for name in Ready.__slots__}
    lines = [
        _("{plant}: {count} cards.").format(plant=demo_plant.SITE[1], count=len(ready.cards)),
        "",
        _("  Supervisor   {url}   (this link signs in)").format(url=ready.sign_in),
        _("  Kiosk        {url}/").format(url=ready.terminal),
        "",
        _("To scan a card yourself: {command}").format(
            command=f"{_called()} scan {CardCode.parse(ready.cards[0]).shown} --terminal {ready.terminal}"
        ),
        _("Data and log: {folder}. Ctrl-C ends; the next start goes on.").format(folder=folder),
    ]
    say("\n".join(lines), data, as_json)


def _called() -> str:
    """How this command was called: in a fresh clone it is not on PATH."""
    return sys.argv[0] if sys.argv[0].endswith("ekanban") else "ekanban"


class _Demo:
    """Central's server, with what happens beside it."""

    def __init__(
        self, app: FastAPI, ready: Ready, terminal: Popen[bytes], floor: Floor | None, announce: Callable[[], None]
    ) -> None:
        self._app = app
        self._ready = ready
        self._terminal = terminal
        self._floor = floor
        self._announce = announce
        self._beside: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    def serve(self, listener: socket) -> None:
        """Serve until Ctrl-C, or until the terminal ends, which is an error."""
        central: Central = self._app.state.central
        server.run(self._app, listener, self._end, self._begin, connections=central.settings.connections)
        if self._failure is not None:
            raise self._failure

    def _begin(self) -> None:
        self._beside = asyncio.get_running_loop().create_task(self._go_on())
        self._beside.add_done_callback(self._ended)

    async def _end(self) -> None:
        central: Central = self._app.state.central
        central.hub.close()
        if self._beside is not None:
            self._beside.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = error if isinstance(error, CommandFailed) else CommandFailed(repr(error))
            os.kill(os.getpid(), signal.SIGTERM)

    async def _go_on(self) -> None:
        output = await demo_terminal.ready(self._terminal)
        await _connected(self._ready.terminal)
        self._announce()
        async with asyncio.TaskGroup() as group:
            life = [group.create_task(work) for work in self._life()]
            await output.read()  # to its end
            for task in life:
                task.cancel()
        raise CommandFailed(_("The terminal ended; its log says why."))

    def _life(self) -> list[Coroutine[None, None, None]]:
        return [] if self._floor is None else [self._scan(self._floor), self._work(self._floor)]

    async def _scan(self, floor: Floor) -> None:
        for reading in demo_scans.readings(floor.stands, CHANCE):
            await asyncio.sleep(reading.after_s)
            try:
                demo_terminal.scan(self._terminal, reading.text)
            except BrokenPipeError:  # the terminal is ending, which `_go_on` reports
                return

    async def _work(self, floor: Floor) -> None:
        while True:
            await asyncio.sleep(CHANCE.uniform(4, 10))
            await asyncio.to_thread(floor.work, CHANCE)


async def _connected(terminal: str) -> None:
    """Wait until the terminal has heard from central, so that the first scan is ordered and not only stored."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(CONNECTED_S):
        while True:
            status = (await client.get(f"{terminal}/api/v1/status")).json()
            if status["central"]["state"] == "online" and status["register"]["loaded"]:
                return
            await asyncio.sleep(0.1)


def _time_zone() -> str:
    """The machine's zone, so that the demo's times are those of the clock on the wall; UTC where that is not told."""
    _base, found, name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    return name if found else "UTC"
