"""A reader on the network whose cable is pulled somewhere behind a switch: nothing says so but silence."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from network_rooms import Cut, Room
from tcp_reader import TcpReader, hang_up

from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Event, Scan, ScanError, ScannerConfig, Status
from ekanban_drivers.tcp_driver import TcpDriver
from ekanban_drivers.tcp_line import Patience

pytestmark = pytest.mark.needs("ip", "nft")
NETWORK = 47  # no other test lays this cable
HASTY = Patience(connect=3.0, idle=1, again=1, silent=2.0)  # the plant's patience is ten times as long


def short(event: Event) -> str:
    match event:
        case Scan(text=text):
            return text
        case ScanError(kind=kind, partial=partial):
            return f"{kind} {partial}"
        case Status(state=state, text=text):
            return f"{state} {text}".strip()


def test_a_reader_that_fell_silent_is_noticed_and_read_again_when_the_cable_is_mended() -> None:
    with Room("terminal") as here, Room("reader") as there:
        _mine, address = here.cable(there, NETWORK)
        reader = TcpReader(address, 4001)
        with ExitStack() as stack:
            there.call(lambda: stack.enter_context(reader))

            async def run() -> list[str]:
                heard: list[str] = []
                sends = [b"KAN-1\r7K3Q"]
                profile = Profile.from_mapping({"terminators": ["cr"], "gap_ms": 60_000})
                configs = [ScannerConfig("gate", "tcp", reader.address, profile)]
                answering = asyncio.create_task(reader.answer(sends))
                async with Scanners(configs, {"tcp": TcpDriver(HASTY)}, 0.1) as scanners, asyncio.timeout(60):
                    async for _, event in scanners.events():
                        heard.append(short(event))
                        if heard[-1] == "KAN-1":
                            await asyncio.to_thread(here.cut, NETWORK, Cut.DROPPED)
                            sends[:] = [b"KAN-2\r"]
                        if heard[-1].startswith("absent"):
                            await asyncio.to_thread(here.mend, NETWORK)
                        if heard[-1] == "KAN-2":
                            break
                answering.cancel()
                return heard

            heard = here.call(lambda: asyncio.run(run()))
        hang_up()

    assert heard == [
        "ready", "KAN-1", "disconnect 7K3Q",
        "absent Scanner gate does not answer any more: look for its power, its cable and the network.",
        "ready", "KAN-2",
    ]  # fmt: skip
