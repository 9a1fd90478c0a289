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
from ekanban_core.wire import MissingReport, PrintReport

ODD = uuid5(NAMESPACE_URL, "ekanban:print")  # names reports that have no usable id, by their content
MOST_ERROR = 500  # characters that are kept of why a report could not be read
# What a report is, for ever: its hash must not change when a later release adds a field (promises 8 and 16). Its age
# counts on until it is sent.
CONTENT: dict[type[BaseModel], tuple[str, ...]] = {
    PrintReport: (
        "id", "body", "print_version", "reason", "end", "detail", "printer", "operator", "quantity", "printed_at",
        "boot_id", "boottime_ms",
    ),
    MissingReport: (
        "id", "body", "print_version", "operator", "reported_at", "register_cursor", "boot_id", "boottime_ms",
    ),
}  # fmt: skip

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
    return [_item(index, content, kind) for index, content in enumerate(reports)]


def _item(index: int, content: Any, kind: type[R]) -> Item[R]:
    report, error = None, "Expected an id that is a UUID."
    try:
        content = storable(content)
        hashed = _hash(content, kind)
    except RecursionError:
        content, error = _shallow(content), "Expected a flat object, got one that is nested too deeply."
        hashed = _hash(content, kind)
    else:
        if uuid_of(_sent_id(content)) is not None:
            report, error = _read(content, kind)
    sent_id = _sent_id(content)
    return Item(index, content, sent_id, uuid_of(sent_id) or uuid5(ODD, hashed.hex()), hashed, report, error)


def _read(content: Any, kind: type[R]) -> tuple[R | None, str]:
    try:
        return kind.model_validate(content), ""
    except (ValidationError, RecursionError) as wrong:
        return None, str(wrong)[:MOST_ERROR]


def _sent_id(content: Any) -> str | None:
    sent = content.get("id") if isinstance(content, Mapping) else None
    return sent if isinstance(sent, str) else None


def _shallow(content: Any) -> Any:
    """What can be kept of something that no parser takes: its own texts and numbers."""
    if not isinstance(content, Mapping):
        return None
    return storable({name: value for name, value in content.items() if isinstance(value, str | int | float)})


def _hash(content: Any, kind: type[BaseModel]) -> bytes:
    facts = {name: content.get(name) for name in _lasting(kind)} if isinstance(content, Mapping) else content
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).digest()


def _lasting(kind: type[BaseModel]) -> tuple[str, ...]:
    return next(names for base, names in CONTENT.items() if issubclass(kind, base))
