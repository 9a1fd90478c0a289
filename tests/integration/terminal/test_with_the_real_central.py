"""Terminal and central as they are shipped, over a network that loses, doubles and forges what they say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from central_plant import Plant
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from terminal_world import TERMINAL, World, run

from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.keys import key_of
from ekanban_central.settings import CentralSettings
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent, TerminalState
from ekanban_migrations import upgrade
from ekanban_terminal import exchange
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.identity import Identity, verifier
from ekanban_terminal.link import Reply, Request
from ekanban_terminal.station import NothingToUndo


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
        settings = CentralSettings(data=folder, database_url=f"sqlite:///{folder}/central.db")
        upgrade.central(settings.url)
        self.key = key_of(Ed25519PrivateKey.generate())
        self.app = create_app(settings, now_ms=self.world.central_now, key=self.key)
        central: Central = self.app.state.central
        self.plant = Plant(central.database, cards=5)
        terminal = self.plant.terminal("Line 4")
        public = self.world.terminal_key.public_key().public_bytes_raw()
        self.plant.change("terminal", {"id": terminal.id}, id=UUID(TERMINAL), public_key=public)
        self.network = Network(self.app, self.dice)

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
async def _floor(folder: Path, seed: int = 0) -> AsyncIterator[Floor]:
    floor = Floor(folder, seed)
    async with floor.app.router.lifespan_context(floor.app):
        yield await floor.open()
        await floor.network.close()
        await floor.world.close()


def _code(body: str) -> str:
    return CardCode(body, 1).text


def test_an_order_goes_its_whole_way(tmp_path: Path) -> None:
    async def shift() -> None:
        async with _floor(tmp_path) as floor:
            body = floor.plant.cards[0]
            await floor.works(2)
            assert floor.world.register.about.loaded

            opened = await floor.world.scan(_code(body))
            await floor.works(2)

            assert opened.entry.part == "4711"
            assert [str(row["id"]) for row in floor.plant.open_signals(body)] == [opened.entry.id]
            floor.world.clock.pass_s(700)
            received = await floor.world.scan(_code(body), intent=Intent.RECEIVE)
            await floor.works(3)
            assert received.entry.outcome == "received"
            assert floor.plant.open_signals(body) == []
            assert floor.world.states() == ["taken", "taken"]

    run(shift())


def test_a_revoked_terminal_hands_in_what_it_has_and_it_is_set_aside(tmp_path: Path) -> None:
    async def shift() -> None:
        async with _floor(tmp_path) as floor:
            await floor.works(2)
            await floor.world.scan(_code(floor.plant.cards[0]))
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.REVOKED))

            await floor.works(4)

            assert floor.world.courier.state == "refused"
            assert floor.world.states() == ["refused"]
            assert floor.plant.open_signals(floor.plant.cards[0]) == []

    run(shift())


def test_a_terminal_waits_for_its_approval_and_then_sends(tmp_path: Path) -> None:
    async def shift() -> None:
        async with _floor(tmp_path) as floor:
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.PENDING))
            await floor.world.scan(_code(floor.plant.cards[0]))
            await floor.works(3)
            assert floor.world.courier.state == "pending"
            assert floor.world.states() == ["waiting"]

            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.ENROLLED))
            await floor.works(3)

            assert floor.world.courier.state == "online"
            assert floor.world.states() == ["taken"]

    run(shift())


def test_a_terminal_that_central_does_not_know_is_shown_as_such(tmp_path: Path) -> None:
    async def shift() -> None:
        async with _floor(tmp_path) as floor:
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, public_key=bytes(32))
            await floor.world.scan(_code(floor.plant.cards[0]))

            await floor.works(2)

            assert floor.world.courier.state == "offline"
            assert "unsigned" in floor.world.heard.alarms
            assert floor.world.states() == ["waiting"]

    run(shift())


@pytest.mark.parametrize("seed", range(8))
def test_over_a_bad_network_every_scan_arrives_once_and_in_order(tmp_path: Path, seed: int) -> None:
    async def shift() -> None:
        async with _floor(tmp_path, seed) as floor:
            for _ in range(60):
                await _happens(floor)
            floor.network.rough = 0.0
            await floor.world.drain(500)

            kept = list(reversed(floor.world.journal.last(10_000)))
            taken = {str(row["scan_id"]): row for row in floor.plant.rows("scan_identity")}
            assert taken.keys() == {one.id for one in kept}
            assert floor.plant.count("scan_aside") == 0
            positions = [taken[one.id]["position"] for one in kept]
            assert positions == sorted(positions)
            still_open = Counter(row["body"] for row in floor.plant.rows("signal") if row["closed_how"] is None)
            assert set(still_open.values()) <= {1}
            assert [row["forked"] for row in floor.plant.rows("terminal_epoch") if row["forked"]] == []

    run(shift())


async def _happens(floor: Floor) -> None:
    dice, world = floor.dice, floor.world
    match dice.randrange(8):
        case 0 | 1 | 2:
            await world.later(_code(dice.choice(floor.plant.cards)), intent=dice.choice([*Intent][:7]))
        case 3:
            await world.later(dice.choice(["EKC-RECEIVE", "EKC-UNDO", "rubbish", "\x00", "00000000"]))
        case 4:
            try:
                await world.station.undo()
            except NothingToUndo:
                world.clock.pass_s(1)
        case 5 if dice.random() < 0.5:
            await floor.restart(f"boot {dice.random()}" if dice.random() < 0.3 else None)
        case 6:
            floor.network.rough = dice.choice([0.0, 0.3, 0.7, 1.0])
        case _:
            await floor.works(dice.randrange(6))
