"""One run, or many: from a plan to what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from ekanban_terminal import courier, register_loader
from simulation.disk import folder
from simulation.ended import Ended, ended
from simulation.floor import Floor
from simulation.plan import DAY_S, Plan
from simulation.virtual_time import NothingLeft, Spins, run

REFRESH_S = 1_800.0  # between looks at the register when nothing happens; 10 in production: days must fit into seconds
IDLE_S = 600.0  # between looks for something to do; 60 in production


@dataclass
class Result:
    """What became of a run."""

    plan: Plan
    trace: str = ""  # hash of everything that happened
    broken: BaseException | None = None
    days: float = 0.0
    drained_s: float = 0.0  # from the end of all faults until nothing waited
    ended: Ended = ()  # how, without what wall clocks put into it
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def simulate(plan: Plan, *, verbose: bool = False) -> Result:
    """Carry out a plan from its beginning to its last check."""
    began = time.perf_counter()
    with _quiet(), folder() as place:
        try:
            result = run(_simulated(plan, place, verbose))
        except (Spins, NothingLeft) as error:  # time itself has ended, and nobody in it could say so
            result = Result(plan, broken=error)
    result.seconds = time.perf_counter() - began
    return result


async def _simulated(plan: Plan, place: object, verbose: bool) -> Result:
    floor = Floor(plan, place, verbose=verbose)  # type: ignore[arg-type]  # a Path
    result = Result(plan, counts=floor.counts)
    try:
        await floor.run()
        result.ended = ended(floor)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # a promise, or the product itself, is broken: the caller shows and shrinks it
        result.broken = error
    finally:
        result.trace, result.drained_s, result.days = floor.trace_hash, floor.drained_s, floor.now() / DAY_S
        await floor.close()
    return result


@contextmanager
def _quiet() -> Iterator[None]:
    """Logs of thousands of faults tell nothing; registers are looked at less often."""
    before, configured = (register_loader.REFRESH_S, courier.IDLE_S), structlog.get_config()
    register_loader.REFRESH_S, courier.IDLE_S = REFRESH_S, IDLE_S
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        register_loader.REFRESH_S, courier.IDLE_S = before
        structlog.configure(**configured)
