"""The same floor with bins that lose their cards: workers report them, supervisors confirm, scans go on meanwhile.

What is true is known here, to the second: when a bin was reported empty, and when which order of its card was closed.
Whatever comes in which order: a report opens at most one signal, never one for a bin that was filled since, and what a
supervisor confirmed stays on order until its bin is received.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from central_plant import Plant
from print_floor import Printer, PrintFloor
from sqlalchemy import select

from ekanban_central import missing_cards, review_acts, reviews
from ekanban_central.answered_once import Sender
from ekanban_central.context import Central
from ekanban_central.ledger import SITE
from ekanban_central.missing_cards import Sending
from ekanban_central.print_reports import parse
from ekanban_central.review_acts import NotOffered
from ekanban_central.reviews import Case, Choice
from ekanban_core import lifecycle
from ekanban_core.card_code import CardCode
from ekanban_core.errors import RuleError
from ekanban_core.judgement import Standing
from ekanban_core.states import CardState, MissingAnswer, Outcome
from ekanban_core.wire import Contact, MissingReport

PERSON = UUID(int=7)
CYCLE_MS = 600_000  # of the plant's loop: sooner no bin comes back
NEAR_MS = 5_000  # what bounds may leave open between two terminals


@dataclass
class Bin:
    """A bin that somebody reported. Times are central's, and true."""

    id: str
    body: str
    at_ms: int
    answered: str = ""  # by central, once it has heard of it


@dataclass
class Bins:
    """What really happened to them."""

    reported: dict[str, Bin] = field(default_factory=dict)
    unsent: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # by terminal
    kept: dict[int, list[tuple[str, int, dict[str, Any]]]] = field(default_factory=dict)  # scans, by terminal
    confirmed: dict[str, int] = field(default_factory=dict)  # by a supervisor, and when
    filled: dict[str, list[int]] = field(default_factory=dict)  # by card: when a bin was received


class MissingFloor(PrintFloor):
    """Steps of bins without a card, beside those of prints."""

    def __init__(self, plant: Plant, folder: Path, seed: int) -> None:
        self.bins = Bins()
        super().__init__(plant, folder, seed)

    def run(self, steps: int) -> None:
        """Let things happen."""
        acts = (
            *[self.miss] * 3, *[self.tell] * 4, *[self.decide] * 4, *[self.scan_new_paper] * 4, self.ask,
            self.print_offline, self.send, self.hold,
        )  # fmt: skip
        for _ in range(steps):
            self.plant.pass_s(self.random.choice([1, 20, 90, 900, 4_000]))
            act = self.random.choice(acts)
            self.told.append(act.__name__)
            act()
            self.check_bins()
        self.check()

    def miss(self) -> None:
        """A worker finds an empty bin without its card, whether central is there or not."""
        number = self.random.randrange(len(self.printers))
        terminal, body = self.printers[number].terminal, self.random.choice(self.plant.cards)
        one = Bin(str(UUID(bytes=self.plant.random(16), version=4)), body, self.plant.now)
        self.bins.reported[one.id] = one
        self.bins.unsent.setdefault(number, []).append({
            "id": one.id, "body": body, "boot_id": terminal.boot_id, "boottime_ms": terminal.boottime_ms,
        })  # fmt: skip

    def tell(self) -> None:
        """A terminal tells central, perhaps a second time, because it has not heard that it was heard."""
        number = self.random.randrange(len(self.printers))
        waiting = self.bins.unsent.get(number, [])
        if not waiting:
            return
        printer = self.printers[number]
        now = printer.terminal.boottime_ms
        told = [{**one, "age_ms": now - one["boottime_ms"]} for one in waiting]
        results = self._take(printer, told)
        for result in results:
            one = self.bins.reported[str(result.id)]
            assert one.answered in ("", result.answer), "the first answer is not given again"
            one.answered = result.answer
            if result.answer == MissingAnswer.SERVED:
                assert self._filled_since(one, -NEAR_MS), f"taken for filled: {one}"
        if self.random.random() < 0.7:
            waiting.clear()

    def decide(self) -> None:
        """A supervisor takes a case and the first thing that is offered, or orders in spite of what is offered."""
        cases = self._cases()
        if not cases:
            return
        case = self.random.choice(cases)
        choice = case.choices[0] if self.random.random() < 0.8 else Choice.ORDER
        try:
            review_acts.decide(self._central(), self.plant.site_id, PERSON, case.id, choice)
        except (NotOffered, RuleError):
            assert choice not in case.choices, f"offered and refused: {choice}"
            return
        assert choice in case.choices
        one = self.bins.reported[str(case.scan_id)]
        if choice in (Choice.ORDER, Choice.RECEIVED_NEXT):
            assert not self._filled_since(one, NEAR_MS), f"ordered though it was filled since: {one}"
            if choice is Choice.RECEIVED_NEXT:
                self.bins.filled.setdefault(one.body, []).append(one.at_ms)
            self.bins.confirmed[one.id] = self.plant.now

    def scan_new_paper(self) -> None:
        """Somebody scans a valid paper: the bin is empty, or it has come. Central may hear of it much later."""
        number, body = self.random.randrange(len(self.printers)), self.random.choice(self.plant.cards)
        intent = self.random.choice(["empty", "receive", "receive"])
        code = CardCode(body, self.card(body).print_version).text.encode()
        kept = self.bins.kept.setdefault(number, [])
        kept.append((body, self.plant.now, self.printers[number].terminal.reading(code, intent)))
        if self.random.random() < 0.3:
            return
        for place in range(len(kept)):
            self._send_scan(number, *kept[place])
        kept.clear()

    def _send_scan(self, number: int, body: str, at_ms: int, scan: dict[str, Any]) -> None:
        before = self._opened(body)
        (result,) = self.printers[number].terminal.send(scan).results
        assumed = result.reason.endswith("_assumed")
        if assumed and before in self.bins.confirmed:
            assert at_ms - self.bins.confirmed[before] >= CYCLE_MS - NEAR_MS, f"ordered twice: {before}"
        if result.outcome is Outcome.RECEIVED or assumed:
            self.bins.filled.setdefault(body, []).append(at_ms)

    def hold(self) -> None:
        """Nothing is ordered by a card on hold; somebody else releases it."""
        body = self.plant.cards[0]
        card = self.card(body)
        self._change(body, *(lifecycle.hold(card) if card.state is CardState.ACTIVE else lifecycle.unhold(card)))

    def check_bins(self) -> None:
        """What must hold at every moment."""
        raised = [str(row["scan_id"]) for row in self.plant.rows("review") if row["kind"] == "card_missing"]
        assert len(raised) == len(set(raised)), "one report, two reviews"
        signals = {str(row["id"]): row for row in self.plant.rows("signal")}
        for one in self.bins.reported.values():
            if one.answered in (MissingAnswer.REPORTED, MissingAnswer.ON_ORDER):
                assert one.id in raised, f"central has acknowledged it, and nobody hears of it: {one}"
            assert (one.id in signals) == (one.id in self.bins.confirmed), f"ordered or not, as nobody said: {one}"
        for body in self.plant.cards:
            assert len(self.plant.open_signals(body)) <= 1
        for key in self.bins.confirmed:
            closed = signals[key]["closed_how"]
            assert closed in (None, "received", "assumed"), f"a confirmed order was lost: {key} {closed}"

    def _filled_since(self, one: Bin, slack_ms: int) -> bool:
        return any(at > one.at_ms + slack_ms for at in self.bins.filled.get(one.body, []))

    def _opened(self, body: str) -> str:
        return next((str(row["id"]) for row in self.plant.open_signals(body)), "")

    def _cases(self) -> list[Case]:
        with self.plant.database.reading() as connection:
            found = reviews.page(connection, self.plant.site_id, kind="card_missing", limit=500)
        return found.cases

    def _central(self) -> Central:
        hub = SimpleNamespace(publish=lambda site, position: None)
        return cast(Central, SimpleNamespace(database=self.plant.database, hub=hub, now_ms=lambda: self.plant.now))

    def _take(self, printer: Printer, told: list[dict[str, Any]]) -> list[Any]:
        terminal = printer.terminal
        with self.plant.database.transaction() as connection:
            site = connection.execute(select(SITE).where(SITE.c.id == self.plant.site_id)).mappings().one()
            contact = Contact(at_ms=self.plant.now, boot_id=terminal.boot_id, boottime_ms=terminal.boottime_ms)
            sending = Sending("", terminal.boot_id, terminal.boottime_ms, contact)
            sender = Sender(terminal.id, dict(site), Standing.GOOD)
            return missing_cards.take(connection, sender, parse(told, MissingReport), sending, self.plant.now).results
