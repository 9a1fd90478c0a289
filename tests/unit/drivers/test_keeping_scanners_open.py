"""The supervisor: keeps scanners open, finds them again, and lets none disturb another."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ekanban_drivers import registry
from ekanban_drivers.errors import BadProfile, DeviceBusy, DeviceNotReadable, DriverUnavailable, UnknownDriver
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.scanner import (
    DeviceInfo,
    Event,
    Feedback,
    Profile,
    Scan,
    ScanError,
    ScannerConfig,
    ScannerState,
    Session,
    Status,
)
from ekanban_drivers.simulated import SimulatedDriver
from ekanban_drivers.stdin_driver import StdinDriver

SOON = 10  # seconds; a test that needs them has failed


class Heard:
    """What a terminal hears of its scanners."""

    def __init__(self, scanners: Scanners) -> None:
        self.events: list[tuple[str, Event]] = []
        self._stream = scanners.events()

    async def until(self, wanted: Callable[[str, Event], bool]) -> Event:
        async with asyncio.timeout(SOON):
            async for name, event in self._stream:
                self.events.append((name, event))
                if wanted(name, event):
                    return event
        raise AssertionError("the stream ended")

    async def state(self, name: str, state: ScannerState) -> Status:
        event = await self.until(lambda who, event: who == name and isinstance(event, Status) and event.state is state)
        assert isinstance(event, Status)
        return event

    async def scan(self, name: str, text: str) -> Scan:
        event = await self.until(lambda who, event: who == name and isinstance(event, Scan) and event.text == text)
        assert isinstance(event, Scan)
        return event


def terminal(
    configs: list[ScannerConfig], steps: Callable[[Scanners, Heard], Awaitable[None]], **drivers: object
) -> None:
    async def run() -> None:
        async with Scanners(configs, drivers, rescan_seconds=0.01) as scanners:  # type: ignore[arg-type] # by kind
            await steps(scanners, Heard(scanners))

    asyncio.run(run())


GATE = ScannerConfig("gate", "simulated")


def test_a_scanner_is_opened_and_read_and_shows_colours() -> None:
    driver = SimulatedDriver()

    async def steps(scanners: Scanners, heard: Heard) -> None:
        assert not await scanners.feedback("gate", Feedback.GREEN)
        await heard.state("gate", ScannerState.READY)
        assert driver.scan("]C07K3QM9X201CF")
        scan = await heard.scan("gate", "7K3QM9X201CF")
        assert (scan.symbology, scan.device) == ("]C0", "simulated")
        assert await scanners.feedback("gate", Feedback.GREEN)
        assert not await scanners.feedback("nobody", Feedback.GREEN)

    terminal([GATE], steps, simulated=driver)
    assert driver.shown == {"simulated": [Feedback.GREEN]}
    assert not driver.is_open()


def test_an_unplugged_scanner_ends_its_code_as_an_error_and_is_found_again() -> None:
    driver = SimulatedDriver()

    async def steps(scanners: Scanners, heard: Heard) -> None:
        await heard.state("gate", ScannerState.READY)
        driver.send(b"12")
        driver.unplug()
        await heard.state("gate", ScannerState.ABSENT)
        assert isinstance(heard.events[-2][1], ScanError)
        assert scanners.statuses["gate"].state is ScannerState.ABSENT
        driver.plug()
        await heard.state("gate", ScannerState.READY)
        driver.scan("KAN-1")
        await heard.scan("gate", "KAN-1")

    terminal([GATE], steps, simulated=driver)


def test_a_scanner_that_stays_away_is_reported_once() -> None:
    driver = SimulatedDriver("other")

    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("gate", ScannerState.ABSENT)
        assert "plug it in" in status.text
        await heard.state("other", ScannerState.READY)
        for number in range(20):  # many rescans later
            driver.scan(f"{number}", "other")
            await heard.scan("other", f"{number}")
            await asyncio.sleep(0)
        assert [name for name, event in heard.events if isinstance(event, Status)].count("gate") == 1

    configs = [ScannerConfig("gate", "simulated", "gate"), ScannerConfig("other", "simulated", "other")]
    terminal(configs, steps, simulated=driver)


class Troubled:
    """A driver whose devices cannot be opened, each for its reason."""

    kind = "troubled"

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors

    async def discover(self) -> list[DeviceInfo]:
        return [DeviceInfo(self.kind, name, name, path=name) for name in self.errors]

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        raise self.errors[device.identity]
        yield  # makes this a generator


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (DeviceBusy("held by %(who)s", who="brltty"), ScannerState.BUSY, "held by brltty"),
        (DeviceNotReadable("add %(who)s", who="ekanban"), ScannerState.NOT_READABLE, "add ekanban"),
        (DriverUnavailable("100% missing"), ScannerState.NOT_READABLE, "100% missing"),
        (BadProfile("gap_ms"), ScannerState.NOT_READABLE, "gap_ms"),
        (ZeroDivisionError("oops"), ScannerState.NOT_READABLE, "oops"),
    ],
)
def test_a_scanner_in_trouble_says_why_and_disturbs_no_other(error: Exception, state: ScannerState, said: str) -> None:
    driver = SimulatedDriver()

    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("bad", state)
        assert said in status.text
        while not driver.is_open():
            await asyncio.sleep(0)
        driver.scan("KAN-1")
        await heard.scan("gate", "KAN-1")

    terminal([ScannerConfig("bad", "troubled", "a"), GATE], steps, simulated=driver, troubled=Troubled(a=error))


def test_a_scanner_whose_profile_is_wrong_says_so_disturbs_no_other_and_is_read_once_it_is_mended(
    tmp_path: Path,
) -> None:
    driver, file = SimulatedDriver("a", "b"), tmp_path / "gate.toml"
    file.write_text("gap_mx = 80\n")
    configs = [ScannerConfig("bad", "simulated", "a", str(file)), ScannerConfig("good", "simulated", "b")]

    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("bad", ScannerState.NOT_READABLE)
        assert "Scanner bad is not read, because its profile is wrong: " in status.text
        assert "gap_mx: unknown key; did you mean gap_ms?" in status.text
        while not driver.is_open("b"):
            await asyncio.sleep(0)
        driver.scan("KAN-1", "b")
        await heard.scan("good", "KAN-1")
        file.write_text('terminators = ["tab"]\n')
        await heard.state("bad", ScannerState.READY)
        driver.send(b"KAN-2\t", "a")
        await heard.scan("bad", "KAN-2")

    terminal(configs, steps, simulated=driver)


@pytest.mark.parametrize("driver", ["serial", "evdev", "hidpos"])
def test_a_link_that_leads_nowhere_says_where_it_leads(tmp_path: Path, driver: str) -> None:
    link = tmp_path / "usb-ACME_SN0001-event-kbd"
    link.symlink_to(tmp_path / "event5")

    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("gate", ScannerState.ABSENT)
        assert f"the link {link} leads to {tmp_path / 'event5'}, which is not there" in status.text

    terminal([ScannerConfig("gate", driver, str(link))], steps)


def test_two_names_for_one_device_leave_it_to_the_first() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("second", ScannerState.BUSY)
        assert "in use by scanner gate" in status.text

    terminal([GATE, ScannerConfig("second", "simulated")], steps, simulated=SimulatedDriver())


def test_several_devices_and_no_name_asks_which() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("gate", ScannerState.NOT_READABLE)
        assert "one (Simulated scanner one), two" in status.text

    terminal([GATE], steps, simulated=SimulatedDriver("one", "two"))


def test_an_unknown_driver_is_a_state_and_not_a_stopped_terminal() -> None:
    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("odd", ScannerState.NOT_READABLE)
        assert (
            "nonesuch: no such scanner driver; expected one of evdev, hidpos, replay, serial, simulated" in status.text
        )

    terminal([ScannerConfig("odd", "nonesuch")], steps)


def test_standard_input_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"7K3QM9X201CF\nKAN")
    os.close(writing)

    async def steps(scanners: Scanners, heard: Heard) -> None:
        await heard.scan("pipe", "7K3QM9X201CF")
        await heard.state("pipe", ScannerState.ABSENT)
        assert [event.partial for _, event in heard.events if isinstance(event, ScanError)] == ["KAN"]
        assert not await scanners.feedback("pipe", Feedback.RED)

    terminal([ScannerConfig("pipe", "stdin")], steps, stdin=StdinDriver(reading))
    os.close(reading)


def test_a_pause_in_a_pipe_ends_the_code_without_any_further_byte() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"KAN")

    async def steps(scanners: Scanners, heard: Heard) -> None:
        event = await heard.until(lambda _, event: isinstance(event, ScanError))
        assert (event.kind, event.partial) == ("timeout", "KAN")  # type: ignore[union-attr] # until() has seen to it

    terminal([ScannerConfig("pipe", "stdin", profile=Profile(gap_ms=20))], steps, stdin=StdinDriver(reading))
    os.close(reading)
    os.close(writing)


def test_the_registry_makes_every_driver_of_its_own() -> None:
    assert {registry.create(kind).kind for kind in registry.OWN} == set(registry.OWN)
    with pytest.raises(UnknownDriver, match="evdev, hidpos, replay, serial"):
        registry.create("nonesuch")


def test_without_the_evdev_package_a_keyboard_scanner_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)

    async def steps(scanners: Scanners, heard: Heard) -> None:
        status = await heard.state("wedge", ScannerState.NOT_READABLE)
        assert "need the Python package evdev" in status.text

    terminal([ScannerConfig("wedge", "evdev", "sn:SN0001")], steps)


class Foreign:
    """An entry point of another distribution."""

    name = value = "foreign"

    def __init__(self, driver: Callable[[], object]) -> None:
        self.driver = driver

    def load(self) -> Callable[[], object]:
        return self.driver


def test_others_register_drivers_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Troubled()
    monkeypatch.setattr(registry, "entry_points", lambda **_: [Foreign(lambda: made)])

    assert registry.create("foreign") is made


def test_a_foreign_driver_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda **_: [Foreign(lambda: 1 / 0)])

    with pytest.raises(DriverUnavailable, match=r"The scanner driver foreign .* ZeroDivisionError"):
        registry.create("foreign")


def test_a_serial_number_of_zeros_is_no_identity() -> None:
    assert identities("000000", "1-2", 0x05E0, 0x1200) == ("port:1-2", "id:05e0:1200")
    assert identities(" SN1 ", None, None, None) == ("sn:SN1",)


def test_identical_scanners_are_told_apart_by_their_ports() -> None:
    pair = [
        DeviceInfo("evdev", "sn:SN1", "ACME", f"/dev/input/event{port}", (f"port:{port}", "id:05e0:1200"))
        for port in (1, 2)
    ]

    found = distinct(pair)

    assert [device.identity for device in found] == ["port:1", "port:2"]
    assert all(device.answers_to("sn:SN1") and device.answers_to("id:05e0:1200") for device in found)


def test_a_scanner_alone_keeps_its_serial_number() -> None:
    (found,) = distinct([DeviceInfo("evdev", "sn:SN1", "ACME", "/dev/input/event1", ("port:1",))])

    assert (found.identity, found.also) == ("sn:SN1", ("port:1",))
