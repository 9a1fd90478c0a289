"""An examination of one device alone. Pure but for following links."""

from __future__ import annotations

import os
from dataclasses import replace

from ekanban_drivers.doctor.examine import Report
from ekanban_drivers.doctor.facts import Facts, NodeClass, Wanted
from ekanban_drivers.doctor.matching import matching, path_of
from ekanban_drivers.errors import DeviceAbsent

DRIVERS = {NodeClass.SERIAL: "serial", NodeClass.HIDPOS: "hidpos", NodeClass.OTHER_HID: "hidpos"}


def with_entry(facts: Facts, device: str) -> Facts:
    """Give the facts an entry for a device that no scanner's entry names: it is examined as if it were configured.

    `device` is a scanner's name, an identity or a node. Raises DeviceAbsent: nothing is known by this name.
    """
    node = _node(device)
    if _entries(facts, device):
        return facts
    driver = next((one.driver for one in facts.devices if one.answers_to(device) or one.path == node), "")
    if not driver and (found := facts.node(node)) is not None:
        driver = DRIVERS.get(found.kind, "evdev")
    if not driver:
        text = "%(device)s is not there; `ekanban scanners list` shows what is"
        raise DeviceAbsent(text, device=device)
    links = {**facts.links, **({device: node} if node else {})}
    return replace(facts, wanted=(*facts.wanted, Wanted(device, driver, device)), links=links)


def about(report: Report, device: str) -> Report:
    """Keep of a report what concerns one device, and the machine."""
    facts = report.facts
    chosen = _entries(facts, device)
    names = {one.name for one in chosen}
    paths = {path_of(facts, one) for one in chosen}
    paths |= {found.path for one in chosen for found in matching(facts, one)} | {_node(device)} - {""}
    kept = [one for one in report.findings if one.scanner in names or (not one.scanner and one.device in {"", *paths})]
    nodes = tuple(node for node in facts.nodes if node.path in paths)
    return Report(replace(facts, wanted=tuple(chosen), nodes=nodes), tuple(kept))


def _entries(facts: Facts, device: str) -> list[Wanted]:
    named = [one for one in facts.wanted if device in (one.name, one.device)]
    node = _node(device)
    return named or [
        one
        for one in facts.wanted
        if any(found.answers_to(device) or found.path == node for found in matching(facts, one))
    ]


def _node(device: str) -> str:
    return os.path.realpath(device) if device.startswith("/") else ""
