"""One card: from the button to the first byte at the printer.

The printer is a socket on this machine. `first_bytes` takes any way on which a card can go there; here it is the part
that no way can do without: layout, codes, dots, ZPL and the connection.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread

from ekanban_cli.bench.cards_to_print import faces, forget
from ekanban_cli.bench.figure import Figure, Report, percentile
from ekanban_labels import layout_file, sheets, zpl
from ekanban_labels.face import CardFace
from ekanban_labels.profile import Profile

CARDS, WARM = 60, 3
MOST_MS = 150
PATIENCE = 30  # seconds
Address = tuple[str, int]
Way = Callable[[CardFace, Address], None]  # prints one card at the printer there


def run() -> Report:
    """Labels of both sizes of printer."""
    return Report(
        [
            _figure("a label of 105 × 74 mm, 203 dpi", "a7", 203),
            _figure("a label of 4 × 6 in, 600 dpi", "4x6in", 600),
        ],
        [
            f"The 95th percentile of {CARDS} cards, each with codes of its own, after {WARM} others; each on a"
            " connection of its own. The terminal's and central's part of the way is not in it.",
        ],
    )


def first_bytes(way: Way, count: int = CARDS, warm: int = WARM) -> list[float]:
    """Seconds from the button to the first byte, card by card."""
    forget()
    with _printer() as (address, heard):
        taken = []
        for face in faces(warm + count):
            begin = time.perf_counter()
            way(face, address)
            taken.append(heard.get(timeout=PATIENCE) - begin)
    return taken[warm:]


def labelled(layout: str, dpi: int) -> Way:
    """The way of a label: drawn, and sent over a connection of its own."""
    profile, chosen = Profile(dpi=dpi, inset=0.0), layout_file.named(layout)

    def send(face: CardFace, address: Address) -> None:
        (page,) = sheets.pages([face], chosen, profile)
        label = zpl.document(page, profile)
        with socket.create_connection(address, PATIENCE) as connection:
            connection.sendall(label)

    return send


def _figure(name: str, layout: str, dpi: int) -> Figure:
    taken = [1000 * seconds for seconds in first_bytes(labelled(layout, dpi))]
    middle = percentile(taken, 50)
    return Figure(f"{name}: first byte", percentile(taken, 95), MOST_MS, "ms", measured=f"middle {middle:.1f} ms")


@contextmanager
def _printer() -> Iterator[tuple[Address, Queue[float]]]:
    """Say when each connection's first byte came; read and throw away the rest."""
    heard: Queue[float] = Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def print_all() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed: the end
                    return
                with connection:
                    if connection.recv(1):
                        heard.put(time.perf_counter())
                    while connection.recv(65_536):
                        pass

        thread = Thread(target=print_all, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield (host, port), heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)
