"""From the body of a request to its scans, each by itself: a bad one harms no other (promise 12)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError

from ekanban_central.ids import uuid_of
from ekanban_central.problems import Problem
from ekanban_core.wire import MOST_SCANS, ScanBatch, ScanMessage

# What a scan is, for ever: its hash must not change when a later release adds a field (promises 8 and 16).
CONTENT = (
    "id", "epoch", "seq", "raw", "symbology", "scanner", "intent", "target", "quantity", "operator", "session",
    "duplicate_of", "local_outcome", "register_cursor", "scanned_at", "boot_id", "boottime_ms",
)  # fmt: skip
CONTRACT = ("version", "terminal", "generation", "scans")  # of a batch; the rest has grown and is not needed
MOST_SEQ = 2**53
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAY_BE_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Item:
    """One scan of a batch. `message` is None when it does not fit its schema; `error` then says why."""

    index: int
    content: Any  # as it was sent, without characters that no database stores
    hash: bytes
    scan_id: UUID | None
    epoch: UUID | None
    seq: int | None
    message: ScanMessage | None
    error: str = ""

    @property
    def sent_id(self) -> str | None:
        """Return the id as it was written, to answer with."""
        sent = self.content.get("id") if isinstance(self.content, Mapping) else None
        return sent if isinstance(sent, str) else None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as it arrived. `imported`: the import that brought it, in the terminal's stead; see decision 25."""

    terminal_id: UUID
    batch: ScanBatch
    items: tuple[Item, ...]
    received_ms: int
    imported: UUID | None = None

    def not_before(self, recorded_ms: int) -> Delivery:
        """The same, received after what was recorded already, whatever this process's clock said."""
        return self if self.received_ms >= recorded_ms else replace(self, received_ms=recorded_ms)


def parse(body: bytes, terminal_id: UUID, received_ms: int) -> Delivery:
    """Read a batch that `terminal_id` has signed. Raises Problem, which says what to do."""
    content = json_of(body)
    if not isinstance(content, dict):
        raise Problem(400, "Expected a JSON object: version, terminal, generation, scans.")
    scans = content.get("scans")
    if isinstance(scans, list) and len(scans) > MOST_SCANS:
        raise Problem(413, f"Expected at most {MOST_SCANS} scans, got {len(scans)}; send half of them.")
    batch = _batch(content)
    if _uuid(batch.terminal) != terminal_id:
        raise Problem(403, "The batch names another terminal than the one that signed it.")
    items = tuple(item_of(index, scan) for index, scan in enumerate(batch.scans))
    return Delivery(terminal_id, batch, items, received_ms)


def item_of(index: int, content: Any) -> Item:
    """Read one scan; never raises."""
    scan_id = epoch = seq = message = None
    error = "Expected a JSON object."
    if isinstance(content, dict):
        scan_id, epoch, seq = _uuid(content.get("id")), _uuid(content.get("epoch")), _seq(content.get("seq"))
        try:
            message = ScanMessage.model_validate(content)
            error = ""
        except (ValidationError, RecursionError) as wrong:
            error = _first_error(wrong)
    if scan_id is None or epoch is None or seq is None:  # 36 hyphens pass the schema and are no id
        message, error = None, error or "Expected ids that are UUIDs."
        scan_id = epoch = seq = None
    return Item(index, content, _hash(content), scan_id, epoch, seq, message, error)


def storable(value: Any) -> Any:
    """Return JSON without NUL and lone surrogates, which PostgreSQL stores in no text; they become U+FFFD."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, dict):
        return {storable(name): storable(one) for name, one in value.items()}
    return value


def json_of(body: bytes) -> Any:
    """Read a body that a terminal has sent. Raises Problem, which says what to do."""
    try:
        content = _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))  # as json.loads does
        return storable(content) if _MAY_BE_UNSTORABLE.search(body) else content
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"Expected JSON in UTF-8: {error}.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _batch(content: dict[str, Any]) -> ScanBatch:
    try:
        return ScanBatch.model_validate(content)
    except ValidationError as error:
        refused = error
    try:  # what has grown later is not needed to take scans in
        batch = ScanBatch.model_validate({name: content[name] for name in CONTRACT if name in content})
    except ValidationError as error:
        raise Problem(400, f"This is not a batch of scans: {_first_error(error)}") from error
    log.warning("batch_reduced", terminal=batch.terminal, error=_first_error(refused))
    return batch


def _first_error(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "Expected less deeply nested JSON."
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _hash(content: Any) -> bytes:
    facts = {name: content.get(name) for name in CONTENT} if isinstance(content, dict) else content
    return hashlib.sha256(_CANONICAL.encode(facts).encode()).digest()


def _uuid(value: Any) -> UUID | None:
    try:
        return uuid_of(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _seq(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < MOST_SEQ else None
