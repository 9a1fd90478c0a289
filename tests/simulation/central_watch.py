"""What central's tables say after each commit, read without the product's code, and what must never be seen there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from ekanban_central.database import Database
from ekanban_central.register import page
from ekanban_central.replay import replay_site
from ekanban_central.sets import as_json
from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_terminal.register import Register
from simulation.broken import Broken
from simulation.device import Reading

MIN_CYCLE_MS = 600_000  # of the loops that central_plant makes
SLACK_MS = 2  # each reading of a clock is rounded down
FINAL = ("card", "signal", "review")


def dashed(hexadecimal: str | None) -> str | None:
    """An id as SQLite holds it, as the wire writes it."""
    return str(UUID(hexadecimal)) if hexadecimal else None


@dataclass
class _Cycle:
    """What truly happened to one card: when its signals were opened, released and closed."""

    opened: dict[str, int] = field(default_factory=dict)
    released: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    print_version: int = 0  # the newest print whose paper exists
    refused: bool = False  # on hold, lost or retired

    def last_closed(self) -> int | None:
        return max(self.closed.values(), default=None)


class CentralWatch:
    """Follows the ledger of a running central."""

    def __init__(self, file: Path, readings: dict[str, Reading]) -> None:
        self._file = file
        self._readings = readings
        self.connection: sqlite3.Connection | None = None
        self.begin()

    def begin(self) -> None:
        """Read everything from the start: a new database, or a restored one."""
        if self.connection is not None:
            self.connection.close()
        self.connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        self.connection.row_factory = sqlite3.Row
        self._position = 0
        self._cycles: dict[str, _Cycle] = {}
        self._did: dict[str, set[str]] = {}  # by scan: the kinds of its ledger rows
        self._follow(check=False)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        assert self.connection is not None
        return self.connection.execute(statement, values).fetchall()

    def committed(self) -> None:
        """Look at what a transaction has left."""
        twice = self.rows("SELECT body FROM signal WHERE closed_how IS NULL GROUP BY body HAVING count(*) > 1")
        if twice:
            raise Broken("3 (one signal)", f"card {twice[0]['body']} has two open signals")
        self._follow(check=True)

    def digest(self) -> str:
        """Cards, signals and reviews in one word; what repetition must not change."""
        content = [[tuple(row) for row in self.rows(f"SELECT * FROM {table} ORDER BY 1")] for table in FINAL]  # noqa: S608  # our own names
        return hashlib.sha256(repr(content).encode()).hexdigest()

    def identities(self) -> dict[str, dict[str, Any]]:
        """Scan id → where it was taken, with the content that the ledger keeps."""
        statement = """SELECT i.scan_id, i.terminal_id, i.epoch, i.seq, i.outcome, i.position, i.body, l.data,
            l.signal_id
            FROM scan_identity i LEFT JOIN ledger l ON l.site_id = 1 AND l.position = i.position"""
        found = {}
        for row in self.rows(statement):
            data = json.loads(row["data"])
            ids = {name: dashed(row[name]) for name in ("scan_id", "terminal_id", "epoch")}
            found[str(ids["scan_id"])] = {**dict(row), **ids, "data": data}
        return found

    def asides(self) -> set[str]:
        """The ids of scans that could take no place."""
        found = self.rows("SELECT l.data FROM scan_aside a JOIN ledger l ON l.site_id = 1 AND l.position = a.position")
        scans = [json.loads(row["data"])["scan"] for row in found]
        return {str(scan.get("id")) for scan in scans if isinstance(scan, dict)}

    def has(self, scan_ids: Iterable[str]) -> set[str]:
        """Which of these scans are committed here."""
        wanted = json.dumps([UUID(one).hex for one in scan_ids])
        found = self.rows("SELECT scan_id FROM scan_identity WHERE scan_id IN (SELECT value FROM json_each(?))", wanted)
        return {str(UUID(row["scan_id"])) for row in found}

    # Following the ledger.

    def _follow(self, *, check: bool) -> None:
        rows = self.rows("SELECT * FROM ledger WHERE site_id = 1 AND position > ? ORDER BY position", self._position)
        undone: list[tuple[str, str]] = []
        for row in rows:
            self._position = row["position"]
            data = json.loads(row["data"])
            if row["scan_id"] is not None:
                self._did.setdefault(str(dashed(row["scan_id"])), set()).add(row["kind"])
            if row["kind"] == "scan" and data["outcome"] == "undone" and data["reason"] == "undone":
                undone.append((str(dashed(row["scan_id"])), data["scan"]["target"]))
            if row["body"] is not None:
                self._event(row, data, check)
        for undo, target in undone:
            self._undone(undo, target)

    def _undone(self, undo: str, target: str) -> None:
        """What the target opened is closed, what it closed is open again."""
        did, undid = self._did.get(target, set()), self._did[undo]
        for done, reverse in (("signal_opened", "signal_cancelled"), ("signal_received", "signal_reopened")):
            if done in did and reverse not in undid:
                raise Broken("5 (undo reverses)", f"{undo} undoes {target}, which made {done}, and makes no {reverse}")

    def _event(self, row: sqlite3.Row, data: dict[str, Any], check: bool) -> None:
        cycle = self._cycles.setdefault(row["body"], _Cycle())
        reading = self._readings.get(str(dashed(row["scan_id"])))
        by_terminal = row["actor_kind"] == "terminal"
        if check and reading is not None and by_terminal and row["kind"] == "scan":
            _bounds(reading, data)
            self._late(reading, data, cycle)
        if row["kind"] == "print_confirmed":
            cycle.print_version = data["version"]
        elif row["kind"] in ("card_held", "card_lost", "card_found", "card_retired", "card_activated"):
            cycle.refused = row["kind"] != "card_activated"
        signal = dashed(row["signal_id"])
        if signal is None or not row["kind"].startswith("signal_"):
            return
        if check and reading is not None and by_terminal:
            _red(reading, row["kind"])
        true_ms = reading.true_ms if reading is not None else data.get("at", {}).get("earliest_ms", 0)
        match row["kind"]:
            case "signal_opened":
                if check and reading is not None and by_terminal:
                    self._opens(row, reading, cycle)
                cycle.opened[signal] = true_ms
                if data["state"] == "released":
                    cycle.released[signal] = true_ms
            case "signal_released":
                cycle.released[signal] = true_ms
            case "signal_received":
                if check and data["assumed"] and reading is not None and by_terminal:
                    _assumed(reading, cycle.released.get(signal))
                cycle.closed[signal] = true_ms
            case "signal_cancelled" if data["how"] == "cancelled":
                cycle.closed[signal] = true_ms
            case "signal_reopened":
                cycle.closed.pop(signal, None)

    def _opens(self, row: sqlite3.Row, reading: Reading, cycle: _Cycle) -> None:
        """A scan opens a signal: is it of this cycle, of valid paper, and of a card in use?"""
        closed = cycle.last_closed()
        if closed is not None and reading.true_ms + SLACK_MS < closed:
            late = closed - reading.true_ms
            raise Broken("11 (stale safety)", f"scan {reading.scan_id} of a cycle closed {late} ms later opens")
        version = version_of(reading.raw)
        if cycle.refused or (version is not None and version < cycle.print_version):
            raise Broken("11 (stale safety)", f"print {version} of {row['body']} opens: {cycle}")

    def _late(self, reading: Reading, data: dict[str, Any], cycle: _Cycle) -> None:
        if data["outcome"] != "late" or data["reason"] != "late" or reading.message.intent != "empty":
            return
        last = cycle.last_closed()
        if last is None or reading.true_ms > last + SLACK_MS:
            raise Broken("5 (no demand lost)", f"scan {reading.scan_id} is called late and was made after the closing")


def version_of(raw: bytes) -> int | None:
    """The print that was read, where it was a bare card code."""
    try:
        return CardCode.parse(raw.decode()).version
    except (BadCardCode, UnicodeDecodeError):
        return None


def in_sequence(identities: Sequence[dict[str, Any]]) -> None:
    """One terminal's scans are applied in the order of their numbers."""
    last: dict[tuple[str, str], tuple[int, int]] = {}
    for one in sorted(identities, key=lambda one: int(one["position"])):
        if one["outcome"] == "set_aside":
            continue
        key = (one["terminal_id"], one["epoch"])
        if key in last and last[key][0] >= one["seq"]:
            raise Broken("5 (in sequence)", f"epoch {key[1]}: {one['seq']} was applied after {last[key][0]}")
        last[key] = (one["seq"], one["position"])


def _bounds(reading: Reading, data: dict[str, Any]) -> None:
    if not data["counts"]:
        return
    if not data["earliest_ms"] - SLACK_MS <= reading.true_ms <= data["latest_ms"] + SLACK_MS:
        bounds = f"[{data['earliest_ms']}, {data['latest_ms']}]"
        raise Broken("10 (no trusted clock)", f"{bounds} does not hold the true time {reading.true_ms}")


def _red(reading: Reading, kind: str) -> None:
    if reading.colour == "red" and not reading.doubtful:
        raise Broken("2 (red is never carried out)", f"scan {reading.scan_id} was shown red, and made {kind}")


def _assumed(reading: Reading, released: int | None) -> None:
    if released is not None and reading.true_ms - released + SLACK_MS < MIN_CYCLE_MS:
        passed = reading.true_ms - released
        raise Broken("10 (no trusted clock)", f"receipt assumed {passed} ms after the release by {reading.scan_id}")


def is_same_register(register: Register, database: Database, name: str) -> None:
    """A terminal's register is what central would tell it now."""
    with database.reading() as connection:
        wanted = {card.body: card for card in page(connection, 1, None, 0).cards}
    for body, card in wanted.items():
        if (there := register.card(body)) != card:
            raise Broken("15 (registers reload)", f"{name} knows {there}, central says {card}")


REVIEWED = ("kind", "scan_id", "signal_id", "body", "facts", "decided_ms", "decision", "decided_by", "note")


def replays(database: Database, rows: Callable[[str], list[dict[str, Any]]]) -> None:
    """The ledger alone rebuilds cards, signals and the review desk."""
    with database.reading() as connection:
        state = replay_site(connection, 1)
    if state.cards != {row["body"]: _plain(row) for row in rows("card")}:
        raise Broken("20 (replay)", "the ledger does not rebuild the cards")
    if state.signals != {str(row["id"]): _plain(row) for row in rows("signal")}:
        raise Broken("20 (replay)", "the ledger does not rebuild the signals")
    desk = {str(row["id"]): json.loads(as_json(row)) for row in rows("review")}
    if state.reviews != {key: {name: row[name] for name in REVIEWED} for key, row in desk.items()}:
        raise Broken("20 (replay)", "the ledger does not rebuild the review desk")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(as_json(row))
    del plain["changed"]
    return plain
