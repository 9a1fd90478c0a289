"""Take in what terminals have printed: central's rules say what it means for the card, as with scans.

A print is the terminal's own where the version was given to it, or where central has forgotten that (restored from a
backup): it knows no version so high, or has leapt over it. All else is set aside: kept, answered, and laid before a
person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select

from ekanban_central import answered_once, forgotten_versions, tables
from ekanban_central.answered_once import Sender, Taken
from ekanban_central.changes import Change, Writer
from ekanban_central.intake_known import BOOT
from ekanban_central.ledger import Actor, Entry
from ekanban_central.loading import Loaded, load
from ekanban_central.print_books import RESERVE
from ekanban_central.print_reports import Item
from ekanban_central.sets import Statements, among
from ekanban_core import lifecycle_prints
from ekanban_core.bounds import OffsetBounds, Reach, measure, scan_moment
from ekanban_core.decision import Decision
from ekanban_core.events import Event, ReviewKind, ReviewRaised
from ekanban_core.facts import Card, Message, Moment
from ekanban_core.judgement import Standing
from ekanban_core.states import Outcome, PrintAnswer
from ekanban_core.texts import sentence
from ekanban_core.wire import PrintReport, PrintResult

PRINT: Table = tables.TerminalPrint.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class _Told:
    """What one report comes to."""

    answer: PrintAnswer
    message: Message
    card: Card | None = None
    events: tuple[Event, ...] = ()
    own: bool = False  # its version was the terminal's, and is used now


def take(connection: Connection, sender: Sender, items: Sequence[Item[PrintReport]], now_ms: int) -> Taken[PrintResult]:
    """Take reports in, in their order."""
    bodies = {item.report.body for item in items if item.report}
    boots = boots_of(connection, sender.terminal_id)
    left_out = forgotten_versions.left_out(connection, sender.site["id"], bodies)
    taking = _Taking(sender, now_ms, load(connection, bodies), _reserves(connection, bodies), boots, left_out)
    results = answered_once.answers(connection, PRINT, sender.terminal_id, items, taking, PrintResult)
    return Taken(results, answered_once.write(connection, taking.writer, PRINT, taking.rows, taking.use))


@dataclass(slots=True)
class _Taking:
    sender: Sender
    now_ms: int
    cards: Mapping[str, Loaded]
    reserves: dict[tuple[str, int], dict[str, Any]]
    boots: Mapping[str, OffsetBounds]
    left_out: Mapping[str, Sequence[range]]  # versions that a restored central leapt over
    after: dict[str, Card] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    used: dict[tuple[str, int], int] = field(default_factory=dict)
    new: list[dict[str, Any]] = field(default_factory=list)  # reserves that were forgotten here

    def __post_init__(self) -> None:
        self.writer = Writer(self.sender.site["id"], self.now_ms)

    writer: Writer = field(init=False)

    def take(self, item: Item[PrintReport]) -> PrintResult:
        """Decide one new report and note everything."""
        report = item.report
        loaded = self.cards.get(report.body) if report else None
        if loaded is not None and loaded.site_id != self.writer.site_id:
            loaded = None
        told = self._told(item, report, loaded)
        result = self._result(item, told)
        moment = self._moment(report)
        index = self._note(item, told, loaded)
        self.rows.append({**_row(self.sender, item, result, moment), "position": index})
        return result

    def _told(self, item: Item[PrintReport], report: PrintReport | None, loaded: Loaded | None) -> _Told:
        if report is None:
            return self._aside("print_malformed", {"error": item.error}, None)
        card = None if loaded is None else self.after.get(report.body, loaded.card)
        facts: dict[str, str | int] = {"version": report.print_version, "end": str(report.end)}
        if self.sender.standing is not Standing.GOOD:
            return self._aside("print_aside", {**facts, "standing": str(self.sender.standing)}, card)
        if card is None or loaded is None:
            return self._aside("print_aside", {**facts, "body": report.body}, None)
        place = (report.body, report.print_version)
        events: tuple[Event, ...] = ()
        if place not in self.reserves:
            leapt_over = any(report.print_version in some for some in self.left_out.get(report.body, ()))
            card, events = lifecycle_prints.adopted(
                card, report.print_version, str(self.sender.terminal_id), leapt_over=leapt_over
            )
        if not events and self.reserves.get(place, {}).get("terminal_id") != self.sender.terminal_id:
            return self._aside("print_aside", facts, card)
        old = report.quantity not in (None, loaded.policy.quantity)
        reported = lifecycle_prints.reported(card, report.print_version, report.end, old_quantity=old)
        message = Message(reported.key, {"version": report.print_version})
        return _Told(reported.answer, message, reported.card, (*events, *reported.events), own=True)

    def _aside(self, key: str, facts: dict[str, str | int], card: Card | None) -> _Told:
        raised = ReviewRaised(ReviewKind.PRINT_ASIDE, facts)
        return _Told(PrintAnswer.SET_ASIDE, Message(key), card, (raised,))

    def _result(self, item: Item[PrintReport], told: _Told) -> PrintResult:
        site, message = self.sender.site, told.message
        return PrintResult(
            id=item.sent_id,
            answer=told.answer,
            message=sentence(message, site["language"], site["time_zone"], self.now_ms),
            reason=message.key,
            facts=message.facts,
            print_version=told.card.print_version if told.card else None,
            index=item.index,
        )

    def _note(self, item: Item[PrintReport], told: _Told, loaded: Loaded | None) -> int:
        actor = Actor.terminal(self.sender.terminal_id)
        body = loaded.card.body if loaded else None
        loop = loaded.loop.id if loaded else None
        data = {"print": item.content, "answer": str(told.answer), "reason": told.message.key}
        place = self.writer.note(Entry("print_reported", actor, body, loop_id=loop, data=data))
        if told.own and item.report:
            self._use(item.report)
        if loaded is None or told.card is None:
            for event in told.events:
                index = self.writer.note(Entry(event.kind, actor, data=event.data()))
                if isinstance(event, ReviewRaised):
                    self.writer.review(index, event.review, event.facts, terminal_id=self.sender.terminal_id)
            return place
        decision = Decision(Outcome.ADVANCED, told.message, told.events, told.card, loaded.signal)
        self.writer.change(Change(loaded, decision, actor))
        self.after[loaded.card.body] = told.card
        return place

    def _use(self, report: PrintReport) -> None:
        """The version is not to be printed again, whatever came of it."""
        place = (report.body, report.print_version)
        if place not in self.reserves:
            row = {
                "body": report.body, "version": report.print_version, "terminal_id": self.sender.terminal_id,
                "given_ms": self.now_ms, "used_ms": self.now_ms, "book": "",
            }  # fmt: skip
            self.reserves[place] = row
            self.new.append(row)
        elif self.reserves[place]["used_ms"] is None:
            self.used[place] = self.now_ms

    def _moment(self, report: PrintReport | None) -> Moment:
        """When the print ended: after its version was given, and within the bounds of the terminal's clock."""
        if report is None:
            return Moment(0, self.now_ms)
        reserve = self.reserves.get((report.body, report.print_version))
        floor = 0 if reserve is None else min(reserve["given_ms"], self.now_ms)
        bounds = self.boots.get(report.boot_id)
        if report.age_ms is not None:
            bounds = measure(bounds, sent=Reach(self.now_ms, report.boottime_ms + report.age_ms))
        return scan_moment("", report.boottime_ms, bounds, floor_ms=floor, ceiling_ms=self.now_ms)

    def use(self, statements: Statements) -> None:
        """Write which versions are used up now."""
        statements.insert(RESERVE, self.new)
        used = [{"body": body, "version": version, "used_ms": at} for (body, version), at in self.used.items()]
        statements.update(RESERVE, used)


def _row(sender: Sender, item: Item[PrintReport], result: PrintResult, moment: Moment) -> dict[str, Any]:
    report = item.report
    return {
        **answered_once.row(sender, item, result, moment),
        "body": report.body if report else None,
        "version": report.print_version if report else None,
        "reason": str(report.reason) if report else "",
        "ended": str(report.end) if report else "",
        "answered": str(result.answer),
        "operator": (report.operator or "") if report else "",
        "printer": report.printer if report else "",
        "detail": report.detail if report else "",
    }


def _reserves(connection: Connection, bodies: Collection[str]) -> dict[tuple[str, int], dict[str, Any]]:
    statement = select(RESERVE).where(among(connection, RESERVE.c.body, bodies))
    return {(row["body"], row["version"]): dict(row) for row in connection.execute(statement).mappings()}


def boots_of(connection: Connection, terminal_id: UUID) -> dict[str, OffsetBounds]:
    """What is known of the terminal's boot clocks, by boot."""
    rows = connection.execute(select(BOOT).where(BOOT.c.terminal_id == terminal_id)).mappings()
    return {
        row["boot_id"]: OffsetBounds(row["offset_low_ms"], row["offset_high_ms"], row["measured_boottime_ms"])
        for row in rows
    }
