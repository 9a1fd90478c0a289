"""Real terminals: processes of their own, on real disks, killed and restarted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

SERVE = """
import sys
from pathlib import Path
import uvicorn
from ekanban_terminal.app import create_app
from ekanban_terminal.settings import TerminalSettings
settings = TerminalSettings(data=Path(sys.argv[1]), limits={"free_mb": 0})
uvicorn.run(create_app(settings), fd=int(sys.argv[2]), log_level="error")
"""


@dataclass
class Process:
    """A terminal of its own."""

    folder: Path
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Ask it; raises OSError when it is gone."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310  # our own address
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # see above
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except HTTPException as error:  # killed in the middle of its answer
            raise ConnectionError(str(error)) from error

    def scan(self, code: str) -> tuple[int, dict[str, Any]]:
        return self.call("POST", "/api/v1/scan", {"code": code})

    def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for a condition while the process lives."""
        end = time.monotonic() + seconds
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)  # a poll of the condition, not a guess of a duration

    def is_ready(self) -> bool:
        try:
            return self.call("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """As a power cut takes it."""
        self.process.kill()
        self.process.wait()


@dataclass
class Terminals:
    """Starts processes and ends those that are left."""

    log: Path
    started: list[Process] = field(default_factory=list)

    def start(self, folder: Path, *, ready: bool = True, prefix: Sequence[str] = ()) -> Process:
        with socket.create_server(("127.0.0.1", 0)) as listener, self.log.open("ab") as log:
            process = subprocess.Popen(
                [*prefix, sys.executable, "-c", SERVE, str(folder), str(listener.fileno())],
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
            )
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        made = Process(folder, process, url, self.log)
        self.started.append(made)
        if ready:
            made.until(made.is_ready)
        return made
