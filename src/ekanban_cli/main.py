"""The `ekanban` command. Groups import what they need only when they run: help is fast, a terminal stays small."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from ekanban_cli import cards, central, demo, scan, scanners, terminal
from ekanban_cli.answers import Commands
from ekanban_cli.bench import command as bench
from ekanban_cli.language import _

app = typer.Typer(
    cls=Commands,
    help=_("Electronic kanban: scan a card at an empty bin, and its replenishment is ordered."),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(central.app, name="central")
app.add_typer(terminal.app, name="terminal")
app.add_typer(scanners.app, name="scanners")
app.add_typer(cards.app, name="cards")
app.add_typer(scan.app)
app.add_typer(demo.app)
app.add_typer(bench.app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(version("ekanban-terminal"))
        raise typer.Exit


@app.callback()
def ekanban(
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("Print the version and end."))
    ] = False,
) -> None:
    """Take the options that stand before every command."""
