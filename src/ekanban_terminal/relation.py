"""How this terminal stands with its central: what it last heard, whether it is believed, when to try again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from ekanban_core.errors import BadMessage
from ekanban_core.states import TerminalState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import ScanResult
from ekanban_terminal import answers, entries
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.exchange import Answered, Central
from ekanban_terminal.journal_types import Answer, Heard, Settled
from ekanban_terminal.state import CentralState
from ekanban_terminal.store import Store

PENDING_S = 8.0  # a supervisor may approve at any moment
REFUSED_S = 60.0

log = structlog.get_logger()


class News(Protocol):
    """Who wants to hear what the courier brings."""

    def settled(self, settled: Sequence[Settled]) -> None:
        """Scans have their answers, stored in the journal."""
        ...

    def standing(self, state: CentralState) -> None:
        """How things stand with central."""
        ...

    def register_changed(self) -> None:
        """The register has new content."""
        ...

    def alarm(self, key: str, text: str | None) -> None:
        """Something that a person must see; None: no more."""
        ...


class Said(Protocol):
    """What every answer of central's tells of its ledger."""

    @property
    def generation(self) -> str:
        """The word of its life."""
        ...

    @property
    def position(self) -> int:
        """How far it has come."""
        ...

    @property
    def mark(self) -> str | None:
        """Its mark there; None from a central of an older release."""
        ...

    @property
    def at_ms(self) -> int:
        """Central's time."""
        ...


class Relation:
    """What delivery and register have in common."""

    def __init__(
        self,
        store: Store,
        beliefs: Beliefs,
        time: CentralTime,
        news: News,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.state: CentralState = "never"
        self.central: Central | None = None
        self.generation: str | None = None
        self.position: int | None = None
        self.mark: str | None = None  # of central's ledger at that position
        self.lacks = False  # central seems to lack a position that it once told
        self.load_all = False  # the register is to be loaded from its start
        self.aside = False  # central has set aside what was sent last
        self.failures = 0  # exchanges without a believable answer, for metrics
        self.backoff = Backoff(random_bytes)
        self.time = time
        self.news = news
        self._store = store
        self._beliefs = beliefs
        self._told_by: str | None = None  # key id of the central that told generation and position

    async def start(self) -> None:
        """Take up what the journal remembers of central."""
        self.generation = await self._store.fact("generation")
        position = await self._store.fact("position")
        self.position = int(position) if position else None
        self.mark = await self._store.fact("mark") or None
        self._told_by = await self._store.fact("central")
        register_ms = self._beliefs.register.about.at_ms
        self.time.restore(await self._store.fact("contact"), await self._store.fact("offset"), register_ms)

    def use(self, central: Central | None) -> None:
        """Talk to this central from now on; None: not enrolled. What another one told means nothing to it."""
        if central is not None and self._told_by not in (None, central.identity.central):
            self.generation = self.position = self.mark = None
            self.load_all = True
            self._beliefs.new_generation()
        self.central = central
        self.aside = False
        self.backoff.worked()
        self.stand("never" if central is None else "offline")

    @property
    def asked(self) -> Central:
        """The central to ask. Raises LinkDown while there is none."""
        if self.central is None:
            raise LinkDown(_("This terminal is not enrolled."))
        return self.central

    async def settle(self, said: Said, answered: Answered, results: Sequence[ScanResult]) -> list[Settled]:
        """Store what central has signed for, and see whether it is still the one that it was."""
        self.time.heard(said.at_ms, answered.sent_ms, answered.arrived_ms)
        if self.time.contact is None:
            raise BadMessage("Central's answer came without its time")
        central, generation = self.asked.identity.central, said.generation
        heard = Heard(central, generation, said.position, said.mark, self.time.contact, self.time.to_json())
        settled = await self._store.settle([Answer(result, entries.refuses(result)) for result in results], heard)
        if self.generation is not None and generation != self.generation:
            log.warning("new_generation", before=self.generation, now=generation)
            self.load_all = True
            self._beliefs.new_generation()
        self.generation, self.position, self.mark, self.lacks = generation, said.position, said.mark, False
        self._told_by = central
        return settled

    def heard(self) -> None:
        """Central's signed answer has come."""
        self.backoff.worked()
        self.stand("refused" if self.aside else "online")
        self.news.alarm("unsigned", None)

    def is_about_standing(self, answered: Answered) -> bool:
        """Whether central itself says that this terminal is not, or not yet, admitted."""
        return answered.authentic and not answered.good and _standing(answered) is not None

    def refused(self, answered: Answered) -> float:
        """Take that in; scans stay here. Returns how long to wait, in seconds."""
        pending = _standing(answered) == TerminalState.PENDING
        self.stand("pending" if pending else "refused")
        return self.backoff.jittered(PENDING_S if pending else REFUSED_S)

    def not_central(self, answered: Answered) -> float:
        """Something answered that need not be believed. Returns how long to wait."""
        if answered.status == 401:
            self.news.alarm("unsigned", answered.why)
        return self.down(answered.why or f"Central answered with status {answered.status}.")

    def down(self, why: str) -> float:
        """There was no answer that counts. Returns how long to wait."""
        self.failures += 1
        if self.state != "offline":
            log.warning("central_offline", why=why)
        self.stand("offline")
        return self.backoff.failed()

    def stand(self, state: CentralState) -> None:
        """Tell of a change."""
        if state != self.state:
            self.state = state
            self.news.standing(state)


def _standing(answered: Answered) -> str | None:
    found = answers.refusal(answered.body)
    return found.standing if found else None
