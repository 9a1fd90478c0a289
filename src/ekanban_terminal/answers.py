"""Central's signed answers, understood as far as this release can: a newer central may say more (promise 16)."""

from __future__ import annotations

import json
from typing import Any

import structlog
from pydantic import ValidationError

from ekanban_core.errors import BadMessage
from ekanban_core.states import Outcome
from ekanban_core.wire import Refusal, RegisterAnswer, RegisterCard, ScanAnswer, ScanResult
from ekanban_terminal.register import Page

log = structlog.get_logger()


def scan_answer(body: bytes) -> ScanAnswer:
    """The answer to a batch. A result with an outcome that is unknown here is still a commitment. Raises BadMessage."""
    content = _object(body)
    results = content.pop("results", [])
    try:
        answer = ScanAnswer.model_validate({**content, "results": []})
    except ValidationError as error:
        raise BadMessage(f"Central's answer does not fit: {error}") from error
    understood = [one for one in map(_result, results if isinstance(results, list) else []) if one is not None]
    return answer.model_copy(update={"results": understood})


def register_page(body: bytes, arrived_ms: int) -> Page:
    """A page of the register, here since that boot time; cards not understood are left out. Raises BadMessage."""
    content = _object(body)
    cards = content.pop("cards", [])
    try:
        answer = RegisterAnswer.model_validate({**content, "cards": []})
    except ValidationError as error:
        raise BadMessage(f"Central's register does not fit: {error}") from error
    understood = [one for one in map(_card, cards if isinstance(cards, list) else []) if one is not None]
    return Page(
        generation=answer.generation,
        position=answer.position,
        mark=answer.mark,
        cursor=answer.cursor,
        at_ms=answer.at_ms,
        site=answer.site,
        time_zone=answer.time_zone,
        language=answer.language,
        base_url=answer.base_url,
        owner=answer.owner,
        full=answer.full,
        more=answer.more,
        cards=tuple(understood),
        arrived_ms=arrived_ms,
    )


def refusal(body: bytes) -> Refusal | None:
    """A problem instead of an answer; None when it is none."""
    try:
        return Refusal.model_validate_json(body)
    except ValidationError:
        return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"Central's answer is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadMessage("Central's answer is not a JSON object")
    return content


def _result(content: Any) -> ScanResult | None:
    try:
        return ScanResult.model_validate(content)
    except ValidationError:
        if not isinstance(content, dict) or not isinstance(content.get("id"), str):
            return None
        message = content.get("message")
        return ScanResult(id=content["id"], outcome=Outcome.REVIEW, message=message if isinstance(message, str) else "")


def _card(content: Any) -> RegisterCard | None:
    try:
        return RegisterCard.model_validate(content)
    except ValidationError as error:
        log.warning("register_card_not_understood", error=str(error))
        return None
