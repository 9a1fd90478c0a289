"""`ekanban bench`: run benchmarks, each beside its limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ekanban_cli.answers import Json, example
from ekanban_cli.bench import report
from ekanban_cli.bench.catalogue import BENCHMARKS, Benchmark
from ekanban_cli.bench.figure import CannotMeasure
from ekanban_cli.bench.machine import look
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _

app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)


@app.command(
    help=_("Measure this machine: each figure beside its limit. 1: a limit was missed, or something could not be run."),
    epilog=example("ekanban bench --list", "ekanban bench scan-path"),
)
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help=_("Which; without any, all."), show_default=False)
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help=_("Name the benchmarks and end."))] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help=_("Keep the newest run of each in it."), show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run benchmarks."""
    if list_:
        for one in BENCHMARKS:
            print(json.dumps({"name": one.name, "what": one.what}) if as_json else f"{one.name}: {one.what}")
        return
    missed = [one.name for one in _chosen(names or []) if not _run(one, write, as_json)]
    if missed:
        raise CommandFailed(_("Not reached, or not to be measured here: {names}").format(names=", ".join(missed)))


def _chosen(names: list[str]) -> list[Benchmark]:
    known = {one.name: one for one in BENCHMARKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        text = _("There is no benchmark {name}. There are: {names}")
        raise CommandFailed(text.format(name=unknown[0], names=", ".join(known)))
    return [known[name] for name in names] or list(BENCHMARKS)


def _run(one: Benchmark, file: Path | None, as_json: bool) -> bool:
    machine = look()
    try:
        found = one.load()()
    except CannotMeasure as error:
        print(json.dumps({"benchmark": one.name, "error": str(error)}) if as_json else f"{one.name}: {error}")
        return False
    data = report.as_data(one, machine, found)
    print(json.dumps(data) if as_json else report.as_text(one, machine, found), flush=True)
    if file is not None:
        report.write(file, one, machine, found)
    return all(figure.reached for figure in found.figures)
