"""How every command answers: text for people, JSON with --json, errors on stderr with exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from typer.core import TyperGroup

from ekanban_cli.language import _
from ekanban_cli.said import complain, lacks, say, told
from ekanban_core.errors import EkanbanError

if TYPE_CHECKING:
    from pydantic import BaseModel

Settings = TypeVar("Settings", bound="BaseModel")
JSON = "ekanban.json"  # where a context keeps that --json was given


def _remember(context: typer.Context, value: bool) -> bool:
    context.find_root().meta[JSON] = value
    return value


Json = Annotated[bool, typer.Option("--json", help=_("Print JSON."), callback=_remember)]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help=_("The configuration file."), show_default=False)
]
CheckConfig = Annotated[bool, typer.Option("--check-config", help=_("Name every wrong key and end."))]


class Commands(TyperGroup):
    """Turns an error that has words into those words and exit code 1, on any terminal."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run, and write as escapes what this terminal has no letters for."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # None, or something else, where there is no such stream
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except EkanbanError as error:
            fail(told(error), as_json=ctx.find_root().meta.get(JSON, False))
        except ModuleNotFoundError as error:
            fail(lacks(error), as_json=ctx.find_root().meta.get(JSON, False))


def group(help_text: str) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)


def example(*lines: str) -> str:
    """Format the example that stands below every command's help."""
    title = _("Example")
    return "\n\n".join([f"[bold]{title}[/bold]", *(f"  {line}" for line in lines)])


def fail(text: str, as_json: bool) -> NoReturn:
    """Print what went wrong and end with exit code 1."""
    complain(text, as_json)
    raise typer.Exit(1)


def with_options(settings: Settings, **options: Any) -> Settings:
    """Let what was said on the command line win over file and environment."""
    return settings.model_copy(update={name: value for name, value in options.items() if value is not None})


def checked(load: Callable[[], object], as_json: bool) -> None:
    """Answer --check-config: `load` raises an error with one line for each wrong key."""
    try:
        load()
    except EkanbanError as error:
        wrong = str(error).splitlines()
        if not as_json:
            raise
        say("", {"wrong": wrong}, as_json)
        raise typer.Exit(1) from error
    say(_("The configuration is right."), {"wrong": []}, as_json)
