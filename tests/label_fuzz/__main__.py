"""`make fuzz-labels INPUTS=1000000`: so many texts through PDF, ZPL and SVG; none may become more than a text."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from label_fuzz.judge import faults  # noqa: E402  # after the path
from label_fuzz.texts import texts  # noqa: E402  # see above

TOGETHER = 500  # texts on a page
SHARE = 10_000  # texts of one seed


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    began = time.monotonic()
    seeds = range(given.seed, given.seed + -(-given.inputs // SHARE))
    with ProcessPoolExecutor(given.jobs) as pool:
        found = [fault for some in pool.map(share, seeds) for fault in some]
    print(*found[:20], sep="\n")
    print(f"{len(seeds) * SHARE:,} texts, {time.monotonic() - began:.0f} s, {len(found)} faults")
    return 1 if found else 0


def share(seed: int) -> list[str]:
    """The faults of one seed's texts, each text that has one alone."""
    endless, found = texts(seed), list[str]()
    for _ in range(SHARE // TOGETHER):
        some = list(islice(endless, TOGETHER))
        if any(faults(some)):
            found += [f"seed {seed}: {text[:100]!r}: {fault}" for text in some for fault in faults([text])]
    return found


if __name__ == "__main__":
    sys.exit(main())
