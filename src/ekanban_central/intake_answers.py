"""What central answers to a scan; the first answer is kept and given again for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ekanban_central.intake_case import Case
from ekanban_central.intake_parsing import Item
from ekanban_core.decision import Decision, due_ms
from ekanban_core.facts import Message
from ekanban_core.reading import CardRead
from ekanban_core.states import Outcome
from ekanban_core.texts import sentence
from ekanban_core.wire import ScanResult, SignalBrief


def result_of(case: Case, decision: Decision, site: Mapping[str, Any], names: Mapping[str, str]) -> ScanResult:
    """Make the answer. site: the terminal's plant, for language and zone; names: of terminals."""
    message = told(decision, names)
    read = case.read.body if isinstance(case.read, CardRead) else None
    text = sentence(message, site["language"], site["time_zone"], case.delivery.received_ms)
    return ScanResult(
        id=case.sorted.item.sent_id,
        outcome=decision.outcome,
        message=text,
        card=decision.card.body if decision.card else read,
        signal=_brief(case, decision),
        reason=message.key,
        facts=message.facts,
        index=case.sorted.item.index,
    )


def told(decision: Decision, names: Mapping[str, str]) -> Message:
    """Return the message, with the name of the terminal that opened the signal where that is what it is about."""
    opened = decision.signal.opened.terminal if decision.signal else None
    if decision.outcome is Outcome.ALREADY_OPEN and opened is not None and opened in names:
        return Message(decision.message.key, {**decision.message.facts, "by": names[opened]})
    return decision.message


def repeated(answer: Mapping[str, Any], item: Item) -> ScanResult:
    """Give a first answer again."""
    return ScanResult.model_validate({**answer, "id": item.sent_id, "repeated": True, "index": item.index})


def kept(result: ScanResult) -> dict[str, Any]:
    """Return the first answer as it is stored."""
    fields = dict(vars(result))
    del fields["repeated"], fields["index"]
    return fields


def _brief(case: Case, decision: Decision) -> SignalBrief | None:
    signal, loaded = decision.signal, case.loaded
    if signal is None or loaded is None:
        return None
    return SignalBrief(
        id=signal.id,
        state=signal.state,
        opened_ms=signal.opened.latest_ms,
        due_ms=due_ms(signal.opened, loaded.policy),
        urgent=signal.urgent,
    )
