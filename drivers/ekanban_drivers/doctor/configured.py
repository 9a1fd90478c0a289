"""Whether each configured scanner will be read, and why not. Pure: facts become findings.

The first reason that stands in the way is said, because those behind it cannot be judged before it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_drivers.doctor.access import holders, permission
from ekanban_drivers.doctor.facts import Facts, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity, problem
from ekanban_drivers.doctor.matching import CLASSES, path_of
from ekanban_drivers.doctor.thieves import thieves
from ekanban_drivers.doctor.which_device import device, named_by_number, same
from ekanban_drivers.scanner import N_

Found = Iterator[Finding]


def configured(facts: Facts) -> Found:
    """Find out how every configured scanner stands."""
    for fault in facts.faults:
        text = N_("The configuration is wrong, and the terminal does not start with it: %(fault)s")
        yield Finding(Code.SETTINGS_WRONG, Severity.PROBLEM, text, {"fault": fault})
    if not facts.wanted and not facts.faults:
        text = N_("No scanner is configured: the terminal reads none.")
        yield Finding(Code.NO_SCANNERS, Severity.WARNING, text)
    for wanted in facts.wanted:
        yield from scanner(facts, wanted)


def scanner(facts: Facts, wanted: Wanted) -> Found:
    """Find out how one configured scanner stands."""
    found: list[Finding] = []
    for look in (_driver, _profile, _address, device, same, permission, holders, thieves):
        found += look(facts, wanted)
        if any(finding.severity is Severity.PROBLEM for finding in found):
            yield from found
            return
    yield _verdict(facts, wanted)
    yield from (*named_by_number(facts, wanted), *found)


def _driver(facts: Facts, wanted: Wanted) -> Found:
    if wanted.driver not in facts.kinds:
        text = N_("%(driver)s: no such scanner driver; expected one of %(drivers)s")
        yield problem(Code.UNKNOWN_DRIVER, wanted, text, {"driver": wanted.driver, "drivers": ", ".join(facts.kinds)})
    elif wanted.driver in facts.unavailable:
        text = N_("The driver %(driver)s cannot run: %(why)s")
        about = {"driver": wanted.driver, "why": facts.unavailable[wanted.driver]}
        yield problem(Code.DRIVER_UNAVAILABLE, wanted, text, about)


def _profile(facts: Facts, wanted: Wanted) -> Found:
    if wanted.fault:
        text = N_("Its profile is wrong, and it is not read until that is mended: %(fault)s")
        yield problem(Code.PROFILE_WRONG, wanted, text, {"fault": wanted.fault})


def _address(facts: Facts, wanted: Wanted) -> Found:
    if wanted.misnamed:
        yield problem(Code.ADDRESS_WRONG, wanted, "%(fault)s", {"fault": wanted.misnamed})


def _verdict(facts: Facts, wanted: Wanted) -> Finding:
    path = path_of(facts, wanted)
    stands = facts.stands.get(wanted.name)
    node = facts.node(path)
    is_open = node is not None and any(process.is_terminal for process in node.opened_by)
    if is_open or (stands is not None and stands.state == "ready"):
        text = N_("The running terminal reads it.")
        return Finding(Code.IS_READ, Severity.OK, text, {}, "", path, wanted.name)
    if wanted.driver not in CLASSES:
        text = N_("The driver %(driver)s has no device nodes; what it reads cannot be seen from here.")
        return Finding(Code.NOT_EXAMINED, Severity.NOTE, text, {"driver": wanted.driver}, "", "", wanted.name)
    text = N_("Nothing stands in the way: a terminal that runs reads it.")
    return Finding(Code.WILL_BE_READ, Severity.OK, text, {}, "", path, wanted.name)
