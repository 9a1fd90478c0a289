"""Worked examples as they stand in the *.toml files; a misspelt word is an error."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
LOOP = {"closing", "min_cycle_s", "quantity", "lead_time_s", "states", "holds_back", "out_of_sequence"}
SCAN = {"scan", "at", "as", "outcome", "version", "of", "shown", "text", "hex", "quantity", "twice_of", "when"}
OTHER = {
    "deliver": {"deliver", "outcomes"},
    "again": {"again", "outcome"},
    "altered": {"altered", "outcome"},
    "person": {"person", "refused"},
    "decide": {"decide", "about", "refused"},
    "change": {"change"},
    "time": {"time"},
    "terminal": {"terminal", "at"},
}
THEN = {"open", "opened_by", "past", "card", "reviews"}


class BadExample(Exception):
    """An example that cannot be read."""


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example. `row`: which row of "What a scan can answer" it works out, where that is not its outcome."""

    name: str
    file: str
    row: str = ""
    loop: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    then: dict[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> set[str]:
        """The outcomes that it expects."""
        one = {step["outcome"] for step in self.steps if "outcome" in step}
        return one | {outcome for step in self.steps for outcome in step.get("outcomes", ())}


def load(folder: Path = HERE) -> list[Example]:
    """All examples, in the order of the files."""
    found = []
    for file in sorted(folder.glob("*.toml")):
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [_example(file.name, content.get("loop", {}), one) for one in content["example"]]
    names = [example.name for example in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadExample(f"Two examples have one name: {sorted(twice)}")
    return found


def _example(file: str, common: dict[str, Any], content: dict[str, Any]) -> Example:
    name = content.get("name", "?")
    loop = {**common, **content.get("loop", {})}
    _only(name, loop, LOOP)
    _only(name, content, {"name", "row", "loop", "card", "steps", "then"})
    _only(name, content.get("then", {}), THEN)
    for step in content["steps"]:
        kind = next((kind for kind in ("scan", *OTHER) if kind in step), None)
        if kind is None:
            raise BadExample(f"{name}: expected a step with one of {', '.join(('scan', *OTHER))}, got {step}")
        _only(name, step, SCAN if kind == "scan" else OTHER[kind])
    return Example(file=file, **{**content, "loop": loop})


def _only(name: str, given: dict[str, Any], known: set[str]) -> None:
    strange = sorted(given.keys() - known)
    if strange:
        raise BadExample(f"{name}: expected only {', '.join(sorted(known))}; got {', '.join(strange)}")
