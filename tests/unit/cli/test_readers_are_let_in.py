"""The threads that read scanners get the interpreter in time, however long another one computes."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from types import SimpleNamespace
from unittest import mock
from ekanban_cli import terminal_process
from ekanban_terminal.settings import TerminalSettings

listener = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 1))
with mock.patch.object(terminal_process.server, "run", lambda *_, **__: print(sys.getswitchinterval())):
    terminal_process._serve(TerminalSettings(data=sys.argv[1]), listener, True)
"""
KERNEL_BUFFER_S = 0.013  # 64 events at five for each millisecond
THREADS = 10  # eight readers, the journal, the event loop


def test_all_threads_of_a_terminal_have_had_their_turn_before_a_keyboards_buffer_is_full(tmp_path: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True)

    assert float(done.stdout) * THREADS < KERNEL_BUFFER_S
