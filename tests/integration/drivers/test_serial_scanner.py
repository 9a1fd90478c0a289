"""A serial scanner at a pseudo-terminal, read by the driver in this process."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hearing import SOON, Heard
from pty_scanner import PtyScanner

from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import DeviceFeedback, Profile, load
from ekanban_drivers.scanner import Feedback, Scan, ScanError, ScannerConfig, ScannerState, Status

Steps = Callable[[Scanners, Heard], Awaitable[None]]


@pytest.fixture
def scanner(tmp_path: Path) -> PtyScanner:
    return PtyScanner(tmp_path / "scanner")


def terminal(scanner: PtyScanner, steps: Steps, profile: Profile | None = None) -> None:
    async def run() -> None:
        config = ScannerConfig("gate", "serial", str(scanner.path), profile or load("serial"))
        async with Scanners([config], rescan_seconds=0.02) as scanners:
            await steps(scanners, Heard(scanners))

    with scanner:
        asyncio.run(run())


def test_codes_arrive_whole_whatever_the_chunks(scanner: PtyScanner) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        scanner.send(b"]C07K3QM9")
        scanner.send(b"X201CF\r")
        await heard.scans("7K3QM9X201CF")
        scanner.send(b"\nKAN-1\rKAN-2\nKAN")
        await heard.scans("KAN-1", "KAN-2")
        scanner.send(b"-3\r\n")
        await heard.scans("KAN-3")

    terminal(scanner, steps)


def test_every_byte_value_arrives_as_it_was_sent(scanner: PtyScanner) -> None:
    content = bytes(range(256)).replace(b"\x02", b"").replace(b"\x03", b"")

    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        scanner.send(b"\x02" + content + b"\x03")
        scan = await heard.next()
        assert isinstance(scan, Scan)
        assert scan.raw == content

    terminal(scanner, steps, load("serial-stx-etx"))


def test_a_code_that_stops_in_the_middle_is_an_error_by_itself(scanner: PtyScanner) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        scanner.send(b"7K3Q")
        error = await heard.next()
        assert isinstance(error, ScanError)
        assert (error.kind, error.partial) == ("timeout", "7K3Q")

    terminal(scanner, steps, Profile(gap_ms=30))


def test_a_scanner_unplugged_in_mid_code_is_an_error_and_the_next_code_is_whole(scanner: PtyScanner) -> None:
    async def steps(_: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        for _round in range(3):
            scanner.send(b"KAN-1\r7K3Q")
            await heard.scans("KAN-1")  # and what came in the same piece
            scanner.unplug()
            error = await heard.next()
            assert isinstance(error, ScanError)
            assert (error.kind, error.partial) == ("disconnect", "7K3Q")
            assert "gone" in (await heard.states(ScannerState.ABSENT)).text
            scanner.plug()
            await heard.states(ScannerState.READY)
            scanner.scan("7K3QM9X201CF")
            await heard.scans("7K3QM9X201CF")

    terminal(scanner, steps, Profile(gap_ms=60_000))


def test_a_port_that_another_program_locked_is_busy_until_it_lets_go(scanner: PtyScanner) -> None:
    with scanner:
        thief = os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(thief, fcntl.LOCK_EX)

        async def run() -> None:
            config = ScannerConfig("gate", "serial", str(scanner.path))
            async with Scanners([config], rescan_seconds=0.02) as scanners:
                heard = Heard(scanners)
                status = await heard.states(ScannerState.BUSY)
                assert "fuser -v /dev/pts/" in status.text
                os.close(thief)
                await heard.states(ScannerState.READY)
                scanner.scan("KAN-1")
                await heard.scans("KAN-1")

        asyncio.run(run())


def test_a_port_that_two_scanners_of_the_terminal_name_is_one_of_theirs_and_both_end_in_peace(
    scanner: PtyScanner,
) -> None:
    async def run() -> None:
        configs = [ScannerConfig(name, "serial", str(scanner.path)) for name in ("first", "second")]
        async with Scanners(configs, rescan_seconds=0.02) as scanners, asyncio.timeout(SOON):
            async for name, event in scanners.events():
                if isinstance(event, Status) and event.state is ScannerState.BUSY:
                    other = {"first": "second", "second": "first"}[name]  # whoever came first has it
                    assert f"is in use by scanner {other} of this terminal" in event.text
                    return

    with scanner:
        asyncio.run(asyncio.wait_for(run(), SOON))


def test_the_port_is_exclusive_while_it_is_read_and_free_afterwards(scanner: PtyScanner) -> None:
    other = -1

    async def steps(_: Scanners, heard: Heard) -> None:
        nonlocal other
        await heard.states(ScannerState.READY)
        other = os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)  # root may
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    terminal(scanner, steps)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_a_port_that_is_not_there_says_so_once_and_is_read_when_it_comes(scanner: PtyScanner) -> None:
    async def run() -> None:
        config = ScannerConfig("gate", "serial", str(scanner.path))
        async with Scanners([config], rescan_seconds=0.02) as scanners:
            heard = Heard(scanners)
            await heard.states(ScannerState.ABSENT)
            with scanner:
                await heard.states(ScannerState.READY)
                scanner.scan("KAN-1")
                await heard.scans("KAN-1")

    asyncio.run(run())


def test_a_path_that_is_no_serial_port_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    async def run() -> None:
        async with Scanners([ScannerConfig("gate", "serial", str(file))]) as scanners:
            status = await Heard(scanners).states(ScannerState.NOT_READABLE)
            assert str(file) in status.text

    asyncio.run(run())


def test_the_scanner_beeps_by_colour(scanner: PtyScanner) -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        for colour, bells in ((Feedback.GREEN, 1), (Feedback.AMBER, 2), (Feedback.RED, 3)):
            assert await scanners.feedback("gate", colour)
            assert await asyncio.to_thread(scanner.received, bells) == b"\a" * bells
        assert await scanners.feedback("gate", Feedback.GREY)

    terminal(scanner, steps)


def test_a_scanner_without_a_bell_is_sent_nothing(scanner: PtyScanner) -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        await heard.states(ScannerState.READY)
        assert not await scanners.feedback("gate", Feedback.RED)

    terminal(scanner, steps, Profile(feedback=DeviceFeedback.NONE))
