"""Reading the export of a terminal's journal: first all of it is checked, then it is read again in batches.

NotAnExport  the file cannot be imported; says why, line by line, and what to do
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from pydantic import ValidationError

from ekanban_central.intake_parsing import storable
from ekanban_core.errors import BadExport, EkanbanError
from ekanban_core.journal_export import FORMAT, MOST_LINE, VERSION, is_sealed, opened
from ekanban_core.texts import gettext as _
from ekanban_core.wire import Contact, EpochMessage

MOST_WRONG = 20  # lines that are named; of the others only how many there are
SQLITE = b"SQLite format 3\0"
Thing = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line, or (line 0) with the file; a text to translate, and what fills it."""

    line: int
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


class NotAnExport(EkanbanError):
    """This file cannot be imported."""

    def __init__(self, wrong: list[Wrong], more: int = 0) -> None:
        super().__init__(wrong[0].text, **wrong[0].facts)
        self.wrong = wrong
        self.more = more  # lines that are wrong, too, and not named


@dataclass(slots=True)
class Export:
    """What a checked file holds."""

    version: int = 0
    terminal: str | None = None
    central: str = ""  # key id of the central whose answers it had
    contact: Contact | None = None
    epochs: dict[str, EpochMessage] = field(default_factory=dict)  # in their order
    scans: int = 0
    damaged: int = 0  # scans that are no longer what was stored
    notes: list[str] = field(default_factory=list)
    sha256: str = ""


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give all lines but empty ones, with their numbers and without their ends, from the file's beginning."""
    file.seek(0)
    number = 0
    while line := file.readline(MOST_LINE + 1):
        number += 1
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if stripped := line.rstrip(b"\r\n"):
            yield number, stripped


def check(file: IO[bytes]) -> Export:
    """Read all of it. Raises NotAnExport."""
    reader = _Check()
    for number, line in lines(file):
        reader.take(number, line)
        if reader.hopeless:
            break
    reader.finish()
    file.seek(0)
    reader.export.sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # IO[bytes] fits
    return reader.export


class _Check:
    """Takes line by line, and collects what is wrong."""

    def __init__(self) -> None:
        self.export = Export()
        self.hopeless = False  # it makes no sense to read on
        self._wrong: list[Wrong] = []
        self._more = 0
        self._end: Thing | None = None
        self._begun = False
        self._at: tuple[str, int] | None = None  # epoch and number of the scan before
        self._left: set[str] = set()  # epochs that have ended

    def take(self, number: int, line: bytes) -> None:
        if not self._begun:
            self._head(number, line)
            return
        if self._end is not None:
            self._say(number, _("expected nothing behind the end of the export"), hopeless=True)
        elif len(line) > MOST_LINE:
            self._say(number, _("expected at most {most} bytes in one line"), hopeless=True, most=MOST_LINE)
        elif self.export.version > 1 and not is_sealed(line):
            self._say(number, _("its checksum does not hold: it was changed, or copied badly"))
        else:
            try:
                self._thing(number, opened(line))
            except BadExport as error:
                self._say(number, error.template)

    def finish(self) -> None:
        """Say what is missing at the end. Raises NotAnExport when anything was wrong."""
        export, counted = self.export, self._end
        if not self._begun and not self._wrong:
            self._say(0, _("The file is empty. Export the journal again."))
        if self._begun and not self._wrong and export.version > 1:
            found = {"epochs": len(export.epochs), "scans": export.scans, "damaged": export.damaged}
            if counted is None:
                self._say(
                    0, _("The file is not whole: its end is missing. Copy it again, or export the journal again.")
                )
            elif counted != found:
                self._say(
                    0, _("The file is not whole: {scans} scans and {damaged} damaged ones are in it, and it ends with"
                    " {counted}. Copy it again, or export the journal again."),
                    scans=export.scans, damaged=export.damaged, counted=str(counted)[:200],
                )  # fmt: skip
        if self._wrong:
            raise NotAnExport(self._wrong, self._more)

    def _head(self, number: int, line: bytes) -> None:
        self._begun = True
        if line.startswith(SQLITE[:-1]):
            self._say(
                0, _("This is the journal itself. Export it where it lies, and import what that writes: ekanban"
                " terminal journal --data FOLDER --export FILE"), hopeless=True,
            )  # fmt: skip
            return
        try:
            head = opened(line) if len(line) <= MOST_LINE else {}
        except BadExport:
            head = {}
        version = head.get("version")
        if head.get("format") != FORMAT or type(version) is not int or version < 1:
            self._say(
                0, _("This is not the export of a terminal's journal. Export one on the terminal, or from its folder:"
                " ekanban terminal journal --data FOLDER --export FILE"), hopeless=True,
            )  # fmt: skip
        elif version > VERSION:
            text = _("A newer release has written this export (version {version}, expected at most {known}). Bring"
                     " central up to date first.")  # fmt: skip
            self._say(0, text, hopeless=True, version=version, known=VERSION)
        elif version > 1 and not is_sealed(line):
            self._say(number, _("its checksum does not hold: it was changed, or copied badly"))
        else:
            self._facts(version, head)

    def _facts(self, version: int, head: Thing) -> None:
        export, terminal, facts = self.export, head.get("terminal"), head.get("facts")
        export.version = version
        export.terminal = terminal if isinstance(terminal, str) else None
        if isinstance(facts, dict):
            export.central = str(facts.get("central", ""))
            try:
                export.contact = Contact.model_validate_json(str(facts["contact"])) if "contact" in facts else None
            except ValidationError:
                export.contact = None  # it only makes times closer

    def _thing(self, number: int, thing: Thing) -> None:
        if isinstance(thing.get("scan"), dict):
            self.export.scans += 1
            self._in_order(number, thing["scan"])
        elif "damaged" in thing:
            self.export.damaged += 1
        elif "epoch" in thing:
            self._epoch(number, thing)
        elif isinstance(thing.get("note"), str):
            self.export.notes.append(storable(thing["note"][:500]))
        elif isinstance(thing.get("end"), dict):
            self._end = thing["end"]
        elif self.export.version <= 1 or "scan" in thing:
            self._say(number, _("expected a scan, or a start of the terminal"))

    def _epoch(self, number: int, thing: Thing) -> None:
        try:
            message = EpochMessage.model_validate(thing)
        except ValidationError:
            self._say(number, _("expected a start of the terminal: epoch, previous, previous_seq"))
            return
        self.export.epochs[message.epoch] = message

    def _in_order(self, number: int, scan: Thing) -> None:
        place = place_of(scan)
        if place is None:
            return
        epoch, seq = place
        before = self._at
        if epoch in self._left or (before and before[0] == epoch and seq <= before[1]):
            self._say(number, _("this scan stands behind a later one: the lines were put in another order"))
            return
        if before and before[0] != epoch:
            self._left.add(before[0])
        self._at = place

    def _say(self, line: int, text: str, *, hopeless: bool = False, **facts: Any) -> None:
        self.hopeless |= hopeless
        if len(self._wrong) < MOST_WRONG:
            self._wrong.append(Wrong(line, text, facts))
        else:
            self._more += 1


def place_of(scan: Thing) -> tuple[str, int] | None:
    """Epoch and number that a scan claims; None where it is none that the wire would take."""
    epoch, seq = scan.get("epoch"), scan.get("seq")
    if not isinstance(epoch, str) or not isinstance(seq, int) or isinstance(seq, bool):
        return None
    return epoch, seq
