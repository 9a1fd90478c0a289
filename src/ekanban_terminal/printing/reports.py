"""Telling central what became of prints, and which bins stood empty without their card, until it acknowledges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from ekanban_core.errors import BadMessage
from ekanban_core.sentences import SENTENCES
from ekanban_core.states import PrintAnswer
from ekanban_core.wire import (
    MissingReport,
    MissingReportAnswer,
    MissingReports,
    PrintReport,
    PrintReportAnswer,
    PrintReports,
    PrintResult,
)
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.central_calls import Calls, understood
from ekanban_terminal.printing.jobs import Job, MissingBin, Report, Said, State, Why
from ekanban_terminal.printing.telling import Refused, tell_all
from ekanban_terminal.store import Run

UNHEARD = "?"  # of a generation: none has this name

log = structlog.get_logger()


class Listener(Protocol):
    """Who hears what central says of a print: the desk."""

    async def hear(self, job: Job, said: Said) -> None:
        """Of this one."""
        ...

    def hear_of_missing(self, job_id: str, answer: str) -> None:
        """Of the bin without a card for which this print is."""
        ...


class Reports:
    """What the book has to tell. `missing_due_s`: how soon bins without a card are told again; None: nothing failed."""

    def __init__(
        self,
        *,
        book: Book,
        run: Run,
        calls: Calls,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        printer: str,
        told: Callable[[], None],
    ) -> None:
        """told: is called when central has heard of prints."""
        self.listener: Listener | None = None
        self.missing_due_s: float | None = None
        self._book = book
        self._run = run
        self._calls = calls
        self._clock = clock
        self._printer = printer
        self._told = told
        self._backoff = Backoff(random_bytes)

    # Prints.

    async def tell(self) -> Refused | None:
        """Tell all that there is, bins without a card first. Gives why a print was left: that keeps nothing back."""
        await self._try_missing()
        try:
            await tell_all(self._untold_prints, self._tell_prints, lambda one: one.ended.id)
        except Refused as error:
            return error
        return None

    async def _untold_prints(self, most: int) -> list[Report]:
        return await self._run(lambda: self._book.to_tell(most))

    async def _tell_prints(self, reports: Sequence[Report]) -> bool:
        central = self._calls.central
        message = PrintReports(
            terminal=central.identity.terminal,
            generation=self._calls.standing.generation or None,
            epoch=await self._calls.epoch(),
            reports=[self._report(one) for one in reports],
        )
        answer = understood(PrintReportAnswer, await self._calls.post(central, "report", message))
        jobs = {one.ended.id: one.job for one in reports}
        told = [result for result in answer.results if result.id in jobs]
        for result in told:
            await self._hear(jobs[str(result.id)], result)
            await self._run(lambda report_id=str(result.id): self._book.told(report_id))  # type: ignore[misc]
        self._told()
        if not told:
            raise Refused("Central acknowledged none of the prints")
        return True

    def _report(self, one: Report) -> dict[str, object]:
        """As it stands in the book: central judges each by itself, and keeps also what does not fit."""
        ended = one.ended
        return PrintReport.model_construct(
            id=ended.id,
            body=one.job.body,
            print_version=one.job.version or 1,
            reason=one.job.reason,
            end=one.end,
            detail=one.detail,
            printer=self._printer,
            quantity=ended.quantity,
            printed_at=ended.at,
            boot_id=ended.boot_id,
            boottime_ms=ended.boottime_ms,
            age_ms=self._age_ms(ended.boot_id, ended.boottime_ms),
        ).model_dump(mode="json", warnings=False)

    async def _hear(self, job: Job, result: PrintResult) -> None:
        """What central makes of it concerns people only where the paper that they hold is not to be used."""
        not_valid = result.answer in (PrintAnswer.SUPERSEDED, PrintAnswer.SET_ASIDE)
        if self.listener is None or not not_valid or job.state is not State.DONE or job.version is None:
            return
        await self.listener.hear(job, Said(State.VOID, job.version, _sentence(result)))

    # Bins without a card.

    async def _try_missing(self) -> None:
        """Tell them, in nobody's way: a central of an earlier release does not know this call, and prints are told."""
        try:
            await self._tell_missing()
        except (LinkDown, BadMessage) as error:
            log.warning("missing_cards_not_told", why=str(error))
            self.missing_due_s = self._backoff.failed()
        else:
            self.missing_due_s = None
            self._backoff.worked()

    async def _tell_missing(self) -> None:
        await tell_all(self._untold_bins, self._tell_bins, lambda one: one.id)

    async def _untold_bins(self, most: int) -> list[MissingBin]:
        generation = self._calls.standing.generation or UNHEARD
        return await self._run(lambda: self._book.missing_to_tell(generation, most))

    async def _tell_bins(self, bins: Sequence[MissingBin]) -> bool:
        """False: told again once this life of central's is known here."""
        central = self._calls.central
        message = MissingReports(
            terminal=central.identity.terminal,
            generation=self._calls.standing.generation or None,
            epoch=await self._calls.epoch(),
            boot_id=self._clock.boot_id,
            boottime_ms=self._clock.boottime_ms(),
            contact=self._calls.standing.contact,
            reports=[self._missing(one) for one in bins],
        )
        answer = understood(MissingReportAnswer, await self._calls.post(central, "missing", message))
        told = [result for result in answer.results if result.id in {one.id for one in bins}]
        for result in told:
            await self._hear_of_missing(str(result.id), answer.generation, result.answer)
        if not told:
            raise Refused("Central acknowledged none of the bins")
        return answer.generation == self._calls.standing.generation

    def _missing(self, one: MissingBin) -> dict[str, object]:
        return MissingReport.model_construct(
            id=one.id,
            body=one.body,
            print_version=one.version or None,
            reported_at=one.at,
            register_cursor=one.cursor,
            boot_id=one.boot_id,
            boottime_ms=one.boottime_ms,
            age_ms=self._age_ms(one.boot_id, one.boottime_ms),
        ).model_dump(mode="json", warnings=False)

    async def _hear_of_missing(self, id_: str, generation: str, answer: str) -> None:
        job = await self._run(lambda: self._book.missing_told(id_, generation, answer))
        if self.listener is not None:
            self.listener.hear_of_missing(job, answer)

    def _age_ms(self, boot_id: str, boottime_ms: int) -> int | None:
        """How long ago something was; None for an earlier boot."""
        return max(0, self._clock.boottime_ms() - boottime_ms) if boot_id == self._clock.boot_id else None


def _sentence(result: PrintResult) -> Why:
    known = SENTENCES.get(result.reason)
    return Why(known[0], result.facts) if known and len(known) == 1 else Why(result.message)
