"""`make simulate SEEDS=200`: many runs on all processors; `SEED=7`: one, told step by step."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "support")]

from simulation.clocks import CLOCKS, carried_out, compared  # noqa: E402  # after the path
from simulation.generate import plan_of  # noqa: E402  # after the path
from simulation.hunt import again, hunt, read, write  # noqa: E402  # see above
from simulation.planted import load_all  # noqa: E402  # see above
from simulation.runs import Result, simulate  # noqa: E402  # see above
from simulation.shrink import kind_of, shrunk  # noqa: E402  # see above

FAULTS_ARE_NOT = ("fair", "scans", "acts of people")


def seeds_of(text: str) -> range:
    """`200`: the seeds from 0 to 199; `300-399`: these."""
    first, _, last = text.rpartition("-")
    return range(int(first), int(last) + 1) if first else range(int(last))


def many(seeds: range) -> int:
    """Run them all; show and shrink the first that fails."""
    began, counts, days, slowest, runs = time.perf_counter(), Counter[str](), 0.0, 0.0, 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(carried_out, seeds):
            if result.broken is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                return explain(result)
            counts += result.counts
            days, slowest, runs = days + result.days, max(slowest, result.drained_s), runs + 1
    faults = sum(number for what, number in counts.items() if what not in FAULTS_ARE_NOT)
    seconds = time.perf_counter() - began
    print(f"{runs} runs, {days:.0f} simulated days, {counts['scans']} scans, {faults} faults, {seconds:.0f} seconds")
    print(f"after the last fault everything had reached central within {slowest:.0f} simulated seconds")
    print("  " + ", ".join(f"{what}: {number}" for what, number in sorted(counts.items())))
    return 0


def explain(result: Result) -> int:
    """Say what broke, and how to see it again."""
    print(f"seed {result.plan.seed}: {result.broken}\nshrinking …", flush=True)
    short = shrunk(result, compared if kind_of(result.broken) == CLOCKS else simulate)
    print(f"{short.plan}\n{short.broken}\nto see it: make simulate SEED={result.plan.seed}")
    return 1


def write_table(file: Path) -> int:
    """Hunt every planted bug and write how many seeds each took."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        catches = []
        for catch in pool.map(hunt, sorted(load_all())):
            print(f"{catch.bug}: {'not found' if catch.seeds is None else catch.seeds}", flush=True)
            catches.append(catch)
    write(file, catches)
    missed = [catch.bug for catch in catches if catch.seeds is None]
    print(f"{len(catches) - len(missed)} of {len(catches)} planted bugs are found; not: {missed}")
    return 1 if missed else 0


def check_table(file: Path) -> int:
    """Find every planted bug again by the seed that the table names."""
    began, known = time.perf_counter(), read(file)
    found = {name: seeds for name, seeds in known.items() if seeds is not None}
    wrong = [f"{name}: the table does not tell of it" for name in sorted(load_all().keys() - known.keys())]
    print("".join(f"{name}: not found, as the table says\n" for name in sorted(known.keys() - found.keys())), end="")
    wrong += [f"{name}: nobody plants it any more" for name in sorted(known.keys() - load_all().keys())]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for catch, as_told in pool.map(again, [one for one in sorted(found.items()) if one[0] in load_all()]):
            if catch.seeds is None:
                wrong.append(f"{catch.bug}: not found any more")
            elif not as_told:
                print(f"{catch.bug}: now found by {catch.seeds} seeds; make planted writes it down", flush=True)
    seconds = time.perf_counter() - began
    print("\n".join([*wrong, f"{len(found)} planted bugs looked for, {len(wrong)} complaints, {seconds:.0f} seconds"]))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, default=range(100))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--table", type=Path, help="hunt every planted bug, write the table into this file")
    parser.add_argument("--check", action="store_true", help="find each again by the seed that the table tells")
    arguments = parser.parse_args()
    if arguments.table is not None:
        return check_table(arguments.table) if arguments.check else write_table(arguments.table)
    if arguments.seed is None:
        return many(arguments.seeds)
    result = simulate(plan_of(arguments.seed), verbose=True)
    if result.broken is None:
        result = compared(plan_of(arguments.seed))
    print(f"trace {result.trace}")
    return explain(result) if result.broken else 0


if __name__ == "__main__":
    sys.exit(main())
