"""Programs as integrators write them, each a process: `python -m ekanban_cli.bench.naive server PORT FILE`, …

server PORT FILE          inserts each scan that is posted, commits, answers 200
client PORT               says "ok" to each line of its input, and posts it behind the worker's back, again after errors
subscriber PORT FILE QOS  inserts each message of the broker
"""

from __future__ import annotations

import http.client
import queue
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ekanban_cli.bench import mqtt

AGAIN_S = 0.2
PATIENCE_S = 2.0


def insert(file: str, code: str) -> None:
    """One row for each scan that arrives, committed."""
    connection = sqlite3.connect(file, timeout=10)
    try:
        connection.execute("PRAGMA synchronous = FULL").close()
        connection.execute("CREATE TABLE IF NOT EXISTS scan (code TEXT NOT NULL)")
        with connection:
            connection.execute("INSERT INTO scan VALUES (?)", (code,))
    finally:
        connection.close()


def server(port: int, file: str) -> None:
    """Serve for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            insert(file, self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def client(port: int) -> None:
    """Take scans until the input ends."""
    waiting: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_deliver, args=(port, waiting), daemon=True).start()
    for line in sys.stdin:
        waiting.put(line.strip())
        print("ok", flush=True)


def _deliver(port: int, waiting: queue.Queue[str]) -> None:
    while True:
        code = waiting.get()
        while not _posted(port, code):
            time.sleep(AGAIN_S)


def _posted(port: int, code: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/scans", code)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def subscriber(port: int, file: str, qos: int) -> None:
    """Follow the broker for ever, coming back after errors."""
    while True:
        try:
            broker = mqtt.Client(port, "database", qos, keeps=qos > 0)
            for content in broker.messages():
                insert(file, content.decode())
        except OSError:
            time.sleep(AGAIN_S)


def main(arguments: list[str]) -> None:
    """Be one of them."""
    match arguments:
        case ["server", port, file]:
            server(int(port), file)
        case ["client", port]:
            client(int(port))
        case ["subscriber", port, file, qos]:
            subscriber(int(port), file, int(qos))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
