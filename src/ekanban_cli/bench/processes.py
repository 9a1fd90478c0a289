"""Services as real processes for a benchmark: started as people start them, ended when the block ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ekanban_cli.bench.figure import CannotMeasure

END_S = 15.0


@contextmanager
def central(folder: Path, database_url: str = "", port: int = 0) -> Iterator[int]:
    """Run `ekanban central serve` on a database, its other data in `folder`; yields the port it answers on.

    Without a database's address it is on SQLite in the folder. Port 0: any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    serve = ["central", "serve", "--data", str(folder), "--port", str(port), "--json"]
    environment = {"EKANBAN_CENTRAL__DATABASE_URL": database_url} if database_url else {}
    with _served(serve, folder / "log", environment) as ready:
        yield int(ready["central"].rpartition(":")[2])


@contextmanager
def terminal(config: Path) -> Iterator[None]:
    """Run `ekanban terminal serve` with this configuration; its log lies beside it."""
    with _served(["terminal", "serve", "--config", str(config), "--json"], config.with_name("terminal-log"), {}):
        yield


@contextmanager
def _served(words: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "ekanban_cli", *words]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **environment}) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise CannotMeasure(f"ekanban {words[0]} did not start: {log.read_text()}")
            yield json.loads(line)
        finally:
            process.terminate()
            process.wait(END_S)
