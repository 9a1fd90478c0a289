"""The account after the run: what kiosks showed, what journals hold and what central's ledger says must be one story.

The database and the journals are read directly, so that no code under test helps itself out.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from chaos_plant import ChaosPlant
from chaos_truth import untruths
from chaos_worker import Worker
from psycopg.rows import dict_row

from ekanban_core.card_code import CardCode
from ekanban_terminal.journal import FILE

NOT_CARRIED_OUT = {"review", "late", "set_aside", "unknown_card"}


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that was written anywhere, read after the run."""

    ledger: list[dict[str, Any]]
    identities: dict[str, dict[str, Any]]  # by scan id
    signals: list[dict[str, Any]]
    journals: list[list[dict[str, Any]]]  # of each worker's terminal

    def problems(self, plant: ChaosPlant) -> list[str]:
        """Everything that is not as promised; empty when all is well."""
        found = [*self._fences(), *self._twice_open(), *self._scans_twice(), *untruths(self.ledger, plant)]
        for worker, journal in zip(plant.workers, self.journals, strict=True):
            found += [*self._shown(worker, journal), *self._agree(journal)]
        journalled = sum(len(journal) for journal in self.journals)
        if journalled != len(self.identities):
            found.append(f"{journalled} scans in journals, {len(self.identities)} at central")
        return found

    def outcomes(self) -> Counter[str]:
        """What central answered, by outcome."""
        return Counter(row["outcome"] for row in self.identities.values())

    def _shown(self, worker: Worker, journal: list[dict[str, Any]]) -> list[str]:
        """Every scan that a kiosk showed is in its journal and at central, and no scan that nobody made."""
        kept = {row["id"]: row for row in journal}
        found = []
        for seen in worker.watch.seen.values():
            if seen.id not in kept:
                found.append(f"shown {seen.shown} and not in the journal: {seen.id}")
            if seen.id not in self.identities:
                found.append(f"shown {seen.shown} and not at central: {seen.id}")
        found += self._ordered_too_soon(worker)
        pulled = Counter({CardCode.parse(code).shown: number for code, number in worker.pulled.items()})
        stored = Counter(json.loads(row["shown"])["code"] for row in journal)
        more = [code for code in stored if stored[code] > pulled[code]]
        return found + [f"{code}: {stored[code]} stored of {pulled[code]} read" for code in more]

    def _ordered_too_soon(self, worker: Worker) -> Iterator[str]:
        """Whatever said that a scan is ordered before central had it was not central; all clocks here are one."""
        taken = {str(row["scan_id"]): row["at_ms"] for row in self.ledger if row["kind"] == "scan"}
        for seen in worker.watch.seen.values():
            if seen.ordered_ms is not None and seen.id in taken and seen.ordered_ms < taken[seen.id]:
                early_ms = taken[seen.id] - seen.ordered_ms
                yield f"shown as ordered {early_ms} ms before it was at central: {seen.id}"

    def _agree(self, journal: list[dict[str, Any]]) -> list[str]:
        """Each scan is answered, and the answer is central's first one; sequence numbers have no hole."""
        found = []
        for row in journal:
            told = json.loads(row["answer"])["outcome"] if row["answer"] else None
            at_central = self.identities.get(row["id"], {}).get("outcome")
            if told is None or told != at_central or row["state"] in ("waiting", "dead"):
                found.append(f"scan {row['id']} is {row['state']}: told {told}, at central {at_central}")
            if row["green"] and at_central in NOT_CARRIED_OUT and row["state"] != "refused":
                found.append(f"scan {row['id']} was green and is {at_central} at central; no kiosk lists it")
        for epoch in {row["epoch"] for row in journal}:
            numbers = [row["seq"] for row in journal if row["epoch"] == epoch]
            if numbers != list(range(1, len(numbers) + 1)):
                found.append(f"epoch {epoch}: sequence numbers {numbers}")
        return found

    def _fences(self) -> list[str]:
        """Nothing looked like a fork, a gap or a restored central."""
        kinds = {"terminal_forked", "scans_missing", "generation_started"}
        return [f"ledger {row['position']}: {row['kind']} {row['data']}" for row in self.ledger if row["kind"] in kinds]

    def _scans_twice(self) -> list[str]:
        """Each scan stands in the ledger once."""
        times = Counter(str(row["scan_id"]) for row in self.ledger if row["kind"] == "scan")
        found = [f"scan {scan} stands in the ledger {number} times" for scan, number in times.items() if number != 1]
        return found + [f"scan {scan} at central without a ledger row" for scan in self.identities if scan not in times]

    def _twice_open(self) -> list[str]:
        """Opens and closes of each card take turns in the ledger, and end at what the table of signals says."""
        found, open_now = [], dict[str, str]()
        for row in self.ledger:
            body, signal = row["body"], str(row["signal_id"])
            if row["kind"] == "signal_opened":
                if body in open_now:
                    found.append(f"ledger {row['position']}: {body} has two open signals")
                open_now[body] = signal
            elif row["kind"] in ("signal_received", "signal_cancelled") and open_now.pop(body, None) != signal:
                found.append(f"ledger {row['position']}: {body} closes a signal that was not open")
        table = {row["body"]: str(row["id"]) for row in self.signals if row["closed_how"] is None}
        return found if table == open_now else [*found, f"open by the ledger {open_now}, by the table {table}"]


def account(plant: ChaosPlant) -> Account:
    """Read it all."""
    where = {"host": str(plant.server.folder), "user": "ekanban", "dbname": "chaos"}
    with psycopg.connect(**where, row_factory=dict_row) as database:
        ledger = database.execute("SELECT * FROM ledger ORDER BY site_id, position").fetchall()
        identities = database.execute("SELECT scan_id, outcome FROM scan_identity").fetchall()
        signals = database.execute("SELECT id, body, closed_how FROM signal").fetchall()
    by_id = {str(row["scan_id"]): row for row in identities}
    assert len(by_id) == len(identities)
    return Account(ledger, by_id, signals, [_journal(worker) for worker in plant.workers])


def _journal(worker: Worker) -> list[dict[str, Any]]:
    file = worker.terminal.folder / "data" / FILE
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute("SELECT * FROM scan ORDER BY n")]
    connection.close()
    return found
