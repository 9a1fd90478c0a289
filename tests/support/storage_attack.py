"""Every I/O operation of a shift fails in every way that fits it, one at a time: `make storage`.

    python tests/support/storage_attack.py --scans 200 --jobs 2

The shift (storage_shift.py) is carried out once. Before each step the process forks for each operation of that step and
each way to fail: the child lets it happen, goes on for a few steps as the terminal does, mends the disk, cuts the
power, starts again and compares the journal with what people and central were told. So all that went before is shared,
and connections, caches and open transactions are as they are. What fails is printed with the arguments that repeat it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from fault_disk import Fault, Op
from storage_ledger import Broken
from storage_plants import PLANTS
from storage_shift import Loops, Shift, Step, plan

AFTER = 3  # steps that go on after the one that failed
RECOVERY = 90  # operations within which the second fault of a double one comes


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to fail: what happens to an operation, and how it goes on."""

    fault: Fault
    lasting: bool = False  # all operations after it fail too, until the disk is mended
    dies: bool = False  # the power goes before the journal was reopened
    killed: bool = False  # in the dark: only the process dies
    second: bool = False  # another fault hits the recovery
    cut: bool = False  # the power goes during the recovery

    @property
    def name(self) -> str:
        words = [self.fault.value]
        words += [word for word in ("lasting", "dies", "killed", "second", "cut") if getattr(self, word)]
        return ", ".join(words)


CORE = tuple(Attack(fault) for fault in Fault)
MORE = (
    *(Attack(fault, dies=True) for fault in Fault if fault is not Fault.DARK),
    *(Attack(fault, lasting=True) for fault in (Fault.ERROR, Fault.FULL, Fault.SYNC_LOSES)),
    *(Attack(fault, second=True) for fault in Fault),
    *(Attack(fault, lasting=True, cut=True) for fault in (Fault.ERROR, Fault.SYNC_LOSES)),
    Attack(Fault.DARK, killed=True),
)


@dataclass
class Told:
    """What came of it."""

    operations: int = 0
    runs: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def strike(shift: Shift, steps: list[Step], at: int, attack: Attack, seed: int) -> None:
    """Let the attack happen to the shift, and see what is left. Raises Broken."""
    dice = random.Random(f"{seed} {at} {attack.name}")  # noqa: S311  # repeatable on purpose
    shift.disk.dice = dice
    shift.disk.fail(attack.fault, at, lasting=attack.lasting)
    shift.do(steps[0])
    if attack.cut:
        shift.disk.mend()
    if attack.second or attack.cut:
        second = Fault.DARK if attack.cut else dice.choice(list(Fault))
        shift.disk.fail(second, shift.disk.operations + dice.randint(1, RECOVERY))
    if not attack.dies and attack.fault is not Fault.DARK:
        for step in steps[1 : 1 + AFTER]:
            shift.look()
            shift.do(step)
        _mended(shift)
    (shift.disk.kill if attack.killed else shift.disk.cut_power)()
    shift.after_the_end()


def _mended(shift: Shift) -> None:
    """The disk works again: without a restart the terminal does too. After a second fault it may be dark."""
    if shift.disk.is_dark:
        return
    shift.disk.mend()
    shift.look()
    if shift.journal.problem is not None:
        raise Broken(f"the disk works again, and the journal does not: {shift.journal.problem}")
    shift.check()


class Campaign:
    """All attacks on one shift, or every n-th of them."""

    def __init__(
        self, scans: int, seed: int, *, core: float, more: float, part: tuple[int, int] = (0, 1), only: str = ""
    ) -> None:
        self.seed = seed
        self.steps = plan(scans, random.Random(seed))  # noqa: S311  # repeatable on purpose
        self.told = Told()
        self._shares = dict.fromkeys(CORE, core) | dict.fromkeys(MORE, more)
        self._part = part
        self._only = only
        self._dice = random.Random(f"{seed} {part}")  # noqa: S311  # see above

    def run(self, *, until_found: bool = False) -> Told:
        """Do it; `until_found`: until something breaks."""
        try:
            before = self._traced()
            shift = Shift(self.seed)
            gc.freeze()
            for number, step in enumerate(self.steps):
                if number % self._part[1] == self._part[0]:
                    self._attack(shift, number, before[number], until_found)
                if until_found and self.told.broken:
                    break
                shift.do(step)
                shift.look()
        except Broken as error:
            self.told.broken.append(f"nothing failed, and yet: {error}")
        return self.told

    def _traced(self) -> list[list[tuple[int, Op]]]:
        """The operations of each step, by a run in which nothing fails."""
        shift = Shift(self.seed)
        shift.disk.trace = []
        offset, ends = shift.disk.operations, [0]
        for step in self.steps:
            shift.do(step)
            shift.look()
            ends.append(len(shift.disk.trace))
        shift.check()
        traced = [(offset + place, op) for place, (op, _name) in enumerate(shift.disk.trace, start=1)]
        return [traced[start:end] for start, end in itertools.pairwise(ends)]

    def _attack(self, shift: Shift, number: int, operations: list[tuple[int, Op]], until_found: bool) -> None:
        for at, op in operations:
            if until_found and self.told.broken:
                return
            self.told.operations += 1
            for attack, share in self._shares.items():
                name = f"{op.name} {at}, {attack.name}"
                wanted = self._only in ("", name, op.name)
                if not wanted or not attack.fault.fits(op) or self._dice.random() >= share:
                    continue
                self.told.runs[attack.name] += 1
                if (why := in_a_child(shift, self.steps[number:], at, attack, self.seed)) is not None:
                    self.told.broken.append(f'--only "{name}" ({self.steps[number][0]}, step {number}): {why}')


def in_a_child(shift: Shift, steps: list[Step], at: int, attack: Attack, seed: int) -> str | None:
    """Strike in a process of its own, so that this one's shift goes on unharmed. Returns what broke."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, _verdict(shift, steps, at, attack, seed).encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        why = told.read().decode()
    _pid, status = os.waitpid(child, 0)
    if status:
        return f"the process ended with status {status}"
    return why or None


def _verdict(shift: Shift, steps: list[Step], at: int, attack: Attack, seed: int) -> str:
    Loops.kept = asyncio.new_event_loop()
    try:
        strike(shift, steps, at, attack, seed)
    except Broken as error:
        return str(error)
    except BaseException:
        return traceback.format_exc()
    return ""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scans", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--core", type=float, default=1.0, help="share of all single faults and power cuts")
    options.add_argument(
        "--more", type=float, default=0.1, help="share of lasting and double faults, and of ends in them"
    )
    options.add_argument("--part", default="1/1", help="2/8: the second eighth of the steps")
    options.add_argument(
        "--plant", choices=PLANTS, help="a bug of the journal that is to be found; ends at the first find"
    )
    options.add_argument("--only", default="", help="one attack, as it is printed, or all on one kind: SYNC")
    given = options.parse_args()
    if given.plant:
        PLANTS[given.plant]()
    print(f"seed {given.seed}, {given.scans} scans", flush=True)
    begun = time.monotonic()
    told = _in_parallel(given)
    for why in told.broken[:50]:
        print("BROKEN", why)
    print(json.dumps({
        "operations": told.operations, "runs": sum(told.runs.values()), "broken": len(told.broken),
        "cpu_seconds": round(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), 1),
        "seconds": round(time.monotonic() - begun, 1), "by_kind": dict(told.runs),
    }))  # fmt: skip
    return bool(told.broken)


def _in_parallel(given: argparse.Namespace) -> Told:
    """Each job carries out the whole shift, and attacks every n-th step."""
    pipes = []
    for job in range(given.jobs):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            told = _campaign(given, job).run(until_found=bool(given.plant))
            with open(writing, "w") as out:
                json.dump([told.operations, told.runs, told.broken], out)
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    whole = Told()
    for reading in pipes:
        with open(reading) as answer:
            operations, runs, broken = json.load(answer)
        whole.operations += operations
        whole.runs.update(runs)
        whole.broken += broken
        os.wait()
    return whole


def _campaign(given: argparse.Namespace, job: int) -> Campaign:
    number, parts = map(int, given.part.split("/"))
    part = ((number - 1) * given.jobs + job, parts * given.jobs)
    return Campaign(given.scans, given.seed, core=given.core, more=given.more, part=part, only=given.only)


if __name__ == "__main__":
    sys.exit(main())
