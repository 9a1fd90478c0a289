"""Services as real processes for a benchmark: started as people start them, ended when the block ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ekanban_cli.bench.figure import CannotMeasure

END_S = 15.0


@contextmanager
def central(folder: Path, database_url: str = "", port: int = 0) -> Iterator[int]:
    """Run `ekanban central serve` on a database, its other data in `folder`; yields the port it answers on.

    Without a database's address it is on SQLite in the folder. Port 0: any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    serve = ["central", "serve", "--data", str(folder), "--port", str(port), "--json"]
    command = [sys.executable, "-m", "ekanban_cli", *serve]
    environment = {**os.environ, **({"EKANBAN_CENTRAL__DATABASE_URL": database_url} if database_url else {})}
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise CannotMeasure(f"central did not start: {log.read_text()}")
            yield int(json.loads(line)["central"].rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(END_S)
