"""Scanners that are not where they should be, not yet readable, or read while a clock jumps."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_clock import FakeClock
from pty_scanner import PtyScanner
from watching import Watch

from ekanban_drivers import serial_driver
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import DeviceInfo, Event, Scan, ScannerConfig, ScannerState, Session, Status
from ekanban_drivers.serial_driver import SerialDriver

SOON = 20  # seconds; a test that needs them has failed
TIOCGEXCL = 0x80045440
NOBODY = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.geteuid() == 0 else []


@pytest.fixture
def scanner() -> Iterator[PtyScanner]:
    with tempfile.TemporaryDirectory(prefix="scanner-") as folder:
        Path(folder).chmod(0o755)  # others than this account look into it
        yield PtyScanner(Path(folder) / "scanner")


@pytest.mark.needs("faketime")
@pytest.mark.parametrize("hours", [-30, 30])
def test_a_step_of_the_wall_clock_in_mid_code_cuts_nothing(scanner: PtyScanner, tmp_path: Path, hours: float) -> None:
    clock = FakeClock(tmp_path / "clock")
    profile = tmp_path / "hasty.toml"
    profile.write_text('terminators = ["cr"]\ngap_ms = 60000\n')  # an hour is longer, a slow machine is not
    environment = {**os.environ, **clock.environment}
    watch = Watch(str(scanner.path), "--driver", "serial", "--profile", str(profile), environment=environment)

    with scanner, watch:
        assert watch.read() == "ready"
        scanner.send(b"KAN-1\r7K3Q")
        assert watch.read() == "KAN-1"
        clock.off(hours=hours)
        scanner.send(b"M9X201CF\r")
        assert watch.read() == "7K3QM9X201CF"


@pytest.mark.more
def test_a_node_that_comes_before_its_permissions_says_what_is_missing_and_is_read_once_it_has_them(
    scanner: PtyScanner,
) -> None:
    with Watch(str(scanner.path), "--driver", "serial", run=NOBODY) as watch:
        assert watch.read() == "absent"
        scanner.plug(mode=0)
        line = watch.line()
        assert (line["state"], "is not readable" in line["text"]) == ("not_readable", True)
        Path(os.path.realpath(scanner.path)).chmod(0o666)
        assert watch.read() == "ready"
        scanner.scan("KAN-1")
        assert watch.read() == "KAN-1"
    scanner.unplug()


async def _next(scanners: Scanners) -> Event:
    async with asyncio.timeout(SOON):
        return (await anext(scanners.events()))[1]


def test_a_by_id_link_that_points_nowhere_is_a_scanner_that_is_not_there_until_it_points_somewhere(
    scanner: PtyScanner,
) -> None:
    scanner.path.symlink_to("/dev/ttyUSB-nowhere")

    async def run() -> None:
        config = ScannerConfig("gate", "serial", str(scanner.path))
        async with Scanners([config], rescan_seconds=0.02) as scanners:
            status = await _next(scanners)
            assert isinstance(status, Status)
            assert status.state is ScannerState.ABSENT
            assert "leads to /dev/ttyUSB-nowhere, which is not there. Plug the scanner in" in status.text
            scanner.path.unlink()
            with scanner:
                assert (await _next(scanners)).__class__ is Status
                scanner.scan("KAN-1")
                found = await _next(scanners)
                assert isinstance(found, Scan)

    asyncio.run(run())


class Vanishing(SerialDriver):
    """Its device is there when it is looked for, and gone when it is opened, the first time."""

    opened = 0

    async def discover(self) -> list[DeviceInfo]:
        return [DeviceInfo("serial", "gate", "Gate", path=str(self.path))]

    def open(self, device: DeviceInfo, profile: Profile) -> AbstractAsyncContextManager[Session]:
        self.opened += 1
        return super().open(replace(device, path=device.path + ("-gone" if self.opened == 1 else "")), profile)

    def __init__(self, path: Path) -> None:
        self.path = path


def test_a_device_that_vanishes_while_it_is_opened_is_absent_and_tried_again(scanner: PtyScanner) -> None:
    async def run() -> None:
        driver = Vanishing(scanner.path)
        async with Scanners([ScannerConfig("gate", "serial", "gate")], {"serial": driver}, 0.02) as scanners:
            states = [await _next(scanners) for _ in range(2)]
            assert [status.state for status in states if isinstance(status, Status)] == [
                ScannerState.ABSENT,
                ScannerState.READY,
            ]

    with scanner:
        asyncio.run(run())


def test_a_real_port_is_marked_exclusive_for_all_while_it_is_read(
    scanner: PtyScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_driver.os.path, "realpath", lambda path: "/dev/ttyUSB0")  # what it is taken for

    def marked() -> bool:
        value = array.array("i", [0])
        fcntl.ioctl(other, TIOCGEXCL, value)
        return bool(value[0])

    with scanner:
        other = os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)
        device = DeviceInfo("serial", "gate", "Gate", path=str(scanner.path))

        async def run() -> None:
            async with SerialDriver().open(device, Profile()):
                assert marked()
            assert not marked()

        assert not marked()
        asyncio.run(run())
        os.close(other)
