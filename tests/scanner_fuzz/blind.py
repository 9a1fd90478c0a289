"""The engine that sees nothing: tapes by chance, some of them mutations of the recordings that there are.

For machines that have no wheel of atheris. What it finds it finds by numbers alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from scanner_fuzz import corpus
from scanner_fuzz.guided import FAILED, Account
from scanner_fuzz.judge import inputs, judge

LONGEST = 2000  # bytes of a tape


def tapes(seed: int) -> Iterator[bytes]:
    """All tapes of a seed, without end; those of the recordings come first."""
    yield from corpus.tapes()
    yield from chances(seed)


def chances(seed: int) -> Iterator[bytes]:
    """The tapes of a seed that chance makes."""
    chance = random.Random(seed)  # noqa: S311 -- no secret
    known = list(corpus.tapes())
    while True:
        yield chance.randbytes(chance.randint(2, 150)) if chance.random() < 0.7 else _changed(chance, known)


def _changed(chance: random.Random, known: list[bytes]) -> bytes:
    tape = bytearray(chance.choice(known)[: chance.randint(3, LONGEST)])
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(tape) + 1)
        tape[place : place + chance.choice([0, 0, 1, 5])] = chance.randbytes(chance.choice([0, 1, 1, 4]))
    return bytes(tape)


def fuzz(folder: Path, number: int, seed: int, target: int) -> int:
    """Give inputs until the target is reached, or one fails."""
    account = Account(folder / f"account-{number}")
    for tape in tapes(seed + number):
        found = judge(tape)
        if found.broken:
            (folder / f"failed-{number}").write_bytes(tape)
            return FAILED
        if account.add(inputs(found.recording)) >= target:
            break
    return 0
