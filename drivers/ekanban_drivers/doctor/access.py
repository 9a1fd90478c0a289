"""Whether the terminal's account may open a device, and who else has it open. Pure: facts become findings."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ekanban_drivers.doctor import remedies
from ekanban_drivers.doctor.accounts import READ, WRITE, allows
from ekanban_drivers.doctor.facts import Facts, Node, NodeClass, Process, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity, problem
from ekanban_drivers.doctor.matching import path_of
from ekanban_drivers.doctor.processes import DESKTOPS, GETTYS, GRABBERS, SERVANTS
from ekanban_drivers.scanner import N_

Found = Iterator[Finding]


def permission(facts: Facts, wanted: Wanted) -> Found:
    """Find out whether the account may read the node; a serial port it must be able to write as well."""
    node = facts.node(path_of(facts, wanted))
    need = READ | WRITE if wanted.driver == "serial" else READ
    if node is None or allows(node, facts.account, need):
        return
    group_may = node.gid != 0 and node.mode >> 3 & need == need and not _is_for_the_rules(facts, node)
    rights = {"path": node.path, "account": facts.account.name, "rights": rights_of(node)}
    if group_may:
        text = N_("%(path)s (%(rights)s) is not readable for the account %(account)s: add it to the group %(group)s.")
        remedy = remedies.join(facts.account.name, node.group)
        yield problem(Code.NOT_READABLE, wanted, text, {**rights, "group": node.group}, remedy, node.path)
    else:
        text = N_("%(path)s (%(rights)s) is not readable for the account %(account)s: it needs a udev rule.")
        remedy = remedies.install(node, facts.rules)
        group = "" if facts.rules else remedies.GROUPS.get(wanted.driver, "")
        if group and group not in facts.account.groups:
            remedy += "\n" + remedies.join(facts.account.name, group)
        yield problem(Code.NOT_READABLE, wanted, text, rights, remedy, node.path)


def _is_for_the_rules(facts: Facts, node: Node) -> bool:
    """Say whether it lacks but the name of a scanner: to join a group (`input`) would open all keyboards, too."""
    return facts.rules and node.kind is not NodeClass.SERIAL and node.properties.get("EKANBAN_SCANNER") != "1"


def holders(facts: Facts, wanted: Wanted) -> Found:
    """Find out who else has the device, from the programs that have it open and from what the terminal says."""
    node = facts.node(path_of(facts, wanted))
    stands = facts.stands.get(wanted.name)
    others = [process for process in node.opened_by if not _is_expected(process, node)] if node else []
    if node is not None and others:
        yield _held(facts, wanted, node, others, stands is not None and stands.state == "ready")
    elif stands is not None and stands.state == "busy":
        yield _held_by_unknown(facts, wanted, stands.text)
    elif stands is not None and stands.state != "ready":
        text = N_("The running terminal says: %(text)s")
        yield problem(Code.TERMINAL_SAYS, wanted, text, {"text": stands.text or stands.state})


def _is_expected(process: Process, node: Node) -> bool:
    """Leave out the terminal, and logins on the port, of which thieves.py tells."""
    return process.is_terminal or (process.name in GETTYS and node.path == f"/dev/{process.tty}")


def _held(facts: Facts, wanted: Wanted, node: Node, others: list[Process], is_read: bool) -> Finding:
    titles = ", ".join(process.title for process in others)
    about = {"path": node.path, "programs": titles}
    remedy = "\n".join(line for process in others if (line := _end(facts, process, node)))
    takes = node.kind is NodeClass.SERIAL or any(process.name in (*GRABBERS, "ekanban") for process in others)
    if takes and not is_read:
        text = N_("%(path)s is held by %(programs)s: end it, and the terminal takes the scanner by itself.")
        return problem(Code.HELD, wanted, text, about, remedy, node.path)
    text = N_("%(path)s is open in %(programs)s as well, which reads along unless the terminal holds it alone.")
    return Finding(Code.OPENED_BY_OTHERS, Severity.WARNING, text, about, remedy, node.path, wanted.name)


def _end(facts: Facts, process: Process, node: Node) -> str:
    """Return the command that ends a program, if that is what one wants; a service would only come back."""
    match process.name:
        case name if name in (*DESKTOPS, *SERVANTS):
            return ""
        case "ModemManager":
            return f"{remedies.install(node, facts.rules)}\nsudo systemctl restart ModemManager"
        case "brltty":
            return remedies.NO_BRLTTY
    return f"sudo kill {process.pid}"


def _held_by_unknown(facts: Facts, wanted: Wanted, said: str) -> Finding:
    text = N_("The running terminal says that it is busy: %(text)s")
    path = path_of(facts, wanted)
    return problem(Code.HELD, wanted, text, {"text": said}, f"sudo fuser -v {shlex.quote(path)}" if path else "", path)


def rights_of(node: Node) -> str:
    """Say whose a node is and what it allows: "root:input 0660"."""
    return f"{node.owner}:{node.group} {node.mode:04o}{'+' if node.grants else ''}"
