"""Central's judgement of time against the stop watch of whoever pulled the triggers (all on one machine).

A scan happened between its trigger and the moment at which the kiosk showed it. What central proved by bounds must not
contradict that: what it calls late was older, and a receipt that it assumed had its minimum cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos_plant import MIN_CYCLE_S, ChaosPlant

Times = Mapping[str, tuple[float, float]]  # by scan id: trigger pulled, shown


def untruths(ledger: Sequence[Mapping[str, Any]], plant: ChaosPlant) -> list[str]:
    """Every judgement that the stop watch contradicts."""
    times: Times = {scan: at for worker in plant.workers for scan, at in worker.times.items()}
    return [*_not_late(ledger, times), *_not_passed(ledger, times)]


def _not_late(ledger: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    """An `empty` is late before the card's last closing, a step before the opening of the open signal."""
    closed_by, opened_by = dict[str, str](), dict[str, str]()
    for row in ledger:
        body, scan = row["body"], str(row["scan_id"])
        if row["kind"] == "signal_received":
            closed_by[body] = scan
        elif row["kind"] == "signal_opened":
            opened_by[body] = scan
        elif row["kind"] == "scan" and row["data"]["outcome"] == "late":
            than = (closed_by if row["data"]["scan"]["intent"] == "empty" else opened_by)[body]
            if scan in times and than in times and times[scan][0] > times[than][1]:
                yield f"ledger {row['position']}: scan {scan} is late and was made after {than}"


def _not_passed(ledger: Sequence[Mapping[str, Any]], times: Times) -> Iterator[str]:
    """A signal bears the id of the scan that opened it; an `empty` that closes one assumes its receipt."""
    intents = {str(row["scan_id"]): row["data"]["scan"]["intent"] for row in ledger if row["kind"] == "scan"}
    for row in ledger:
        scan, opening = str(row["scan_id"]), str(row["signal_id"])
        if row["kind"] != "signal_received" or intents[scan] != "empty" or not {scan, opening} <= times.keys():
            continue
        passed_s = times[scan][1] - times[opening][0]
        if passed_s < MIN_CYCLE_S:
            yield f"ledger {row['position']}: receipt assumed {passed_s:.2f} s after the opening"
