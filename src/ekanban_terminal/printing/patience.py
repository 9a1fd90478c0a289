"""A printer that is waited for so long and no longer: it may hang for ever, and nothing else here may notice.

While a call has not come back, `is_free` says no: what is sent on top of it would be printed twice or never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog

from ekanban_core.texts import gettext as _
from ekanban_terminal.printing.jobs import Job, Why
from ekanban_terminal.printing.press import Press, Result, Sent, Sheet, Standing, in_a_thread

T = TypeVar("T")

PATIENCE_S = 90.0  # for one call of a printer; then nobody knows, and the terminal goes on
DRAWING_S = 60.0  # for the first card: libraries and fonts are loaded from an SD card

NO_ANSWER = _("The printer does not answer. Look whether it is on and has paper.")

log = structlog.get_logger()


class PatientPress:
    """Calls a press in threads of its own. changed: told that `standing` did; late: told late how a print went."""

    def __init__(
        self, press: Press, patience_s: float, changed: Callable[[], None], late: Callable[[Job, Sent], None]
    ) -> None:
        self.press = press
        self.standing = Standing(None)
        self._patience_s = patience_s
        self._changed = changed
        self._told_late = late
        self._busy: asyncio.Future[Any] | None = None  # a call that nobody waits for any more

    @property
    def is_free(self) -> bool:
        """Whether all calls have come back."""
        return self._busy is None

    async def check(self) -> Standing:
        """Ask the printer how it stands."""
        try:
            self.standing = await self._patiently(self.press.check, self._patience_s)
        except TimeoutError:
            self.standing = Standing(False, Why(NO_ANSWER))
        except Exception as error:  # a driver's own bug is no reason to end the task that looks
            log.exception("printer_check_failed")
            self.standing = Standing(False, Why(_("The printer cannot be asked: {why}."), {"why": repr(error)}))
        self._changed()
        return self.standing

    async def draw(self, sheet: Sheet) -> bytes:
        """Make the document. Raises PrintRefused, or TimeoutError."""
        return await self._patiently(partial(self.press.draw, sheet), DRAWING_S)

    async def send(self, document: bytes, job: Job) -> Sent:
        """Send it once, and see what becomes of it; `unknown` where the printer does not say so in time."""
        try:
            return await self._patiently(partial(self.press.send, document, job.id), self._patience_s, job)
        except TimeoutError:
            self.standing = Standing(False, Why(NO_ANSWER))
            return Sent(Result.UNKNOWN, Why(NO_ANSWER))

    async def _patiently(self, work: Callable[[], T], seconds: float, job: Job | None = None) -> T:
        """Wait so long and no longer; raises TimeoutError. What comes later still counts, see _late."""
        future = in_a_thread(work, "printer")
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            self._busy = future
            future.add_done_callback(partial(self._late, job))
            raise

    def _late(self, job: Job | None, future: asyncio.Future[Any]) -> None:
        self._busy = None
        if future.cancelled() or future.exception() is not None or job is None:
            return
        sent = future.result()
        if isinstance(sent, Sent):
            self._told_late(job, sent)
