"""What people and central were told, against what the journal holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ekanban_core.states import Colour, Outcome
from ekanban_core.wire import EpochMessage, ScanMessage, ScanResult
from ekanban_terminal import journal_rows
from ekanban_terminal.station import Taken

Row = tuple[str, str, int, str, int, str, str, str | None]
Epoch = tuple[str, str | None, int, int]


class Broken(AssertionError):
    """A promise of storage does not hold."""


def is_poison(scan_id: str) -> bool:
    """Whether central can never take this scan."""
    return scan_id.endswith("0")


class Ledger:
    """One terminal's account."""

    def __init__(self) -> None:
        self.kept: dict[str, ScanMessage] = {}  # given back as stored
        self.order: dict[str, None] = {}  # as central got them
        self._text: dict[str, str] = {}  # of what was given back as stored
        self._green: set[str] = set()
        self._refused: set[str] = set()  # shown as not stored; the journal was not reopened since
        self._void: set[str] = set()  # shown as not stored, and the same process has reopened the journal
        self._open: set[str] = set()  # tried; nobody was told, or the process died before it could correct
        self._answered: set[str] = set()
        self._gone: set[str] = set()  # answered long enough ago to be forgotten
        self._at_central: dict[str, str] = {}
        self._chain: dict[str, int] = {}  # epoch -> newest sequence number at central

    # What the terminal says.

    def tried(self, scan_id: str) -> None:
        """A scan is on its way to the disk."""
        self._open.add(scan_id)

    def stored(self, message: ScanMessage) -> None:
        """The journal says that it is on the disk."""
        if message.id in self.kept:
            raise Broken(f"{message.id} was stored twice")
        self.kept[message.id] = message
        self._text[message.id] = journal_rows.to_json(message)
        self._open.discard(message.id)

    def shown(self, taken: Taken, *, failed: bool, struck: int) -> None:
        """A person has seen it. `failed`: the journal was out of use; `struck`: faults unnoticed until then."""
        if taken.stored:
            if failed or struck:
                raise Broken(f"{taken.entry.id} counts after a failure, and the journal was not reopened")
            if taken.entry.colour is Colour.GREEN:
                self._green.add(taken.entry.id)
            return
        if taken.entry.colour is Colour.GREEN or taken.entry.stored:
            raise Broken(f"{taken.entry.id} is not stored and looks as if it were")
        self._refused.add(taken.entry.id)
        self._open.discard(taken.entry.id)

    def reopened(self) -> None:
        """The journal was opened and checked by the process that had refused."""
        self._void |= self._refused
        self._refused.clear()

    def process_died(self) -> None:
        """Nobody knows any more what was refused since the last opening."""
        self._open |= self._refused
        self._refused.clear()

    def settled(self, scan_ids: Iterable[str]) -> None:
        """Central's answers are on the disk."""
        self._answered |= set(scan_ids)

    def may_be_forgotten(self) -> None:
        """The journal is told to let go of what central has had for long."""
        self._gone |= self.order.keys() & self._answered

    # What central gets.

    def central(self, message: ScanMessage, epochs: Sequence[EpochMessage]) -> ScanResult:
        """Take a scan as central does: in sequence, once, never with another content."""
        text = journal_rows.to_json(message)
        if (before := self._at_central.setdefault(message.id, text)) != text:
            raise Broken(f"{message.id} changed from {before} to {text}")
        if message.id not in self.order:
            self._next(message, epochs)
            self.order[message.id] = None
        refuses = message.seq % 5 == 0
        return ScanResult(id=message.id, outcome=Outcome.REVIEW if refuses else Outcome.OPENED, message="")

    def _next(self, message: ScanMessage, epochs: Sequence[EpochMessage]) -> None:
        known = self._chain.get(message.epoch)
        if known is None:
            about = next(one for one in epochs if one.epoch == message.epoch)
            if about.previous is not None and self._chain.get(about.previous) != about.previous_seq:
                raise Broken(f"{about} does not follow on {self._chain}")
        if message.seq != (known or 0) + 1:
            raise Broken(f"central expects {known or 0} + 1 of {message.epoch}, and got {message.seq}")
        self._chain[message.epoch] = message.seq

    def all_arrived(self) -> None:
        """Everything green has come to central as it was, and nothing that was refused will be carried out."""
        for scan_id, text in self._text.items():
            if not is_poison(scan_id) and self._at_central.get(scan_id) != text:
                raise Broken(f"{scan_id} came to central otherwise than it was stored")
        for scan_id in self._void & self.order.keys():
            if ScanMessage.model_validate_json(self._at_central[scan_id]).local_outcome is not Outcome.SET_ASIDE:
                raise Broken(f"{scan_id} was refused here, and central carries it out")

    def epochs_stored(self) -> set[str]:
        """The epochs of which something was stored."""
        return {message.epoch for message in self.kept.values()}

    # What the journal holds.

    def compare(self, rows: Sequence[Row], epochs: Sequence[Epoch]) -> None:
        """Everything that was said is there, once, in sequence."""
        found = {row[0]: row for row in rows}
        if lost := self.kept.keys() - found.keys() - self._gone:
            raise Broken(f"lost: {sorted(lost)}, of which green: {sorted(lost & self._green)}")
        if strange := found.keys() - self.kept.keys() - self._void - self._open - self._refused:
            raise Broken(f"never tried: {sorted(strange)}")
        for scan_id, text in self._text.items():
            if scan_id in found and found[scan_id][5] != text:
                raise Broken(f"{scan_id} is not what was stored")
        for scan_id in self._answered & found.keys():
            if found[scan_id][3] == "waiting":
                raise Broken(f"central's answer to {scan_id} is lost")
        for scan_id in self._void & found.keys():
            self._is_void(found[scan_id])
        _whole(rows, epochs, self._gone)

    def _is_void(self, row: Row) -> None:
        scan_id, _epoch, _seq, _state, green, message, shown, after = row
        outcome = ScanMessage.model_validate_json(message).local_outcome
        if green or after is not None or outcome is not Outcome.SET_ASIDE or '"stored":false' not in shown:
            raise Broken(f"{scan_id} was refused, and the journal holds it as if it counted")


def _whole(rows: Sequence[Row], epochs: Sequence[Epoch], gone: set[str]) -> None:
    """Each epoch names the one before, and its scans are 1, 2, 3 … but for those forgotten."""
    before: tuple[Any, int] = (None, 0)
    for epoch, previous, previous_seq, last in epochs:
        if (previous, previous_seq) != before:
            raise Broken(f"epoch {epoch} follows on {previous}/{previous_seq}, and {before} was before it")
        seqs = [row[2] for row in rows if row[1] == epoch]
        if seqs != sorted(set(seqs)) or (seqs and seqs[-1] > last):
            raise Broken(f"epoch {epoch} has {seqs}, counted up to {last}")
        if len(seqs) < last and last - len(seqs) > len(gone):
            raise Broken(f"epoch {epoch} has {len(seqs)} of {last} scans, and only {len(gone)} may be forgotten")
        before = (epoch, last)
