"""Planted bugs of central: what it takes in, in which order, and what it makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from ekanban_central import changes, generations, intake_sorting, intake_taking, intake_times, ledger, missing_scans
from ekanban_central.fencing import Fence, Verdict
from ekanban_central.intake import Intake
from ekanban_central.intake_asked import AskedFor
from ekanban_central.intake_flush import Flusher
from ekanban_central.intake_taking import Taking
from ekanban_core import bounds, judgement, lifecycle, lifecycle_close, lifecycle_empty
from ekanban_core.decision import Decision
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Moment
from ekanban_core.moments import Order
from ekanban_core.states import Outcome
from ekanban_terminal.delivery import Delivery
from simulation.planted import bug, patched, together

Patch = AbstractContextManager[Any]


class _Undone(Exception):
    """Takes a transaction back after it was answered."""


@bug("scans are acknowledged before they are committed")
def ack_before_commit() -> Patch:
    async def run(self: Flusher) -> None:
        while self._waiting:
            group = self._next_group()
            deliveries = [delivery for delivery, _ in group]
            try:
                receipts = _tried(deliveries)
            except Exception as error:  # what fails is answered as ever
                self._end(group, error)
                continue
            for (_, future), receipt in zip(group, receipts, strict=True):
                if not future.done():
                    future.set_result(receipt)
            await asyncio.sleep(1.0)
            await self._run_transaction(self._take, deliveries)
        self._running -= 1

    intake: list[Intake] = []
    begin = Intake.__init__

    def remembered(self: Intake, *arguments: Any) -> None:
        begin(self, *arguments)
        intake[:] = [self]

    def _tried(deliveries: Sequence[Any]) -> list[Any]:
        receipts: list[Any] = []
        try:
            with intake[0].database.transaction() as connection:
                receipts = Taking(connection, deliveries, intake[0].random_bytes, "").run()
                raise _Undone
        except _Undone:
            return receipts

    return together(patched(Flusher, "_run", run), patched(Intake, "__init__", remembered))


@bug("scans are known again for an hour only")
def dedupe_with_a_time_limit() -> Patch:
    begin = Taking.__init__

    def forgetful(self: Taking, connection: Connection, deliveries: Sequence[Any], *rest: Any) -> None:
        old = max(delivery.received_ms for delivery in deliveries) - 3_600_000
        connection.execute(
            text("DELETE FROM scan_identity WHERE position IN (SELECT position FROM ledger WHERE at_ms < :old)"),
            {"old": old},
        )
        begin(self, connection, deliveries, *rest)

    return patched(Taking, "__init__", forgetful)


@bug("a scan that comes again is not known again")
def repetition_not_known() -> Patch:
    return patched(intake_sorting, "_repeated", lambda *_: None)


@bug("a repeated scan is judged anew, by what holds now")
def repetition_judged_anew() -> Patch:
    repeated = intake_taking.repeated

    def anew(answer: Mapping[str, Any], item: Any) -> Any:
        found = repeated(answer, item)
        return found.model_copy(update={"outcome": Outcome.ALREADY_OPEN}) if found.outcome is Outcome.OPENED else found

    return patched(intake_taking, "repeated", anew)


@bug("a gap in a terminal's sequence is passed over")
def gap_ignored() -> Patch:
    def go_on(self: Fence, row: Any, until: int) -> bool:
        self._count(row, until)
        return True

    return patched(Fence, "_pass_over", go_on)


@bug("a scan whose place was passed is taken all the same")
def behind_taken() -> Patch:
    place = Fence.place

    def lenient(self: Fence, *arguments: Any) -> Verdict:
        found = place(self, *arguments)
        return Verdict.NEXT if found in (Verdict.BEHIND, Verdict.GAP) else found

    return patched(Fence, "place", lenient)


@bug("copies of a terminal are believed")
def fork_not_set_aside() -> Patch:
    def standing(state: str, _scan: Any) -> Any:
        return judgement.Standing(state) if state in ("revoked", "pending") else judgement.Standing.GOOD

    return patched(intake_taking, "standing_of", standing)


@bug("the same number with another content replaces what was there")
def other_content_taken() -> Patch:
    def same(taken: Any, item: Any) -> bool:
        return bool(taken.place[1:] == (item.epoch, item.seq))

    return patched(intake_sorting, "_same", same)


@bug("a card may have two open signals: rule and constraint are gone")
def second_open_signal() -> Patch:
    begin = Taking.__init__
    while_open = lifecycle_empty._while_open

    def without_index(self: Taking, connection: Connection, *rest: Any) -> None:
        connection.execute(text("DROP INDEX IF EXISTS one_open_signal_per_card"))
        begin(self, connection, *rest)

    def another(known: Any, signal: Any, scan: Any) -> Decision:
        decision = while_open(known, signal, scan)
        if decision.outcome is not Outcome.ALREADY_OPEN:
            return decision
        return lifecycle_empty.open_signal(known, scan, known.card, ())

    return together(
        patched(Taking, "__init__", without_index),
        patched(lifecycle_empty, "_while_open", another),
        patched(changes, "_check", lambda *_: None),
    )


@bug("a scan of a closed cycle opens the next one")
def late_scan_opens() -> Patch:
    return patched(lifecycle_empty, "order", lambda *_: Order.AFTER)


@bug("what the bounds do not prove is guessed")
def overlap_guessed() -> Patch:
    order = lifecycle_empty.order

    def guess(scan: Moment, recorded: Moment) -> Order:
        found = order(scan, recorded)
        return Order.AFTER if found is Order.UNCLEAR else found

    return patched(lifecycle_empty, "order", guess)


@bug("a superseded print opens signals")
def superseded_print_opens() -> Patch:
    return patched(lifecycle_empty, "superseded", lambda *_: False)


@bug("a card on hold opens signals")
def hold_ignored() -> Patch:
    refused = lifecycle_empty._refused

    def lenient(known: Any, scan: Any) -> Decision | None:
        found = refused(known, scan)
        return None if found and found.outcome is Outcome.ON_HOLD else found

    return patched(lifecycle_empty, "_refused", lenient)


@bug("a receipt is assumed before the minimum cycle time has passed")
def assumed_too_early() -> Patch:
    return patched(lifecycle_empty, "elapsed", lambda *_: True)


@bug("times are compared by the terminals' wall clocks")
def wall_clocks_compared() -> Patch:
    def by_wall(scans: Sequence[Any], delivery: Any, *_: Any) -> list[Moment]:
        walls = [int(datetime.fromisoformat(scan.scanned_at).timestamp() * 1000) for scan in scans]
        return [Moment(wall, wall, str(delivery.terminal_id)) for wall in walls]

    return patched(intake_taking, "moments", by_wall)


@bug("when an order is due is told by the terminal's wall clock")
def due_by_wall_clock() -> Patch:
    result_of = intake_taking.result_of

    def told(case: Any, decision: Decision, *rest: Any) -> Any:
        result = result_of(case, decision, *rest)
        if result.signal is None or case.message is None:
            return result
        wall = int(datetime.fromisoformat(case.message.scanned_at).timestamp() * 1000)
        signal = result.signal.model_copy(update={"due_ms": wall + 3_600_000})
        return result.model_copy(update={"signal": signal})

    return patched(intake_taking, "result_of", told)


@bug("clocks are taken for exact: they do not drift apart")
def drift_ignored() -> Patch:
    return patched(bounds, "drift_ms", lambda _elapsed: 0)


@bug("what was stored later counts as read later")
def stored_order_is_reading_order() -> Patch:
    def rising(scans: Sequence[Any], ceilings: Any, terminal: Any, boots: Any, floor: int, recorded: Any) -> Any:
        found = []
        for scan, ceiling in zip(scans, ceilings, strict=True):
            there = boots.get((terminal, scan.boot_id))
            floor = max(floor, recorded.get(scan.register_cursor or "", 0))
            moment = bounds.scan_moment(str(terminal), scan.boottime_ms, there, floor_ms=floor, ceiling_ms=ceiling)
            floor = max(floor, moment.earliest_ms)
            found.append(moment)
        return found

    return patched(intake_times, "_upwards", rising)


@bug("red is carried out at central")
def red_carried_out() -> Patch:
    return patched(judgement, "_beside_what_was_shown", lambda decision, _known, _scan: decision)


@bug("a green scan that central refuses raises no review")
def refused_green_without_review() -> Patch:
    with_review = Decision.with_review

    def silent(self: Decision, kind: ReviewKind, *rest: Any) -> Decision:
        return self if kind is ReviewKind.SHOWN_GREEN_REFUSED else with_review(self, kind, *rest)

    return patched(Decision, "with_review", silent)


@bug("a restored central keeps its generation")
def generation_not_renewed() -> Patch:
    return patched(generations, "_shows_a_loss", lambda *_: False)


@bug("one scan that fails fails its whole set, for ever, and no stand-in takes its place")
def set_fails_with_one_scan() -> Patch:
    async def never(_self: Delivery, _batch: Any) -> bool:
        return False

    def fail(_self: Intake, _deliveries: Sequence[Any], error: Exception) -> list[Any]:
        raise error

    return together(patched(Intake, "_take_in_parts", fail), patched(Delivery, "_poisoned", never))


@bug("a set that fails is halved down to two scans, and both are kept for a person")
def halved_down_to_two() -> Patch:
    in_parts = Intake._take_in_parts

    def early(self: Intake, deliveries: Sequence[Any], error: Exception) -> list[Any]:
        if len(deliveries) == 1 and len(deliveries[0].items) == 2:
            return self._commit(deliveries, keep=str(error))
        return in_parts(self, deliveries, error)

    return patched(Intake, "_take_in_parts", early)


@bug("one scan that fails fails the batches of other terminals that came with it")
def fails_others_batches() -> Patch:
    in_parts = Intake._take_in_parts

    def alone(self: Intake, deliveries: Sequence[Any], error: Exception) -> list[Any]:
        if len(deliveries) > 1:
            raise error
        return in_parts(self, deliveries, error)

    return patched(Intake, "_take_in_parts", alone)


@bug("an undo opens a closed cycle again without its signal")
def undo_forgets_the_signal() -> Patch:
    undo = lifecycle.undo

    def half(*arguments: Any) -> Decision:
        decision = undo(*arguments)
        kept = tuple(one for one in decision.events if one.kind != "signal_reopened")
        return replace(decision, events=kept, signal=None if len(kept) < len(decision.events) else decision.signal)

    return patched(lifecycle, "undo", half)


@bug("the ledger does not tell all columns that a step changes")
def ledger_tells_less() -> Patch:
    write = ledger.write

    def less(statements: Any, entries: Sequence[Any], *rest: Any) -> None:
        told = [replace(one, data={**one.data, "set": {}}) if one.kind == "signal_advanced" else one for one in entries]
        write(statements, told, *rest)

    return patched(ledger, "write", less)


@bug("scans that are gone for good are passed over without a word")
def missing_not_told() -> Patch:
    return patched(missing_scans, "tell", lambda *_arguments: None)


@bug("a receipt asks nobody about the demand that was answered with its order")
def kept_demand_forgotten() -> Patch:
    return patched(AskedFor, "of", lambda *_arguments: ())


@bug("a card remembers the scan that arrived last as its newest, not the one that was made last")
def newest_scan_overwritten() -> Patch:
    def seen(self: changes.Writer, loaded: Any, at_ms: int, terminal: Any) -> None:
        self._state(loaded).card |= {"last_scan_ms": at_ms, "last_scan_terminal": terminal}

    return patched(changes.Writer, "seen", seen)


@bug("a receipt of an older cycle that comes in late is taken for the card's last closing")
def closing_goes_back() -> Patch:
    return patched(lifecycle_close, "later", lambda _recorded, at: at)
