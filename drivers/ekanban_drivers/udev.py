"""Tells that devices came or went: the moment to look again.

udev's own events are used, which come after its rules have set the permissions. Where there is no udev (containers),
the rescan alone finds devices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pyudev import Monitor

logger = logging.getLogger(__name__)


class Waiter:
    """Waits for the first change after it was made, so that a change during the work before is not missed."""

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event

    async def wait(self, seconds: float) -> None:
        """Return after a change, or after this time."""
        with suppress(TimeoutError):  # not by wait_for, which lost a cancellation that came with the change until 3.12
            async with asyncio.timeout(seconds):
                await self._event.wait()


class DeviceChanges:
    """The changes in some subsystems of the kernel, as a context manager inside a running event loop."""

    def __init__(self) -> None:
        self._subsystems: set[str] = set()
        self._event = asyncio.Event()
        self._monitor: Monitor | None = None

    def add(self, subsystems: Iterable[str]) -> None:
        """Take interest in these subsystems; before the context is entered."""
        self._subsystems.update(subsystems)

    def waiter(self) -> Waiter:
        """Return what waits for the next change from now on."""
        return Waiter(self._event)

    def __enter__(self) -> Self:
        if self._subsystems:
            self._monitor = _listen(self._subsystems)
        if self._monitor is not None:
            asyncio.get_running_loop().add_reader(self._monitor.fileno(), self._changed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None

    def _changed(self) -> None:
        while self._monitor is not None and self._monitor.poll(0) is not None:
            pass  # what changed does not matter: whoever waits looks for itself
        self._event.set()
        self._event = asyncio.Event()


def _listen(subsystems: Iterable[str]) -> Monitor | None:
    try:
        from pyudev import Context, Monitor

        monitor = Monitor.from_netlink(Context())
        for subsystem in subsystems:
            monitor.filter_by(subsystem)
        monitor.start()
    except (ImportError, OSError) as error:  # no pyudev, no libudev, no netlink
        logger.warning("no udev events, devices are looked for every two seconds: %s", error)
        return None
    return monitor
