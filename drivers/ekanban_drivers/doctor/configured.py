"""Whether each configured scanner will be read, and why not. Pure: facts become findings.

The first reason that stands in the way is said, because those behind it cannot be judged before it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_drivers.doctor import remedies
from ekanban_drivers.doctor.accounts import READ, WRITE, allows
from ekanban_drivers.doctor.facts import Facts, Node, NodeClass, Process, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity
from ekanban_drivers.doctor.matching import CLASSES, NUMBERED, matching, path_of
from ekanban_drivers.doctor.processes import DESKTOPS, GRABBERS, SERVANTS
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
    for look in (_driver, _profile, _device, _same, _permission, _holders):
        found = list(look(facts, wanted))
        yield from found
        if any(finding.severity is Severity.PROBLEM for finding in found):
            return
    yield _verdict(facts, wanted)
    yield from _named_by_number(facts, wanted)


def _driver(facts: Facts, wanted: Wanted) -> Found:
    if wanted.driver not in facts.kinds:
        text = N_("%(driver)s: no such scanner driver; expected one of %(drivers)s")
        yield _problem(Code.UNKNOWN_DRIVER, wanted, text, {"driver": wanted.driver, "drivers": ", ".join(facts.kinds)})
    elif wanted.driver in facts.unavailable:
        text = N_("The driver %(driver)s cannot run: %(why)s")
        about = {"driver": wanted.driver, "why": facts.unavailable[wanted.driver]}
        yield _problem(Code.DRIVER_UNAVAILABLE, wanted, text, about)


def _profile(facts: Facts, wanted: Wanted) -> Found:
    if wanted.fault:
        text = N_("Its profile is wrong, and the terminal does not start with it: %(fault)s")
        yield _problem(Code.PROFILE_WRONG, wanted, text, {"fault": wanted.fault})


def _device(facts: Facts, wanted: Wanted) -> Found:
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
    text = N_("%(count)s devices fit this entry, and none is read: say which. %(devices)s")
    devices = "; ".join(f"{device.identity}: {device.name} ({device.path})" for device in found)
    remedy = "\n".join(f"{remedies.named(device.identity)}  # {device.path}" for device in found)
    return _problem(Code.SEVERAL_DEVICES, wanted, text, {"count": str(len(found)), "devices": devices}, remedy)


def _wrong_class(wanted: Wanted, node: Node) -> Finding:
    text = N_("%(path)s (%(device)s) is nothing that the driver %(driver)s reads: its class is %(kind)s.")
    fitting = next((driver for driver, kind in CLASSES.items() if kind is node.kind), "")
    remedy = f'driver = "{fitting}"' if fitting else "ekanban scanners list"
    about = {"path": node.path, "device": node.name, "driver": wanted.driver, "kind": str(node.kind)}
    return _problem(Code.WRONG_CLASS, wanted, text, about, remedy, node.path)


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
    remedy = "\n".join(f"{remedies.named(device.identity)}  # {device.name} ({device.path})" for device in others)
    return _problem(code, wanted, text, {"device": wanted.device or wanted.driver}, remedy)


def _same(facts: Facts, wanted: Wanted) -> Found:
    path = path_of(facts, wanted)
    before = facts.wanted[: facts.wanted.index(wanted)] if wanted in facts.wanted else ()
    for other in before:
        if path and path_of(facts, other) == path:
            text = N_("%(path)s is read by scanner %(other)s of this configuration already: name another device.")
            yield _problem(Code.SAME_DEVICE, wanted, text, {"path": path, "other": other.name}, "", path)
            return


def _permission(facts: Facts, wanted: Wanted) -> Found:
    node = facts.node(path_of(facts, wanted))
    need = READ | WRITE if wanted.driver == "serial" else READ
    if node is None or allows(node, facts.account, need):
        return
    group_may = node.gid != 0 and node.mode >> 3 & need == need
    rights = {"path": node.path, "account": facts.account.name, "rights": rights_of(node)}
    if group_may:
        text = N_("%(path)s (%(rights)s) is not readable for the account %(account)s: add it to the group %(group)s.")
        remedy = remedies.join(facts.account.name, node.group)
        yield _problem(Code.NOT_READABLE, wanted, text, {**rights, "group": node.group}, remedy, node.path)
    else:
        text = N_("%(path)s (%(rights)s) is not readable for the account %(account)s: it needs a udev rule.")
        remedy = remedies.install(node)
        group = remedies.GROUPS.get(wanted.driver, "")
        if group and group not in facts.account.groups:
            remedy += "\n" + remedies.join(facts.account.name, group)
        yield _problem(Code.NOT_READABLE, wanted, text, rights, remedy, node.path)


def _holders(facts: Facts, wanted: Wanted) -> Found:
    node = facts.node(path_of(facts, wanted))
    stands = facts.stands.get(wanted.name)
    others = [process for process in node.opened_by if not process.is_terminal] if node else []
    if node is not None and others:
        yield _held(wanted, node, others, stands is not None and stands.state == "ready")
    elif stands is not None and stands.state == "busy":
        yield _held_by_unknown(facts, wanted, stands.text)
    elif stands is not None and stands.state != "ready":
        text = N_("The running terminal says: %(text)s")
        yield _problem(Code.TERMINAL_SAYS, wanted, text, {"text": stands.text or stands.state})


def _held(wanted: Wanted, node: Node, others: list[Process], is_read: bool) -> Finding:
    titles = ", ".join(process.title for process in others)
    about = {"path": node.path, "programs": titles}
    ends = [process for process in others if process.name not in (*DESKTOPS, *SERVANTS)]
    remedy = "\n".join(f"sudo kill {process.pid}  # {process.command or process.name}" for process in ends)
    takes = node.kind is not NodeClass.KEYBOARD or any(p.name in GRABBERS or p.name == "ekanban" for p in others)
    if takes and not is_read:
        text = N_("%(path)s is held by %(programs)s: end it, and the terminal takes the scanner by itself.")
        return _problem(Code.HELD, wanted, text, about, remedy, node.path)
    text = N_("%(path)s is open in %(programs)s as well, which reads nothing while the terminal holds the scanner.")
    return Finding(Code.OPENED_BY_OTHERS, Severity.WARNING, text, about, remedy, node.path, wanted.name)


def _held_by_unknown(facts: Facts, wanted: Wanted, said: str) -> Finding:
    text = N_("The running terminal says that it is busy: %(text)s")
    path = path_of(facts, wanted)
    return _problem(Code.HELD, wanted, text, {"text": said}, f"sudo fuser -v {path}" if path else "", path)


def _verdict(facts: Facts, wanted: Wanted) -> Finding:
    path = path_of(facts, wanted)
    stands = facts.stands.get(wanted.name)
    terminal = facts.terminal
    about = {"path": path, "driver": wanted.driver, "profile": wanted.profile or "–"}
    node = facts.node(path)
    is_open = node is not None and any(process.is_terminal for process in node.opened_by)
    if is_open or (stands is not None and stands.state == "ready"):
        text = N_("The running terminal reads it: %(path)s, driver %(driver)s, profile %(profile)s.")
        return Finding(Code.IS_READ, Severity.OK, text, about, "", path, wanted.name)
    if wanted.driver not in CLASSES:
        text = N_("The driver %(driver)s has no device nodes; what it reads cannot be seen from here.")
        return Finding(Code.NOT_EXAMINED, Severity.NOTE, text, about, "", "", wanted.name)
    text = N_("Nothing stands in the way: %(path)s, driver %(driver)s, profile %(profile)s.")
    remedy = "" if terminal else "sudo systemctl start ekanban-terminal"
    return Finding(Code.WILL_BE_READ, Severity.OK, text, about, remedy, path, wanted.name)


def _named_by_number(facts: Facts, wanted: Wanted) -> Found:
    found = matching(facts, wanted)
    if NUMBERED.fullmatch(wanted.device) and len(found) == 1 and not found[0].identity.startswith("/"):
        text = N_("%(device)s is its name only until it is plugged in again: name it by its identity.")
        remedy = remedies.named(found[0].identity)
        about = {"device": wanted.device}
        yield Finding(Code.NODE_NUMBER, Severity.WARNING, text, about, remedy, found[0].path, wanted.name)


def rights_of(node: Node) -> str:
    """Say whose a node is and what it allows: "root:input 0660"."""
    return f"{node.owner}:{node.group} {node.mode:04o}{'+' if node.grants else ''}"


def _problem(code: Code, wanted: Wanted, text: str, about: dict[str, str], remedy: str = "", path: str = "") -> Finding:
    return Finding(code, Severity.PROBLEM, text, about, remedy, path, wanted.name)
