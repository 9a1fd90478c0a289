"""Core decides, scan by scan in sequence; later scans see what earlier ones of the same transaction did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central import intake_known as known
from ekanban_central.fencing import Verdict
from ekanban_central.ids import text_of
from ekanban_central.intake_asked import AskedFor
from ekanban_central.intake_case import Case
from ekanban_central.intake_known import TargetRow
from ekanban_central.intake_sorting import Aside, New, Sorted
from ekanban_central.loading import load
from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Effect, Target
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Message, Moment, ScanFact
from ekanban_core.judgement import Standing, judge
from ekanban_core.reading import CardRead, read
from ekanban_core.states import Outcome
from ekanban_core.wire import ScanMessage


class Bench:
    """Loads what the cases are about, and decides them."""

    def __init__(
        self,
        connection: Connection,
        cases: Sequence[Case],
        targets: Mapping[UUID, TargetRow],
        aliases: Mapping[str, str],
    ) -> None:
        self.cases = cases
        self.targets = targets
        self._done: dict[UUID, Case] = {}  # by scan id, in this transaction
        self._read(aliases)
        bodies = {case.body for case in cases if case.body}
        self.loaded = load(connection, bodies, last={case.body for case in cases if case.target_id and case.body})
        self._asked = AskedFor(connection, cases, self.loaded)

    def decide(self) -> None:
        """Decide all cases in their order."""
        for case in self.cases:
            case.loaded = self.loaded.get(case.body) if case.body else None
            case.decision = self._decision(case)
            self._remember(case, case.decision)

    def _read(self, aliases: Mapping[str, str]) -> None:
        """Understand the bytes."""
        for case in self.cases:
            case.read = read(case.message.content, aliases.get) if case.message else None
            if isinstance(case.read, CardRead):
                case.body = case.read.body
        for case in self.cases:
            if case.target_id:
                case.body = self._body_of_target(case)

    def _body_of_target(self, case: Case) -> str | None:
        row = self.targets.get(case.target_id) if case.target_id else None
        if row is not None:
            return row.body if row.terminal_id == case.delivery.terminal_id else None
        earlier = (one for one in self.cases if one.sorted.item.scan_id == case.target_id)
        target = next(earlier, None)
        return target.body if target and target.delivery.terminal_id == case.delivery.terminal_id else None

    def _decision(self, case: Case) -> Decision:
        scan = case.message
        if isinstance(case.sorted, Aside) and case.sorted.conflict:
            return _set_aside(case, "conflict")
        if case.sorted.item.error or scan is None or case.read is None:
            return malformed(case.sorted.item.error)
        if isinstance(case.sorted, New) and case.sorted.verdict is Verdict.BEHIND:
            return _set_aside(case, "behind")
        fact = scan_fact(scan, case.at)
        loaded = case.loaded
        context = None
        if loaded is not None:
            context = Known(loaded.card, loaded.signal, loaded.policy, self._asked.of(loaded.signal))
        return judge(case.standing, case.read, context, fact, self._target(case))

    def _target(self, case: Case) -> Target | None:
        if case.target_id is None:
            return None
        name = str(case.target_id)
        earlier = self._done.get(case.target_id)
        if earlier is not None and earlier.decision is not None:
            same = earlier.delivery.terminal_id == case.delivery.terminal_id
            return Target(name, earlier.decision.effect if same else None, same)
        row: TargetRow | None = self.targets.get(case.target_id)
        if row is None or row.terminal_id != case.delivery.terminal_id:
            return Target(name, None, known=False)
        return Target(name, None if row.effect is None else Effect.from_json(row.effect))

    def _remember(self, case: Case, decision: Decision) -> None:
        self._asked.remember(case, decision)
        item = case.sorted.item
        if isinstance(case.sorted, New) and item.scan_id is not None:
            self._done[item.scan_id] = case
        before = case.loaded
        if before is None or decision.card is None:
            return
        if decision.card is not before.card or decision.signal is not before.signal:
            self.loaded[before.card.body] = replace(before, card=decision.card, signal=decision.signal)


def scan_fact(scan: ScanMessage, at: Moment) -> ScanFact:
    """Make core's scan from the wire's; the version is the reading's to say."""
    return ScanFact(
        id=_plain(scan.id),
        terminal=at.terminal or "",
        intent=scan.intent,
        at=at,
        version=None,
        shown=scan.local_outcome,
        target=_plain(scan.target) if scan.target else None,
        quantity=scan.quantity,
        duplicate_of=scan.duplicate_of,
    )


def malformed(error: str) -> Decision:
    """A scan that cannot be understood or processed: kept as it came, for a person."""
    decision = Decision(Outcome.UNREADABLE, Message("malformed"), (), None, None)
    return decision.with_review(ReviewKind.MALFORMED, {"error": error[:500]})


def standing_of(state: str, sorted_scan: Sorted) -> Standing:
    """Say whether a scan counts: the terminal's standing, and the fence's verdict on this scan."""
    if state == Standing.REVOKED:
        return Standing.REVOKED
    if state == Standing.PENDING:
        return Standing.PENDING
    if isinstance(sorted_scan, New) and sorted_scan.verdict is Verdict.FORKED:
        return Standing.FORKED
    return Standing.GOOD


def _set_aside(case: Case, standing: str) -> Decision:
    loaded, scan = case.loaded, case.message
    facts: dict[str, str | int] = {"standing": standing, "scan": case.sorted.item.sent_id or ""}
    if scan:
        facts |= {"intent": str(scan.intent), "earliest_ms": case.at.earliest_ms, "latest_ms": case.at.latest_ms}
    card, signal = (loaded.card, loaded.signal) if loaded else (None, None)
    decision = Decision(Outcome.SET_ASIDE, Message(f"set_aside_{standing}"), (), card, signal)
    return decision.with_review(ReviewKind.SET_ASIDE, facts)


def _plain(text: str) -> str:
    key = known.uuid_of(text)
    return text_of(key) if key else text
