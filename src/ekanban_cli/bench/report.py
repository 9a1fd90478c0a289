"""Reports as text, as JSON, and as sections of a Markdown file that keeps the newest run of each benchmark."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ekanban_cli.bench.catalogue import BENCHMARKS, Benchmark
from ekanban_cli.bench.figure import Figure, Report
from ekanban_cli.bench.machine import Machine

HEAD = """# Benchmarks

Written by `make bench`; each section is the newest run of one benchmark. Figures are ratios against a yardstick that
ran in the same minutes on the same machine; absolute numbers are this machine's. One alone: `ekanban bench NAME`.
"""


def as_text(benchmark: Benchmark, machine: Machine, report: Report) -> str:
    """For people at a terminal."""
    lines = [f"{benchmark.name}: {benchmark.what}", f"  on {machine.text}"]
    lines += [f"  {one.name}: {one.shown}" + (f"; {one.measured}" if one.measured else "") for one in report.figures]
    return "\n".join([*lines, *(f"  {note}" for note in report.notes)])


def as_data(benchmark: Benchmark, machine: Machine, report: Report) -> dict[str, Any]:
    """For programs."""
    figures = [{**asdict(one), "reached": one.reached} for one in report.figures]
    return {"benchmark": benchmark.name, "machine": machine.text, "figures": figures, "notes": list(report.notes)}


def write(file: Path, benchmark: Benchmark, machine: Machine, report: Report) -> None:
    """Put the run into the file, in place of the benchmark's last one."""
    sections = _sections(file.read_text("utf-8")) if file.exists() else {}
    sections[benchmark.name] = _section(benchmark, machine, report)
    known = [one.name for one in BENCHMARKS]
    order = [name for name in known if name in sections] + [name for name in sections if name not in known]
    file.write_text("\n".join([HEAD, *(sections[name] for name in order)]), "utf-8")


def _sections(text: str) -> dict[str, str]:
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0].strip(): f"## {part.rstrip()}\n" for part in parts}


def _section(benchmark: Benchmark, machine: Machine, report: Report) -> str:
    today = datetime.now(UTC).date().isoformat()
    rows = [_row(one) for one in report.figures]
    notes = [f"\n{note}" for note in report.notes]
    table = ["| figure | value | reach | measured |", "| --- | --- | --- | --- |", *rows]
    about = [f"## {benchmark.name}", "", benchmark.what, ""]
    return "\n".join([*about, *table, *notes, "", f"`ekanban bench {benchmark.name}`, {today}: {machine.text}.", ""])


def _row(one: Figure) -> str:
    limit = f"{'≥' if one.at_least else '≤'} {one.limit:g}{'' if one.reached else ' **missed**'}"
    return f"| {one.name} | {one.value:.3g} {one.unit} | {limit} | {one.measured} |"
