"""Bins without a card, as terminals report them: each is kept, answered once for ever, and laid before a person.

Nothing is ordered here. A review says which bin, and a person opens the signal, which bears the report's id and moment
(`review_acts`). Every report that is not of a closed cycle has a review of its own, also while another of the same card
waits: an order that arrives late may lie between the two, and then only one of them is answered by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Table, select

from ekanban_central import answered_once, tables
from ekanban_central.answered_once import Sender, Taken
from ekanban_central.changes import Change, Writer
from ekanban_central.intake_times import cursor_position
from ekanban_central.ledger import LEDGER, Actor, Entry
from ekanban_central.loading import Loaded, last_opened, load
from ekanban_central.print_reports import Item
from ekanban_central.sets import among
from ekanban_central.terminal_prints import boots_of
from ekanban_core.bounds import OffsetBounds, Reach, boot_start_ms, measure, scan_moment
from ekanban_core.decision import Decision, signal_facts
from ekanban_core.events import ReviewKind, ReviewRaised
from ekanban_core.facts import Message, Moment
from ekanban_core.judgement import Standing
from ekanban_core.lifecycle_missing import ANSWERS, demand
from ekanban_core.states import Intent, MissingAnswer, Outcome
from ekanban_core.texts import sentence
from ekanban_core.wire import Contact, MissingReport, MissingResult

MISSING: Table = tables.MissingCard.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class Sending:
    """When a message was sent, by the terminal's boot clock, and which life of central's ledger its cursors mean."""

    generation: str
    boot_id: str = ""
    boottime_ms: int | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """What one report comes to. facts: of its review; None: no review."""

    answer: MissingAnswer
    message: Message
    facts: dict[str, str | int] | None = None


def take(
    connection: Connection, sender: Sender, items: Sequence[Item[MissingReport]], sending: Sending, now_ms: int
) -> Taken[MissingResult]:
    """Take reports in, in their order."""
    cards = load(connection, {item.report.body for item in items if item.report})
    own = {body: loaded for body, loaded in cards.items() if loaded.site_id == sender.site["id"]}
    clocks = _Clocks.of(connection, sender, items, sending, now_ms)
    taking = _Taking(sender, now_ms, own, clocks)
    results = answered_once.answers(connection, MISSING, sender.terminal_id, items, taking, MissingResult)
    return Taken(results, answered_once.write(connection, taking.writer, MISSING, taking.rows))


@dataclass(frozen=True, slots=True)
class _Clocks:
    """All that bounds when a worker told of a bin."""

    now_ms: int
    current: str  # the boot from which the message was sent
    boots: Mapping[str, OffsetBounds]
    recorded: Mapping[str, int]  # when central wrote the position that a register's cursor names

    @classmethod
    def of(
        cls,
        connection: Connection,
        sender: Sender,
        items: Sequence[Item[MissingReport]],
        sending: Sending,
        now_ms: int,
    ) -> _Clocks:
        """Measure the present boot by this message, and look up what cursors say."""
        boots = boots_of(connection, sender.terminal_id)

        def narrow(boot_id: str, **reach: Reach) -> None:
            measured = measure(boots.get(boot_id), **reach)
            if measured is not None:
                boots[boot_id] = measured

        heard, sent = sending.contact, sending.boottime_ms
        if heard is not None:
            narrow(heard.boot_id, heard=Reach(heard.at_ms, heard.boottime_ms))
        if sent is not None:
            narrow(sending.boot_id, sent=Reach(now_ms, sent))
        cursors = {item.report.register_cursor for item in items if item.report}
        return cls(now_ms, sending.boot_id, boots, _recorded(connection, sender, cursors, sending.generation))

    def moment(self, report: MissingReport) -> Moment:
        """When it was: of no terminal, because it does not stand in its terminal's sequence."""
        bounds, ceiling = self.boots.get(report.boot_id), self.now_ms
        if report.age_ms is not None:
            bounds = measure(bounds, sent=Reach(self.now_ms, report.boottime_ms + report.age_ms))
        start = boot_start_ms(self.boots.get(self.current))
        if report.age_ms is None and report.boot_id != self.current and start is not None:
            ceiling = min(ceiling, max(start, 0))
        floor = min(self.recorded.get(report.register_cursor or "", 0), self.now_ms)
        at = scan_moment("", report.boottime_ms, bounds, floor_ms=floor, ceiling_ms=max(ceiling, floor))
        return replace(at, terminal=None)


@dataclass(slots=True)
class _Taking:
    sender: Sender
    now_ms: int
    cards: Mapping[str, Loaded]  # of this plant
    clocks: _Clocks
    rows: list[dict[str, Any]] = field(default_factory=list)
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.sender.site["id"], self.now_ms)

    def take(self, item: Item[MissingReport]) -> MissingResult:
        """Decide one new report and note everything."""
        report = item.report
        loaded = self.cards.get(report.body) if report else None
        at = self.clocks.moment(report) if report else Moment(0, self.now_ms)
        told = self._told(item, report, loaded, at)
        result = self._result(item, told)
        self.rows.append(_row(self.sender, item, result, at))
        self.rows[-1]["position"] = self._note(item, told, loaded, at)
        return result

    def _told(
        self, item: Item[MissingReport], report: MissingReport | None, loaded: Loaded | None, at: Moment
    ) -> _Told:
        if report is None:
            facts: dict[str, str | int] = {"standing": "malformed", "error": item.error}
            return _Told(MissingAnswer.SET_ASIDE, Message("missing_malformed"), facts)
        facts = _facts(report, loaded, at)
        if loaded is None:
            facts |= {"standing": "unknown", "body": report.body}
            return _Told(MissingAnswer.SET_ASIDE, Message("missing_aside"), facts)
        if self.sender.standing is not Standing.GOOD:
            facts["standing"] = str(self.sender.standing)
            return _Told(MissingAnswer.SET_ASIDE, Message("missing_aside"), facts)
        stands = demand(loaded.card, loaded.signal, loaded.policy, at, last_opened(loaded))
        answer = ANSWERS.get(stands, MissingAnswer.REPORTED)
        about = signal_facts(loaded.signal, loaded.policy) if loaded.signal else {}
        return _Told(answer, Message(f"missing_{answer}", about), None if answer is MissingAnswer.SERVED else facts)

    def _result(self, item: Item[MissingReport], told: _Told) -> MissingResult:
        site, message = self.sender.site, told.message
        return MissingResult(
            id=item.sent_id,
            answer=str(told.answer),
            message=sentence(message, site["language"], site["time_zone"], self.now_ms),
            reason=message.key,
            facts=message.facts,
            index=item.index,
        )

    def _note(self, item: Item[MissingReport], told: _Told, loaded: Loaded | None, at: Moment) -> int:
        """The ledger's row of the report, and behind it the review's; both name the report as a scan is named."""
        actor = Actor.terminal(self.sender.terminal_id)
        body, loop = (loaded.card.body, loaded.loop.id) if loaded else (None, None)
        times = {"earliest_ms": at.earliest_ms, "latest_ms": at.latest_ms}
        data = {"report": item.content, "answer": str(told.answer), "reason": told.message.key, **times}
        place = self.writer.note(Entry("card_missing", actor, body, item.id, loop_id=loop, data=data))
        if told.facts is None:
            return place
        signal = loaded.signal.id if loaded and loaded.signal else None
        raised = ReviewRaised(ReviewKind.CARD_MISSING, told.facts, signal, str(item.id), str(self.sender.terminal_id))
        if loaded is not None:
            decision = Decision(Outcome.ADVANCED, told.message, (raised,), loaded.card, loaded.signal)
            self.writer.change(Change(loaded, decision, actor, str(item.id)))
        else:
            index = self.writer.note(Entry(raised.kind, actor, scan_id=item.id, data=raised.data()))
            self.writer.review(index, raised.review, raised.facts, scan_id=item.id, terminal_id=self.sender.terminal_id)
        return place


def _facts(report: MissingReport, loaded: Loaded | None, at: Moment) -> dict[str, str | int]:
    """What the desk says of it: as an `empty` scan of the card would say it, and which paper was looked for where."""
    facts: dict[str, str | int] = {
        "intent": str(Intent.EMPTY),
        "earliest_ms": at.earliest_ms,
        "latest_ms": at.latest_ms,
        "reported_at": report.reported_at,
    }
    if report.print_version is not None:
        facts["version"] = report.print_version
    if report.operator:
        facts["operator"] = report.operator
    return facts | ({"destination": loaded.loop.destination, "bin": loaded.loop.bin} if loaded else {})


def _row(sender: Sender, item: Item[MissingReport], result: MissingResult, at: Moment) -> dict[str, Any]:
    body = item.report.body if item.report else None
    return {**answered_once.row(sender, item, result, at), "body": body, "answered": result.answer}


def _recorded(
    connection: Connection, sender: Sender, cursors: Collection[str | None], generation: str
) -> dict[str, int]:
    """When central wrote the ledger positions that these cursors name: what bears one was made after it."""
    places = {cursor: cursor_position(cursor, generation) for cursor in cursors if cursor}
    wanted = sorted({place for place in places.values() if place is not None})
    statement = select(LEDGER.c.position, LEDGER.c.at_ms).where(
        LEDGER.c.site_id == sender.site["id"], among(connection, LEDGER.c.position, wanted)
    )
    at = {row.position: row.at_ms for row in connection.execute(statement)} if wanted else {}
    return {cursor: at[place] for cursor, place in places.items() if place is not None and place in at}
