"""One transaction of intake: several batches of different terminals, from their lock to their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central import generations, missing_scans, taken_back
from ekanban_central import intake_known as known
from ekanban_central.changes import Change, Writer
from ekanban_central.fencing import Epoch, Fence, Verdict
from ekanban_central.intake_answers import kept, repeated, result_of
from ekanban_central.intake_case import Case
from ekanban_central.intake_judging import Bench, malformed, standing_of
from ekanban_central.intake_parsing import MOST_SEQ, Delivery, Item
from ekanban_central.intake_sorting import New, Repeated, Sorted, load_register, sort
from ekanban_central.intake_times import boot_rows, cursor_position, measure_boots, moments
from ekanban_central.ledger import Actor, Entry, Reached
from ekanban_central.sets import Counted, Head, Statements
from ekanban_core.decision import Decision
from ekanban_core.events import ReviewRaised
from ekanban_core.facts import Moment
from ekanban_core.judgement import Standing
from ekanban_core.states import Outcome, TerminalState
from ekanban_core.wire import Expected, ScanResult

MOST_STORED = 2**31 - 1  # of the column; a terminal stops far below


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one batch came to, valid once the transaction is committed."""

    generation: str
    position: int
    mark: str  # of the ledger at that position
    results: tuple[ScanResult, ...]
    expected: Expected | None


class Taking:
    """Take batches in: at most one for each terminal. `keep`: judge nothing, only keep the scans for a person."""

    def __init__(
        self, connection: Connection, deliveries: Sequence[Delivery], random_bytes: Callable[[int], bytes], keep: str
    ) -> None:
        self.connection = connection
        self.keep = keep
        self.all = deliveries
        self.looked = known.look(connection, deliveries)
        self.terminals = self.looked.terminals
        self.statements = Statements(connection)
        self.sites = self.looked.sites
        recorded_ms = max((site["recorded_ms"] or 0 for site in self.sites.values()), default=0)
        self.deliveries = [
            delivery.not_before(recorded_ms) for delivery in deliveries if delivery.terminal_id in self.terminals
        ]
        self.now_ms = max(recorded_ms, *(delivery.received_ms for delivery in deliveries))
        self.writers: dict[int, Writer] = {site: Writer(site, self.now_ms) for site in self.sites}
        self.heads: dict[int, Head] = {}  # by site
        self.generation = generations.check(
            connection, self.looked.generation, self._claims(), self.writers, random_bytes
        )
        self.fences = self._fences()
        self.floors = {key: row["floor_ms"] for key, row in self.terminals.items()}  # before this transaction
        self.boots = self.looked.boots
        self.causes = {delivery.terminal_id: _cause(delivery) for delivery in self.deliveries}
        self.measured = {delivery.terminal_id: measure_boots(delivery, self.boots) for delivery in self.deliveries}

    def run(self) -> list[Receipt | None]:
        """Decide and write; PostgreSQL has committed then, SQLite does with its transaction.

        None: the batch of a terminal that is not known.
        """
        register = load_register(self.connection, self.deliveries, self.fences, self.looked.taken)
        batches = [
            (delivery, sort(delivery, self.fences[delivery.terminal_id], register)) for delivery in self.deliveries
        ]
        cases = [case for delivery, found in batches for case in self._cases(delivery, found)]
        if self.keep:
            for case in cases:
                case.decision = malformed(self.keep)
        else:
            Bench(self.connection, cases, self.looked.targets, self.looked.aliases).decide()
        answers = self._answer(cases)
        self._tell_of_forks()
        missing_scans.tell(self.connection, self._heard(), cases)
        self._write(cases, answers)
        receipts = {delivery.terminal_id: self._receipt(delivery, found, answers) for delivery, found in batches}
        return [receipts.get(delivery.terminal_id) for delivery in self.all]

    def _claims(self) -> list[generations.Claim]:
        """What the terminals say that they have heard; only those that are admitted are believed."""
        claims = []
        for delivery in self.deliveries:
            terminal, batch = self.terminals[delivery.terminal_id], delivery.batch
            if terminal["state"] == TerminalState.ENROLLED:
                site = self.sites[terminal["site_id"]]
                head = Reached(site["head"], site["mark"])
                heard = (batch.generation, batch.position, batch.mark)
                claims.append(generations.Claim(head, site["id"], delivery.terminal_id, *heard))
        return claims

    def _fences(self) -> dict[UUID, Fence]:
        heads = {key: row["head_epoch"] for key, row in self.terminals.items()}
        fences = {}
        for delivery in self.deliveries:
            terminal, batch = delivery.terminal_id, delivery.batch
            oldest = {known.uuid_of(name): seq for name, seq in batch.oldest_seq.items()}
            fence = Fence(
                self.looked.epochs.get(terminal, []),
                heads[terminal],
                {name: seq for name, seq in oldest.items() if name is not None},
                self.now_ms,
            )
            for message in batch.epochs:
                epoch = known.uuid_of(message.epoch)
                if epoch is not None and message.previous_seq < MOST_SEQ:
                    fence.introduce(epoch, known.uuid_of(message.previous), message.previous_seq)
            fences[terminal] = fence
        return fences

    def _cases(self, delivery: Delivery, found: Sequence[Sorted]) -> list[Case]:
        terminal = self.terminals[delivery.terminal_id]
        # Not the enrolment where there is no scan yet: a terminal takes scans before it, and is enrolled anew.
        floor_ms = terminal["floor_ms"] or 0
        somewhen = Moment(min(floor_ms, delivery.received_ms), delivery.received_ms, str(delivery.terminal_id))
        cases = [
            Case(delivery, one, standing_of(terminal["state"], one), somewhen)
            for one in found
            if not isinstance(one, Repeated)
        ]
        in_sequence = [
            (case, case.message)
            for case in cases
            if isinstance(case.sorted, New) and case.sorted.verdict is Verdict.NEXT and case.message
        ]
        scans = [message for _, message in in_sequence]
        recorded = self._recorded(terminal["site_id"], {scan.register_cursor for scan in scans})
        for (case, _), at in zip(in_sequence, moments(scans, delivery, self.boots, floor_ms, recorded), strict=True):
            case.at = at
            terminal["floor_ms"] = max(terminal["floor_ms"] or 0, at.earliest_ms)
        return cases

    def _recorded(self, site_id: int, cursors: set[str | None]) -> dict[str, int]:
        positions = {cursor: cursor_position(cursor, self.generation) for cursor in cursors if cursor}
        at = self.looked.recorded
        return {
            cursor: at[site_id, position]
            for cursor, position in positions.items()
            if position is not None and (site_id, position) in at
        }

    def _answer(self, cases: Sequence[Case]) -> dict[int, ScanResult]:
        """Make the answers, by the identity of their items."""
        asked = {
            UUID(signal.opened.terminal)
            for case in cases
            if case.decision and case.decision.outcome is Outcome.ALREADY_OPEN
            if (signal := case.decision.signal) and signal.opened.terminal
        }
        names = {str(key): row["name"] for key, row in self.terminals.items()}
        names |= known.names(self.connection, asked - self.terminals.keys())
        answers = {}
        for case in cases:
            decision = _decided(case)
            site = self.sites[self.terminals[case.delivery.terminal_id]["site_id"]]
            answers[id(case.sorted.item)] = result_of(case, decision, site, names)
            self._record(case, decision, site["id"])
        return answers

    def _record(self, case: Case, decision: Decision, site_id: int) -> None:
        """Write the scan, and what follows from it, into the ledger and onto the review desk."""
        actor, home = Actor.terminal(case.delivery.terminal_id), self.writers[site_id]
        scan_id = case.sorted.item.scan_id if isinstance(case.sorted, New) else None
        signal_id = known.uuid_of(decision.signal.id) if decision.signal else None
        loop_id = case.loaded.loop.id if case.loaded else None
        body = decision.card.body if decision.card else None
        case.index = home.note(
            Entry("scan", actor, body, scan_id, signal_id, loop_id, _facts(case, decision, self.keep))
        )
        if case.loaded is None:
            for event in decision.events:
                self._event_without_card(event, home, actor, scan_id)
            return
        writer = self.writers.setdefault(case.loaded.site_id, Writer(case.loaded.site_id, self.now_ms))
        writer.change(Change(case.loaded, decision, actor, str(scan_id) if scan_id else None))
        if case.standing is Standing.GOOD and isinstance(case.sorted, New):
            writer.seen(case.loaded, case.at.latest_ms, case.delivery.terminal_id)

    def _event_without_card(self, event: Any, home: Writer, actor: Actor, scan_id: UUID | None) -> None:
        index = home.note(Entry(event.kind, actor, scan_id=scan_id, data=event.data()))
        if isinstance(event, ReviewRaised):
            terminal = known.uuid_of(actor.id)
            home.review(index, event.review, event.facts, scan_id=scan_id, terminal_id=terminal)

    def _tell_of_forks(self) -> None:
        for terminal, fence in self.fences.items():
            home = self.writers[self.terminals[terminal]["site_id"]]
            cause = self.causes[terminal]
            for epoch in fence.forks:
                home.note(Entry("terminal_forked", Actor.terminal(terminal), data={"epoch": str(epoch), **cause}))

    def _heard(self) -> dict[UUID, missing_scans.Heard]:
        return {
            key: missing_scans.Heard(
                fence, self.writers[self.terminals[key]["site_id"]], self.floors[key], self.causes[key]
            )
            for key, fence in self.fences.items()
        }

    def _write(self, cases: Sequence[Case], answers: Mapping[int, ScanResult]) -> None:
        self._write_terminals()
        taken_back.close(self.connection, self.writers, cases)
        self.heads = {site: self.writers[site].reserve(self.statements) for site in sorted(self.writers)}
        for site, head in self.heads.items():
            self.writers[site].put(self.statements, head)
        for site, head in self.heads.items():
            own = [case for case in cases if self.terminals[case.delivery.terminal_id]["site_id"] == site]
            self._write_identities(own, answers, self.writers[site], Counted(head, ("position",)))
        self.statements.run(commit=True)

    def _write_identities(
        self, cases: Sequence[Case], answers: Mapping[int, ScanResult], writer: Writer, counted: Counted
    ) -> None:
        identities, asides = [], []
        for case in cases:
            answer, position = kept(answers[id(case.sorted.item)]), writer.before_head(case.index)
            if isinstance(case.sorted, New):
                identities.append(_identity_row(case, _decided(case), answer, position))
            else:
                asides.append(_aside_row(case, answer, position))
        self.statements.insert(known.IDENTITY, identities, counted)
        self.statements.insert(known.ASIDE, asides, counted)

    def _write_terminals(self) -> None:
        rows, epochs, boots = [], [], []
        for delivery in self.deliveries:
            key, fence = delivery.terminal_id, self.fences[delivery.terminal_id]
            rows.append(_terminal_row(delivery, self.terminals[key], fence, self.now_ms))
            epochs += [_epoch_row(key, fence.epochs[epoch]) for epoch in sorted(fence.changed)]
            if not delivery.imported:  # a file measures no clock for later scans
                boots += boot_rows(key, self.measured[key], self.boots, self.now_ms)
        self.statements.update(known.TERMINAL, rows)
        self.statements.upsert(known.EPOCH, epochs)
        self.statements.upsert(known.BOOT, boots)

    def _receipt(self, delivery: Delivery, found: Sequence[Sorted], answers: Mapping[int, ScanResult]) -> Receipt:
        head = self.heads[self.terminals[delivery.terminal_id]["site_id"]]
        expected = self.fences[delivery.terminal_id].expected
        return Receipt(
            self.generation,
            head.position,
            Reached(head.position, head.mark).word(self.now_ms),
            tuple(_result(one, answers) for one in found),
            Expected(epoch=str(expected[0]), seq=expected[1]) if expected else None,
        )


def _decided(case: Case) -> Decision:
    if case.decision is None:
        raise LookupError("a scan was not decided")
    return case.decision


def _result(one: Sorted, answers: Mapping[int, ScanResult]) -> ScanResult:
    if isinstance(one, Repeated):
        if one.of is not None:
            return repeated(kept(answers[id(one.of)]), one.item)
        return repeated(one.answer or {}, one.item)
    return answers[id(one.item)]


def _cause(delivery: Delivery) -> dict[str, str]:
    """What the ledger adds to what an import has brought."""
    return {"import": str(delivery.imported)} if delivery.imported else {}


def _facts(case: Case, decision: Decision, keep: str) -> dict[str, Any]:
    """What the ledger says of a scan."""
    content = case.sorted.item.content
    return {
        **_cause(case.delivery),
        "scan": repr(content) if keep else content,  # what no database takes as JSON is kept as text
        "outcome": str(decision.outcome),
        "reason": decision.message.key,
        "facts": decision.message.facts,
        "earliest_ms": case.at.earliest_ms,
        "latest_ms": case.at.latest_ms,
        "counts": case.standing is Standing.GOOD and isinstance(case.sorted, New),
    }


def _identity_row(case: Case, decision: Decision, answer: dict[str, Any], before_head: int) -> dict[str, Any]:
    item: Item = case.sorted.item
    return {
        "terminal_id": case.delivery.terminal_id,
        "epoch": item.epoch,
        "seq": item.seq,
        "scan_id": item.scan_id,
        "content_hash": item.hash,
        "outcome": str(decision.outcome),
        "answer": answer,
        "body": decision.card.body if decision.card else None,
        "effect": decision.effect.to_json() if decision.effect else None,
        "position": before_head,
    }


def _aside_row(case: Case, answer: dict[str, Any], before_head: int) -> dict[str, Any]:
    return {
        "terminal_id": case.delivery.terminal_id,
        "content_hash": case.sorted.item.hash,
        "answer": answer,
        "position": before_head,
    }


def _epoch_row(terminal: UUID, epoch: Epoch) -> dict[str, Any]:
    return {
        "terminal_id": terminal,
        "epoch": epoch.epoch,
        "previous": epoch.previous,
        "ordinal": epoch.ordinal,
        "next_seq": epoch.next_seq,
        "last_seq": epoch.last_seq,
        "forked": epoch.forked,
        "first_seen_ms": epoch.first_seen_ms,
    }


def _terminal_row(delivery: Delivery, row: Mapping[str, Any], fence: Fence, now_ms: int) -> dict[str, Any]:
    status = delivery.batch.status
    return {
        "id": delivery.terminal_id,
        "head_epoch": fence.head,
        "floor_ms": row["floor_ms"],
        "seen_ms": row["seen_ms"] if delivery.imported else now_ms,
        "release": status.release if status else row["release"],
        "stored": min(max(status.stored, 0), MOST_STORED) if status else row["stored"],
        "scanners": status.scanners if status else row["scanners"],
    }
