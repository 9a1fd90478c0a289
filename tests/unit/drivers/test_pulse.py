"""The thread that reads a scanner proves by itself that it lives."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Event, PulsedSession
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import ByteSource, reading
from ekanban_drivers.stdin_driver import StdinDriver, StdinSession


@dataclass
class StuckSource:
    """A device whose driver does not come back from a read."""

    number: int
    decoder: ByteDecoder = field(default_factory=lambda: ByteDecoder(Profile(), "hand"))
    reached: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def fileno(self) -> int:
        return self.number

    def read(self) -> list[Event]:
        self.reached.set()
        self.free.wait()
        os.read(self.number, 1)
        return []


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_reader_that_waits_for_its_scanner_answers(pipe: tuple[int, int]) -> None:
    async def ask() -> None:
        async with reading(ByteSource(pipe[0], ByteDecoder(Profile(), "hand")), "hand") as queue:
            session = QueuedSession(queue)
            assert isinstance(session, PulsedSession)
            await asyncio.gather(session.pulse(), session.pulse())
            await session.pulse()

    asyncio.run(asyncio.wait_for(ask(), 30))


@asynccontextmanager
async def stuck(pipe: tuple[int, int]) -> AsyncIterator[tuple[StuckSource, QueuedSession]]:
    source = StuckSource(pipe[0])
    async with reading(source, "hand") as queue:
        os.write(pipe[1], b"7")
        await asyncio.to_thread(source.reached.wait)
        yield source, QueuedSession(queue)


def test_a_reader_that_hangs_in_its_device_answers_not_before_it_goes_on(pipe: tuple[int, int]) -> None:
    async def ask() -> bool:
        async with stuck(pipe) as (source, session):
            answer = asyncio.ensure_future(session.pulse())
            await asyncio.wait([answer], timeout=0.05)
            early = answer.done()
            source.free.set()
            await answer
            return early

    assert not asyncio.run(asyncio.wait_for(ask(), 30))


def test_nobody_waits_for_a_reader_that_ends_or_has_ended(pipe: tuple[int, int]) -> None:
    async def ask() -> None:
        async with stuck(pipe) as (source, session):
            answer = asyncio.ensure_future(session.pulse())
            await asyncio.sleep(0)
            source.free.set()
        await answer
        await session.pulse()

    asyncio.run(asyncio.wait_for(ask(), 30))


def test_standard_input_proves_it_as_well(pipe: tuple[int, int]) -> None:
    async def ask() -> None:
        driver = StdinDriver(pipe[0])
        (device,) = await driver.discover()
        async with driver.open(device, Profile()) as session:
            assert isinstance(session, StdinSession)
            await session.pulse()

    asyncio.run(asyncio.wait_for(ask(), 30))
