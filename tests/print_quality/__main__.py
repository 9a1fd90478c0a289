"""`make print-quality CARDS=1000`: random cards of every layout are printed, measured, read, worn and read again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support")]

from ekanban_labels import layout_file  # noqa: E402  # after the path
from ekanban_labels.profile import RESOLUTIONS  # noqa: E402  # see above
from print_quality import report  # noqa: E402  # see above
from print_quality.run import run  # noqa: E402  # see above
from print_quality.tally import Tally  # noqa: E402  # see above


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=1_000, help="of every layout and resolution")
    parser.add_argument("--labels", type=int, help="of these as ZPL; as many as cards if not said")
    parser.add_argument("--layout", action="append", help="one alone; may be repeated")
    parser.add_argument("--dpi", action="append", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", type=Path, help="a table into this file")
    given = parser.parse_args()
    labels = given.cards if given.labels is None else given.labels
    began = time.monotonic()
    # The largest first, so that no processor waits for the other's at the end
    combinations = sorted(
        product(given.layout or layout_file.names(), given.dpi or RESOLUTIONS), key=lambda one: (-one[1], one[0])
    )
    with ProcessPoolExecutor(given.jobs) as pool:
        waiting = [pool.submit(run, name, dpi, given.cards, labels, given.seed) for name, dpi in combinations]
        tallies = [_told(one.result(), began) for one in waiting]
    tallies.sort(key=lambda tally: (tally.layout, tally.dpi))
    if given.write:
        given.write.write_text(report.table(tallies, given.cards, labels, given.seed))
    faults = [fault for tally in tallies for fault in tally.faults if "worn" not in fault]
    for fault in faults:
        print(fault)
    return 1 if faults or not report.tolerated(tallies) else 0


def _told(tally: Tally, began: float) -> Tally:
    print(f"{time.monotonic() - began:5.0f} s  {report.line(tally)}", flush=True)
    return tally


if __name__ == "__main__":
    sys.exit(main())
