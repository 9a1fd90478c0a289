"""`ekanban central …`: the replenishment service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ekanban_cli.answers import CheckConfig, Config, Json, checked, example, group, with_options
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.lists import ExportKind, ImportKind

app = group(_("The replenishment service: cards, pull signals, people."))
admin = group(_("People who may do everything."))
app.add_typer(admin, name="admin")


Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help=_("The data folder."), show_default=False)]
Host = Annotated[str | None, typer.Option("--host", help=_("The address to listen on."), show_default=False)]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help=_("The port; 0 takes any free one."), show_default=False)
]

Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="EKANBAN_TOKEN",
        help=_("Do it through the running service, with this API token of somebody who may do it."),
        show_default=False,
    ),
]


@app.command(
    help=_("Run the service until Ctrl-C. The first start without people prints a one-time sign-in link."),
    epilog=example("ekanban central serve --config /etc/ekanban/central.toml"),
)
def serve(
    config: Config = None,
    check_config: CheckConfig = False,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help=_("Central's key is lost: begin with a new one and enrol all terminals anew.")),
    ] = False,
    new_clock: Annotated[
        bool,
        typer.Option("--new-clock", help=_("This machine's clock was wrong and has been set: take its time.")),
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the service."""
    from ekanban_central.settings import load
    from ekanban_cli import central_run

    if check_config:
        checked(lambda: load(config), as_json)
    else:
        settings = with_options(load(config), data=data, host=host, port=port)
        central_run.serve(settings, as_json, new_key=new_key, new_clock=new_clock)


@app.command(
    help=_("Make the database's tables, or bring them up to this release."),
    epilog=example("ekanban central migrate --config /etc/ekanban/central.toml"),
)
def migrate(config: Config = None, data: Data = None, as_json: Json = False) -> None:
    """Bring the schema up to date."""
    from ekanban_central.settings import load
    from ekanban_cli import central_run

    revision = central_run.migrate(with_options(load(config), data=data))
    say(_("The database is at {revision}.").format(revision=revision), {"revision": revision}, as_json)


@app.command(
    name="import",
    help=_(
        "Import a file: parts, locations, loops or cards from CSV, all rows or none; of kind journal, what a dead"
        " terminal had stored (ekanban terminal journal --export). To import the same file again is harmless. 1:"
        " nothing, or not all of it, was imported."
    ),
    epilog=example(
        "ekanban central import loops.csv --kind loops --dry-run",
        "ekanban central import cards.csv --kind cards --by anna",
        "ekanban central import journal.jsonl --kind journal --dry-run",
        "ekanban central import journal.jsonl --kind journal --by anna",
    ),
)
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The file."))],
    kind: Annotated[ImportKind, typer.Option("--kind", help=_("What the file holds."))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only check it, and change nothing."))] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="NAME", help=_("Who vouches for the file: a person known here."), show_default=False
        ),
    ] = None,
    terminal: Annotated[
        str | None,
        typer.Option(
            "--terminal",
            metavar="NUMBER",
            help=_("Whose journal it is, where the file does not say so."),
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    data: Data = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Import a file."""
    from ekanban_central.settings import load
    from ekanban_cli import central_import

    settings = with_options(load(config), data=data)
    wish = central_import.Wanted(file, dry_run, by, terminal, kind)
    central_import.run(settings, wish, token, as_json)


@app.command(
    name="export",
    help=_(
        "Export a whole list as CSV, to stdout or into a file. Parts, locations, loops and cards are in the form that"
        " `ekanban central import` reads."
    ),
    epilog=example("ekanban central export loops --to loops.csv", "ekanban central export ledger > ledger.csv"),
)
def export_list(
    kind: Annotated[ExportKind, typer.Argument(metavar="KIND", help=_("Which list."))],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help=_("The file to write."), show_default=False)
    ] = None,
    config: Config = None,
    data: Data = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Export a list."""
    from ekanban_central.settings import load
    from ekanban_cli import central_export

    central_export.run(with_options(load(config), data=data), kind, to, token, as_json)


@admin.command(
    help=_("Add an administrator and print a one-time link with which he or she signs in."),
    epilog=example("ekanban central admin create anna"),
)
def create(
    name: Annotated[str, typer.Argument(help=_("The name to sign in with."))],
    config: Config = None,
    data: Data = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Add an administrator."""
    from ekanban_central.settings import load
    from ekanban_cli import central_run

    settings = with_options(load(config), data=data)
    link = central_run.ask_for_admin(settings, name, token) if token else central_run.create_admin(settings, name)
    say(_("{name} signs in here, once: {link}").format(name=name, link=link), {"name": name, "sign_in": link}, as_json)


@app.callback()
def central() -> None:
    """Take no options of its own."""
