"""Which device a configured scanner means, and why that may be none. Pure: facts become findings."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_drivers.doctor import remedies
from ekanban_drivers.doctor.facts import Facts, Node, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity, problem
from ekanban_drivers.doctor.matching import CLASSES, NUMBERED, matching, path_of
from ekanban_drivers.scanner import N_, DeviceInfo

Found = Iterator[Finding]


def device(facts: Facts, wanted: Wanted) -> Found:
    """Find out whether one device of the right class fits the entry."""
    if wanted.driver not in CLASSES:
        return
    found = matching(facts, wanted)
    path = path_of(facts, wanted)
    node = facts.node(path)
    if len(found) > 1:
        yield _several(facts, wanted)
    elif not found and node is not None and node.kind is not CLASSES[wanted.driver]:
        yield _wrong_class(wanted, node)
    elif not found and not path:
        yield _away(facts, wanted)


def _several(facts: Facts, wanted: Wanted) -> Finding:
    found = matching(facts, wanted)
    text = N_("%(count)s devices fit this entry, and none is read, because they may change places: say which.")
    remedy = _names(found)
    return problem(Code.SEVERAL_DEVICES, wanted, text, {"count": str(len(found))}, remedy)


def _wrong_class(wanted: Wanted, node: Node) -> Finding:
    text = N_("%(path)s (%(device)s) is nothing that the driver %(driver)s reads: its class is %(kind)s.")
    fitting = next((driver for driver, kind in CLASSES.items() if kind is node.kind), "")
    remedy = f'driver = "{fitting}"' if fitting else "ekanban scanners list"
    about = {"path": node.path, "device": node.name, "driver": wanted.driver, "kind": str(node.kind)}
    return problem(Code.WRONG_CLASS, wanted, text, about, remedy, node.path)


def _away(facts: Facts, wanted: Wanted) -> Finding:
    others = [device for device in facts.devices if device.driver == wanted.driver]
    if wanted.device in facts.links:
        text = N_(
            "The link %(device)s points nowhere: the scanner is unplugged, switched off, or has another name now."
        )
        code = Code.LINK_POINTS_NOWHERE
    else:
        text = N_("%(device)s is not there: plug it in, switch it on, or wake it.")
        code = Code.ABSENT
    return problem(code, wanted, text, {"device": wanted.device or wanted.driver}, _names(others))


def _names(devices: list[DeviceInfo]) -> str:
    """Lines of which one names the right device."""
    return "\n".join(remedies.named(device) for device in devices)


def same(facts: Facts, wanted: Wanted) -> Found:
    """Find out whether an earlier entry has the device already."""
    path = path_of(facts, wanted)
    before = facts.wanted[: facts.wanted.index(wanted)] if wanted in facts.wanted else ()
    for other in before:
        if path and path_of(facts, other) == path:
            text = N_("%(path)s is read by scanner %(other)s of this configuration already: name another device.")
            yield problem(Code.SAME_DEVICE, wanted, text, {"path": path, "other": other.name}, "", path)
            return


def named_by_number(facts: Facts, wanted: Wanted) -> Found:
    """Warn of a name that the next replug changes."""
    found = matching(facts, wanted)
    if NUMBERED.fullmatch(wanted.device) and len(found) == 1 and not found[0].identity.startswith("/"):
        text = N_("%(device)s is its name only until it is plugged in again: name it by its identity.")
        remedy = remedies.named(found[0])
        about = {"device": wanted.device}
        yield Finding(Code.NODE_NUMBER, Severity.WARNING, text, about, remedy, found[0].path, wanted.name)
