"""How a run has ended: everything that central and the terminals hold, without what wall clocks put into it.

Scans are numbered by UUIDs that begin with the terminal's wall clock, and say that clock's time; both are left out, and
nothing else is.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from simulation.disk import rows

if TYPE_CHECKING:
    from simulation.floor import Floor

CENTRAL = ("scan_identity", "scan_aside", "signal", "card", "review", "ledger", "terminal", "terminal_epoch")
TIMED = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?(7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12})\b")
SHOWN_TIME = re.compile(r"""["'](?:scanned_at|at_ms)["']:\s*(?:["'][^"']*["']|\d+)""")
STAND_IN = re.compile(r'"raw":\s*"' + re.escape(base64.b64encode(b"STAND-IN ").decode()[:12]) + '[^"]*"')
MARK = re.compile(r"\b(r?[0-9a-f]{16})\.[0-9a-f]+-[0-9a-f]+:")  # in a cursor: a fingerprint of what was written
OF_CONTENT = ("hash", "content_hash", "mark", "at_ms", "number")  # of what holds a wall clock's time, and our own times
JOURNAL = """SELECT n, seq, state, green, body, message, answer, json_extract(shown, '$.colour') AS colour
    FROM scan ORDER BY n"""  # what is shown besides has the wall clock's time, until central is heard
AMBER = re.compile(r"""(["']local_outcome["']:) ["'](?:already_open|review)["']""")  # see CentralTime.moment

_MASKS = ((TIMED, r"\1"), (SHOWN_TIME, ""), (STAND_IN, ""), (MARK, r"\1:"), (AMBER, r"\1 amber"))
Ended = tuple[str, ...]


def ended(floor: Floor) -> Ended:
    """One line for each row."""
    lines = [f"central {table}: {line}" for table in CENTRAL for line in _lines(_table(floor, table))]
    for name, device in sorted(floor.devices.items()):
        lines += [f"{name}: {line}" for line in _lines(rows(device.disk.snapshot(), JOURNAL))]
    return tuple(lines)


def difference(one: Ended, other: Ended) -> str:
    """What only one of both has, at most a few lines."""
    only, also = sorted(set(one) - set(other)), sorted(set(other) - set(one))
    return "\n".join([*(f"  - {line}" for line in only[:4]), *(f"  + {line}" for line in also[:4])])


def _table(floor: Floor, table: str) -> list[sqlite3.Row]:
    return floor.oracle.central.rows(f"SELECT * FROM {table}")  # noqa: S608  # our own names


def _lines(found: Iterable[sqlite3.Row]) -> list[str]:
    return sorted(_line(dict(row)) for row in found)


def _line(row: dict[str, Any]) -> str:
    text = json.dumps({name: _plain(value) for name, value in row.items() if name not in OF_CONTENT})
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text.replace("-", "")


def _plain(value: Any) -> Any:
    """JSON in a column as JSON, so that no quotes are escaped."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
