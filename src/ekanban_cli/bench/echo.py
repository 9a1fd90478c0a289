"""The serial line alone: a process that answers each code with a beep and does nothing else."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ekanban_cli.bench import scanning

CODE = b"0123456789AB\r"


@contextmanager
def line() -> Iterator[Callable[[scanning.Pace], float]]:
    """Run it; yields what sends a code and returns the seconds from its last byte until the beep is back."""
    with scanning.line() as (far, device):
        command = [sys.executable, "-m", "ekanban_cli.bench.echo", device]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                if process.stdout is not None:
                    process.stdout.readline()
                yield lambda pace: _once(far, pace)
            finally:
                process.terminate()


def _once(far: int, pace: scanning.Pace) -> float:
    begin = scanning.send(far, CODE, pace)
    select.select([far], [], [])
    os.read(far, 16)
    return time.perf_counter() - begin


def _answer(device: str) -> None:
    near = os.open(device, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(near)
    poller = select.poll()
    poller.register(near, select.POLLIN)
    print("ready", flush=True)
    while True:
        poller.poll()
        if os.read(near, 4096).endswith(CODE[-1:]):
            os.write(near, b"\a")


if __name__ == "__main__":
    _answer(sys.argv[1])
