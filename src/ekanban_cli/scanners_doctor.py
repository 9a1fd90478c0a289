"""`ekanban scanners doctor`: what is plugged in, what will be used, why not, and what mends it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.scanners_report import as_json, as_text
from ekanban_drivers.doctor.examine import Report, examine, gather
from ekanban_drivers.doctor.facts import Stands
from ekanban_drivers.doctor.finding import Code, Severity
from ekanban_drivers.doctor.narrowing import about, with_entry
from ekanban_drivers.errors import ScannerError
from ekanban_drivers.scanner import ScannerConfig
from ekanban_terminal.settings import DEFAULT_FILE, BadSettings, TerminalSettings, load

if TYPE_CHECKING:
    from ekanban_drivers.doctor.facts import Facts
    from ekanban_drivers.happenings import Line
    from ekanban_drivers.scanner import Event

WIDEST = 100  # characters; longer lines are hard to read
PATIENCE_S = 0.3  # seconds for a terminal on this machine to take a connection


def diagnose(config: Path | None, device: str | None, account: str, *, root: Path = Path("/")) -> Report:
    """Examine this machine. Raises CommandFailed: no such account, no such device, no such file."""
    settings, faults = _settings(config)
    wanted = [(one.name, one.driver, one.device, one.profile) for one in settings.scanners]
    try:
        facts = asyncio.run(gather(wanted, account, _stands(settings), faults, root))
    except KeyError as error:
        raise CommandFailed(_("There is no account {name} on this machine.").format(name=account)) from error
    return _examined(facts, device)


def _examined(facts: Facts, device: str | None) -> Report:
    if device is None:
        return examine(facts)
    try:
        return about(examine(with_entry(facts, device)), device)
    except ScannerError as error:
        raise CommandFailed(str(error)) from error


def _settings(config: Path | None) -> tuple[TerminalSettings, Iterable[str]]:
    """Read the configuration; of a wrong one only say what is wrong, and go on without it."""
    if config is not None and not config.is_file():
        raise CommandFailed(f"{config}: there is no such file")
    try:
        return load(config), ()
    except BadSettings as error:
        return TerminalSettings(), str(error).splitlines()


def _stands(settings: TerminalSettings) -> dict[str, Stands]:
    """Ask the running terminal how its scanners stand; one that does not answer says nothing."""
    try:
        socket.create_connection((settings.host, settings.port), PATIENCE_S).close()
    except OSError:
        return {}
    from ekanban_cli.terminal_client import call

    try:
        scanners = call(settings, "GET", "/api/v1/status")["scanners"]
        return {str(one["name"]): Stands(str(one["state"]), str(one["text"])) for one in scanners}
    except (CommandFailed, LookupError, TypeError):  # another service, or a terminal of another configuration
        return {}


def show(report: Report, config: Path | None, in_json: bool) -> None:
    """Print a report."""
    if in_json:
        print(json.dumps(as_json(report, source(config))), flush=True)  # in ASCII: a name may hold what screens obey
    else:
        width = min(shutil.get_terminal_size().columns, WIDEST)
        typer.echo(as_text(report, source(config), width))


def show_live(report: Report, in_json: bool) -> None:
    """Print what the scanners of a report give, until Ctrl-C; raises CommandFailed: there is none that can be read."""
    from ekanban_cli.scanners_live import printed, watch

    configs = list(_readable(report))
    if not in_json:
        typer.echo("\n" + _("Reading {names}. Ctrl-C ends it.").format(names=", ".join(one.name for one in configs)))

    def tell(what: Line | Event, left_out: int) -> None:
        if left_out:
            typer.echo(_("{count} events were not shown: the screen was too slow.").format(count=left_out), err=True)
        if line := printed(what, in_json, len(configs) > 1):
            print(line, flush=True)

    with suppress(KeyboardInterrupt):
        asyncio.run(watch(configs, tell))


def _readable(report: Report) -> Iterator[ScannerConfig]:
    """Choose what can be read; the running terminal is not robbed of its scanners."""
    codes = {(finding.scanner, finding.code) for finding in report.findings}
    troubled = {finding.scanner for finding in report.findings if finding.severity is Severity.PROBLEM}
    for wanted in report.facts.wanted:
        if (wanted.name, Code.IS_READ) in codes:
            text = _("The running terminal reads {name}: what it reads is on its page, and `ekanban terminal journal`.")
            stop = _("To see the raw events, stop it first: sudo systemctl stop ekanban-terminal")
            raise CommandFailed(f"{text.format(name=wanted.name)} {stop}")
    found = [one for one in report.facts.wanted if one.name not in troubled]
    if not found:
        raise CommandFailed(_("There is no scanner that can be read."))
    yield from (ScannerConfig(one.name, one.driver, one.device, one.profile or None) for one in found)


def source(config: Path | None) -> str:
    """Say which configuration was read, for people."""
    if config is not None or DEFAULT_FILE.exists():
        return str(config or DEFAULT_FILE)
    return _("no configuration ({file} does not exist)").format(file=DEFAULT_FILE)
