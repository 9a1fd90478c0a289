"""The export of a terminal's journal: what `ekanban terminal journal --export` writes and central imports.

JSON lines. The first is the head, `{"format", "version", "terminal", "facts"}`; then one line for each start of the
terminal (`{"epoch", "previous", "previous_seq", "last_seq"}`), one for each scan (`{"scan", "state", "shown",
"answer"}`, with `stand_in` and `stands_in` where central was to take another in its place) in the order in which they
were stored, `{"damaged", "state"}` for one that the disk has changed, `{"note"}` for what cannot be read at all, and at
last `{"end": {"epochs", "scans", "damaged"}}`, without which a file is not whole.

From version 2 on each line begins with a checksum of its rest. It tells of accidents and of careless editing; who wants
to deceive can make a fitting one. Version 1 had neither checksums nor an end, and did not name the terminal.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from ekanban_core.errors import BadExport
from ekanban_core.texts import gettext as _

FORMAT = "ekanban-journal"
VERSION = 2
MOST_LINE = 1_000_000  # bytes; a scan has some thousands
_SUM = b'{"sum":"'
_REST = len(_SUM) + 8 + 2  # where the rest begins, behind eight hexadecimal digits, a quotation mark and a comma


def sealed(thing: dict[str, Any]) -> str:
    """Write one line, without its end: ASCII, so that whatever was typed or scanned is data in every encoding."""
    rest = json.dumps(thing, separators=(",", ":"))[1:]
    return f'{_SUM.decode()}{_crc(rest.encode()):08x}",{rest}'


def is_sealed(line: bytes) -> bool:
    """Whether a line, without its end, is as it was written."""
    return line[:8] == _SUM and line[16:18] == b'",' and line[8:16] == b"%08x" % _crc(line[_REST:])


def opened(line: bytes) -> dict[str, Any]:
    """Read one line, without its end. Raises BadExport."""
    try:
        thing = json.loads(line.decode("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise BadExport(_("expected JSON in UTF-8")) from error
    if not isinstance(thing, dict):
        raise BadExport(_("expected a JSON object"))
    return thing


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _crc(rest: bytes) -> int:
    return zlib.crc32(rest)
