"""What terminals say of paper: each report is kept, answered once for ever, and refused never."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ValidationError

from ekanban_central.intake_known import uuid_of
from ekanban_central.intake_parsing import storable

ODD = uuid5(NAMESPACE_URL, "ekanban:print")  # names reports that have no usable id, by their content
_COUNTS_ON = "age_ms"  # until it is sent

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Item(Generic[R]):
    """One report of a message. `report` is None where it does not fit its schema; `error` then says why."""

    index: int
    content: Any  # as it was sent
    sent_id: str | None
    id: UUID
    hash: bytes
    report: R | None
    error: str = ""


def parse(reports: Sequence[Any], kind: type[R]) -> list[Item[R]]:
    """Read reports of a kind, each by itself; never raises."""
    return [_item(index, storable(content), kind) for index, content in enumerate(reports)]


def _item(index: int, content: Any, kind: type[R]) -> Item[R]:
    facts = {name: content.get(name) for name in _lasting(kind)} if isinstance(content, Mapping) else content
    hashed = hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).digest()
    sent = content.get("id") if isinstance(content, Mapping) else None
    sent_id = sent if isinstance(sent, str) else None
    key = uuid_of(sent_id)
    report, error = None, "Expected an id that is a UUID."
    if key is not None:
        try:
            report, error = kind.model_validate(content), ""
        except (ValidationError, RecursionError) as wrong:
            error = str(wrong)[:500]
    return Item(index, content, sent_id, key or uuid5(ODD, hashed.hex()), hashed, report, error)


def _lasting(kind: type[BaseModel]) -> list[str]:
    return [name for name in kind.model_fields if name != _COUNTS_ON]
