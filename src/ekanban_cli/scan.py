"""`ekanban scan`: one reading, as if a scanner had made it."""

from __future__ import annotations

from typing import Annotated

import typer

from ekanban_cli.answers import Config, Json, example
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.states import Intent

app = typer.Typer()


@app.command(
    help=_(
        "Scan a code at the running terminal, as if a scanner had read it. Whatever the answer, the reading is stored;"
        " exit code 1 means that it is not."
    ),
    epilog=example("ekanban scan 7K3Q-M9X2-01CF", "ekanban scan 7K3QM9X201CF --intent receive --json"),
)
def scan(
    code: Annotated[str, typer.Argument(help=_("What stands on the card."))],
    intent: Annotated[
        Intent | None,
        typer.Option("--intent", help=_("What is meant; else what the station does."), show_default=False),
    ] = None,
    terminal: Annotated[
        str | None, typer.Option("--terminal", metavar="URL", help=_("Another terminal's address."), show_default=False)
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Scan."""
    from ekanban_cli.terminal_client import call
    from ekanban_terminal.settings import load

    body = {"code": code} | ({"intent": str(intent)} if intent else {})
    answer = call(load(config), "POST", "/api/v1/scan", terminal, body)
    say(f"{answer['outcome']}: {answer['message']}", answer, as_json)
