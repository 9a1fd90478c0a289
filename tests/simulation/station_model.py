"""What a station ought to make of a reading, said once more in few words: double reads, command cards, undo.

An independent reading of language.md, in true time; where a bound is too close to call, it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ekanban_core.states import Intent
from simulation.broken import Broken
from simulation.device import ROLES, WINDOW_S, Reading, is_card

EDGE_S = 0.02
COMMAND_S = 10.0
UNDO_S = 120.0
DOUBLE = "10 (double reads by elapsed time)"
COMMAND = "5 (a command holds for the next card)"
COMMANDS = {f"EKC-{intent.value.upper()}".encode(): intent for intent in Intent}


@dataclass
class _Read:
    scan_id: str
    intent: Intent
    at: float
    commanded: bool


@dataclass
class StationModel:
    """One life of a station. Times are of its machine's monotonic clock."""

    last: tuple[str, float] | None = None  # what an undo would take back
    reads: dict[tuple[str, bytes], _Read] = field(default_factory=dict)
    commands: dict[str, tuple[Intent, float]] = field(default_factory=dict)

    def judge(self, reading: Reading) -> None:
        """Compare what the product made of a reading, before it is stored. Raises Broken."""
        message = reading.message
        if message.intent is Intent.UNDO:
            self._undo(reading, message)
        elif reading.raw not in COMMANDS and is_card(reading.raw):
            self._double(reading, message)
            self._intent(reading, message)

    def stored(self, reading: Reading) -> None:
        """It is in the journal: remember it."""
        message, at = reading.message, reading.at
        if message.intent is Intent.UNDO:
            self.last = None
            return
        if reading.raw in COMMANDS:
            self.commands[reading.scanner] = (COMMANDS[reading.raw], at)
            return
        if is_card(reading.raw):
            commanded = self.commands.pop(reading.scanner, None) is not None or reading.intent is not None
            first = message.duplicate_of or message.id
            self.reads[reading.scanner, body_of(reading.raw)] = _Read(first, message.intent, at, commanded)
        if message.duplicate_of is None:
            self.last = (message.id, at)

    def _undo(self, reading: Reading, message: Any) -> None:
        if self.last is None or reading.at - self.last[1] > UNDO_S + EDGE_S:
            wanted = None
        elif reading.at - self.last[1] < UNDO_S - EDGE_S:
            wanted = self.last[0]
        else:
            return
        if message.target != wanted:
            raise Broken("5 (undo names the station's last scan)", f"expected {wanted}, got {message.target}")

    def _double(self, reading: Reading, message: Any) -> None:
        before = self.reads.get((reading.scanner, body_of(reading.raw)))
        passed = reading.at - before.at if before else None
        if before is None or passed is None or passed > WINDOW_S + EDGE_S:
            if message.duplicate_of is not None:
                raise Broken(DOUBLE, f"{passed} s after the last reading it is a double read")
            return
        same = self._role(reading) is before.intent and not before.commanded
        if passed < WINDOW_S - EDGE_S and same and message.duplicate_of != before.scan_id:
            raise Broken(DOUBLE, f"{passed:.3f} s after the last reading it counts again")

    def _role(self, reading: Reading) -> Intent:
        command = self.commands.get(reading.scanner)
        if reading.intent is None and command and reading.at - command[1] <= COMMAND_S:
            return command[0]
        return reading.intent or ROLES.get(reading.scanner, Intent.EMPTY)

    def _intent(self, reading: Reading, message: Any) -> None:
        command = self.commands.get(reading.scanner)
        if message.duplicate_of is not None or (command and abs(reading.at - command[1] - COMMAND_S) < EDGE_S):
            return
        if message.intent is not self._role(reading):
            raise Broken(
                "5 (a command holds for the next card)", f"expected {self._role(reading)}, got {message.intent}"
            )


def body_of(raw: bytes) -> bytes:
    return raw[:8]
