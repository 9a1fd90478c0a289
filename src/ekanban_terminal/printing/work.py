"""The way of a print: its turn, a version used up, a document, paper, and how it ended. One print at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog

from ekanban_core.states import CardState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.printing.board import Board
from ekanban_terminal.printing.jobs import NOTHING, BookFailed, Ended, Job, PrintRefused, Said, State, Why
from ekanban_terminal.printing.keeping import Keeping
from ekanban_terminal.printing.office import Office
from ekanban_terminal.printing.patience import PatientPress
from ekanban_terminal.printing.press import Press, Result, Sent, Sheet
from ekanban_terminal.printing.versions import Versions

NO_PRINTER = _("This terminal has no printer, and central cannot be reached. Print it when central is back.")

log = structlog.get_logger()


class Work:
    """Prints that go on. `printer`: None where central prints."""

    def __init__(
        self,
        *,
        keeping: Keeping,
        board: Board,
        press: Press | None,
        beliefs: Beliefs,
        office: Office,
        sheet: Callable[[RegisterCard, int], Sheet],
        ended: Callable[[], Ended],
        changed: Callable[[], None],
        patience_s: float,
    ) -> None:
        self.printer = PatientPress(press, patience_s, changed, self._late) if press else None
        self.active: dict[str, Job] = {}
        self._keeping = keeping
        self._board = board
        self._versions = Versions(keeping, beliefs, office)
        self._beliefs = beliefs
        self._office = office
        self._sheet = sheet
        self._ended = ended
        self._changed = changed
        self._seen: set[tuple[str, int]] = set()  # scanned while they were being printed
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def close(self) -> None:
        """Leave everything as it is. A print that is being sent is asked about at the next start."""
        self._closed = True  # a printer that answers from now on has nobody to tell
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is being printed."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def look(self) -> None:
        """Ask the printer how it stands, unless it is at work or has not answered yet."""
        if self.printer is not None and not self._turn.locked() and self.printer.is_free:
            await self.printer.check()

    def printable(self, body: str) -> RegisterCard:
        """The card as this terminal knows it now. Raises PrintRefused where it is not printed."""
        card, known = self._beliefs.known(body)
        if card is None:
            raise PrintRefused(_("This terminal does not know the card."))
        if known is not None and known.card.state is CardState.RETIRED:
            raise PrintRefused(_("The card is out of use and is not printed again."))
        return card

    def begin(self, job: Job) -> None:
        """Carry out a wish that stands in the book, when its turn comes."""
        self.active[job.id] = job
        self._board.show(job)
        self._begin(self._carry_out(job))

    def scanned(self, body: str, version: int) -> None:
        """This paper was scanned, so it exists."""
        self._seen.add((body, version))
        for job in list(self._board.unknown.values()):
            if (job.body, job.version) == (body, version):
                self._begin(self._found(job))

    async def hear(self, job: Job, said: Said) -> None:
        """Central says how a print stands that it was asked for, or what it makes of one. Raises BookFailed."""
        after = await self._keeping.do(partial(self._keeping.book.said, job, said))
        if said.state is State.DONE:
            self._beliefs.printed(job.body, said.version, said.version)
        if job.id in self.active:
            self.active[job.id] = after
        newest = self._board.newest
        if newest is None or newest.id == job.id or said.state is State.VOID:
            self._board.show(after)

    async def end(self, job: Job, state: State, why: Why = NOTHING) -> Job:
        """Write down how it ended, unless somebody else was faster, and show it. Raises BookFailed."""
        ended = await self._keeping.do(partial(self._keeping.book.end, job, state, why, self._ended()))
        if job.id in self.active:
            self.active[job.id] = ended
        if job.version is not None and ended.state is State.DONE:
            self._beliefs.printed(job.body, job.version, job.version)
        self._board.show(ended)
        self._office.wake()
        return ended

    async def _carry_out(self, job: Job) -> None:
        try:
            async with self._turn:
                await self._print(job)
        except BookFailed as error:
            self._board.show(_as_failed(self.active[job.id], Why(error.template, _plain(error.facts))))
        except Exception as error:  # the next print may do better, and this one must not look as if it went on
            log.exception("print_failed", id=job.id)
            await self._give_up(self.active[job.id], error)
        finally:
            self.active.pop(job.id, None)
            self._seen.clear()
            self._changed()

    async def _print(self, job: Job) -> None:
        printer = self.printer
        if printer is None:
            await self._let_central_print(job)
            return
        try:
            card = self.printable(job.body)  # as it is by now: the wish may have waited long for its turn
        except PrintRefused as error:
            await self.end(job, State.FAILED, Why(error.template, _plain(error.facts)))
            return
        version, why = await self._versions.find(card)
        if version is None:
            await self.end(job, State.FAILED, why)
            return
        if not printer.is_free or (await printer.check()).ready is False:
            await self.end(job, State.FAILED, printer.standing.why)
            return
        try:
            document = await printer.draw(self._sheet(card, version))
        except PrintRefused as error:
            await self.end(job, State.FAILED, Why(error.template, _plain(error.facts)))
            return
        # Used up, before a byte goes out
        started = await self._keeping.do(partial(self._keeping.book.start, job, version, card.quantity))
        self._beliefs.printed(job.body, version, 0)
        self.active[job.id] = started
        self._board.show(started)
        await self._settle(started, await printer.send(document, started))

    async def _let_central_print(self, job: Job) -> None:
        if not self._office.reachable:
            await self.end(job, State.FAILED, Why(NO_PRINTER))
            return
        said = await self._office.request(job)
        if said.state is State.FAILED:
            await self.end(job, State.FAILED, said.why)
        else:
            await self.hear(job, said)

    async def _settle(self, job: Job, sent: Sent) -> None:
        """Write down how it ended. Paper that was scanned exists, whatever the printer says."""
        result = Result.DONE if (job.body, job.version) in self._seen else sent.result
        await self.end(job, State(result), sent.why if result is not Result.DONE else NOTHING)
        if result is not Result.DONE:
            self._begin(self.look())

    def _late(self, job: Job, sent: Sent) -> None:
        """The printer has answered after all: if nobody has said more meanwhile, it is what happened."""
        in_doubt = self._board.unknown.get(job.id)
        if in_doubt is not None and sent.result is not Result.UNKNOWN:
            self._begin(self._settle(in_doubt, sent))

    async def _found(self, job: Job) -> None:
        try:
            ended = await self.end(job, State.DONE)
            if ended.state is State.FAILED:  # somebody says at this moment that it did not come out: it did
                await self.end(ended, State.DONE)
        except BookFailed as error:  # the question stays on the screen
            log.error("print_book_failed", error=str(error))

    async def _give_up(self, job: Job, error: Exception) -> None:
        """A mistake of this program: before sending there is no paper, after it nobody knows."""
        why = Why(_("Printing failed inside this program: {why}."), {"why": repr(error)})
        state = State.FAILED if job.version is None else State.UNKNOWN
        try:
            await self.end(job, state, why)
        except BookFailed:  # settled by the next wish, or at the next start
            self._board.show(_as_failed(job, why))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        if self._closed:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _as_failed(job: Job, why: Why) -> Job:
    state = State.FAILED if job.version is None else State.UNKNOWN
    return Job(job.id, job.body, job.reason, state, job.at_ms, job.version, why, missing=job.missing)


def _plain(facts: dict[str, Any]) -> dict[str, str | int]:
    """Facts that the book can keep."""
    return {key: value if isinstance(value, int) else str(value) for key, value in facts.items()}
