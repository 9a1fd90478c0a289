"""Feeds systemd's watchdog, only while everything that must live has just proved that it does (decision 32).

A timer that runs beside the work proves that timers run. Here each thread is asked and has to answer by itself; the
event loop proves itself by asking. Whoever does not answer is named in the log and in `systemctl status`, and systemd
ends the process when its time is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from ekanban_cli import notify
from ekanban_cli.language import _

Proof = Callable[[], Awaitable[None]]  # returns when it lives, does not return when it hangs, raises when it is dead
UNWATCHED_S = 30.0  # between looks where systemd only wants to know how we stand

logger = logging.getLogger(__name__)


class Watchdog:
    """Asks for proofs every half of the time that systemd allows, and feeds when all have come."""

    def __init__(
        self,
        proofs: Callable[[], Mapping[str, Proof]],
        status: Callable[[], str],
        allowed_s: float | None = None,
        tell: Callable[..., None] = notify.tell,
    ) -> None:
        self.every_s = allowed_s / 2 if allowed_s else UNWATCHED_S
        self._proofs = proofs
        self._status = status
        self._tell = tell

    async def run(self) -> None:
        """Go on for ever. A round that takes long delays the next one, and nothing else."""
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            if await self.round():
                self._tell("WATCHDOG=1", f"STATUS={self._status()}")
            await asyncio.sleep(max(0.0, begun + self.every_s - loop.time()))

    async def round(self) -> bool:
        """Wait until all have answered, however long that takes; False: something is dead."""
        asked: dict[asyncio.Future[None], str] = {
            asyncio.ensure_future(proof()): name for name, proof in self._proofs().items()
        }
        try:
            await self._answers(asked)
        finally:
            for task in asked:
                task.cancel()
        dead = {name: repr(task.exception()) for task, name in asked.items() if task.exception() is not None}
        if dead:
            logger.error("watchdog: %s", ", ".join(f"{name} is dead ({why})" for name, why in sorted(dead.items())))
            self._tell("STATUS=" + _("Dead: {names}").format(names=", ".join(sorted(dead))))
        return not dead

    async def _answers(self, asked: dict[asyncio.Future[None], str]) -> None:
        if not asked:
            return
        _done, silent = await asyncio.wait(asked, timeout=self.every_s)
        if silent:
            names = ", ".join(sorted(asked[task] for task in silent))
            logger.error("watchdog: no answer from %s for %.0f s", names, self.every_s)
            self._tell("STATUS=" + _("No answer from: {names}").format(names=names))
            await asyncio.wait(silent)
            logger.warning("watchdog: %s answered after all", names)
