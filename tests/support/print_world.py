"""The print desk of a terminal without threads of its own: a press that does what a test says, the scripted central."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from terminal_world import BODY, HastyDisk, World

from ekanban_core.ids import uuid7
from ekanban_core.states import PrintReason
from ekanban_core.wire import RegisterCard
from ekanban_terminal.clock import rfc3339
from ekanban_terminal.disk import Disk
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.desk import Desk
from ekanban_terminal.printing.jobs import Ended, Job, PrintRefused, Why, Wish
from ekanban_terminal.printing.messenger import Messenger
from ekanban_terminal.printing.press import Press, Result, Sent, Sheet, Standing


class Unsynced(sqlite3.Connection):
    """Waits for no flush, whatever the product orders: where no power is cut."""

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        return super().execute("PRAGMA synchronous = OFF" if "synchronous" in statement else statement, *parameters)


class UnsyncedDisk(HastyDisk):
    """A disk of such."""

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        return super().connect(path, factory=Unsynced, **options)


READY = Standing(True)
NO_PAPER = Standing(False, Why("There is no paper. Put a new roll in."))


class FakePress:
    """Prints onto a list. `paper` outlives the terminal: what came out of the printer stays out."""

    def __init__(self) -> None:
        self.sent: list[str] = []  # "7K3QM9X2/2", in the order in which bytes went out
        self.names: list[str] = []
        self.sheets: list[Sheet] = []
        self.standing = READY
        self.outcome = Sent(Result.DONE)
        self.refuses: PrintRefused | None = None
        self.hangs: Event | None = None  # send returns when it is set
        self.before_sending: Callable[[], None] = lambda: None

    def check(self) -> Standing:
        return self.standing

    def draw(self, sheet: Sheet) -> bytes:
        if self.refuses is not None:
            raise self.refuses
        self.sheets.append(sheet)
        return f"{sheet.card.body}/{sheet.version}".encode()

    def send(self, document: bytes, name: str) -> Sent:
        self.before_sending()
        self.sent.append(document.decode())
        self.names.append(name)
        if self.hangs is not None:
            self.hangs.wait()
        return self.outcome


class PrintWorld(World):
    """A terminal with a printer; the book may lie on a disk of the test's."""

    press: Press | None

    def __init__(
        self, folder: Path, press: Press | None = None, book_disk: Disk | None = None, *, printer: bool = True
    ) -> None:
        self.press = press or FakePress() if printer else None
        self.book_disk = book_disk or UnsyncedDisk()
        self.device = ""  # nothing tells it from others
        self.numbers = itertools.count(1)
        self.patience_s = 60.0
        super().__init__(folder, disk=UnsyncedDisk())

    def begin(self) -> None:
        super().begin()
        path = self.folder / "prints.sqlite" if isinstance(self.book_disk, UnsyncedDisk) else Path("/prints.sqlite")
        self.book = Book(path, self.book_disk, self.device)
        self.messenger = Messenger(
            book=self.book, standing=self.courier, epoch=self.store.this_start, clock=self.clock,
            random_bytes=self.random.randbytes, printer="Zebra" if self.press else "",
        )  # fmt: skip
        self.desk = Desk(
            book=self.book, press=self.press, beliefs=self.beliefs, office=self.messenger, sheet=self._sheet,
            now_ms=self.clock.wall_ms, ended=self._ended, changed=lambda: None, patience_s=self.patience_s,
        )  # fmt: skip
        self.messenger.listener = self.desk

    @property
    def printer(self) -> FakePress:
        assert isinstance(self.press, FakePress)
        return self.press

    async def open(self) -> PrintWorld:
        await super().open()
        await self.desk.open()
        return self

    async def restart(self, *, boot: str | None = None) -> PrintWorld:
        await self.desk.close()
        await super().restart(boot=boot)
        return self

    async def close(self) -> None:
        await self.desk.close()
        await super().close()

    def _sheet(self, card: RegisterCard, version: int) -> Sheet:
        return Sheet(card, version)

    def _ended(self) -> Ended:
        wall_ms = self.clock.wall_ms()
        id_ = uuid7(wall_ms, self.random.randbytes)
        return Ended(id_, rfc3339(wall_ms), self.clock.boot_id, self.clock.boottime_ms())

    def wish(self, body: str = BODY, reason: PrintReason = PrintReason.DAMAGED) -> Wish:
        return Wish(f"0197f0c0-0000-7000-8000-{next(self.numbers):012x}", body, reason)

    async def print(self, body: str = BODY, reason: PrintReason = PrintReason.DAMAGED) -> Job:
        """Print and wait until it is known what became of it."""
        job = await self.desk.print(self.wish(body, reason))
        await self.desk.idle()
        return self.kept(job.id)

    def kept(self, job_id: str) -> Job:
        job = self.book.one(job_id)
        assert job is not None
        return job

    async def supplied(self, *bodies: str) -> PrintWorld:
        """The register is loaded, and these cards have a version in reserve."""
        await self.load()
        self.central.prints.scanned = list(bodies or (BODY,))
        self.clock.pass_s(60)
        await self.messenger.step()
        assert [one.body for one in self.book.reserve()] == sorted(self.central.prints.scanned)
        return self

    def go_offline(self) -> None:
        self.central_was = self.central
        self.courier._relation.stand("offline")

    async def go_online(self) -> None:
        """Central answers again; what is to be told is told, the register comes, and a new reserve."""
        self.courier._loader.at_once()
        self.clock.pass_s(120)
        await self.courier.step()
        assert self.courier.reachable
        await self.messenger.step()
        await self.load()


async def settled(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition that a thread brings about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)  # a poll of the condition, not a guess of a duration
