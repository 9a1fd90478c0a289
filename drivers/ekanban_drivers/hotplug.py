"""Keeps the configured scanners open: finds them, opens them, finds them again, and lets none disturb another."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from ekanban_drivers import profile_match, registry
from ekanban_drivers.errors import BadProfile, DeviceAbsent, DeviceBusy, DeviceNotReadable, ScannerError
from ekanban_drivers.happenings import Tap
from ekanban_drivers.identity import apart
from ekanban_drivers.profile import Profile, load
from ekanban_drivers.scanner import (
    N_,
    AddressedDriver,
    DeviceInfo,
    DirectSession,
    Event,
    Feedback,
    PulsedSession,
    Scan,
    ScannerConfig,
    ScannerDriver,
    ScannerState,
    Session,
    Status,
)
from ekanban_drivers.udev import DeviceChanges

RESCAN_SECONDS = 2.0
WAITING = 1000  # events of all scanners together; behind it each scanner has its own queue

NO_TAP = N_("What the scanner driver %(driver)s reads cannot be recorded: it lets nobody listen to its devices.")

logger = logging.getLogger(__name__)

Taker = Callable[[str, DirectSession], None]
Foreseer = Callable[[str, Scan], None]

_STATES: dict[type[ScannerError], ScannerState] = {
    DeviceAbsent: ScannerState.ABSENT,
    DeviceBusy: ScannerState.BUSY,
    DeviceNotReadable: ScannerState.NOT_READABLE,
}


class Scanners:
    """All scanners of a terminal, as an asynchronous context manager.

    Inside the context `events()` yields what all of them read. A scanner that is missing, busy or without permission
    shows as a Status that says what mends it, and is tried again on every change that udev reports and every two
    seconds. `drivers` are used in place of those of the registry, by kind. `taker` is told, in the reader's thread,
    that a session has readings, and `foresee` what may become one (see DirectSession); what other sessions read comes
    out of `events`, like every Status. `tap` listens to what devices give before it is decoded.
    """

    def __init__(
        self,
        configs: Iterable[ScannerConfig],
        drivers: Mapping[str, ScannerDriver] | None = None,
        rescan_seconds: float = RESCAN_SECONDS,
        taker: Taker | None = None,
        foresee: Foreseer | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.statuses: dict[str, Status] = {}  # the newest of each scanner, by name
        self._configs = list(configs)
        self._drivers = dict(drivers or {})
        self._rescan_seconds = rescan_seconds
        self._taker = taker
        self._foresee = foresee
        self._tap = tap
        self._sessions: dict[str, Session] = {}
        self._taken: dict[str, str] = {}  # path → the name of the scanner that has it open
        self._queue: asyncio.Queue[tuple[str, Event]] = asyncio.Queue(WAITING)
        self._changes = DeviceChanges()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for config in self._configs:
                self._changes.add(getattr(self._driver(config), "subsystems", ()))
            stack.enter_context(self._changes)
            for config in self._configs:
                task = asyncio.create_task(self._keep(config), name=f"scanner {config.name}")
                stack.push_async_callback(_end, task)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def events(self) -> AsyncIterator[tuple[str, Event]]:
        """Yield the name of a scanner and what it read or how it stands; without end."""
        while True:
            yield await self._queue.get()

    async def feedback(self, name: str, feedback: Feedback) -> bool:
        """Show the colour at the scanner of this name; False: it has no means to, or is not there."""
        session = self._sessions.get(name)
        return session is not None and await session.feedback(feedback)

    def pulses(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return, by scanner, how the thread that reads it proves that it lives; see PulsedSession."""
        return {name: one.pulse for name, one in self._sessions.items() if isinstance(one, PulsedSession)}

    def _driver(self, config: ScannerConfig) -> ScannerDriver | None:
        if config.driver not in self._drivers:
            try:
                self._drivers[config.driver] = registry.create(config.driver)
            except ScannerError:  # shown as the scanner's state, each time that it is tried
                return None
        return self._drivers[config.driver]

    async def _keep(self, config: ScannerConfig) -> None:
        while True:
            changed = self._changes.waiter()
            try:
                await self._read(config)
            except Exception as error:  # a driver of others may raise anything; the other scanners must go on
                if not isinstance(error, ScannerError):
                    logger.exception("scanner %s failed", config.name)
                await self._tell(config, _status(config, error))
            await changed.wait(self._rescan_seconds)

    async def _read(self, config: ScannerConfig) -> None:
        driver = self._driver(config) or registry.create(config.driver)
        device = await self._find(driver, config)
        self._taken[device.path] = config.name
        try:
            settings = await asyncio.to_thread(_profile, config, device)
            async with self._open(driver, device, settings) as session:
                self._sessions[config.name] = session
                if self._taker is not None and isinstance(session, DirectSession):
                    foresee = partial(self._foresee, config.name) if self._foresee is not None else None
                    session.hand_to(partial(self._taker, config.name, session), foresee)
                async for event in session.events():
                    if isinstance(event, Status):
                        await self._tell(config, _named(event, config.name))
                    else:
                        await self._queue.put((config.name, event))
        finally:
            self._sessions.pop(config.name, None)
            del self._taken[device.path]

    def _open(
        self, driver: ScannerDriver, device: DeviceInfo, settings: Profile
    ) -> AbstractAsyncContextManager[Session]:
        if self._tap is None:
            return driver.open(device, settings)
        if not getattr(driver, "taps", False):
            raise ScannerError(NO_TAP, driver=driver.kind)
        return driver.open(device, settings, self._tap)  # type: ignore[call-arg]  # `taps` says that it takes one

    async def _find(self, driver: ScannerDriver, config: ScannerConfig) -> DeviceInfo:
        wanted = config.device
        if isinstance(driver, AddressedDriver):
            return self._unless_taken(config, [driver.at(wanted)])
        found = [device for device in await driver.discover() if not wanted or _is_meant(device, wanted)]
        if len(apart(found)) > 1:
            raise _several(config, apart(found))
        if found:
            return self._unless_taken(config, found)
        if wanted.startswith("/") and os.path.exists(wanted):
            named = DeviceInfo(config.driver, wanted, config.name, path=os.path.realpath(wanted))
            return self._unless_taken(config, [named])
        if wanted.startswith("/") and os.path.islink(wanted):
            text = N_(
                "Scanner %(name)s: the link %(device)s leads to %(path)s, which is not there. Plug the scanner in, or"
                " name it by its identity (`ekanban scanners list`)."
            )
            raise DeviceAbsent(text, name=config.name, device=wanted, path=os.path.realpath(wanted))
        text = N_("Scanner %(name)s (%(device)s) is not there: plug it in, switch it on, or wake it.")
        raise DeviceAbsent(text, name=config.name, device=wanted or config.driver)

    def _unless_taken(self, config: ScannerConfig, found: list[DeviceInfo]) -> DeviceInfo:
        free = [device for device in found if device.path not in self._taken]
        if free:
            return free[0]
        text = N_("Scanner %(name)s: %(path)s is in use by scanner %(other)s of this terminal.")
        path = found[0].path
        raise DeviceBusy(text, name=config.name, path=path, other=self._taken[path])

    async def _tell(self, config: ScannerConfig, status: Status) -> None:
        before = self.statuses.get(config.name)
        both_absent = before is not None and before.state is status.state is ScannerState.ABSENT
        same_alarm = before is not None and before.alarm is status.alarm
        if status != before and not (both_absent and same_alarm):
            self.statuses[config.name] = status
            await self._queue.put((config.name, status))


def _profile(config: ScannerConfig, device: DeviceInfo) -> Profile:
    """Read the profile that the configuration names, or the one that fits the device; raises a ScannerError."""
    if isinstance(config.profile, Profile):
        return config.profile
    try:
        named = config.profile or profile_match.fitting(config.driver, device.vendor, device.product)
        return load(named) if named else Profile()
    except BadProfile as error:
        text = N_("Scanner %(name)s is not read, because its profile is wrong: %(error)s. Mend it; it is read again.")
        raise DeviceNotReadable(text, name=config.name, error=str(error)) from error


def _named(status: Status, name: str) -> Status:
    """Say a session's status with the name that the plant gave the scanner."""
    return replace(status, facts={**status.facts, "device": name}) if "device" in status.facts else status


def _several(config: ScannerConfig, found: Iterable[DeviceInfo]) -> DeviceNotReadable:
    """Refuse to guess: scanners that are alike may have changed places since the last start, and so their roles."""
    names = ", ".join(f"{device.identity} ({device.name})" for device in found)
    if not config.device:
        text = N_("Scanner %(name)s: several devices are there, say in the configuration which: %(devices)s")
        return DeviceNotReadable(text, name=config.name, devices=names)
    text = N_("Scanner %(name)s: several devices fit %(device)s, say in the configuration which: %(devices)s")
    return DeviceNotReadable(text, name=config.name, device=config.device, devices=names)


def _is_meant(device: DeviceInfo, wanted: str) -> bool:
    return device.answers_to(wanted) or (wanted.startswith("/") and os.path.realpath(wanted) == device.path)


def _status(config: ScannerConfig, error: Exception) -> Status:
    if isinstance(error, ScannerError):
        state = _STATES.get(type(error), ScannerState.NOT_READABLE)
        return Status(state, config.device, error.template, error.facts)
    text = N_("Scanner %(name)s failed and is tried again: %(error)s")
    return Status(ScannerState.NOT_READABLE, config.device, text, {"name": config.name, "error": repr(error)})


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
