"""What desk and central have to say to each other: reserves, reports, requests. Beside the courier, not in its way.

A report is told until central has acknowledged it, in whatever order, after whatever time; its id makes that harmless.
`step` does what there is to do and says how long to wait; `run` repeats it for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from ekanban_core.errors import BadMessage
from ekanban_core.texts import gettext as _
from ekanban_core.wire import CardPrint, EpochMessage, PrintRequest, PrintRequestAnswer, ReserveAnswer, ReserveRequest
from ekanban_terminal import answers
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import JournalError, LinkDown
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.central_calls import Calls, Standing, good, understood
from ekanban_terminal.printing.jobs import BookFailed, Job, Said, State, Why
from ekanban_terminal.printing.reports import Listener, Reports
from ekanban_terminal.store import Run, inline

IDLE_S = 3_600.0  # without a word from the courier: the reserve is looked after once an hour
SOON_S = 20.0  # after scans were sent: central gives versions of the cards last scanned here
PROGRESS_S = 2.0  # between looks at a print that central was asked for
PROGRESS_MOST_S = 300.0  # then people look themselves

NOT_ANSWERED = _("Central did not answer. It may still print the card: look at its printer.")
CENTRAL = {  # what central says of a print that it was asked for: its job's state
    "done": State.DONE,
    "failed": State.FAILED,
}

log = structlog.get_logger()


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
        self._book = book
        self._run = run
        self._standing = standing
        self._calls = Calls(standing, epoch)
        self._reports = Reports(
            book=book, run=run, calls=self._calls, clock=clock, random_bytes=random_bytes, printer=printer,
            told=self._look_after_the_reserve,
        )  # fmt: skip
        self._clock = clock
        self._printer = printer  # its name; empty: this terminal has none, and keeps no reserve
        self._backoff = Backoff(random_bytes)
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._sent = -1  # scans that central had answered when the reserve was asked for
        self._reserved_in = ""  # the generation then
        self._due_at = 0.0  # of the reserve, monotonic clock
        self._progress: dict[str, float] = {}  # by print that central was asked for: until when it is followed

    # The desk's side.

    @property
    def listener(self) -> Listener | None:
        """Who hears what central says: the desk."""
        return self._reports.listener

    @listener.setter
    def listener(self, listener: Listener) -> None:
        self._reports.listener = listener

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
            refused = await self._reports.tell() if self._book.is_begun else None
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
        idle_s = min(IDLE_S, self._reports.missing_due_s or IDLE_S)
        if not self._printer:
            return idle_s
        return min(idle_s, max(1.0, self._due_at - self._clock.monotonic()))

    # Reserves.

    def _look_after_the_reserve(self) -> None:
        """What was printed is no reserve any more."""
        self._due_at = 0.0

    def _reserve_is_due(self) -> bool:
        if not self._printer:
            return False
        changed = self._standing.sent != self._sent or self._standing.generation != self._reserved_in
        if changed:
            self._due_at = min(self._due_at, self._clock.monotonic() + SOON_S)
        return self._clock.monotonic() >= self._due_at

    async def _reserve(self, bodies: Sequence[str] = ()) -> ReserveAnswer:
        async with self._turn:
            central = self._calls.central
            sent, held = self._standing.sent, await self._run(self._book.reserve)
            book = await self._run(self._book.asks)
            message = ReserveRequest(
                terminal=central.identity.terminal,
                generation=self._standing.generation or None,
                epoch=await self._calls.epoch(),
                bodies=list(bodies),
                held=[CardPrint(body=one.body, print_version=one.version) for one in held],
                book=book,
            )
            answer = understood(ReserveAnswer, await self._calls.post(central, "reserve", message))
            given = [Reserved(one.body, one.print_version, answer.generation) for one in answer.reserves]
            await self._run(lambda: self._book.put(given, book, answer.mark))
        self._sent, self._reserved_in = sent, answer.generation
        self._due_at = self._clock.monotonic() + self._backoff.jittered(IDLE_S)
        return answer

    # Requests.

    async def _request(self, job: Job) -> Said:
        central = self._calls.central
        message = PrintRequest(
            terminal=central.identity.terminal,
            epoch=await self._calls.epoch(),
            id=job.id,
            body=job.body,
            reason=job.reason,
            again=job.version is not None,  # central has answered with a version
        )
        answered = await self._calls.ask(central, "request", message)
        if answered.authentic and 400 <= answered.status < 500:  # its own word, and no print
            self._progress.pop(job.id, None)
            refusal = answers.refusal(answered.body)
            return Said(State.FAILED, 0, Why(refusal.detail if refusal else NOT_ANSWERED), last=True)
        answer = understood(PrintRequestAnswer, good(answered))
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
