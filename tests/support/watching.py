"""`ekanban scanners watch` as a process, or another program that tells what scanners do, read line by line."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

EKANBAN = [sys.executable, "-c", "from ekanban_cli.main import app; app()"]


class Watch:
    """A running `ekanban scanners watch --json`, or `program`."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        run: Sequence[str] = (),
        program: Sequence[str] = (),
    ) -> None:
        self._command = [*run, *(program or [*EKANBAN, "scanners", "watch", *arguments, "--json"])]
        self._environment = environment
        self._rest = b""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.communicate()

    def line(self) -> dict[str, Any]:
        """Return the next line as soon as it is there; raises TimeoutError."""
        found: dict[str, Any] = json.loads(self.word())
        return found

    def word(self, seconds: float = 60) -> str:
        """Return the next line of a program that does not speak JSON; raises TimeoutError."""
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = max(0.0, until - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                raise TimeoutError(f"no line within {seconds} s; so far {self._rest!r}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise EOFError(f"the watch ended with {self.process.wait()}; last {self._rest!r}")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def read(self) -> str:
        """Return the next line in short: a code, an error or a state."""
        line = self.line()
        return str(line.get("scan") or line.get("error") or line.get("state"))
