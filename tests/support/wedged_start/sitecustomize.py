"""Python runs this at its start: a part of the process hangs for as long as a file of its name is in EKANBAN_WEDGES.

It leaves NAME.hangs there while it does. `slow` delays each commit by its file's seconds, as a disk does.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

FOLDER = Path(os.environ.get("EKANBAN_WEDGES", "/nonexistent"))


def hang(name: str) -> None:
    """Hang, if that is wanted."""
    sign = FOLDER / f"{name}.hangs"
    while (FOLDER / name).exists():
        sign.touch()
        time.sleep(0.02)
    sign.unlink(missing_ok=True)


def plant() -> None:
    """Put the hanging into what the process does anyhow."""
    from ekanban_drivers.source import ByteSource
    from ekanban_terminal.journal import Journal
    from ekanban_terminal.runtime import Terminal

    note, read, look, append = Journal.note, ByteSource.read, Terminal.look, Journal.append

    def slow_append(journal, draft):  # type: ignore[no-untyped-def]  # whatever it takes
        if (FOLDER / "slow").exists():
            time.sleep(float((FOLDER / "slow").read_text()))
        return append(journal, draft)

    async def hanging_look(terminal):  # type: ignore[no-untyped-def]  # see above
        hang("loop")
        await look(terminal)

    Journal.note = lambda journal: (hang("journal"), note(journal))[1]  # type: ignore[method-assign]
    ByteSource.read = lambda source: (hang("reader"), read(source))[1]  # type: ignore[method-assign]
    Journal.append, Terminal.look = slow_append, hanging_look  # type: ignore[method-assign]


if FOLDER.is_dir():
    plant()
