"""A floor on which several terminals and central print cards at once, mostly without hearing of each other.

Papers are what really lies there. Whatever happens, in whatever order: no two papers carry the same version, the valid
print of a card is one that exists, and once central has confirmed a print all older paper of its card is refused.
The terminals' print books are real ones and get lost: deleted, put back from a copy, the device re-imaged or cloned.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from central_plant import Plant, Terminal
from print_world import UnsyncedDisk
from sqlalchemy import select

from ekanban_central import master, reserves, terminal_prints
from ekanban_central.answered_once import Sender
from ekanban_central.changes import Change, store
from ekanban_central.ledger import SITE, SYSTEM, Actor
from ekanban_central.loading import load
from ekanban_central.print_books import BookCopied
from ekanban_central.print_reports import parse
from ekanban_core import lifecycle
from ekanban_core.card_code import CardCode
from ekanban_core.decision import Decision
from ekanban_core.facts import Card, Message
from ekanban_core.judgement import Standing
from ekanban_core.states import CardState, Outcome, PrintAnswer, PrintReason
from ekanban_core.wire import CardPrint, EpochMessage, PrintReport, ReserveRequest
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.jobs import NOTHING, Ended, Job, Report, State

LIFE = "life"  # of central's ledger
Paper = tuple[str, int]  # a card, and the version that this paper carries


@dataclass
class Printer:
    """A terminal with a printer of its own. It knows only what it heard when it last could reach central."""

    terminal: Terminal
    folder: Path  # its memory
    device: str  # what its hardware says
    known: dict[str, Card] = field(default_factory=dict)  # its register
    copies: list[Path] = field(default_factory=list)  # of its book, while it was in use
    images: list[Path] = field(default_factory=list)  # of its whole memory, while it was off

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.book = self._opened()

    @property
    def file(self) -> Path:
        """Its print book."""
        return self.folder / "prints.sqlite"

    def _opened(self) -> Book:
        return Book(self.file, UnsyncedDisk(), self.device)

    def start(self) -> None:
        """It was off, and is on again."""
        self.book.close()
        self.book = self._opened()


class PrintFloor:
    """Random steps from a seed; `check` after each says what broke."""

    def __init__(self, plant: Plant, folder: Path, seed: int, terminals: int = 3) -> None:
        self.plant = plant
        self.folder = folder
        self.random = Random(seed)  # noqa: S311  # a test that can be repeated
        self.printers = [
            Printer(plant.terminal(f"Line {number}"), folder / f"line-{number}", f"device {number}")
            for number in range(1, terminals + 1)
        ]
        self.papers: list[Paper] = [(body, 1) for body in plant.cards]
        self.at_central: list[tuple[str, int, bool]] = []  # prints of central on their way; whether paper came out
        self.told: list[str] = []
        self.copied = 0
        for printer in self.printers:
            self._hear(printer)

    def run(self, steps: int, only: Sequence[str] = ()) -> None:
        """Let things happen; `only`: these."""
        acts = [getattr(self, name) for name in only] or [
            *[self.ask] * 6, *[self.print_offline] * 8, *[self.send] * 3, self.central_prints, self.central_hears,
            *[self.scan] * 3, self.change_quantity, self.lose, self.restart,
            self.delete_book, self.copy_book, self.put_copy_back, self.image, self.restore_image, self.clone,
        ]  # fmt: skip
        for _ in range(steps):
            self.plant.pass_s(self.random.randint(1, 90))
            act = self.random.choice(acts)
            self.told.append(act.__name__)
            act()
            self.check()

    def close(self) -> None:
        """Give the books back."""
        for printer in self.printers:
            printer.book.close()

    def ask(self, printer: Printer | None = None, *, heard: bool = False) -> None:
        """A terminal reaches central: it asks for versions, and its register comes up to date."""
        printer = printer or self.random.choice(self.printers)
        request = ReserveRequest(
            terminal=str(printer.terminal.id),
            epoch=EpochMessage(epoch=printer.terminal.epoch),
            bodies=self.random.sample(self.plant.cards, 2) if not heard else self.plant.cards,
            held=[CardPrint(body=one.body, print_version=one.version) for one in printer.book.reserve()],
            book=printer.book.asks(),
        )
        try:
            with self.plant.database.transaction() as connection:
                given = reserves.given(
                    connection, self.plant.site_id, printer.terminal.id, request, self.plant.now, write=True
                )
        except BookCopied:  # its memory goes on in another device
            return
        assert given is not None
        if heard or self.random.random() < 0.8:  # else the answer is lost
            versions = [Reserved(one.body, one.print_version, LIFE) for one in given.given]
            printer.book.put(versions, request.book, given.mark)
        self._hear(printer)

    def print_offline(self) -> None:
        """A terminal prints from its reserve, whatever has happened elsewhere."""
        printer = self.random.choice(self.printers)
        body = self.random.choice([one.body for one in printer.book.reserve()] or self.plant.cards)
        self._say_what_came_out(printer, body)
        version = printer.book.reserved(body, LIFE, printer.known[body].print_version)
        if version is None:
            return
        job = printer.book.add(Job(self._id(), body, PrintReason.LOST, State.QUEUED, self.plant.now))
        job = printer.book.start(job, version)
        end, came_out = self.random.choice([
            (State.DONE, True), (State.DONE, True), (State.UNKNOWN, True), (State.UNKNOWN, False),
            (State.FAILED, False), (None, True), (None, False),
        ])  # fmt: skip
        if came_out:
            self.papers.append((body, version))
        if end is None:  # the power goes
            self._start(printer)
        else:
            printer.book.end(job, end, NOTHING, self._ended(printer))

    def send(self, printer: Printer | None = None, *, heard: bool = False) -> None:
        """A terminal reports, and perhaps does not hear that it was heard."""
        printer = printer or self.random.choice(self.printers)
        reports = [_on_the_wire(one) for one in printer.book.to_tell(50)]
        if not reports:
            return
        with self.plant.database.transaction() as connection:
            site = connection.execute(select(SITE).where(SITE.c.id == self.plant.site_id)).mappings().one()
            sender = Sender(printer.terminal.id, dict(site), Standing.GOOD)
            taken = terminal_prints.take(connection, sender, parse(reports, PrintReport), self.plant.now)
        for told, result in zip(reports, taken.results, strict=True):
            assert result.answer is not PrintAnswer.SET_ASIDE, (told, result.message)
            if result.answer is PrintAnswer.CONFIRMED and not result.repeated:
                assert self.card(told["body"]).print_version >= told["print_version"], told
        if heard or self.random.random() < 0.8:
            for told in reports:
                printer.book.told(told["id"])

    def central_prints(self) -> None:
        """Central gives a print to a printer of its own."""
        body = self.random.choice(self.plant.cards)
        card, events = lifecycle.print_made(self.card(body))
        self._change(body, card, events)
        came_out = self.random.random() < 0.7
        if came_out:
            self.papers.append((body, card.pending_version))
        self.at_central.append((body, card.pending_version, came_out))

    def central_hears(self) -> None:
        """A printer of central's says that the paper is out."""
        if self.at_central:
            body, version, came_out = self.at_central.pop(self.random.randrange(len(self.at_central)))
            if came_out:
                self._change(body, *lifecycle.print_confirmed(self.card(body), version))

    def scan(self) -> None:
        """Somebody scans a paper that lies there."""
        (body, version), printer = self.random.choice(self.papers), self.random.choice(self.printers)
        before = self.card(body)
        intent = self.random.choice(["empty", "receive", "lookup"])
        scan = printer.terminal.reading(CardCode(body, version).text.encode(), intent)
        (result,) = printer.terminal.send(scan).results
        if intent == "empty" and version < before.print_version:
            assert result.outcome in (Outcome.SUPERSEDED_PRINT, Outcome.LATE), (body, version, result.outcome)

    def change_quantity(self) -> None:
        """All paper of the loop is stale."""
        with self.plant.database.transaction() as connection:
            desk = master.Desk(connection, self.plant.site_id, SYSTEM, self.plant.now, self.plant.random)
            master.change_loop(desk, self.plant.loop_id, {"quantity": self.random.randint(1, 10_000)})

    def lose(self) -> None:
        """A card is reported lost."""
        body = self.random.choice(self.plant.cards)
        if self.card(body).state is CardState.ACTIVE:
            self._change(body, *lifecycle.lose(self.card(body)))

    def restart(self) -> None:
        """A terminal begins a new epoch."""
        printer = self.random.choice(self.printers)
        printer.terminal.restart()
        self._start(printer)

    # How a book gets lost.

    def delete_book(self) -> None:
        """Somebody deletes the book, and perhaps what lies beside it."""
        printer = self.random.choice(self.printers)
        printer.book.close()
        printer.file.unlink(missing_ok=True)
        if self.random.random() < 0.5:
            (printer.folder / "prints.mark").unlink(missing_ok=True)
        self._start(printer)

    def copy_book(self) -> None:
        """A backup copies the book of a terminal that is at work."""
        printer = self.random.choice(self.printers)
        if printer.file.exists():
            printer.copies.append(Path(shutil.copy(printer.file, self._copy())))

    def put_copy_back(self) -> None:
        """Somebody puts an older book back."""
        printer = self.random.choice(self.printers)
        if printer.copies:
            printer.book.close()
            shutil.copy(self._mostly_newest(printer.copies), printer.file)
            self._start(printer)

    def image(self) -> None:
        """The memory of a terminal that is off is copied."""
        printer = self.random.choice(self.printers)
        printer.book.close()
        printer.images.append(Path(shutil.copytree(printer.folder, self._copy())))
        self._start(printer)

    def restore_image(self) -> None:
        """A terminal gets an older memory, on a new SD card."""
        printer = self.random.choice(self.printers)
        if printer.images:
            printer.book.close()
            shutil.rmtree(printer.folder)
            shutil.copytree(self._mostly_newest(printer.images), printer.folder)
            printer.device = f"{printer.device} with a new card"
            self._start(printer)

    def clone(self) -> None:
        """A second device gets a terminal's memory, and both go on."""
        printer = self.random.choice(self.printers)
        if printer.images and len(self.printers) < 5:
            folder = Path(shutil.copytree(self._mostly_newest(printer.images), self._copy()))
            self.printers.append(Printer(printer.terminal, folder, f"device of {folder.name}", dict(printer.known)))
            self._start(self.printers[-1])

    # What must hold.

    def check(self) -> None:
        """What must hold at every moment."""
        twice = [paper for paper, count in Counter(self.papers).items() if count > 1]
        assert not twice, f"two papers carry the same version: {twice}"
        for body in self.plant.cards:
            card = self.card(body)
            assert (body, card.print_version) in self.papers, f"{body} is left without a valid paper: {card}"
            newest = max(version for name, version in self.papers if name == body)
            assert newest <= card.pending_version, f"{body}: a paper bears a version that nobody gave: {newest}"

    def card(self, body: str) -> Card:
        """As central knows it now."""
        with self.plant.database.reading() as connection:
            return load(connection, [body], lock=False)[body].card

    def _hear(self, printer: Printer) -> None:
        printer.known = {body: self.card(body) for body in self.plant.cards}

    def _start(self, printer: Printer) -> None:
        """A terminal starts, and settles what it was doing."""
        printer.start()
        if printer.book.is_begun:
            printer.book.cut_off(lambda: self._ended(printer))

    def _say_what_came_out(self, printer: Printer, body: str) -> None:
        """A person answers the kiosk's question: no second print begins before."""
        for job in printer.book.unknown() if printer.book.is_begun else ():
            if job.body == body:
                state = State.DONE if (body, job.version) in self.papers else State.FAILED
                printer.book.end(job, state, NOTHING, self._ended(printer))

    def _ended(self, printer: Printer) -> Ended:
        return Ended(self._id(), "", printer.terminal.boot_id, printer.terminal.boottime_ms)

    def _id(self) -> str:
        return str(UUID(bytes=self.plant.random(16), version=4))

    def _mostly_newest(self, paths: list[Path]) -> Path:
        return paths[-1] if self.random.random() < 0.7 else self.random.choice(paths)

    def _copy(self) -> Path:
        self.copied += 1
        return self.folder / f"copy-{self.copied}"

    def _change(self, body: str, card: Card, events: Any) -> None:
        with self.plant.database.transaction() as connection:
            loaded = load(connection, [body])[body]
            decision = Decision(Outcome.ADVANCED, Message("advanced"), tuple(events), card, loaded.signal)
            change = Change(loaded, decision, Actor("system"))
            store(connection, self.plant.site_id, [change] if events else [], self.plant.now)


def _on_the_wire(report: Report) -> dict[str, Any]:
    job, ended = report.job, report.ended
    return {
        "id": ended.id, "body": job.body, "print_version": job.version, "reason": str(job.reason),
        "end": str(report.end), "boot_id": ended.boot_id, "boottime_ms": ended.boottime_ms, "age_ms": 0,
    }  # fmt: skip
