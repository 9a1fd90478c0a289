"""Programs that are known to take scanners, or what they type. Pure: facts become findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ekanban_drivers.doctor import remedies
from ekanban_drivers.doctor.facts import Facts, Node, NodeClass, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity
from ekanban_drivers.doctor.matching import path_of
from ekanban_drivers.doctor.processes import BRLTTY, DESKTOPS, GETTYS, MODEM_MANAGER
from ekanban_drivers.scanner import N_

Found = Iterator[Finding]
IGNORED = ("ID_MM_DEVICE_IGNORE", "ID_MM_PORT_IGNORE")


def thieves(facts: Facts, wanted: Wanted) -> Found:
    """Find out who else wants what a configured scanner gives."""
    node = facts.node(path_of(facts, wanted))
    if node is not None:
        for look in (_grab_safety, _desktop, _getty_on_seat, _modem_manager, _getty_on_port, _console):
            for finding in look(facts, node):
                yield replace(finding, device=node.path, scanner=wanted.name)


def _grab_safety(facts: Facts, node: Node) -> Found:
    if node.kind is NodeClass.KEYBOARD and node.properties.get("LIBINPUT_IGNORE_DEVICE") in (None, "0"):
        text = N_(
            "No udev rule keeps desktops away from %(path)s: what it types while the terminal does not run, "
            "and until it is grabbed, goes to whatever has the focus."
        )
        yield Finding(
            Code.NO_GRAB_SAFETY, Severity.WARNING, text, {"path": node.path}, remedies.install(node, facts.rules)
        )


def _desktop(facts: Facts, node: Node) -> Found:
    running = [process.title for process in facts.named(*DESKTOPS)]
    unsafe = node.properties.get("LIBINPUT_IGNORE_DEVICE") in (None, "0")
    if node.kind is NodeClass.KEYBOARD and unsafe and (running or facts.desktops):
        text = N_("A desktop runs that takes its keystrokes when the terminal does not: %(sessions)s.")
        sessions = ", ".join(facts.desktops or running)
        yield Finding(
            Code.DESKTOP_SESSION, Severity.WARNING, text, {"sessions": sessions}, remedies.install(node, facts.rules)
        )


def _getty_on_seat(facts: Facts, node: Node) -> Found:
    for process in facts.named(*GETTYS) if node.kind is NodeClass.KEYBOARD else ():
        if process.tty.removeprefix("tty").isdigit():
            text = N_(
                "%(program)s asks for a login on %(tty)s: it takes what is typed while the terminal does not run."
            )
            about = {"program": process.title, "tty": process.tty}
            remedy = f"sudo systemctl disable --now getty@{process.tty}.service"
            severity = Severity.NOTE if facts.terminal else Severity.WARNING
            yield Finding(Code.GETTY_ON_SEAT, severity, text, about, remedy)


def _modem_manager(facts: Facts, node: Node) -> Found:
    ignored = any(node.properties.get(key) == "1" for key in IGNORED)
    for process in facts.named(MODEM_MANAGER) if node.kind is NodeClass.SERIAL and not ignored else ():
        text = N_("%(program)s takes serial devices for modems and writes to them when they are plugged in.")
        yield Finding(
            Code.MODEM_MANAGER, Severity.WARNING, text, {"program": process.title}, remedies.install(node, facts.rules)
        )


def _getty_on_port(facts: Facts, node: Node) -> Found:
    port = node.path.rsplit("/", 1)[1]
    for process in facts.named(*GETTYS):
        if process.tty == port:
            text = N_("%(program)s asks for a login on %(tty)s, takes what the scanner sends and answers it.")
            remedy = f"sudo systemctl disable --now serial-getty@{port}.service"
            yield Finding(Code.GETTY_ON_PORT, Severity.PROBLEM, text, {"program": process.title, "tty": port}, remedy)


def _console(facts: Facts, node: Node) -> Found:
    if node.console:
        text = N_("The kernel writes its messages to %(path)s: take console=%(port)s from its command line.")
        port = node.path.rsplit("/", 1)[1]
        remedy = f"sudo sed -i 's/console={port}[^ \"]*//' /etc/default/grub && sudo update-grub && sudo reboot"
        yield Finding(Code.CONSOLE_ON_PORT, Severity.WARNING, text, {"path": node.path, "port": port}, remedy)


def brltty(facts: Facts) -> Found:
    """Warn of a program that takes ports away as a whole, so that no entry leads to them any more."""
    if not any(wanted.driver == "serial" for wanted in facts.wanted):
        return
    for process in facts.named(BRLTTY):
        text = N_("%(program)s, for Braille displays, takes USB serial converters away, so that their port vanishes.")
        yield Finding(Code.BRLTTY, Severity.WARNING, text, {"program": process.title}, remedies.NO_BRLTTY)
