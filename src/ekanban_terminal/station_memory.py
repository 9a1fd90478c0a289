"""What a station remembers of the last seconds and minutes: double reads, command cards, what an undo would take back.

Times are seconds of the monotonic clock. Pure: nothing here stores, sends or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_core.effects import Effect
from ekanban_core.states import Intent
from ekanban_terminal.marked import Marked, changing

COMMAND_S = 10.0  # how long a command card holds for the next card
UNDO_S = 120.0  # how long the station's last scan may be taken back


@dataclass(frozen=True, slots=True)
class LastRead:
    """The newest reading of a card at a scanner; a trembling hand prolongs it."""

    scan_id: str  # of the one that counted
    intent: Intent
    by_command: bool
    at: float


@dataclass(frozen=True, slots=True)
class LastScan:
    """The station's last scan, the only one that an undo may name."""

    scan_id: str
    body: str | None
    effect: Effect | None
    at: float


class Memory(Marked):
    """Changed only after the scan that changes it was stored."""

    def __init__(self, window_s: float) -> None:
        super().__init__()
        self._window_s = window_s
        self._reads: dict[tuple[str, str], LastRead] = {}
        self._commands: dict[str, tuple[Intent, float]] = {}
        self._last: LastScan | None = None

    def command(self, scanner: str, at: float) -> Intent | None:
        """What a command card says about the next card on this scanner; None when there was none, or it has lapsed."""
        found = self._commands.get(scanner)
        return found[0] if found and 0 <= at - found[1] <= COMMAND_S else None

    def double(self, scanner: str, body: str, intent: Intent, commanded: bool, at: float) -> LastRead | None:
        """The reading that this one only repeats.

        A card that was just read under a command is repeated under it too, although the command is used up: else the
        second reading of a `receive` would be an `empty`.
        """
        last = self._reads.get((scanner, body))
        if last is None or at - last.at > self._window_s:
            return None
        same = last.intent is intent or (last.by_command and not commanded)
        return last if same else None

    def undoable(self, at: float) -> LastScan | None:
        """What an undo would name now."""
        return self._last if self._last and at - self._last.at <= UNDO_S else None

    @changing
    def command_read(self, scanner: str, intent: Intent, at: float) -> None:
        """A command card was stored."""
        self._commands[scanner] = (intent, at)

    @changing
    def card_read(self, scanner: str, body: str, read: LastRead) -> None:
        """A card was stored, or the repetition of one: a command for it is used up."""
        self._commands.pop(scanner, None)
        self._reads.pop((scanner, body), None)
        self._reads[scanner, body] = read  # last, so that the oldest stand first
        while read.at - (oldest := next(iter(self._reads.items())))[1].at > self._window_s:
            del self._reads[oldest[0]]

    @changing
    def happened(self, last: LastScan | None) -> None:
        """Anything was stored that an undo may name; None: it was an undo, after which no other is taken."""
        self._last = last
