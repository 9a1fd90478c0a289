"""`ekanban demo`: a sample plant to try everything on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ekanban_cli.answers import Json, example
from ekanban_cli.language import _

app = typer.Typer()


def default_folder() -> Path:
    """Where the demo keeps its data: the folder for state in the user's home (XDG base directories)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "ekanban/demo"


@app.command(
    help=_(
        "Run a sample plant: central and one terminal with a simulated scanner, on SQLite. Ctrl-C ends it; started"
        " again on the same folder, it goes on where it was."
    ),
    epilog=example("ekanban demo", "ekanban demo --port 8010 --data ./plant --no-scans"),
)
def demo(
    port: Annotated[
        int, typer.Option("--port", min=1, max=65534, help=_("Central's port; the terminal takes the next."))
    ] = 8000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help=_("Where the plant is kept; else in your home."), show_default=False
        ),
    ] = None,
    scans: Annotated[bool, typer.Option("--scans/--no-scans", help=_("Let scans trickle in."))] = True,
    as_json: Json = False,
) -> None:
    """Run the demo."""
    from ekanban_cli.demo_place import taken

    folder = data or default_folder()
    with taken(folder, port) as listener:
        from ekanban_cli import demo_run

        demo_run.run(folder, listener, scans, as_json)
