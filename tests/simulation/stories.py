"""A directed story on the simulated floor: what each reading was told, here and at central, and how it ended."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from simulation.disk import folder
from simulation.floor import Floor
from simulation.generate import _weather
from simulation.plan import Plan, Step
from simulation.runs import _quiet
from simulation.virtual_time import run

STORM_S = 300.0  # from here on the network fails in the seed's way; registers are loaded


@dataclass(frozen=True)
class Told:
    """How it ended. Cards by their number in the plan."""

    shown: list[tuple[str, str]]  # of each reading: outcome and colour at the terminal
    answers: list[str]  # of each reading: central's outcome
    signals: dict[int, list[str | None]]  # how each was closed; None: open
    reviews: list[tuple[str, bool]]  # kind, and whether somebody has decided it
    listed: dict[str, list[str]]  # by terminal: what its kiosk says was refused


def story(seed: int, *steps: Step, ends: float = 20_000.0) -> Told:
    """Carry it out under the network faults of a seed. Raises what breaks a promise."""
    dice = random.Random(f"story {seed}")  # noqa: S311  # repeatable on purpose
    storm = [Step(STORM_S, "weather", {"terminal": name, **_weather(dice)}) for name in ("t1", "t2")]
    plan = Plan(seed, ends=ends, steps=tuple(sorted((*storm, *steps), key=lambda step: step.at)))
    with _quiet(), folder() as place:
        return run(_carried_out(plan, place))


async def _carried_out(plan: Plan, place: Path) -> Told:
    floor = Floor(plan, place)
    try:
        await floor.run()
        return await _told(floor)
    finally:
        await floor.close()


async def _told(floor: Floor) -> Told:
    central, readings = floor.oracle.central, floor.oracle.all
    taken = central.identities()
    signals: dict[int, list[str | None]] = {}
    for row in central.rows("SELECT body, closed_how FROM signal ORDER BY opened_earliest_ms"):
        signals.setdefault(floor.cards.index(row["body"]), []).append(row["closed_how"])
    listed = {
        name: [kept.answer.outcome for kept in device.process.journal.refused() if kept.answer]
        for name, device in floor.devices.items()
        if device.process is not None
    }
    return Told(
        shown=[(one.outcome, one.colour) for one in readings],
        answers=[taken[one.scan_id]["outcome"] for one in readings],
        signals=signals,
        reviews=sorted((row["kind"], bool(row["decided_ms"])) for row in central.rows("SELECT * FROM review")),
        listed={name: sorted(outcomes) for name, outcomes in listed.items() if outcomes},
    )


def at(when: float, what: str, terminal: str = "", /, **facts: object) -> Step:
    """A step of a story."""
    return Step(when, what, {**({"terminal": terminal} if terminal else {}), **facts})
