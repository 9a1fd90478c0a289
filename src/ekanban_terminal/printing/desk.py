"""The print desk: a wish becomes a version used up, a document, paper, and a report. One print at a time.

The desk lives in the event loop; its book works in a thread of its own and the printer in another, so that nothing here
stands in a scan's way (decision 19). Nothing is ever printed again by itself: where nobody knows whether the paper came
out, both prints stay valid until a person or the new print's first scan says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from ekanban_core.card_code import CardCode
from ekanban_core.errors import BadCardCode
from ekanban_core.lifecycle_prints import Reserve, worth
from ekanban_core.states import CardState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.jobs import (
    NOTHING,
    STORED,
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
from ekanban_terminal.printing.patience import PATIENCE_S, PatientPress
from ekanban_terminal.printing.press import Press, Result, Sent, Sheet, Standing
from ekanban_terminal.store import Run, inline

T = TypeVar("T")

REMEMBERED = 100  # prints for bins without a card; of older ones the book knows

NONE_LEFT = _("No print of this card is in reserve here, and central cannot be reached. Print it when central is back.")
NOT_HEARD = _("This terminal has not heard from central since it was started. Print the card when central is back.")
NO_PRINTER = _("This terminal has no printer, and central cannot be reached. Print it when central is back.")

log = structlog.get_logger()


class Office(Protocol):
    """Where versions come from, and where it is told how prints ended: central, behind the messenger."""

    @property
    def reachable(self) -> bool:
        """Whether central answers."""
        ...

    @property
    def generation(self) -> str:
        """The life of central's that counts; versions of another are void. Empty: not known."""
        ...

    async def fetch(self, body: str) -> Why:
        """Ask for a version of this card now. What comes of it is in the book; gives why there is none."""
        ...

    async def request(self, job: Job) -> Said:
        """Let central print a card."""
        ...

    def wake(self) -> None:
        """There is something to tell."""
        ...


class Desk:
    """Takes wishes and answers; `newest` and `unknown` are what the kiosk shows."""

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
        self.printer = PatientPress(press, patience_s, changed, self._late) if press else None
        self.newest: Job | None = None
        self.newest_ms = 0  # when it came to stand so
        self.unknown: dict[str, Job] = {}  # by id, oldest first
        self.problem: BookFailed | None = None
        self._book = book
        self._run = run
        self._beliefs = beliefs
        self._office = office
        self._sheet = sheet
        self._now_ms = now_ms
        self._ended = ended
        self._changed = changed
        self._active: dict[str, Job] = {}
        self._missing: dict[str, str] = {}  # by print: what is known of the bin without a card for which it is
        self._seen: set[tuple[str, int]] = set()  # scanned while they were being printed
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def standing(self) -> Standing:
        """How the printer stands, as far as it is known."""
        return self.printer.standing if self.printer else Standing(None)

    # Start and end.

    async def open(self) -> None:
        """Take up what the book remembers. A book that cannot be used is a problem of printing, not of scanning."""
        if not self._book.is_begun:
            return
        try:
            await self._do(partial(self._book.cut_off, self._ended))
            for paper in await self._do(self._book.paper):
                self._beliefs.printed(paper.body, paper.made, paper.confirmed)
            self.unknown = {job.id: job for job in await self._do(self._book.unknown)}
        except BookFailed as error:
            log.error("print_book_failed", error=str(error))
        self._changed()

    async def close(self) -> None:
        """Leave. A print that is being sent is asked about at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._run(self._book.close)

    async def idle(self) -> None:
        """Wait until nothing is being printed."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # What people do.

    async def print(self, wish: Wish, *, empty: bool = False) -> Job:
        """Begin a print, or give the one that there is. Raises PrintRefused or BookFailed.

        empty: the bin stands empty without its card. When this returns, that is on the disk and will be told to
        central, whatever becomes of the print.
        """
        card = self._printable(wish.body)
        await self._do(
            partial(self._book.cut_off, self._ended, set(self._active))
        )  # a disk that failed may have left something
        job = await self._do(
            partial(
                self._book.add,
                Job(wish.id, wish.body, wish.reason, State.QUEUED, self._now_ms()),
                self._bin_of(wish) if empty else None,
            )
        )
        if empty:
            self._missing.setdefault(job.id, job.missing or STORED)
            if len(self._missing) > REMEMBERED:
                del self._missing[next(iter(self._missing))]
            self._office.wake()
        if job.id in self._active or job.state is not State.QUEUED:
            self._show(job)
            return job
        self._active[job.id] = job
        self._show(job)
        self._begin(self._carry_out(job, card))
        return job

    async def answer(self, job_id: str, came_out: bool) -> Job:
        """A person says whether the card came out. Raises PrintRefused or BookFailed."""
        job = await self._do(partial(self._book.one, job_id))
        if job is None:
            raise PrintRefused(_("There is no such print."))
        wanted = State.DONE if came_out else State.FAILED
        if job.state is wanted:
            return job
        if job.state is not State.UNKNOWN:
            raise PrintRefused(_("Nobody asks about this print any more."))
        return await self._end(job, wanted, NOTHING if came_out else Why(_("The card did not come out.")))

    def scanned(self, code: str) -> None:
        """A card was scanned here: if that print was in doubt, it is not any more."""
        if not self.unknown and not self._active:
            return
        try:
            read = CardCode.parse(code)
        except BadCardCode:
            return
        self._seen.add((read.body, read.version))
        for job in list(self.unknown.values()):
            if (job.body, job.version) == (read.body, read.version):
                self._begin(self._found(job))

    async def look(self) -> Standing:
        """Ask the printer how it stands, unless it is at work or has not answered yet."""
        if self.printer is not None and not self._turn.locked() and self.printer.is_free:
            await self.printer.check()
        return self.standing

    async def listed(self, most: int) -> list[Job]:
        """The newest prints, newest first. Raises BookFailed."""
        return await self._do(partial(self._book.newest, most))

    # The way of a print.

    def _bin_of(self, wish: Wish) -> MissingBin:
        """Of now, by the register as it is now."""
        now, register = self._ended(), self._beliefs.register
        _found, known = self._beliefs.known(wish.body)
        version = known.card.print_version if known else 0
        cursor = register.about.cursor_at(now.boottime_ms)
        return MissingBin(wish.id, wish.body, version, now.at, now.boot_id, now.boottime_ms, cursor)

    def hear_of_missing(self, job_id: str, answer: str) -> None:
        """Central says what it makes of the bin for which this print is: what is shown of it says so, too."""
        if job_id in self._missing:  # of others the book knows
            self._missing[job_id] = answer
        if self.newest is not None and self.newest.id == job_id:
            self.newest = replace(self.newest, missing=answer)
        if job_id in self.unknown:
            self.unknown[job_id] = replace(self.unknown[job_id], missing=answer)
        self._changed()

    def _printable(self, body: str) -> RegisterCard:
        card = self._beliefs.register.card(body)
        if card is None:
            raise PrintRefused(_("This terminal does not know the card."))
        if card.state is CardState.RETIRED:
            raise PrintRefused(_("The card is out of use and is not printed again."))
        return card

    async def _carry_out(self, job: Job, card: RegisterCard) -> None:
        try:
            async with self._turn:
                await self._print(job, card)
        except BookFailed as error:
            self._show(self._as_failed(self._active[job.id], Why(error.template, _plain(error.facts))))
        except Exception as error:  # the next print may do better, and this one must not look as if it went on
            log.exception("print_failed", id=job.id)
            await self._give_up(self._active[job.id], error)
        finally:
            self._active.pop(job.id, None)
            self._seen.clear()
            self._changed()

    async def _print(self, job: Job, card: RegisterCard) -> None:
        printer = self.printer
        if printer is None:
            await self._let_central_print(job)
            return
        version, why = await self._version(card)
        if version is None:
            await self._end(job, State.FAILED, why)
            return
        if not printer.is_free or (await printer.check()).ready is False:
            await self._end(job, State.FAILED, printer.standing.why)
            return
        try:
            document = await printer.draw(self._sheet(card, version))
        except PrintRefused as error:
            await self._end(job, State.FAILED, Why(error.template, _plain(error.facts)))
            return
        started = await self._do(partial(self._book.start, job, version))  # used up, before a byte goes out
        self._beliefs.printed(job.body, version, 0)
        self._active[job.id] = started
        self._show(started)
        await self._settle(started, await printer.send(document, started))

    async def _let_central_print(self, job: Job) -> None:
        if not self._office.reachable:
            await self._end(job, State.FAILED, Why(NO_PRINTER))
            return
        said = await self._office.request(job)
        if said.state is State.FAILED:
            await self._end(job, State.FAILED, said.why)
        else:
            await self.hear(job, said)

    async def hear(self, job: Job, said: Said) -> None:
        """Central says how a print stands that it was asked for, or what it makes of one. Raises BookFailed."""
        after = await self._do(partial(self._book.said, job, said))
        if said.state is State.DONE:
            self._beliefs.printed(job.body, said.version, said.version)
        if job.id in self._active:
            self._active[job.id] = after
        if self.newest is None or self.newest.id == job.id or said.state is State.VOID:
            self._show(after)

    async def _version(self, card: RegisterCard) -> tuple[int | None, Why]:
        """The version to print; if there is none, why. A better one is asked for only where central answers."""
        version, good = await self._reserved(card)
        if not good and self._office.reachable:
            why = await self._office.fetch(card.body)
            version, _good = await self._reserved(card)
            return version, why
        return version, Why(NONE_LEFT if await self._do(self._book.is_supplied) else NOT_HEARD)

    async def _reserved(self, card: RegisterCard) -> tuple[int | None, bool]:
        _found, known = self._beliefs.known(card.body)
        above = known.card.print_version if known else card.print_version
        version = await self._do(partial(self._book.reserved, card.body, self._office.generation, above))
        return version, version is not None and worth(version, above, card.quantity_version) is Reserve.GOOD

    async def _settle(self, job: Job, sent: Sent) -> None:
        """Write down how it ended. Paper that was scanned exists, whatever the printer says."""
        result = Result.DONE if (job.body, job.version) in self._seen else sent.result
        await self._end(job, State(result), sent.why if result is not Result.DONE else NOTHING)
        if result is not Result.DONE:
            self._begin(self._look_again())

    def _late(self, job: Job, sent: Sent) -> None:
        """The printer has answered after all: if nobody has said more meanwhile, it is what happened."""
        if job.id in self.unknown and sent.result is not Result.UNKNOWN:
            self._begin(self._settle(job, sent))

    async def _look_again(self) -> None:
        await self.look()

    async def _found(self, job: Job) -> None:
        try:
            await self._end(job, State.DONE)
        except BookFailed as error:  # the question stays on the screen
            log.error("print_book_failed", error=str(error))

    # Keeping and showing.

    async def _end(self, job: Job, state: State, why: Why = NOTHING) -> Job:
        ended = await self._do(partial(self._book.end, job, state, why, self._quantity(job)))
        if job.id in self._active:
            self._active[job.id] = ended
        if job.version is not None and state is State.DONE:
            self._beliefs.printed(job.body, job.version, job.version)
        self._show(ended)
        self._office.wake()
        return ended

    def _quantity(self, job: Job) -> Ended:
        """Of now, with the quantity that the paper shows."""
        card = self._beliefs.register.card(job.body)
        return replace(self._ended(), quantity=card.quantity if card else None)

    async def _give_up(self, job: Job, error: Exception) -> None:
        """A mistake of this program: before sending there is no paper, after it nobody knows."""
        why = Why(_("Printing failed inside this program: {why}."), {"why": repr(error)})
        state = State.FAILED if job.version is None else State.UNKNOWN
        try:
            await self._end(job, state, why)
        except BookFailed:  # settled by the next wish, or at the next start
            self._show(self._as_failed(job, why))

    def _as_failed(self, job: Job, why: Why) -> Job:
        state = State.FAILED if job.version is None else State.UNKNOWN
        return Job(job.id, job.body, job.reason, state, job.at_ms, job.version, why, missing=job.missing)

    def _show(self, job: Job) -> None:
        job = replace(job, missing=self._missing.get(job.id, job.missing))  # whoever carries it out may know less
        self.newest, self.newest_ms = job, self._now_ms()
        if job.state is State.UNKNOWN:
            self.unknown[job.id] = job
        else:
            self.unknown.pop(job.id, None)
        self._changed()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            found = await self._run(work)
        except BookFailed as error:
            self.problem = error
            raise
        self.problem = None
        return found


def _plain(facts: dict[str, Any]) -> dict[str, str | int]:
    """Facts that the book can keep."""
    return {key: value if isinstance(value, int) else str(value) for key, value in facts.items()}
