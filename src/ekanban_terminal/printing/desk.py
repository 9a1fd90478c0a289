"""The print desk: where people wish, answer and look. What becomes of a wish is `work`, what is seen of it `board`.

The desk lives in the event loop; its book works in a thread of its own and the printer in another, so that nothing here
stands in a scan's way (decision 19). Nothing is ever printed again by itself: where nobody knows whether the paper came
out, both prints stay valid until a person or the new print's first scan says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.printing.board import Board
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.jobs import (
    NOTHING,
    BookFailed,
    Ended,
    Job,
    MissingBin,
    PrintRefused,
    Said,
    State,
    Why,
    Wish,
)
from ekanban_terminal.printing.keeping import Keeping
from ekanban_terminal.printing.office import Office
from ekanban_terminal.printing.patience import PATIENCE_S, PatientPress
from ekanban_terminal.printing.press import Press, Sheet, Standing
from ekanban_terminal.printing.work import Work
from ekanban_terminal.store import Run, inline

log = structlog.get_logger()


class Desk:
    """Takes wishes and answers; `board` is what the kiosk shows."""

    def __init__(
        self,
        *,
        book: Book,
        run: Run = inline,
        press: Press | None,
        beliefs: Beliefs,
        office: Office,
        sheet: Callable[[RegisterCard, int], Sheet],
        now_ms: Callable[[], int],
        ended: Callable[[], Ended],
        changed: Callable[[], None],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.board = Board(now_ms, changed)
        self._book = book
        self._keeping = Keeping(book, run)
        self._beliefs = beliefs
        self._office = office
        self._now_ms = now_ms
        self._ended = ended
        self._changed = changed
        self._door = asyncio.Lock()
        self._work = Work(
            keeping=self._keeping, board=self.board, press=press, beliefs=beliefs, office=office, sheet=sheet,
            ended=ended, changed=changed, patience_s=patience_s,
        )  # fmt: skip

    @property
    def printer(self) -> PatientPress | None:
        """This terminal's own."""
        return self._work.printer

    @property
    def standing(self) -> Standing:
        """How the printer stands, as far as it is known."""
        return self.printer.standing if self.printer else Standing(None)

    @property
    def problem(self) -> BookFailed | None:
        """Why the print book cannot be used."""
        return self._keeping.problem

    # Start and end.

    async def open(self) -> None:
        """Take up what the book remembers. A book that cannot be used is a problem of printing, not of scanning."""
        if not self._book.is_begun:
            return
        do = self._keeping.do
        try:
            await do(partial(self._book.cut_off, self._ended))
            for paper in await do(self._book.paper):
                self._beliefs.printed(paper.body, paper.made, paper.confirmed)
            self.board.ask_about(await do(self._book.unknown))
        except BookFailed as error:
            log.error("print_book_failed", error=str(error))
        self._changed()

    async def close(self) -> None:
        """Leave. A print that is being sent is asked about at the next start."""
        await self._work.close()
        await self._keeping.close()

    async def idle(self) -> None:
        """Wait until nothing is being printed."""
        await self._work.idle()

    # What people do.

    async def print(self, wish: Wish, *, empty: bool = False) -> Job:
        """Begin a print, or give the one that there is. Raises PrintRefused or BookFailed.

        empty: the bin stands empty without its card. When this returns, that is on the disk and will be told to
        central, whatever becomes of the print.
        """
        self._work.printable(wish.body)
        async with self._door:  # or the next wish would take this one for what a failing disk has left
            active = self._work.active
            await self._keeping.do(partial(self._book.cut_off, self._ended, set(active)))
            wished = Job(wish.id, wish.body, wish.reason, State.QUEUED, self._now_ms())
            bin_ = self._bin_of(wish) if empty else None
            job = await self._keeping.do(partial(self._book.add, wished, bin_))
            if empty:
                self.board.expect_missing(job)
                self._office.wake()
            if job.id in active or job.state is not State.QUEUED:
                self.board.show(job)
            else:
                self._work.begin(job)
        return job

    async def answer(self, job_id: str, came_out: bool) -> Job:
        """A person says whether the card came out. Raises PrintRefused or BookFailed."""
        job = await self._keeping.do(partial(self._book.one, job_id))
        if job is None:
            raise PrintRefused(_("There is no such print."))
        wanted = State.DONE if came_out else State.FAILED
        if job.state is State.UNKNOWN:
            job = await self._work.end(job, wanted, NOTHING if came_out else Why(_("The card did not come out.")))
        if job.state is not wanted:  # or somebody else was faster
            raise PrintRefused(_("Nobody asks about this print any more."))
        return job

    def scanned(self, code: str) -> None:
        """A card was scanned here: if that print was in doubt, it is not any more."""
        if not self.board.unknown and not self._work.active:
            return
        try:
            read = CardCode.parse(code)
        except BadCardCode:
            return
        self._work.scanned(read.body, read.version)

    async def look(self) -> Standing:
        """Ask the printer how it stands, unless it is at work or has not answered yet."""
        await self._work.look()
        return self.standing

    async def listed(self, most: int) -> list[Job]:
        """The newest prints, newest first. Raises BookFailed."""
        return await self._keeping.do(partial(self._book.newest, most))

    def _bin_of(self, wish: Wish) -> MissingBin:
        """Of now, by the register as it is now."""
        now, register = self._ended(), self._beliefs.register
        _found, known = self._beliefs.known(wish.body)
        version = known.card.print_version if known else 0
        cursor = register.about.cursor_at(now.boottime_ms)
        return MissingBin(wish.id, wish.body, version, now.at, now.boot_id, now.boottime_ms, cursor)

    # What central says.

    async def hear(self, job: Job, said: Said) -> None:
        """Central says how a print stands that it was asked for, or what it makes of one. Raises BookFailed."""
        await self._work.hear(job, said)

    def hear_of_missing(self, job_id: str, answer: str) -> None:
        """Central says what it makes of the bin for which this print is."""
        self.board.hear_of_missing(job_id, answer)
