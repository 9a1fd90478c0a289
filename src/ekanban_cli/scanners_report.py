"""A doctor's report, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import typer

from ekanban_cli.language import _
from ekanban_drivers.doctor.access import rights_of
from ekanban_drivers.doctor.accounts import allows
from ekanban_drivers.doctor.examine import Report
from ekanban_drivers.doctor.facts import Facts, Node, Wanted
from ekanban_drivers.doctor.finding import Code, Finding, Severity
from ekanban_drivers.doctor.matching import path_of, profile_of

COLOURS = {Severity.OK: "green", Severity.NOTE: None, Severity.WARNING: "yellow", Severity.PROBLEM: "red"}


def as_json(report: Report, config: str) -> dict[str, Any]:
    """Return what `scanners doctor --json` prints; texts are English, codes are stable."""
    facts = report.facts
    users = {path_of(facts, one): one.name for one in facts.wanted}
    return {
        "well": report.is_well,
        "config": config,
        "account": facts.account.name,
        "scanners": [_scanner(facts, one) for one in facts.wanted],
        "devices": [_node(facts, node, users.get(node.path)) for node in facts.nodes],
        "findings": [_finding(finding) for finding in report.findings],
        "programs_not_seen": facts.hidden,
    }


def _scanner(facts: Facts, wanted: Wanted) -> dict[str, Any]:
    stands = facts.stands.get(wanted.name)
    return {
        "name": wanted.name,
        "driver": wanted.driver,
        "device": wanted.device,
        "profile": profile_of(facts, wanted),
        "path": path_of(facts, wanted) or None,
        "terminal_says": asdict(stands) if stands else None,
    }


def _node(facts: Facts, node: Node, user: str | None) -> dict[str, Any]:
    device = next((one for one in facts.devices if one.path == node.path), None)
    return {
        "path": node.path,
        "class": str(node.kind),
        "name": node.name,
        "identities": [device.identity, *device.also] if device else [],
        "vendor": node.vendor,
        "product": node.product,
        "owner": node.owner,
        "group": node.group,
        "mode": f"{node.mode:04o}",
        "grants": [asdict(grant) for grant in node.grants],
        "readable": allows(node, facts.account),
        "kernel_driver": node.kernel_driver,
        "interface": node.interface,
        "properties": dict(node.properties),
        "opened_by": [asdict(process) for process in node.opened_by],
        "scanner": user,
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "code": str(finding.code),
        "severity": str(finding.severity),
        "scanner": finding.scanner,
        "device": finding.device,
        "what": finding.what,
        "remedy": finding.remedy,
        "remedy_for": finding.remedy_for,
    }


def as_text(report: Report, config: str, width: int) -> str:
    """Put a report into lines of at most `width` characters; what is to be pasted is never broken."""
    facts = report.facts
    head = _("Scanners of {config}, read by the account {account}").format(config=config, account=facts.account.name)
    blocks = [[head]]
    blocks += [list(_scanner_block(report, one, width)) for one in facts.wanted]
    unused = [finding for finding in report.findings if finding.code is Code.NOT_USED]
    for finding in unused:
        blocks.append([*_node_lines(facts.node(finding.device), finding.device, width), *_lines([finding], width)])
    machine = [one for one in report.findings if not one.scanner and one.code is not Code.NOT_USED]
    if machine:
        blocks.append([_bold(_("This machine")), *_lines(machine, width)])
    shown = {path_of(facts, one) for one in facts.wanted} | {finding.device for finding in unused}
    others = [node for node in facts.nodes if node.path not in shown]
    if others:
        blocks.append([_bold(_("Other devices")), *(_short(node) for node in others)])
    blocks.append([_sum(report)])
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _scanner_block(report: Report, wanted: Wanted, width: int) -> Iterator[str]:
    about = [wanted.driver, plain(wanted.device) or "–"]
    profile = profile_of(report.facts, wanted)
    about += [_("profile {name}").format(name=plain(profile))] if profile else []
    yield f"{_bold(plain(wanted.name))}: {', '.join(about)}"
    path = path_of(report.facts, wanted)
    if path:
        yield from _node_lines(report.facts.node(path), path, width)
    yield from _lines([one for one in report.findings if one.scanner == wanted.name], width)


def _node_lines(node: Node | None, path: str, width: int) -> Iterator[str]:
    if node is None:
        yield f"  {path}"
        return
    numbers = f"{node.vendor}:{node.product}" if node.vendor else ""
    parts = [node.path, plain(node.name), numbers, str(node.kind), rights_of(node), node.kernel_driver, node.interface]
    yield from _wrapped("  ", "    ", "  ".join(part for part in parts if part), width)
    for key, value in sorted(node.properties.items()):
        if key.endswith(("_IGNORE", "_IGNORE_DEVICE")):
            yield f"    {key}={plain(value)}"
    if node.opened_by:
        programs = ", ".join(f"{plain(process.title)} {process.account}" for process in node.opened_by)
        yield from _wrapped("    ", "      ", _("open in {programs}").format(programs=programs), width)


def _short(node: Node) -> str:
    return f"  {node.path}  {node.kind}  {rights_of(node)}  {plain(node.name)}"


def _lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """What is so first, and behind it what mends it, each remedy once."""
    words = {
        Severity.OK: _("ok"),
        Severity.NOTE: _("note"),
        Severity.WARNING: _("warning"),
        Severity.PROBLEM: _("problem"),
    }
    indent = 4 + max(map(len, words.values()))
    for finding in findings:
        word = words[finding.severity]
        said = spoken(finding.template, finding.facts)
        lines = list(_wrapped(f"  {word.ljust(indent - 2)}", " " * indent, said, width))
        coloured = typer.style(word, fg=COLOURS[finding.severity])
        yield lines[0].replace(word, coloured, 1)
        yield from lines[1:]
    yield from _remedies(findings)


def _remedies(findings: Sequence[Finding]) -> Iterator[str]:
    for place, title in (("configuration", _("In the configuration:")), ("shell", _("In a shell:"))):
        remedies = dict.fromkeys(finding.remedy for finding in findings if finding.remedy_for == place)
        if remedies:
            yield f"  {title}"
        for remedy in remedies:
            yield from (f"      {plain(line)}" for line in remedy.split("\n"))


def _wrapped(first: str, rest: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first]


def _sum(report: Report) -> str:
    count = {kind: sum(one.severity is kind for one in report.findings) for kind in Severity}
    if report.is_well:
        text = _("Nothing keeps a configured scanner from being read. Warnings: {warnings}.")
    else:
        text = _("Problems: {problems}. Warnings: {warnings}.")
    return text.format(problems=count[Severity.PROBLEM], warnings=count[Severity.WARNING])


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def spoken(template: str, facts: Mapping[str, str]) -> str:
    """Say a sentence of the drivers in the language of the command line."""
    said = _(template)
    return plain(said % facts if facts else said)


def plain(text: str) -> str:
    """Spell out what is not printable: a device may name itself with whatever a terminal obeys."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
