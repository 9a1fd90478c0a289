"""Promise 5, seen from the bins: a card that was read at an empty bin after its full bin had come is known to somebody.

Read from what truly happened: when each card was read, and the order in which central wrote it down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulation.broken import Broken
from simulation.central_watch import SLACK_MS, CentralWatch, dashed
from simulation.device import Reading

QUESTIONS = ("probably_received", "cycle_unclear", "empty_meanwhile")


def nobody_has_lost_a_demand(
    central: CentralWatch, readings: Mapping[str, Reading], identities: Mapping[str, dict[str, Any]]
) -> None:
    """Each `empty` that was answered with an open order, and whose order then ended too early to serve it."""
    ends = _ends(central)
    asked_about = {
        dashed(row["signal_id"])
        for row in central.rows("SELECT kind, signal_id FROM review")
        if row["kind"] in QUESTIONS
    }
    undone = (one["data"]["scan"] for one in identities.values() if one["outcome"] == "undone")
    taken_back = {scan.get("target") for scan in undone}
    for scan_id, found in identities.items():
        reading, signal = readings.get(scan_id), dashed(found["signal_id"])
        if reading is None or reading.message.intent != "empty" or found["outcome"] != "already_open":
            continue
        end = ends.get(str(signal))
        if end is None or signal in asked_about or scan_id in taken_back:
            continue
        position, closing, never_was = end
        receipt = readings.get(closing)
        too_early = receipt is not None and receipt.true_ms + SLACK_MS < reading.true_ms
        if found["position"] < position and (too_early or never_was) and not _ordered(central, found["body"], position):
            raise Broken("5 (no demand lost)", f"{scan_id} found {signal} open, which {closing} ended: nobody is asked")


def _ends(central: CentralWatch) -> dict[str, tuple[int, str, bool]]:
    """Of each signal that a scan has ended for good: where in the ledger, by which scan, and whether it never was."""
    ends: dict[str, tuple[int, str, bool]] = {}
    kinds = "('signal_received', 'signal_cancelled', 'signal_reopened')"
    for row in central.rows(
        f"SELECT * FROM ledger WHERE kind IN {kinds} AND actor_kind = 'terminal' ORDER BY position"  # noqa: S608  # ours
    ):
        data, signal, scan = json.loads(row["data"]), str(dashed(row["signal_id"])), str(dashed(row["scan_id"]))
        if row["kind"] == "signal_reopened":
            ends = {key: end for key, end in ends.items() if key != signal and end[1] != scan}
        elif not data.get("assumed"):
            ends[signal] = (row["position"], scan, row["kind"] == "signal_cancelled")
    return ends


def _ordered(central: CentralWatch, body: str, position: int) -> bool:
    """Whether the card was ordered again since."""
    statement = "SELECT 1 FROM ledger WHERE kind = 'signal_opened' AND body = ? AND position > ?"
    return bool(central.rows(statement, body, position))
