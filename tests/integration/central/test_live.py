"""Who looks on is told at once, at every central process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import uvicorn
from central_plant import Plant
from security_world import CENTRAL_KEY, make_world
from sqlalchemy.exc import OperationalError

from ekanban_central import live, people
from ekanban_central.app import create_app
from ekanban_central.database import Database
from ekanban_central.ledger import SYSTEM
from ekanban_central.live import Hub
from ekanban_central.settings import CentralSettings
from ekanban_core.states import Role
from ekanban_migrations import upgrade

NEVER_S = 3_600.0
PATIENCE_S = 60.0  # who needs it has failed


@asynccontextmanager
async def _hub(database: Database, poll_s: float) -> AsyncIterator[Hub]:
    hub = Hub(database, poll_s)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


def test_a_subscriber_hears_the_newest_position(plant: Plant) -> None:
    async def work() -> list[int]:
        async with _hub(plant.database, NEVER_S) as hub:
            heard = []
            stream = hub.subscribe(plant.site_id, hub.head(plant.site_id))
            hub.publish(plant.site_id, 101)
            heard.append(await asyncio.wait_for(anext(stream), PATIENCE_S))
            for position in (102, 103, 99):
                hub.publish(plant.site_id, position)
            while heard[-1] < 103:
                heard.append(await asyncio.wait_for(anext(stream), PATIENCE_S))
            return heard

    heard = asyncio.run(work())

    assert heard[0] == 101
    assert heard[-1] == 103
    assert heard == sorted(heard)


@pytest.mark.parametrize("plan", ["notify", "poll"])
def test_a_scan_at_one_process_reaches_a_subscriber_at_another(plant: Plant, plan: str) -> None:
    if plan == "notify" and plant.database.backend == "sqlite":
        plan = "poll"  # SQLite knows no notices
    poll_s = NEVER_S if plan == "notify" else 0.05

    async def work() -> tuple[int, int]:
        other = Database(plant.database.url.render_as_string(hide_password=False))
        async with _hub(plant.database, NEVER_S) as here, _hub(other, poll_s) as there:
            plant.intake = type(plant.intake)(plant.database, here.publish, plant.random)
            terminal = plant.terminal()
            stream = there.subscribe(plant.site_id, there.head(plant.site_id))
            await _listens(there)
            receipt = await asyncio.to_thread(terminal.send, terminal.scan(plant.cards[0]))
            heard = await asyncio.wait_for(anext(stream), PATIENCE_S)
        other.close()
        return receipt.position, heard

    position, heard = asyncio.run(work())

    assert heard == position


@pytest.mark.needs("postgresql")
def test_in_a_rush_of_scans_the_other_processes_hear_of_the_newest_by_few_notices(
    central_on_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade.central(central_on_postgresql)
    plant = Plant(Database(central_on_postgresql))
    monkeypatch.setattr(live, "SEND_EVERY_S", 1.0)

    async def work() -> list[str]:
        url = plant.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with (
            _hub(plant.database, NEVER_S) as hub,
            await psycopg.AsyncConnection.connect(url, autocommit=True) as there,
        ):
            await there.execute(f"LISTEN {live.CHANNEL}")
            for position in range(101, 151):
                hub.publish(plant.site_id, position)
                while hub.head(plant.site_id) < position:
                    await asyncio.sleep(0.002)
            heard = []
            async for notice in there.notifies(timeout=PATIENCE_S):
                heard.append(notice.payload)
                if notice.payload == f"{plant.site_id}:150":
                    break
            return heard

    heard = asyncio.run(work())
    plant.database.close()

    assert heard[-1] == f"{plant.site_id}:150"
    assert len(heard) <= 5


def test_a_subscription_ends_when_central_stops(plant: Plant) -> None:
    async def work() -> list[int]:
        async with _hub(plant.database, NEVER_S) as hub:
            stream = hub.subscribe(plant.site_id, hub.head(plant.site_id))
            reader = asyncio.create_task(_all(stream))
            await asyncio.sleep(0)
            hub.close()
            return await asyncio.wait_for(reader, PATIENCE_S)

    assert asyncio.run(work()) == []


def test_subscriptions_end_when_the_database_is_gone_and_begin_again_with_it(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_hub: Hub) -> list[tuple[int, int]]:
        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    async def work() -> tuple[list[int], list[int], int]:
        monkeypatch.setattr(live, "RETRY_S", 0.01)
        async with _hub(plant.database, 0.01) as hub:
            first = hub.head(plant.site_id)
            with monkeypatch.context() as outage:
                outage.setattr(Hub, "_read_heads", gone)
                ended = await asyncio.wait_for(_all(hub.subscribe(plant.site_id, first)), PATIENCE_S)
                meanwhile = await asyncio.wait_for(_all(hub.subscribe(plant.site_id, first)), PATIENCE_S)
            while hub.blind:
                await asyncio.sleep(0.01)
            hub.publish(plant.site_id, first + 1)
            return (
                ended,
                meanwhile,
                await asyncio.wait_for(anext(hub.subscribe(plant.site_id, first)), PATIENCE_S) - first,
            )

    assert asyncio.run(work()) == ([], [], 1)


def test_the_end_waits_for_a_poll_that_still_reads(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def slow_read(_hub: Hub) -> list[tuple[int, int]]:
        if reading.is_set():
            return []
        reading.set()
        assert go_on.wait(PATIENCE_S)
        done.append("read")
        return []

    async def work() -> None:
        hub = Hub(plant.database, 0.001)
        await hub.start()
        monkeypatch.setattr(Hub, "_read_heads", slow_read)
        await asyncio.to_thread(reading.wait, PATIENCE_S)
        ending = asyncio.ensure_future(hub.stop())
        for _ in range(100):  # turns of the loop, each long enough for all that does not wait for the thread
            await asyncio.sleep(0)
        done.append("ended early" if ending.done() else "waits")
        go_on.set()
        await asyncio.wait_for(ending, PATIENCE_S)
        done.append("stopped")

    asyncio.run(work())

    assert done == ["waits", "read", "stopped"]


def test_events_are_streamed_with_cursors_and_end_when_central_ends(database_url: str, tmp_path: Path) -> None:
    world = make_world(database_url, tmp_path)
    plant = Plant(world.central.database, site_id=1)
    headers = world.token(world.person("viewer", Role.VIEWER))
    terminal = plant.terminal()
    with (
        _served(database_url, tmp_path) as (hub, address),
        httpx2.Client(base_url=address) as client,
        client.stream("GET", "/api/v1/events", headers=headers, timeout=PATIENCE_S) as stream,
    ):
        lines = stream.iter_lines()
        assert stream.headers["content-type"].startswith("text/event-stream")
        receipt = terminal.send(terminal.scan(plant.cards[0]))  # at another process
        first, second = _event(lines), _event(lines)
        hub.close()
        rest = list(lines)  # to its end: not torn off
    world.central.database.close()

    assert [first["event"], second["event"]] == ["scan", "signal_opened"]
    assert second["id"] == f"g-1:{receipt.position}"
    assert second["data"]["card"] == plant.cards[0]
    assert "set" not in second["data"]["data"]
    assert rest == [] or not any(line.startswith("data") for line in rest)


def test_a_stream_goes_on_where_it_was(database_url: str, tmp_path: Path) -> None:
    world = make_world(database_url, tmp_path)
    plant = Plant(world.central.database, site_id=1)
    headers = world.token(world.person("viewer", Role.VIEWER))
    terminal = plant.terminal()
    receipt = terminal.send(terminal.scan(plant.cards[0]))
    with _served(database_url, tmp_path) as (hub, address), httpx2.Client(base_url=address) as client:
        seen = {**headers, "Last-Event-ID": f"g-1:{receipt.position - 1}"}
        with client.stream("GET", "/api/v1/events", headers=seen, timeout=PATIENCE_S) as stream:
            missed = _event(stream.iter_lines())
        gone = client.get("/api/v1/events?since=other:1", headers=headers)
        stranger = client.get("/api/v1/events")
        hub.close()
    world.central.database.close()

    assert missed["id"] == f"g-1:{receipt.position}"
    assert gone.status_code == 410
    assert stranger.status_code == 401


@contextmanager
def _served(url: str, data: Path) -> Iterator[tuple[Hub, str]]:
    """A central process of its own, as far as its database can tell, on a free port."""
    app = create_app(CentralSettings(data=data, database_url=url), key=CENTRAL_KEY)
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    ready = threading.Event()
    startup = server.startup

    async def start(sockets: Any = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = start  # type: ignore[method-assign]  # tells when it serves
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield app.state.central.hub, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


async def _all(stream: AsyncIterator[int]) -> list[int]:
    return [position async for position in stream]


async def _listens(hub: Hub) -> None:
    """Wait until the other process listens; before that its poll would have to do."""
    async with asyncio.timeout(PATIENCE_S):
        while not hub.listening and hub._database.backend == "postgresql":
            await asyncio.sleep(0.01)


def _event(lines: Iterator[str]) -> dict[str, Any]:
    """Read the next event; comments are none."""
    found: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "" and "event" in found:
            found["data"] = json.loads(found["data"])
            return found
        if name in ("event", "id", "data"):
            found[name] = value
    raise AssertionError("the stream ended")


@pytest.mark.more
def test_a_stream_ends_for_a_person_who_may_no_longer_look(database_url: str, tmp_path: Path) -> None:
    world = make_world(database_url, tmp_path)
    plant = Plant(world.central.database, site_id=1)
    world.person("admin", Role.ADMIN)
    viewer = world.person("viewer", Role.VIEWER)
    headers = world.token(viewer)
    terminal = plant.terminal()
    with _served(database_url, tmp_path) as (hub, address), httpx2.Client(base_url=address) as client:
        with client.stream("GET", "/api/v1/events", headers=headers, timeout=PATIENCE_S) as stream:
            lines = stream.iter_lines()
            terminal.send(terminal.scan(plant.cards[0]))
            first = _event(lines)
            with world.central.database.session() as session:
                people.change(session, viewer, {"active": False}, SYSTEM, plant.now)
            terminal.send(terminal.scan(plant.cards[1]))
            rest = [line for line in lines if line.startswith("data")]  # ends by itself
        hub.close()
    world.central.database.close()

    assert first["event"] == "scan"
    assert plant.cards[1] not in "".join(rest)
