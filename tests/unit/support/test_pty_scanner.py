"""The scanner that tests plug in and out."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from pty_scanner import PtyScanner


def test_a_scanner_is_not_unplugged_before_a_slow_reader_has_read_all(tmp_path: Path) -> None:
    read = b""

    def reads_slowly(line: int) -> None:
        nonlocal read
        while data := os.read(line, 1):
            read += data
            time.sleep(0.01)  # the slowness itself
        os.close(line)

    with PtyScanner(tmp_path / "scanner") as scanner:
        reader = threading.Thread(target=reads_slowly, args=[os.open(scanner.path, os.O_RDWR | os.O_NOCTTY)])
        scanner.send(b"7K3QM9X201CF")
        reader.start()
        scanner.unplug()
        reader.join()

    assert read == b"7K3QM9X201CF"
