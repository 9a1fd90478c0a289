"""Real processes only: thousands of scans while central, its database, the terminals and their links fail at random.

`make chaos SCANS=2000 SEED=7` runs it as long as wanted; the short form is what a merge runs.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from pathlib import Path

import pytest
from chaos_account import account
from chaos_faults import counted, drawn
from chaos_plant import chaos_plant
from chaos_run import ChaosRun

SCANS = int(os.environ.get("CHAOS_SCANS", "150"))
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(240 + SCANS),
    *(pytest.mark.needs(name) for name in ("postgresql", "ip", "nft")),
]


def test_every_green_scan_is_accounted_for_whatever_was_killed_and_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    longest_s = 2.0 if SCANS < 500 else 6.0
    try:
        with chaos_plant(tmp_path, SEED) as plant:
            run = ChaosRun(plant, SCANS, drawn(SEED, SCANS, len(plant.workers), longest_s))
            run.run()
            found = account(plant)
            problems = found.problems(plant)
            open_by_api = {signal["id"] for signal in plant.central.open_signals()}
    except BaseException:
        _keep(tmp_path)
        raise

    shown = [seen for worker in plant.workers for seen in worker.watch.seen.values()]
    with capsys.disabled():
        print(
            f"\nchaos: seed {SEED}: {SCANS} scans, {sum(seen.green for seen in shown)} green, in {run.took_s:.0f} s;"
            f" settled {run.settled_s:.0f} s later; {counted(run.faults)};"
            f" triggers pulled {sum(worker.pulled.total() for worker in plant.workers)};"
            f" at central {json.dumps(dict(found.outcomes()))}"
        )
    if problems:
        _keep(tmp_path)
    assert problems == []
    assert open_by_api == {str(signal["id"]) for signal in found.signals if signal["closed_how"] is None}
    assert sum(worker.answered for worker in plant.workers) == SCANS
    assert len(shown) >= SCANS


def _keep(folder: Path) -> None:
    """Say how to repeat a failure, and leave logs and journals where they can be read."""
    kept = Path("chaos-failed")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("ttyUSB*"))
    print(
        f"failed: make chaos SCANS={SCANS} SEED={SEED}; logs and journals: {kept.resolve()}",
        file=sys.stderr,
    )
