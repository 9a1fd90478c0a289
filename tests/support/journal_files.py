"""Exports of journals for tests of the import: what a terminal of `central_plant` would have written, line by line."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import IO, Any

from central_plant import Terminal

from ekanban_core.journal_export import FORMAT, VERSION, sealed

Thing = dict[str, Any]


def stored(scan: Thing, state: str = "waiting", **more: Any) -> Thing:
    """A scan as the journal holds it."""
    shown = {"id": scan["id"], "outcome": "opened", "message": "Stored, not yet ordered."}
    return {"scan": {key: value for key, value in scan.items() if key != "age_ms"}, "state": state, "shown": shown,
            "answer": None, **more}  # fmt: skip


def things(terminal: Terminal, scans: Sequence[Thing], **head: Any) -> list[Thing]:
    """The lines of a whole export; `scans`: messages, or lines as `stored` makes them."""
    lines = [stored(one) if "raw" in one else one for one in scans]
    about = {"format": FORMAT, "version": VERSION, "terminal": str(terminal.id), "facts": {}, **head}
    named = {one["scan"]["epoch"] for one in lines if "scan" in one}
    epochs = [{**one, "last_seq": 0} for one in terminal.epochs if one["epoch"] in named]
    counts = {
        "epochs": len(epochs), "scans": sum("scan" in one for one in lines),
        "damaged": sum("damaged" in one for one in lines),
    }  # fmt: skip
    return [about, *epochs, *lines, {"end": counts}]


def text(lines: Sequence[Thing]) -> bytes:
    """The file."""
    return "".join(sealed(one) + "\n" for one in lines).encode()


def export(terminal: Terminal, scans: Sequence[Thing], **head: Any) -> bytes:
    """The file of a terminal that stored these scans."""
    return text(things(terminal, scans, **head))


def first_release(terminal: Terminal, scans: Sequence[Thing]) -> bytes:
    """The same as the first release wrote it: neither checksums nor an end, and it does not say whose it is."""
    head, *lines, _end = things(terminal, scans)
    old = [{"format": FORMAT, "version": 1, "facts": head["facts"]}, *lines]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in old).encode()


def opened(content: bytes) -> IO[bytes]:
    """As a file."""
    return io.BytesIO(content)
