"""The demo's terminal: a child process, `ekanban terminal serve`, whose scanner reads what is written to its stdin."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _

CONFIG = "terminal.toml"
PAPER = "printed"
NAME = "Line 4"
END_S = 8.0
PR_SET_PDEATHSIG = 1  # prctl(2)


def configure(folder: Path, central: str, port: int) -> Path:
    """Write the terminal's configuration: another port may have been asked for since the last start."""
    file = folder / CONFIG
    lines = {"name": NAME, "data": str(folder), "central": central}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
    scanner = '\n[[scanners]]\nname = "Simulated scanner"\ndriver = "stdin"\n'
    printer = (
        f'\n[printer]\nname = "Printer"\nway = "file"\naddress = {json.dumps(str(_paper(folder)))}\ndialect = "pdf"\n'
    )
    file.write_text(f"# Written by `ekanban demo` at each start.\n{text}port = {port}\n{scanner}{printer}")
    return file


def _paper(folder: Path) -> Path:
    """Where the demo's printer lays the cards that it prints, as PDF files to look at."""
    paper = (folder / PAPER).resolve()
    paper.mkdir(exist_ok=True)
    return paper


@contextmanager
def running(config: Path, log: IO[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the terminal while the block runs; it dies with this process, however that ends."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("EKANBAN_")}
    child = subprocess.Popen(  # noqa: S603  # ourselves
        [sys.executable, "-m", "ekanban_cli", "terminal", "serve", "--config", str(config), "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environ,
        process_group=0,  # Ctrl-C is for the demo, which ends its child in order
        preexec_fn=_die_with_parent(),
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # a scan that it had not read when it ended
                    pipe.close()


async def ready(child: subprocess.Popen[bytes]) -> asyncio.StreamReader:
    """Wait until the terminal says that it is ready; returns the rest of its output. Raises CommandFailed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), child.stdout)
    if not await reader.readline():
        raise CommandFailed(_("The terminal ended before it was ready."))
    return reader


def scan(child: subprocess.Popen[bytes], text: str) -> None:
    """Let the simulated scanner read a code."""
    if child.stdin is not None:
        child.stdin.write(text.encode() + b"\r")
        child.stdin.flush()


def _die_with_parent() -> Callable[[], None] | None:
    """Ask the kernel to end the child when its parent dies without a word; only Linux can."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask
