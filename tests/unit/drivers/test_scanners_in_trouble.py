"""Devices that cannot be used: each is a state that says why and what mends it, and the terminal goes on."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import us_keyboard as us
from us_keyboard import key, press, typed

from ekanban_drivers import evdev_nodes
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.evdev_driver import EvdevDriver
from ekanban_drivers.hidpos_driver import HidposDriver
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import DeviceInfo, Profile, Scan, ScannerConfig, ScannerDriver, ScannerState, Status

SOON = 20  # seconds; a test that needs them has failed


def states(config: ScannerConfig, driver: ScannerDriver, enough: Callable[[list[Status]], bool]) -> list[Status]:
    """What a terminal is told of a scanner, until it is enough."""

    async def run() -> list[Status]:
        found: list[Status] = []
        async with asyncio.timeout(SOON), Scanners([config], {config.driver: driver}, rescan_seconds=0.01) as scanners:
            async for _name, event in scanners.events():
                assert isinstance(event, Status)
                found.append(event)
                if enough(found):
                    return found
        raise AssertionError("the stream ended")

    return asyncio.run(run())


def first(config: ScannerConfig, driver: ScannerDriver) -> Status:
    return states(config, driver, lambda found: True)[0]


class Keyboard:
    """A keyboard that can be opened, and types nothing."""

    def __init__(self, path: str) -> None:
        self.fd, self._other_end = os.pipe()
        os.set_blocking(self.fd, False)

    def active_keys(self) -> list[int]:
        return []

    def grab(self) -> None:
        pass

    def close(self) -> None:
        os.close(self.fd)
        os.close(self._other_end)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-evdev, where it is installed or not, opens such keyboards."""
    monkeypatch.setitem(sys.modules, "evdev", SimpleNamespace(InputDevice=Keyboard))


class Plugged(EvdevDriver):
    """Finds what it is told to find."""

    def __init__(self, *found: DeviceInfo) -> None:
        self.found = list(found)

    async def discover(self) -> list[DeviceInfo]:
        return self.found


def test_a_report_scanner_that_vanishes_before_it_is_opened_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def discover(_driver: HidposDriver) -> list[DeviceInfo]:
        return [DeviceInfo("hidpos", "sn:H0001", "ACME HID-POS", "/nowhere/hidraw0")]

    monkeypatch.setattr(HidposDriver, "discover", discover)

    status = first(ScannerConfig("desk", "hidpos", "sn:H0001"), HidposDriver())

    assert (status.state, status.text) == (
        ScannerState.ABSENT,
        "Scanner ACME HID-POS (/nowhere/hidraw0) is not there.",
    )


@pytest.mark.parametrize(("kind", "driver"), [("evdev", Plugged()), ("hidpos", HidposDriver())])
def test_a_link_that_points_nowhere_is_named_and_the_scanner_is_absent(
    tmp_path: Path, kind: str, driver: ScannerDriver
) -> None:
    link = tmp_path / "usb-ACME_Scanner-event-kbd"
    link.symlink_to("../event5")

    status = first(ScannerConfig("gate", kind, str(link)), driver)

    assert status.state is ScannerState.ABSENT
    assert f"the link {link} leads to " in status.text
    assert "ekanban scanners list" in status.text


TWINS = [
    DeviceInfo("evdev", f"port:usb-{port}/input0", "ACME", f"/dev/input/event{port}", ("id:05e0:1200",))
    for port in (1, 2)
]


def test_of_two_scanners_alike_without_serial_numbers_none_is_guessed_and_their_ports_are_named() -> None:
    status = first(ScannerConfig("gate", "evdev", "id:05e0:1200"), Plugged(*TWINS))

    assert status.state is ScannerState.NOT_READABLE
    assert status.text == (
        "Scanner gate: several devices fit id:05e0:1200, say in the configuration which: "
        "port:usb-1/input0 (ACME), port:usb-2/input0 (ACME)"
    )


@pytest.mark.usefixtures("keyboard")
@pytest.mark.parametrize("device", ["port:usb-2/input0", "/dev/input/event2"])
def test_of_two_scanners_alike_the_one_that_is_named_is_read(device: str) -> None:

    status = first(ScannerConfig("gate", "evdev", device), Plugged(*TWINS))

    assert (status.state, status.device) == (ScannerState.READY, "port:usb-2/input0")


@pytest.mark.usefixtures("keyboard")
def test_a_scanner_with_two_keyboards_behind_one_port_is_read_at_the_first() -> None:
    both = [
        DeviceInfo("evdev", f"port:usb-1/input{number}", "ACME", f"/dev/input/event{number}", ("sn:SN0001",))
        for number in (0, 1)
    ]

    status = first(ScannerConfig("gate", "evdev", "sn:SN0001"), Plugged(*both))

    assert (status.state, status.device) == (ScannerState.READY, "port:usb-1/input0")


def test_a_mouse_is_not_grabbed_whatever_the_configuration_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def opened(path: str) -> None:
        raise AssertionError(f"{path} was opened")

    node = tmp_path / "event1"
    node.touch()
    capabilities = tmp_path / "class/event1/device/capabilities"
    capabilities.mkdir(parents=True)
    (capabilities / "key").write_text("70000 0 0 0 0\n")
    monkeypatch.setattr(evdev_nodes, "SYSFS", tmp_path / "class")
    monkeypatch.setitem(sys.modules, "evdev", SimpleNamespace(InputDevice=opened))

    status = first(ScannerConfig("gate", "evdev", str(node)), Plugged())

    assert status.state is ScannerState.NOT_READABLE
    assert f"({node}) is no keyboard: name another device" in status.text


def test_keys_that_go_up_and_never_went_down_type_nothing() -> None:
    decoder = KeyDecoder(Profile(), "a")
    ups = [event for code in (us.SHIFT, us.CTRL, us.ENTER, 16, 2) for event in key(code, 0)]

    found = []
    for number, event in enumerate([*ups, *typed("KAN-1\n"), *ups]):
        found += decoder.feed(number / 1e3, *event)

    assert [event.text for event in found if isinstance(event, Scan)] == ["KAN-1"]
    assert len(found) == 1


def test_events_whose_stamps_step_back_are_taken_in_the_order_in_which_they_came() -> None:
    decoder = KeyDecoder(Profile(), "a")
    stamps = [10.0, 10.2, 10.1, 9.9]

    found = [scan for number, event in enumerate(typed("KAN-1\n")) for scan in decoder.feed(stamps[number % 4], *event)]

    assert [event.text for event in found if isinstance(event, Scan)] == ["KAN-1"]


def test_a_shift_that_goes_up_before_it_goes_down_is_told_as_a_held_key() -> None:
    decoder = KeyDecoder(Profile(), "a")
    for event in [*key(us.SHIFT, 0), *key(us.SHIFT, 1), *press(30), *press(us.ENTER)]:
        decoder.feed(1.0, *event)

    (status,) = decoder.tick(3.0)

    assert isinstance(status, Status)
    assert status.alarm
    assert "A key of the scanner is held down" in status.text
