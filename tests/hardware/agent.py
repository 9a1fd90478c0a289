"""Runs in the guest as root and does what the test on the host asks, over a virtio serial port.

A question is a line of JSON, `{"id": 7, "do": "shell", "with": {"command": "uname"}}`; its answer bears the same id,
and `answer` or `error`. Each question has a thread of its own, so that one may wait while the next is asked. Standard
library only: what is tested here is not used here.
"""

from __future__ import annotations

import glob
import json
import os
import sys
import threading
import time
import traceback
from typing import Any

sys.path.insert(0, os.path.dirname(__file__))
import guest_acts

PORT = "/dev/virtio-ports/agent"


class Agent:
    """The guest's end of the line."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._writing = threading.Lock()

    def serve(self) -> None:
        """Answer for as long as the guest lives."""
        self._say({"id": 0, "answer": time.monotonic()})
        with os.fdopen(os.dup(self._number), "rb") as port:
            for line in port:
                threading.Thread(target=self._do, args=(json.loads(line),), daemon=True).start()

    def _do(self, question: dict[str, Any]) -> None:
        try:
            answer = getattr(guest_acts, question["do"])(**question["with"])
            self._say({"id": question["id"], "answer": answer})
        except Exception:
            self._say({"id": question["id"], "error": traceback.format_exc()})

    def _say(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode() + b"\n"
        with self._writing:
            while data:
                data = data[os.write(self._number, data) :]


def _port() -> int:
    while True:
        for name in glob.glob("/sys/class/virtio-ports/*/name"):
            with open(name) as file:
                if file.read().strip() == "agent":
                    return os.open(f"/dev/{name.split('/')[4]}", os.O_RDWR)
        time.sleep(0.05)  # the driver's module is loading


if __name__ == "__main__":
    Agent(_port()).serve()
