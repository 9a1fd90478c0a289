"""A captive portal: in a room, whoever asks for central reaches a box that says yes to everything, unsigned.

The box has taken central's address in that room; connections that were open to central are reset.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from network_rooms import Room


class Yes(BaseHTTPRequestHandler):
    """200, and all that was sent is ordered: what a terminal would love to hear."""

    asked: ClassVar[threading.Event]

    def do_POST(self) -> None:  # http.server's name
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [{"id": scan["id"], "outcome": "opened", "message": "Ordered."} for scan in sent.get("scans", ())]
        known = {name: sent.get(name) for name in ("generation", "position", "mark")}  # as the terminal says
        answer = {**known, "at_ms": time.time_ns() // 10**6, "results": results}
        self._say("application/json", json.dumps(answer).encode())
        if results:
            self.asked.set()

    def do_GET(self) -> None:  # see above
        self._say("text/html", b"<html>Please accept our terms</html>")

    def log_message(self, *_: object) -> None:
        """Portals keep to themselves."""

    def _say(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def portal(room: Room, address: str, port: int) -> Iterator[threading.Event]:
    """Have the portal stand at `address` for the time of the context; yields what tells that it took in scans."""
    asked = threading.Event()
    kind = type("YesHere", (Yes,), {"asked": asked})
    with room.also(address):
        server = room.call(lambda: ThreadingHTTPServer((address, port), kind))  # a socket stays where it was made
        serving = threading.Thread(target=server.serve_forever, args=[0.05])
        serving.start()
        try:
            yield asked
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
