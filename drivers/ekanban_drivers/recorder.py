"""Writes a recording of a live scanner, line by line, so that what was written stays readable however it ends.

What the reader's thread gives is written by a thread of its own: a slow disk must not become a scanner that stalls.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ekanban_drivers.happenings import Back, Head, Line, Lost
from ekanban_drivers.recording import written, written_head

MICROSECONDS = 6  # digits of a second, as the kernel stamps


class Recorder:
    """A tap that writes what it hears to a new file, for the time of the context.

    Raises FileExistsError, unless `force`. What keeps it from writing later is its `error`.
    """

    def __init__(self, path: Path, force: bool = False) -> None:
        self.path = path
        self._force = force
        self._waiting: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._names: dict[str, str] = {}  # a device's identity → its name in the recording
        self._head: Head | None = None
        self._lost: set[str] = set()
        self._error: OSError | None = None
        self._file = -1

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (0 if self._force else os.O_EXCL)
        self._file = os.open(self.path, flags, 0o666)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()
        os.close(self._file)
        if self._head is None and not self._force:
            self.path.unlink(missing_ok=True)  # nothing was there to be recorded

    @property
    def error(self) -> OSError | None:
        """What keeps it from writing, such as a full disk."""
        return self._error

    # As a tap.

    def opened(self, head: Head) -> None:
        """Begin the recording; a device that is opened again goes on with it."""
        if self._head is not None:
            return
        self._names = dict(zip(head.devices, _names(head), strict=True))
        devices = {self._names[identity]: about for identity, about in head.devices.items()}
        self._head = replace(head, devices=devices)
        self._waiting.put(written_head(self._head))

    def line(self, line: Line) -> None:
        """Write a line, with the times of the recording and the names that devices have in it."""
        if self._head is None:
            return
        if isinstance(line.what, Back) and line.device not in self._lost:
            return  # the first time it only came
        if isinstance(line.what, Lost):
            self._lost.add(line.device)
        begin = self._head.begin
        delivered = None if line.delivered is None else round(line.delivered - begin, MICROSECONDS)
        name = self._names.get(line.device, line.device)
        self._waiting.put(written(Line(round(line.t - begin, MICROSECONDS), name, line.what, delivered)))

    def _write_all(self) -> None:
        try:
            content = self._waiting.get()
            if content is not None:
                with suppress(OSError):  # a pipe has no length
                    os.ftruncate(self._file, 0)  # only now is there anything to take an older one's place
            while content is not None:
                data = json.dumps(content).encode() + b"\n"
                while data:
                    data = data[os.write(self._file, data) :]
                content = self._waiting.get()
        except OSError as error:  # told by whoever asks for `error`; what is written stays
            self._error = error


def _names(head: Head) -> list[str]:
    """Give a live device the name "a"; the devices of a recording that is played have theirs."""
    return ["a"] if len(head.devices) == 1 and head.begin else list(head.devices)
