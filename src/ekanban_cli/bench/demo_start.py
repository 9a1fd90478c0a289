"""From a fresh clone to the demo's page: `make demo`, as a newcomer types it.

The first clone fills pip's cache, and is thrown away; the second one is measured. What is cloned is what was committed.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ekanban_cli.bench.cut_link import free_port
from ekanban_cli.bench.figure import CannotMeasure, Figure, Report
from ekanban_cli.bench.scanning import as_installed

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE_S = 300.0
END_S = 20.0


def run() -> Report:
    """Clone, make, ask."""
    _needs()
    first, seconds = _from_a_clone(), _from_a_clone()
    figure = Figure(
        "fresh clone to the page", seconds, 30, "s", measured=f"{first:.1f} s at the first time, to fill the cache"
    )
    return Report([figure], ["The clone is counted; packages come from pip's cache, which the first time has filled."])


def _needs() -> None:
    if not (CHECKOUT / ".git").exists():
        raise CannotMeasure(
            "demo-start needs a git checkout of ekanban: this is an installed package. Clone it, and run it there"
        )
    for program in ("git", "make"):
        if shutil.which(program) is None:
            raise CannotMeasure(f"demo-start needs {program}: apt-get install {program}")


def _from_a_clone() -> float:
    """The seconds from `git clone` until central's page answers."""
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder, log = Path(name) / "ekanban", Path(name) / "log"
        port = _two_ports()
        begin = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, folder], check=True)
        python = Path(sys.base_prefix) / "bin" / "python3"
        with _making(["make", f"PYTHON={python}", "demo", f"ARGS=--port {port}"], folder, log) as process:
            while not _answers(port):
                if process.poll() is not None or time.monotonic() - begin > PATIENCE_S:
                    raise CannotMeasure(f"the demo did not come up: {log.read_text()[-2000:]}")
                time.sleep(0.05)  # a poll
            return time.monotonic() - begin


@contextmanager
def _making(command: list[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with children of its own, which all end with the block."""
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            cwd=folder,
            env=as_installed(),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, word)
            process.wait(END_S)
        except ProcessLookupError:  # all have ended
            return
        except subprocess.TimeoutExpired:
            continue


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _two_ports() -> int:
    """A free port for central whose next one, the terminal's, is free too."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + 1)):
                return port
