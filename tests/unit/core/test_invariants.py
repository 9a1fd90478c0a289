"""Whatever several terminals scan and whenever it arrives: one signal, no false receipt, no demand lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from rules import HOLDING_BACK, MINUTE, ONE_SCAN, REFUSING, STEPS, TWO_SCAN, card, reviews

from ekanban_core import lifecycle
from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.errors import RuleError
from ekanban_core.events import (
    CardActivated,
    CardFound,
    CardHeld,
    CardLost,
    CardRetired,
    Event,
    PrintConfirmed,
    PrintMade,
    PrintSeen,
    ReviewKind,
    SignalAdvanced,
    SignalCancelled,
    SignalOpened,
    SignalReceived,
    SignalReleased,
    SignalReopened,
    SignalSteppedBack,
)
from ekanban_core.facts import Card, LoopPolicy, Moment, ScanFact, Signal
from ekanban_core.judgement import Standing, judge, shown_colour
from ekanban_core.lifecycle import Step
from ekanban_core.moments import later
from ekanban_core.offline import verdict
from ekanban_core.reading import CardRead, Form
from ekanban_core.states import CardState, ClosedHow, Closing, Colour, Intent, Outcome, SignalState

TERMINALS = ("line", "dock", "machine")
INTENTS = [Intent.EMPTY] * 4 + [Intent.RECEIVE] * 2 + [Intent.START, Intent.READY, Intent.WITHDRAW, Intent.LOOKUP]
versions = st.sampled_from([1, 1, 1, 1, 1, 1, None, 2, 3])


@dataclass(frozen=True)
class Stored:
    """A scan in a terminal's journal, with the true time that only this test knows."""

    fact: ScanFact
    true_ms: int
    read: CardRead


@dataclass
class Ledger:
    """Replays events alone (promise 20): what it arrives at must be what the rules say."""

    card: Card
    signals: dict[str, Signal]
    closed: set[str]

    @property
    def open(self) -> Signal | None:
        found = [signal for id, signal in self.signals.items() if id not in self.closed]
        assert len(found) <= 1, "two open signals"
        return found[0] if found else None

    def apply(self, event: Event, scan: str | None) -> None:
        match event:
            case SignalOpened(signal, at, state):
                assert signal not in self.signals, "a signal id was used twice"
                released = at if state is SignalState.RELEASED else None
                self.signals[signal] = Signal(signal, state, at, released, scan)
            case SignalReleased(signal, at):
                self._change(signal, state=SignalState.RELEASED, released=at, last_scan=scan)
            case SignalAdvanced(signal, _, before, after):
                assert self.signals[signal].state is before
                self._change(signal, state=after, last_scan=scan)
            case SignalSteppedBack(signal, _, _, after, last_scan):
                self._change(signal, state=after, last_scan=last_scan)
            case SignalReceived(signal, at, _):
                self._close(signal)
                self.card = replace(self.card, last_closed=later(self.card.last_closed, at), last_signal=signal)
            case SignalCancelled(signal, at, how, _):
                self._close(signal)
                if how is ClosedHow.CANCELLED:
                    self.card = replace(self.card, last_closed=later(self.card.last_closed, at), last_signal=signal)
            case SignalReopened(restored, _, last_closed, last_signal):
                assert restored.id in self.closed
                self.closed.remove(restored.id)
                self.signals[restored.id] = restored
                self.card = replace(self.card, last_closed=last_closed, last_signal=last_signal)
            case _:
                self._card(event)
        assert self.open is None or self.open.id not in self.closed

    def _change(self, signal: str, **facts: object) -> None:
        assert signal not in self.closed, "a closed signal changed"
        self.signals[signal] = replace(self.signals[signal], **facts)  # type: ignore[arg-type]

    def _close(self, signal: str) -> None:
        assert signal not in self.closed, "a signal was closed twice"
        self.closed.add(signal)

    def _card(self, event: Event) -> None:
        states: dict[type[Event], CardState] = {
            CardActivated: CardState.ACTIVE,
            CardHeld: CardState.ON_HOLD,
            CardLost: CardState.LOST,
            CardFound: CardState.FOUND,
            CardRetired: CardState.RETIRED,
        }
        if type(event) in states:
            self.card = replace(self.card, state=states[type(event)])
        match event:
            case PrintMade(version) | PrintSeen(version):
                self.card = replace(self.card, pending_version=version)
            case PrintConfirmed(version):
                self.card = replace(self.card, print_version=version)


class Plant(RuleBasedStateMachine):
    """One card, three terminals with journals of their own, one central, and people at its pages."""

    @initialize(
        policy=st.sampled_from([ONE_SCAN, TWO_SCAN, HOLDING_BACK, STEPS, REFUSING]),
        one_off=st.sampled_from([False] * 5 + [True]),
    )
    def start(self, policy: LoopPolicy, one_off: bool) -> None:
        self.now = 1000 * MINUTE
        self.ids = (f"scan {number}" for number in count(1))
        self.known = Known(card(one_off=one_off), None, policy)
        self.ledger = Ledger(self.known.card, {}, set())
        self.register = {terminal: self.known for terminal in TERMINALS}
        self.journals: dict[str, list[Stored]] = {terminal: [] for terminal in TERMINALS}
        self.last: dict[str, str | None] = dict.fromkeys(TERMINALS)
        self.done: dict[str, tuple[str, Decision]] = {}
        self.true_opening: dict[str, int] = {}
        self.true_release: dict[str, int] = {}
        self.true_closing: dict[str, int] = {}

    @rule(minutes=st.sampled_from([0, 0.001, 1, 29, 31, 300]))
    def time_passes(self, minutes: float) -> None:
        self.now += int(minutes * MINUTE)

    @rule(
        terminal=st.sampled_from(TERMINALS),
        intent=st.sampled_from(INTENTS),
        version=versions,
        unsure=st.sampled_from(
            [(0, 0), (0, 600 * MINUTE), (5 * MINUTE, 0), (0, 40 * MINUTE), (600 * MINUTE, 600 * MINUTE)]
        ),
        loaded=st.booleans(),
    )
    def someone_scans_offline(
        self, terminal: str, intent: Intent, version: int | None, unsure: tuple[int, int], loaded: bool
    ) -> None:
        at = Moment(self.now - unsure[0], self.now + unsure[1], terminal)
        fact = ScanFact(next(self.ids), terminal, intent, at, version, shown=None)
        read = CardRead("7K3QM9X2", version, "", Form.BARE)
        known = self.register[terminal]
        local = verdict(read, known if loaded else None, fact, loaded=loaded)
        if loaded and local.card:
            self.register[terminal] = replace(known, card=local.card, signal=local.signal)
        self.journals[terminal].append(Stored(replace(fact, shown=local.outcome), self.now, read))
        self.last[terminal] = fact.id

    @rule(terminal=st.sampled_from(TERMINALS), intent=st.sampled_from(INTENTS), version=versions)
    def someone_scans_online(self, terminal: str, intent: Intent, version: int | None) -> None:
        while self.journals[terminal]:
            self._deliver(terminal, Standing.GOOD)
        self.register[terminal] = self.known
        self.someone_scans_offline(terminal, intent, version, (0, 0), loaded=True)
        self._deliver(terminal, Standing.GOOD)

    @rule(terminal=st.sampled_from(TERMINALS))
    def someone_takes_the_last_scan_back(self, terminal: str) -> None:
        target = self.last[terminal]
        if target is None:
            return
        at = Moment(self.now, self.now, terminal)
        fact = ScanFact(next(self.ids), terminal, Intent.UNDO, at, None, Outcome.UNDONE, target)
        self.journals[terminal].append(Stored(fact, self.now, CardRead("7K3QM9X2", None, "", Form.BARE)))
        self.last[terminal] = None

    @rule(terminal=st.sampled_from(TERMINALS))
    def a_terminal_reloads_its_register(self, terminal: str) -> None:
        self.register[terminal] = self.known

    @rule(terminal=st.sampled_from(TERMINALS), standing=st.sampled_from([Standing.GOOD] * 9 + [Standing.FORKED]))
    def a_stored_scan_arrives(self, terminal: str, standing: Standing) -> None:
        if self.journals[terminal]:
            self._deliver(terminal, standing)

    def _deliver(self, terminal: str, standing: Standing) -> None:
        stored = self.journals[terminal].pop(0)
        decision = judge(standing, stored.read, self.known, stored.fact, self._target(stored.fact, terminal))
        self.done[stored.fact.id] = (terminal, decision)
        self._check(self.known, stored, decision)
        self._take_over(decision, stored.fact.id, stored.true_ms)

    @rule(step=st.sampled_from(list(Step)))
    def a_person_acts(self, step: Step) -> None:
        at = Moment(self.now, self.now)
        try:
            decision = lifecycle.act(self.known.card, self.known.signal, self.known.policy, step, at, "because")
        except RuleError:
            return
        self._take_over(decision, None, self.now)

    @rule(
        name=st.sampled_from(["", "", "", "hold", "unhold", "unhold", "lose", "reinstate", "reinstate", "print_made"])
    )
    def a_person_changes_the_card(self, name: str) -> None:
        if not name:
            return
        try:
            changed, events = getattr(lifecycle, name)(self.known.card)
        except RuleError:
            return
        for event in events:
            self.ledger.apply(event, None)
        self.known = replace(self.known, card=changed)

    def _target(self, fact: ScanFact, terminal: str) -> Target | None:
        if fact.target is None:
            return None
        name, decision = self.done[fact.target]
        assert name == terminal
        return Target(fact.target, decision.effect)

    def _take_over(self, decision: Decision, scan: str | None, true_ms: int) -> None:
        for event in decision.events:
            self.ledger.apply(event, scan)
            match event:
                case SignalOpened(signal):
                    self.true_opening[signal] = true_ms
                    self.true_release[signal] = true_ms
                case SignalReleased(signal):
                    self.true_release[signal] = true_ms
                case SignalReceived(signal) | SignalCancelled(signal):
                    self.true_closing[signal] = true_ms
        assert decision.card is not None
        self.known = replace(self.known, card=decision.card, signal=decision.signal)

    def _check(self, before: Known, stored: Stored, decision: Decision) -> None:
        shown = stored.fact.shown
        red = shown is not None and shown_colour(shown, before.policy) is Colour.RED
        signals = [event for event in decision.events if isinstance(event, lifecycle_changes)]
        if red or stored.fact.intent is Intent.LOOKUP or decision.outcome is Outcome.LATE:
            assert not signals, "what was red, looked up or late has changed a signal"
        if any(isinstance(event, SignalReopened) for event in decision.events):
            assert stored.fact.intent is Intent.UNDO
        if signals and stored.fact.intent is not Intent.UNDO:
            assert decision.effect is not None, "a change that could not be taken back"
        self._no_demand_is_lost(stored, decision)
        self._no_receipt_is_false(before, stored, decision)
        self._late_is_late(before, stored, decision)

    def _no_demand_is_lost(self, stored: Stored, decision: Decision) -> None:
        green = stored.fact.shown in (Outcome.OPENED, Outcome.STALE_PRINT)
        if stored.fact.intent is Intent.EMPTY and green and decision.outcome is not Outcome.LATE:
            ordered = decision.outcome in (Outcome.OPENED, Outcome.STALE_PRINT) and decision.signal is not None
            already = decision.outcome is Outcome.ALREADY_OPEN and decision.signal is not None
            assert ordered or already or reviews(decision), decision

    def _no_receipt_is_false(self, before: Known, stored: Stored, decision: Decision) -> None:
        for event in decision.events:
            if isinstance(event, SignalReceived) and event.assumed:
                assert before.policy.closing is Closing.ONE_SCAN
                assert before.signal is not None
                assert before.signal.state is not SignalState.WAITING
                passed = stored.true_ms - self.true_release[event.signal]
                assert passed >= before.policy.min_cycle_s * 1000, "assumed within the minimum cycle time"
            if isinstance(event, SignalReceived):
                assert stored.true_ms >= self.true_opening[event.signal], "received before it was ordered"

    def _late_is_late(self, before: Known, stored: Stored, decision: Decision) -> None:
        closed = before.card.last_signal
        if decision.outcome is Outcome.LATE:
            limits = [self.true_closing[closed]] if closed else []
            limits += [self.true_opening[before.signal.id]] if before.signal else []
            assert stored.true_ms < max(limits)
        if decision.outcome in (Outcome.OPENED, Outcome.STALE_PRINT) and stored.fact.intent is Intent.EMPTY and closed:
            assert stored.true_ms >= self.true_closing[closed], "a scan of a closed cycle opened a signal"

    @invariant()
    def the_ledger_alone_rebuilds_the_state(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert self.ledger.open == self.known.signal
        assert self.ledger.card == self.known.card


lifecycle_changes = (
    SignalOpened, SignalReleased, SignalAdvanced, SignalSteppedBack, SignalReceived, SignalCancelled, SignalReopened,
)  # fmt: skip

TestPlant = Plant.TestCase
TestPlant.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)


def test_a_version_ahead_is_reported_once() -> None:
    known = Known(card(), None, TWO_SCAN)
    raised = []
    for number in range(3):
        fact = ScanFact(str(number), "line", Intent.EMPTY, Moment(number, number, "line"), 7, None)
        decision = judge(Standing.GOOD, CardRead("7K3QM9X2", 7, "", Form.BARE), known, fact)
        assert decision.card is not None
        known = replace(known, card=decision.card, signal=decision.signal)
        raised += reviews(decision)

    assert raised == [ReviewKind.VERSION_AHEAD]
