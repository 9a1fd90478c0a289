"""`ekanban terminal …`: the shop-floor service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ekanban_cli.answers import CheckConfig, Config, Json, checked, example, group, with_options
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say

app = group(_("The shop-floor service: scanners, journal, kiosk page."))

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help=_("The data folder."), show_default=False)]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help=_("The port; 0 takes any free one."), show_default=False)
]


@app.command(
    help=_("Run the service until Ctrl-C. It works from the first moment, with or without central."),
    epilog=example("ekanban terminal serve --config /etc/ekanban/terminal.toml"),
)
def serve(
    config: Config = None,
    check_config: CheckConfig = False,
    data: Data = None,
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Run the service."""
    from ekanban_terminal.settings import load

    if check_config:
        from ekanban_terminal import settings_check

        checked(lambda: settings_check.check(load(config)), as_json)
        return
    from ekanban_cli import terminal_run

    terminal_run.serve(with_options(load(config), data=data, port=port), as_json)


@app.command(
    help=_("Enrol this device at a central. A supervisor there makes the code, and approves the device afterwards."),
    epilog=example(
        "ekanban terminal enroll https://kanban.example.com 7K3QM-9X2AB-CDEFG-HJKMN-PQRST-VWXYZ-01234-56789"
    ),
)
def enroll(
    url: Annotated[str, typer.Argument(metavar="URL", help=_("Central's address."))],
    code: Annotated[
        str, typer.Argument(metavar="CODE", help=_("The code that central shows; “-” reads it from stdin."))
    ],
    config: Config = None,
    data: Data = None,
    name: Annotated[
        str | None, typer.Option("--name", help=_("This device's name at central."), show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Enrol this device."""
    from ekanban_cli import terminal_run
    from ekanban_terminal.settings import load

    text = typer.get_text_stream("stdin").readline().strip() if code == "-" else code
    terminal_run.enroll(with_options(load(config), data=data, name=name), url, text, as_json)


@app.command(
    help=_("Say how the running terminal stands: scanners, central, scans that wait."),
    epilog=example("ekanban terminal status"),
)
def status(
    terminal: Annotated[
        str | None, typer.Option("--terminal", metavar="URL", help=_("Another terminal's address."), show_default=False)
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say how the terminal stands."""
    from ekanban_cli.terminal_client import call
    from ekanban_cli.terminal_status import described
    from ekanban_terminal.settings import load

    found = call(load(config), "GET", "/api/v1/status", terminal)
    say(described(found), found, as_json)


@app.command(
    help=_("Show the newest scans of the journal, follow it, export all of it (JSON lines), or check it."),
    epilog=example(
        "ekanban terminal journal --follow",
        "ekanban terminal journal --export journal.jsonl",
        "ekanban terminal journal --check",
    ),
)
def journal(
    follow: Annotated[bool, typer.Option("--follow", help=_("Go on with each new scan, until Ctrl-C."))] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help=_("Write everything to this new file."), show_default=False),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help=_("Read all of it, and say what is not what was stored. 1: something is not.")),
    ] = False,
    newest: Annotated[int, typer.Option("--newest", min=0, help=_("How many scans to show."))] = 20,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the journal."""
    from ekanban_cli import journal_view
    from ekanban_terminal.settings import load

    folder = with_options(load(config), data=data).data
    if check:
        _check(folder, as_json)
        return
    if export is not None:
        _export(folder, export, as_json)
        return
    shown = journal_view.follow(folder, newest) if follow else journal_view.entries(folder, newest)
    try:
        for entry in shown:
            say(journal_view.line(entry), entry, as_json)
    except KeyboardInterrupt:  # how following ends
        return


def _export(folder: Path, file: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from ekanban_cli import journal_export

    written = journal_export.write(folder, file)
    lines = [_("{count} scans written to {file}.").format(count=written.scans, file=file)]
    if written.damaged or written.notes:
        text = _("{damaged} damaged scans are in it as they can be read; {notes} notes say what could not be read.")
        lines.append(text.format(damaged=written.damaged, notes=written.notes))
    say("\n".join(lines), {**asdict(written), "file": str(file)}, as_json)


def _check(folder: Path, as_json: bool) -> None:
    from ekanban_cli import journal_view

    damaged = journal_view.check(folder)
    text = "\n".join(damaged) or _("All of the journal is as it was stored.")
    say(text, {"damaged": damaged}, as_json)
    if damaged:
        raise CommandFailed(
            _(
                "The journal is damaged. Save what can be read (ekanban terminal journal --export FILE), replace the"
                " disk, and bring back a copy of the whole data folder; or move journal.sqlite and what is named after"
                " it away, keep them, and begin anew."
            )
        )
