"""Keeps the register fresh: deltas while all is well, everything again when central says so or was restored."""

from __future__ import annotations

from urllib.parse import quote

from ekanban_terminal import answers
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.clock import Clock
from ekanban_terminal.exchange import Answered
from ekanban_terminal.register import Page
from ekanban_terminal.relation import Relation

REGISTER = "/api/v1/register"
REFRESH_S = 10.0  # between looks at the register when nothing happens
SOON_S = 0.5  # after central's ledger went on


class RegisterLoader:
    """Asks for one page at a time."""

    def __init__(self, relation: Relation, beliefs: Beliefs, clock: Clock) -> None:
        self.due_at = 0.0  # monotonic clock
        self._relation = relation
        self._beliefs = beliefs
        self._register = beliefs.register
        self._clock = clock

    def is_due(self) -> bool:
        """Whether it is time to look."""
        return self._clock.monotonic() >= self.due_at

    def at_once(self) -> None:
        """Look at the next opportunity."""
        self.due_at = self._clock.monotonic()

    def ledger_went_on(self) -> None:
        """Central's answer told a newer position than the register's: look soon."""
        position = self._relation.position
        if self._relation.load_all:
            self.at_once()
        elif position is not None and position > self._register.about.position:
            self.due_at = min(self.due_at, self._clock.monotonic() + SOON_S)

    async def refresh(self) -> float:
        """Ask for the next page. Returns how long to wait before the next exchange, in seconds."""
        relation, since = self._relation, self._since()
        answered = await relation.asked.ask("GET", REGISTER, f"since={quote(since, safe='')}" if since else "")
        if answered.authentic and answered.status == 410:
            relation.load_all = True
            return 0.0
        if relation.is_about_standing(answered):
            delay = relation.refused(answered)
            self.due_at = self._clock.monotonic() + delay
            return delay if relation.state == "pending" else 0.0  # a revoked one's scans are taken, and set aside
        if not answered.good:
            self.due_at = self._clock.monotonic() + relation.backoff.jittered(REFRESH_S)
            return 0.0 if answered.authentic else relation.not_central(answered)
        await self._put(answers.register_page(answered.body, answered.arrived_ms), answered)
        return 0.0

    def _since(self) -> str:
        """The cursor to go on from; empty: load all."""
        about, generation = self._register.about, self._relation.generation
        same = generation is None or about.generation == generation
        return about.cursor if same and not self._relation.load_all else ""

    async def _put(self, page: Page, answered: Answered) -> None:
        relation = self._relation
        before = relation.position
        if page.generation != relation.generation:
            await relation.settle(page, answered, ())
        else:
            relation.time.heard(page.at_ms, answered.sent_ms, answered.arrived_ms)
            relation.lacks = before is not None and page.position < before
        await self._register.put(page)
        relation.load_all = False
        now = self._clock.monotonic()
        self.due_at = now if page.more else now + relation.backoff.jittered(REFRESH_S)
        if not page.more:
            self._beliefs.refreshed(page.position)
        relation.heard()
        if page.cards or page.full:
            relation.news.register_changed()
