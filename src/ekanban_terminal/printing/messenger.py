"""What desk and central have to say to each other: reserves, reports, requests. Beside the courier, not in its way.

A report is told until central has acknowledged it, in whatever order, after whatever time; its id makes that harmless.
`step` does what there is to do and says how long to wait; `run` repeats it for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import structlog
from pydantic import ValidationError

from ekanban_core.errors import BadMessage
from ekanban_core.sentences import SENTENCES
from ekanban_core.states import PrintAnswer
from ekanban_core.texts import gettext as _
from ekanban_core.wire import (
    CardPrint,
    Contact,
    EpochMessage,
    MissingReport,
    MissingReportAnswer,
    MissingReports,
    PrintReport,
    PrintReportAnswer,
    PrintReports,
    PrintRequest,
    PrintRequestAnswer,
    PrintResult,
    ReserveAnswer,
    ReserveRequest,
    Wire,
)
from ekanban_terminal import answers
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import JournalError, LinkDown
from ekanban_terminal.exchange import Answered, Central
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.jobs import BookFailed, Job, MissingBin, Report, Said, State, Why
from ekanban_terminal.printing.telling import Refused, refusal_of, tell_all
from ekanban_terminal.store import Run, inline

PRINTS = "/api/v1/terminals/prints"
IDLE_S = 3_600.0  # without a word from the courier: the reserve is looked after once an hour
SOON_S = 20.0  # after scans were sent: central gives versions of the cards last scanned here
PROGRESS_S = 2.0  # between looks at a print that central was asked for
PROGRESS_MOST_S = 300.0  # then people look themselves
UNHEARD = "?"  # of a generation: none has this name

NOT_ANSWERED = _("Central did not answer. It may still print the card: look at its printer.")
CENTRAL = {  # what central says of a print that it was asked for: its job's state
    "done": State.DONE,
    "failed": State.FAILED,
}

A = TypeVar("A", bound=Wire)

log = structlog.get_logger()


class Standing(Protocol):
    """How things stand with central: the courier knows."""

    @property
    def central(self) -> Central | None:
        """The central to ask."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether it answers and believes this terminal."""
        ...

    @property
    def generation(self) -> str:
        """The life of its ledger; empty: not known."""
        ...

    @property
    def sent(self) -> int:
        """Scans that it has answered since the start."""
        ...

    @property
    def contact(self) -> Contact | None:
        """When it was heard last."""
        ...


class Listener(Protocol):
    """Who hears what central says of a print: the desk."""

    async def hear(self, job: Job, said: Said) -> None:
        """Of this one."""
        ...

    def hear_of_missing(self, job_id: str, answer: str) -> None:
        """Of the bin without a card for which this print is."""
        ...


class Messenger:
    """The desk's office. One exchange at a time."""

    def __init__(
        self,
        *,
        book: Book,
        run: Run = inline,
        standing: Standing,
        epoch: Callable[[], Awaitable[EpochMessage]],
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        printer: str,
    ) -> None:
        self.listener: Listener | None = None
        self._book = book
        self._run = run
        self._standing = standing
        self._epoch = epoch
        self._clock = clock
        self._printer = printer  # its name; empty: this terminal has none, and keeps no reserve
        self._backoff = Backoff(random_bytes)
        self._missing_backoff = Backoff(random_bytes)
        self._missing_s = IDLE_S  # until bins without a card are told again
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._sent = -1  # scans that central had answered when the reserve was asked for
        self._reserved_in = ""  # the generation then
        self._due_at = 0.0  # of the reserve, monotonic clock
        self._progress: dict[str, float] = {}  # by print that central was asked for: until when it is followed

    # The desk's side.

    @property
    def reachable(self) -> bool:
        """Whether central answers."""
        return self._standing.reachable

    @property
    def generation(self) -> str:
        """The life of central's that counts."""
        return self._standing.generation

    def wake(self) -> None:
        """There is something to tell, or central is there again."""
        self._woken.set()

    async def fetch(self, body: str) -> Why:
        """Ask for a version of this card now; gives why there is none."""
        try:
            answer = await self._reserve([body])
        except (LinkDown, BadMessage, JournalError) as error:
            return Why(_("Central gave no new print of this card: {why}"), {"why": str(error)})
        refused = answer.refused.get(body)
        return Why(refused) if refused else Why(_("Central gives no new print of this card. Call your supervisor."))

    async def request(self, job: Job) -> Said:
        """Let central print a card, on the printer that it has for this terminal."""
        try:
            return await self._request(job)
        except (LinkDown, BadMessage, JournalError) as error:
            log.warning("print_request_failed", why=str(error))
            return Said(State.FAILED, 0, Why(NOT_ANSWERED))

    # The courier's side.

    async def run(self) -> None:
        """Work for ever. An error of this program is logged, and tried again."""
        while True:
            try:
                delay = await self.step()
            except Exception:  # nothing may end this task but the end of the process
                log.exception("print_messenger_failed")
                delay = self._backoff.failed()
            await self._sleep(delay)

    async def step(self) -> float:
        """Tell, ask, follow. Returns how long to wait, in seconds."""
        if not self._standing.reachable or self._standing.central is None:
            return IDLE_S
        try:
            refused = await self._tell() if self._book.is_begun else None
            if self._book.is_begun:
                await self._follow()
            if self._reserve_is_due():
                await self._reserve()
            if refused is not None:
                raise refused
            self._backoff.worked()
        except (LinkDown, BadMessage, BookFailed, JournalError) as error:
            log.warning("prints_not_told", why=str(error))
            return self._backoff.failed()
        return self._next()

    async def _sleep(self, delay: float) -> None:
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def _next(self) -> float:
        if self._progress:
            return PROGRESS_S
        idle_s = min(IDLE_S, self._missing_s)
        if not self._printer:
            return idle_s
        return min(idle_s, max(1.0, self._due_at - self._clock.monotonic()))

    # Reports.

    async def _tell(self) -> Refused | None:
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
        central = self._asked
        message = PrintReports(
            terminal=central.identity.terminal,
            generation=self._standing.generation or None,
            epoch=await self._epoch(),
            reports=[self._report(one) for one in reports],
        )
        answer = _understood(PrintReportAnswer, await self._post(central, "report", message))
        jobs = {one.ended.id: one.job for one in reports}
        told = [result for result in answer.results if result.id in jobs]
        for result in told:
            await self._hear(jobs[str(result.id)], result)
            await self._run(lambda report_id=str(result.id): self._book.told(report_id))  # type: ignore[misc]
        self._due_at = 0.0  # what was printed is no reserve any more
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
            self._missing_s = self._missing_backoff.failed()
        else:
            self._missing_s = IDLE_S
            self._missing_backoff.worked()

    async def _tell_missing(self) -> None:
        await tell_all(self._untold_bins, self._tell_bins, lambda one: one.id)

    async def _untold_bins(self, most: int) -> list[MissingBin]:
        generation = self._standing.generation or UNHEARD
        return await self._run(lambda: self._book.missing_to_tell(generation, most))

    async def _tell_bins(self, bins: Sequence[MissingBin]) -> bool:
        """False: told again once this life of central's is known here."""
        central = self._asked
        message = MissingReports(
            terminal=central.identity.terminal,
            generation=self._standing.generation or None,
            epoch=await self._epoch(),
            boot_id=self._clock.boot_id,
            boottime_ms=self._clock.boottime_ms(),
            contact=self._standing.contact,
            reports=[self._missing(one) for one in bins],
        )
        answer = _understood(MissingReportAnswer, await self._post(central, "missing", message))
        told = [result for result in answer.results if result.id in {one.id for one in bins}]
        for result in told:
            await self._hear_of_missing(str(result.id), answer.generation, result.answer)
        if not told:
            raise Refused("Central acknowledged none of the bins")
        return answer.generation == self._standing.generation

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

    # Reserves.

    def _reserve_is_due(self) -> bool:
        if not self._printer:
            return False
        changed = self._standing.sent != self._sent or self._standing.generation != self._reserved_in
        if changed:
            self._due_at = min(self._due_at, self._clock.monotonic() + SOON_S)
        return self._clock.monotonic() >= self._due_at

    async def _reserve(self, bodies: Sequence[str] = ()) -> ReserveAnswer:
        async with self._turn:
            central = self._asked
            sent, held = self._standing.sent, await self._run(self._book.reserve)
            book = await self._run(self._book.asks)
            message = ReserveRequest(
                terminal=central.identity.terminal,
                generation=self._standing.generation or None,
                epoch=await self._epoch(),
                bodies=list(bodies),
                held=[CardPrint(body=one.body, print_version=one.version) for one in held],
                book=book,
            )
            answer = _understood(ReserveAnswer, await self._post(central, "reserve", message))
            given = [Reserved(one.body, one.print_version, answer.generation) for one in answer.reserves]
            await self._run(lambda: self._book.put(given, book, answer.mark))
        self._sent, self._reserved_in = sent, answer.generation
        self._due_at = self._clock.monotonic() + self._backoff.jittered(IDLE_S)
        return answer

    # Requests.

    async def _request(self, job: Job) -> Said:
        central = self._asked
        message = PrintRequest(
            terminal=central.identity.terminal, epoch=await self._epoch(), id=job.id, body=job.body, reason=job.reason
        )
        answered = await self._ask(central, "request", message)
        if answered.authentic and 400 <= answered.status < 500:  # its own word, and no print
            refusal = answers.refusal(answered.body)
            return Said(State.FAILED, 0, Why(refusal.detail if refusal else NOT_ANSWERED), last=True)
        answer = _understood(PrintRequestAnswer, _good(answered))
        until = self._progress.setdefault(job.id, self._clock.monotonic() + PROGRESS_MOST_S)
        state = CENTRAL.get(answer.state, State.ASKED)
        last = state is not State.ASKED or answer.state == "unknown" or self._clock.monotonic() >= until
        if last:
            self._progress.pop(job.id, None)
        self.wake()
        return Said(state, answer.print_version, Why(answer.message), last)

    async def _follow(self) -> None:
        """Look how far central is with what it was asked for."""
        for job in await self._run(self._book.asked):
            said = await self._request(job)
            if self.listener is not None:
                await self.listener.hear(job, said)

    # Exchanges.

    @property
    def _asked(self) -> Central:
        central = self._standing.central
        if central is None:
            raise LinkDown(_("This terminal is not enrolled."))
        return central

    async def _post(self, central: Central, verb: str, message: Wire) -> bytes:
        return _good(await self._ask(central, verb, message))

    async def _ask(self, central: Central, verb: str, message: Wire) -> Answered:
        return await central.ask("POST", f"{PRINTS}/{verb}", body=message.model_dump_json().encode())


def _good(answered: Answered) -> bytes:
    """The body of central's own word. Raises LinkDown: whatever else answered is not central, or cannot do it."""
    if not answered.good:
        refusal = answers.refusal(answered.body) if answered.authentic else None
        why = refusal.detail if refusal and refusal.detail else f"Central answered with {answered.status}."
        raise refusal_of(answered.status, why)
    return answered.body


def _understood(kind: type[A], body: bytes) -> A:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise BadMessage(f"Central's answer does not fit: {error}") from error


def _sentence(result: PrintResult) -> Why:
    known = SENTENCES.get(result.reason)
    return Why(known[0], result.facts) if known and len(known) == 1 else Why(result.message)
