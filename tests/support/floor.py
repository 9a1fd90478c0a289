"""A real central in this process, a terminal enrolled there, and a network between them that may be rough."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from uuid import UUID

import httpx2
from central_plant import Plant
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from terminal_world import TERMINAL, World

from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.keys import key_of
from ekanban_central.settings import CentralSettings
from ekanban_core.ed25519 import verifier
from ekanban_migrations import upgrade
from ekanban_terminal import exchange
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.identity import Identity
from ekanban_terminal.link import Reply, Request


class Network:
    """The way to a central in this process; `rough` is the share of exchanges that go wrong."""

    prefix = ""

    def __init__(self, app: FastAPI, dice: random.Random) -> None:
        self.rough = 0.0
        self._dice = dice
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    async def ask(self, request: Request) -> Reply:
        wrong = self._dice.choice(["down", "lost", "doubled", "forged", "portal", "fallen"])
        if self._dice.random() >= self.rough:
            return await self._deliver(request)
        match wrong:
            case "lost":
                await self._deliver(request)
                raise LinkDown("lost")
            case "doubled":
                await self._deliver(request)
                return await self._deliver(request)
            case "forged":
                reply = await self._deliver(request)
                return Reply(200, (), reply.body)
            case "portal":
                return Reply(200, (), b"<html>")
            case "fallen":
                return Reply(502, (), b"")
            case _:
                raise LinkDown("down")

    async def _deliver(self, request: Request) -> Reply:
        path = request.path + (f"?{request.query}" if request.query else "")
        answer = await self._client.request(request.method, path, content=request.body, headers=request.headers)
        return Reply(answer.status_code, tuple(answer.headers.raw), answer.content)

    async def close(self) -> None:
        await self._client.aclose()


class Floor:
    """A real central on SQLite with a plant, and a world whose terminal is enrolled there."""

    def __init__(self, folder: Path, seed: int) -> None:
        (folder / "terminal").mkdir()
        self.dice = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.world = World(folder / "terminal", seed=seed)
        self.database, self.backup = folder / "central.db", folder / "backup.db"
        settings = CentralSettings(data=folder, database_url=f"sqlite:///{self.database}")
        upgrade.central(settings.url)
        self.key = key_of(Ed25519PrivateKey.generate())
        self.app = create_app(settings, now_ms=self.world.central_now, key=self.key)
        central: Central = self.app.state.central
        self.plant = Plant(central.database, cards=5)
        terminal = self.plant.terminal("Line 4")
        public = self.world.terminal_key.public_key().public_bytes_raw()
        self.plant.change("terminal", {"id": terminal.id}, id=UUID(TERMINAL), public_key=public)
        self.network = Network(self.app, self.dice)

    def back_up(self) -> None:
        """Copy central's database, as a nightly job does."""
        with closing(sqlite3.connect(self.database)) as live, closing(sqlite3.connect(self.backup)) as copy:
            live.backup(copy)

    def restore(self) -> None:
        """Central's database is the backup again."""
        with closing(sqlite3.connect(self.backup)) as copy, closing(sqlite3.connect(self.database)) as live:
            copy.backup(live)

    def enrolled(self) -> exchange.Central:
        identity = Identity(
            TERMINAL, "http://central", "Plant", self.key.id, self.world.terminal_key.sign, verifier(self.key.public)
        )
        return exchange.Central(identity, self.network, self.world.clock, self.world.random.randbytes)

    async def open(self) -> Floor:
        await self.world.open()
        self.world.courier.use(self.enrolled())
        return self

    async def restart(self, boot: str | None) -> None:
        await self.world.restart(boot=boot)
        self.world.courier.use(self.enrolled())

    async def works(self, steps: int) -> None:
        for _ in range(steps):
            self.world.clock.pass_s(await self.world.courier.step())


@asynccontextmanager
async def open_floor(folder: Path, seed: int = 0) -> AsyncIterator[Floor]:
    floor = Floor(folder, seed)
    async with floor.app.router.lifespan_context(floor.app):
        yield await floor.open()
        await floor.network.close()
        await floor.world.close()
