"""`make fuzz-scanners INPUTS=10000000`: so many kernel events, chunks of bytes and reports through the decoders.

Half of the cases are anything at all, half are codes that were damaged as a factory damages them (see oracle.py). A
case that fails is made as short as it can be and kept as a recording, which `ekanban scanners replay` reads.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support")]

from scanner_fuzz import guided  # noqa: E402  # after the path
from scanner_fuzz.guided import Account  # noqa: E402  # see above

MOST_MB = 400  # of one engine: an interpreter, libFuzzer and the decoders take about 150
SAVED = Path("scanner-fuzz")


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["guided", "random"], default="")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", nargs=4, metavar=("ENGINE", "FOLDER", "NUMBER", "SEED"), help="used by itself")
    given = parser.parse_args()
    engine = given.engine or ("guided" if importlib.util.find_spec("atheris") else "random")
    if given.worker:
        return work(given.worker[0], Path(given.worker[1]), int(given.worker[2]), int(given.worker[3]), given.inputs)
    with tempfile.TemporaryDirectory(prefix="scanner-fuzz-") as name:
        return many(engine, Path(name), given.jobs, given.seed, given.inputs)


def work(engine: str, folder: Path, number: int, seed: int, target: int) -> int:
    """Be one engine. Imports of the product come after atheris has laid its hands on them."""
    if engine == "guided":
        guided.fuzz(folder, number, seed, target)
    from scanner_fuzz import blind

    return blind.fuzz(folder, number, seed, target)


def many(engine: str, folder: Path, jobs: int, seed: int, inputs: int) -> int:
    """Run so many engines until together they have given all inputs, or one has found something."""
    from scanner_fuzz import corpus

    (folder / "corpus").mkdir()
    for number, tape in enumerate(corpus.tapes()):
        (folder / "corpus" / f"{number:04}").write_bytes(tape)
    began = time.monotonic()
    workers = [_start(engine, folder, number, seed, -(-inputs // jobs)) for number in range(jobs)]
    codes = [worker.wait() for worker in workers]
    seconds = time.monotonic() - began
    accounts = [Account(folder / f"account-{number}").read() for number in range(jobs)]
    given, cases = sum(one[0] for one in accounts), sum(one[1] for one in accounts)
    peak_mb = max(one[2] for one in accounts) * 1024 / 1e6
    print(f"{given:,} inputs in {cases:,} cases, {seconds:.0f} s, {engine}; peak memory {peak_mb:.0f} MB")
    failed = sorted(folder.glob("failed-*"))
    for file in failed:
        explain(file.read_bytes())
    if not failed and any(codes):
        print(*(file.read_text(errors="replace")[-3000:] for file in sorted(folder.glob("log-*"))), sep="\n")
    if peak_mb > MOST_MB:
        print(f"more memory than {MOST_MB} MB")
    return 1 if failed or any(codes) or peak_mb > MOST_MB or given < inputs else 0


def _start(engine: str, folder: Path, number: int, seed: int, target: int) -> subprocess.Popen[bytes]:
    worker = ["--worker", engine, str(folder), str(number), str(seed)]
    log = (folder / f"log-{number}").open("wb")
    command = [sys.executable, str(HERE), "--inputs", str(target), *worker]
    return subprocess.Popen(command, stdout=log, stderr=log)


def explain(tape: bytes) -> None:
    """Make a case that fails short, keep it, and say what is wrong with it."""
    from scanner_fuzz.judge import as_text, judge, shrunk

    short = shrunk(tape)
    found = judge(short)
    SAVED.mkdir(exist_ok=True)
    file = SAVED / f"{found.recording.driver}-{abs(hash(short)) % 10**8:08}.jsonl"
    file.write_text(as_text(found.recording))
    print(f"{found.broken}\n  sent: {found.about}\n  to see it: ekanban scanners replay {file}")


if __name__ == "__main__":
    sys.exit(main())
