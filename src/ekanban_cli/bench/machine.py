"""The machine under a benchmark: what it is, and whether it has nothing else to do."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

QUIET = 0.08  # of all processors; above that something else runs
PATIENCE_S = 60.0
_PACKAGES = ("ekanban-terminal", "fastapi", "uvicorn", "pydantic", "cryptography", "sqlalchemy", "psycopg")


@dataclass(frozen=True, slots=True)
class Machine:
    """What the report says about where it was measured. `busy`: share of all processors in use just before."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    versions: str
    busy: float

    @property
    def text(self) -> str:
        """One line."""
        load = f"{self.busy:.0%} busy before the run" + ("" if self.busy <= QUIET else ", NOT idle")
        memory = f"{self.memory_gb:.0f} GB"
        return f"{self.processor}, {self.cores} cores, {memory}; {self.system}; {self.versions}; {load}"


def look(patience_s: float = PATIENCE_S) -> Machine:
    """Wait until the processors are idle, at most `patience_s`, and describe the machine."""
    busy = _busy()
    end = time.monotonic() + patience_s
    while busy > QUIET and time.monotonic() < end:
        busy = _busy()
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        system=f"{platform.system()} {platform.release()}",
        versions=_versions(),
        busy=busy,
    )


def _busy(seconds: float = 2.0) -> float:
    """The share of all processors' time that was not idle over some seconds."""
    before = _jiffies()
    time.sleep(seconds)
    idle, total = (after - then for after, then in zip(_jiffies(), before, strict=True))
    return 1 - idle / total if total else 0.0


def _jiffies() -> tuple[int, int]:
    """Idle and all time since boot (proc_stat(5))."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> str:
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
