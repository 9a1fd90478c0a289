"""The whole examination: gather the facts, and say what follows."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ekanban_drivers import evdev_nodes, registry
from ekanban_drivers.discovery import discover
from ekanban_drivers.doctor import nodes, processes
from ekanban_drivers.doctor.accounts import account
from ekanban_drivers.doctor.configured import configured
from ekanban_drivers.doctor.facts import Facts, Stands, Wanted
from ekanban_drivers.doctor.finding import Finding, Severity
from ekanban_drivers.doctor.thieves import brltty
from ekanban_drivers.doctor.unused import beyond_sight, unused
from ekanban_drivers.errors import BadProfile, DeviceError, ScannerError
from ekanban_drivers.profile import load
from ekanban_drivers.scanner import AddressedDriver

PACKAGES = ("evdev", "pyudev", "serial")
SUBSYSTEMS = {"evdev": "input", "hidpos": "hidraw"}  # of nodes that bear no usual name


@dataclass(frozen=True, slots=True)
class Report:
    """Facts and findings of one examination."""

    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether every configured scanner can be read."""
        return all(finding.severity is not Severity.PROBLEM for finding in self.findings)


async def gather(
    wanted: Iterable[tuple[str, str, str, str]],
    account_name: str = "",
    stands: Mapping[str, Stands] | None = None,
    faults: Iterable[str] = (),
    root: Path = Path("/"),
) -> Facts:
    """Look at the machine; `wanted` are name, driver, device and profile of the configured scanners.

    Opens no device. Raises KeyError: there is no such account.
    """
    entries = tuple(Wanted(*one, fault=_fault(one[3]), misnamed=_misnamed(*one[1:3])) for one in wanted)
    found, unavailable = await discover()
    found += evdev_nodes.find() if "evdev" in unavailable else []  # without its package they can be seen, not read
    links = _links(entries)
    further = {links.get(one.device, ""): SUBSYSTEMS.get(one.driver, "tty") for one in entries}
    named = {path: subsystem for path, subsystem in (further | nodes.paths(root)).items() if path}
    running = processes.running(named, root)
    terminal = next((process for process in running.known if process.is_terminal), None)
    return Facts(
        account=account(account_name, terminal, root),
        wanted=entries,
        devices=tuple(found),
        nodes=nodes.nodes(named, running.holders, root),
        links=links,
        processes=tuple(running.known),
        desktops=processes.desktops(root),
        hidden=running.hidden,
        unavailable=unavailable,
        kinds=tuple(registry.kinds()),
        packages=tuple(package for package in PACKAGES if importlib.util.find_spec(package) is None),
        rules=nodes.rules_installed(root),
        stands=stands or {},
        faults=tuple(faults),
    )


def examine(facts: Facts) -> Report:
    """Say what follows from the facts: the configured scanners first, then what else was seen."""
    return Report(facts, (*configured(facts), *brltty(facts), *unused(facts), *beyond_sight(facts)))


def _links(entries: Iterable[Wanted]) -> dict[str, str]:
    """Follow the paths that the configuration names to their nodes."""
    named = {one.device for one in entries if one.device.startswith("/") and os.path.lexists(one.device)}
    return {path: os.path.realpath(path) if os.path.exists(path) else "" for path in sorted(named)}


def _misnamed(driver: str, device: str) -> str:
    try:
        made = registry.create(driver)
        if isinstance(made, AddressedDriver):
            made.at(device)
    except DeviceError as error:
        return str(error)
    except ScannerError:  # said as what is wrong with the driver
        return ""
    except Exception as error:  # a driver of others may raise anything
        return repr(error)
    return ""


def _fault(profile: str) -> str:
    if not profile:
        return ""
    try:
        load(profile)
    except BadProfile as error:
        return str(error)
    return ""
