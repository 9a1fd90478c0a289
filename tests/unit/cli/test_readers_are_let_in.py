"""The threads that read scanners get the interpreter in time, however long another one computes."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import gc
import sys
from types import SimpleNamespace
from unittest import mock
from ekanban_cli import terminal_process
from ekanban_terminal.settings import TerminalSettings



def run(app, listener, close, ready, **others):
    ready()
    print(sys.getswitchinterval(), len(gc.get_objects()))


listener = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 1))
with mock.patch.object(terminal_process.server, "run", run):
    terminal_process._serve(TerminalSettings(data=sys.argv[1]), listener, True)
"""
KERNEL_BUFFER_S = 0.013  # 64 events at five for each millisecond
THREADS = 10  # eight readers, the journal, the event loop


OBJECTS_A_SECOND = 1_000_000  # that a collection of garbage looks through, at least, while no thread runs


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The interval of its threads, and how many objects of a terminal that is ready are looked through."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path_factory.mktemp("data"))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split()


def test_all_threads_of_a_terminal_have_had_their_turn_before_a_keyboards_buffer_is_full(said: list[str]) -> None:
    assert float(said[0]) * THREADS < KERNEL_BUFFER_S


def test_a_collection_of_garbage_ends_before_a_keyboards_buffer_is_full(said: list[str]) -> None:
    assert int(said[1]) / OBJECTS_A_SECOND < KERNEL_BUFFER_S
