"""What the scripted central does about terminals' prints: gives versions, hears reports, prints on request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError

from ekanban_core.errors import RuleError
from ekanban_core.facts import Card
from ekanban_core.lifecycle_prints import Reserve, print_reserved, reported, worth
from ekanban_core.states import PrintAnswer, PrintEnd
from ekanban_core.texts import SENTENCES
from ekanban_core.wire import (
    CardPrint,
    MissingReport,
    MissingReportAnswer,
    MissingReports,
    MissingResult,
    PrintReport,
    PrintReportAnswer,
    PrintReports,
    PrintRequest,
    PrintRequestAnswer,
    PrintResult,
    ReserveAnswer,
    ReserveRequest,
)


class Held(Protocol):
    """A card at central."""

    card: Card


@dataclass(slots=True)
class ScriptedPrints:
    """One terminal's."""

    scanned: list[str] = field(default_factory=list)  # cards last scanned at the terminal
    given: dict[str, int] = field(default_factory=dict)  # versions in reserve, by card
    reports: dict[str, tuple[PrintReport, PrintResult]] = field(default_factory=dict)  # by id: content, first answer
    requests: list[PrintRequest] = field(default_factory=list)
    request_states: list[str] = field(default_factory=lambda: ["done"])  # of the one job, one each time it is asked for
    missing: dict[str, MissingReport] = field(default_factory=dict)  # bins without a card, by id: as first heard
    missing_answer: str = "reported"
    knows_missing: bool = True  # False: as a central of an earlier release
    refuses: str = ""  # requests, with this sentence
    fails_on: str = ""  # of a report: a message with it is answered with 500
    takes: int = 100  # reports in one message; more are answered with 413

    def answer(self, path: str, body: bytes, cards: dict[str, Any], generation: str, now_ms: int) -> tuple[int, Any]:
        """Serve a call below /api/v1/terminals/prints."""
        verb = path.rpartition("/")[2]
        reports = json.loads(body).get("reports", [])
        if len(reports) > self.takes:
            return 413, {"title": "Too large", "status": 413}
        if any(one["id"] == self.fails_on for one in reports):
            return 500, {"title": "Internal Server Error", "status": 500}
        if verb == "reserve":
            return 200, self._reserve(ReserveRequest.model_validate_json(body), cards, generation, now_ms)
        if verb == "report":
            return 200, self._report(PrintReports.model_validate_json(body), cards, generation, now_ms)
        if verb == "missing":
            return self._missing(MissingReports.model_validate_json(body), generation, now_ms)
        return self._request(PrintRequest.model_validate_json(body), cards)

    def _reserve(self, asked: ReserveRequest, cards: dict[str, Any], generation: str, now_ms: int) -> bytes:
        refused: dict[str, str] = {}
        for body in dict.fromkeys((*asked.bodies, *self.scanned)):
            held = cards.get(body)
            if held is None:
                refused[body] = "This card is unknown."
                continue
            if body in self.given and self._worth(body, held) is Reserve.GOOD:
                continue
            try:
                held.card, _events = print_reserved(held.card, asked.terminal)
            except RuleError as error:
                refused[body] = str(error)
                continue
            self.given[body] = held.card.pending_version
        good = {
            body: version for body, version in self.given.items() if self._worth(body, cards[body]) is not Reserve.VOID
        }
        reserves = [CardPrint(body=body, print_version=version) for body, version in good.items()]
        return (
            ReserveAnswer(generation=generation, at_ms=now_ms, reserves=reserves, refused=refused)
            .model_dump_json()
            .encode()
        )

    def _worth(self, body: str, held: Any) -> Reserve:
        return worth(self.given[body], held.card.print_version, held.card.quantity_version)

    def _report(self, told: PrintReports, cards: dict[str, Any], generation: str, now_ms: int) -> bytes:
        results = []
        for content in told.reports:
            report = PrintReport.model_validate(content)
            if report.id in self.reports:
                results.append(self.reports[report.id][1].model_copy(update={"repeated": True}))
                continue
            held = cards[report.body]
            what = reported(held.card, report.print_version, report.end)
            held.card = what.card
            if self.given.get(report.body) == report.print_version:
                del self.given[report.body]
            result = PrintResult(
                id=report.id, answer=what.answer, message=SENTENCES[what.key][0], reason=what.key,
                print_version=held.card.print_version,
            )  # fmt: skip
            self.reports[report.id] = (report, result)
            results.append(result)
        return PrintReportAnswer(generation=generation, at_ms=now_ms, results=results).model_dump_json().encode()

    def _missing(self, told: MissingReports, generation: str, now_ms: int) -> tuple[int, Any]:
        if not self.knows_missing:
            return 404, {"title": "Not Found", "status": 404}
        results = []
        for content in told.reports:
            try:
                report = MissingReport.model_validate(content)
            except ValidationError:
                results.append(MissingResult(id=content["id"], answer="set_aside", message="Malformed."))
                continue
            repeated = report.id in self.missing
            self.missing.setdefault(report.id, report)
            result = MissingResult(id=report.id, answer=self.missing_answer, message="Reported.", repeated=repeated)
            results.append(result)
        return 200, MissingReportAnswer(generation=generation, at_ms=now_ms, results=results).model_dump_json().encode()

    def _request(self, asked: PrintRequest, cards: dict[str, Any]) -> tuple[int, Any]:
        if self.refuses:
            return 409, {"title": "Refused", "status": 409, "detail": self.refuses}
        self.requests.append(asked)
        state = self.request_states.pop(0) if len(self.request_states) > 1 else self.request_states[0]
        version = cards[asked.body].card.print_version + 1
        answer = PrintRequestAnswer(id=asked.id, job="job-1", state=state, print_version=version, printer="Office")
        return 200, json.loads(answer.model_dump_json())

    def ends(self) -> list[tuple[str, int, PrintEnd]]:
        """What was reported, in the order in which it was first heard: card, version, end."""
        return [(one.body, one.print_version, one.end) for one, _result in self.reports.values()]

    def answers(self) -> list[PrintAnswer]:
        """What was made of it."""
        return [result.answer for _report, result in self.reports.values()]
