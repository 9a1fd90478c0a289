"""The coverage-guided engine: atheris (libFuzzer) in a process of its own, which ends when it has given enough inputs.

It writes how far it is into a small file that is mapped into memory, because libFuzzer ends without a word to Python.
"""

from __future__ import annotations

import mmap
import os
import resource
import struct
import sys
from pathlib import Path
from typing import NoReturn

STATE = struct.Struct("QQQ")  # inputs, cases, peak memory in KiB
FAILED = 77  # the status with which libFuzzer ends after a crash


class Account:
    """Inputs and cases given so far, in a file that another process may read."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(STATE.size))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), STATE.size)

    def read(self) -> tuple[int, int, int]:
        """Return inputs, cases, and the process's peak memory in KiB."""
        inputs, cases, peak = STATE.unpack(self._map[:])
        return inputs, cases, peak

    def add(self, inputs: int) -> int:
        """Count one case more; returns all inputs so far."""
        before, cases, _peak = self.read()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._map[:] = STATE.pack(before + inputs, cases + 1, peak)
        return before + inputs


def fuzz(folder: Path, number: int, seed: int, target: int) -> NoReturn:
    """Give inputs until the target is reached; never returns. folder: corpus and what fails."""
    import atheris

    with atheris.instrument_imports(include=["ekanban_drivers.decoding"]):
        from scanner_fuzz.judge import inputs, judge
    account = Account(folder / f"account-{number}")

    def one(tape: bytes) -> None:
        found = judge(tape)
        if found.broken:
            (folder / f"failed-{number}").write_bytes(tape)
            raise AssertionError(found.broken)
        if account.add(inputs(found.recording)) >= target:
            os._exit(0)

    options = ["-max_len=2000", "-len_control=20", f"-seed={seed + number}", "-verbosity=0", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(folder / "corpus")], one)
    atheris.Fuzz()
    raise SystemExit(FAILED)  # libFuzzer never comes back
