"""A scanner that vanishes while it is being opened: absent, like any that is not there, and tried again."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import logging
import os
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pty_scanner import PtyScanner

from ekanban_drivers import evdev_driver
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import ScannerConfig, ScannerState, Status

SOON = 20  # seconds; a test that needs them has failed


def first_status(config: ScannerConfig) -> Status:
    async def run() -> Status:
        async with Scanners([config]) as scanners, asyncio.timeout(SOON):
            async for _, event in scanners.events():
                assert isinstance(event, Status)
                return event
        raise AssertionError("the stream ended")

    return asyncio.run(run())


def vanishes(*_: object, **__: object) -> Any:
    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


class Wedge:
    """python-evdev's device, as far as it is asked, which vanishes at one of the steps."""

    def __init__(self, path: str, step: str) -> None:
        self.fd = os.open(os.devnull, os.O_RDONLY)
        if step == "open":
            os.close(self.fd)
            vanishes()
        setattr(self, step, vanishes)

    def active_keys(self) -> list[int]:
        return []

    def grab(self) -> None:
        pass

    def capabilities(self) -> dict[int, list[int]]:
        return {}

    def close(self) -> None:
        os.close(self.fd)


@pytest.mark.parametrize("step", ["open", "active_keys", "grab", "capabilities"])
def test_a_keyboard_scanner_that_vanishes_at_any_step_of_its_opening_is_absent(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in = ModuleType("evdev")
    stand_in.InputDevice = lambda path: Wedge(path, step)  # type: ignore[attr-defined]  # a module of the test's own
    monkeypatch.setitem(sys.modules, "evdev", stand_in)
    monkeypatch.setattr(evdev_driver, "find", list)
    node = tmp_path / "event5"
    node.touch()

    status = first_status(ScannerConfig("gate", "evdev", str(node), Profile.from_mapping({"feedback": "led"})))

    assert (status.state, str(node) in status.text) == (ScannerState.ABSENT, True)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def _no_line(*_: object) -> Any:
    raise termios.error(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize(
    ("place", "what", "how"),
    [
        (termios, "tcgetattr", _no_line),  # which pyserial tells as a text
        (termios, "tcsetattr", _no_line),
        (fcntl, "flock", vanishes),
    ],
)
def test_a_serial_scanner_that_vanishes_at_any_step_of_its_opening_is_absent(
    tmp_path: Path, place: ModuleType, what: str, how: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with PtyScanner(tmp_path / "scanner") as scanner:
        monkeypatch.setattr(place, what, how)
        status = first_status(ScannerConfig("gate", "serial", str(scanner.path)))
        monkeypatch.undo()

    assert status.state is ScannerState.ABSENT, status.text


def test_a_report_scanner_that_vanishes_while_it_is_locked_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "hidraw0"
    node.touch()
    monkeypatch.setattr(fcntl, "flock", vanishes)

    assert first_status(ScannerConfig("gate", "hidpos", str(node))).state is ScannerState.ABSENT
