"""One card: from the button to the first byte of its label at the printer.

The printer is a socket on this machine. First the part that no way can do without: layout, codes, dots, ZPL and the
connection; then the whole ways, through a terminal and through central (card_ways.py).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread

from ekanban_cli.bench import card_ways
from ekanban_cli.bench.card_ways import Address, Label, Press
from ekanban_cli.bench.cards_to_print import faces, forget
from ekanban_cli.bench.figure import CannotMeasure, Figure, Report, percentile
from ekanban_labels import layout_file, sheets, zpl
from ekanban_labels.face import CardFace
from ekanban_labels.printers.simulated import LabelPrinter, Reader
from ekanban_labels.profile import Profile

CARDS, PRESSED, WARM = 60, 40, 3
SIZES = {Label("a7", 203): "a label of 105 × 74 mm, 203 dpi", Label("4x6in", 600): "a label of 4 × 6 in, 600 dpi"}
MOST_MS = 150
PATIENCE = 30  # seconds
START = b"^XA"  # of a label; a question (~HS) goes before it
WholeWay = Callable[[Path, list[str], Address, Label], AbstractContextManager[Press]]
Way = Callable[[CardFace, Address], None]  # prints one card at the printer there


def run() -> Report:
    """Labels of both sizes of printer: what no way can do without, and both whole ways."""
    figures = []
    for label, name in SIZES.items():
        figures.append(_figure(f"{name}: first byte", first_bytes(labelled(label.layout, label.dpi))))
    for label, name in SIZES.items():
        figures.append(_figure(f"at a terminal, {name}", pressed(card_ways.terminal, label)))
        figures.append(_figure(f"at central, {name}", pressed(card_ways.central, label)))
    return Report(
        figures,
        [
            f"The 95th percentile of {CARDS} cards, each with codes of its own, after {WARM} others; each on a"
            " connection of its own. The terminal's and central's part of the way is not in the first two.",
            f"“At a terminal”: `POST /api/v1/print`, its own printer, a version in reserve; “at central”:"
            f" `POST /api/v1/cards/…/replace`. {PRESSED} cards, {WARM} others before, through real services on loopback"
            " and their own databases, until the first byte of the label; the printer answers ~HS at once.",
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


def pressed(way: WholeWay, label: Label, count: int = PRESSED, warm: int = WARM) -> list[float]:
    """The same through running services."""
    bodies = [f"{number:08}" for number in range(warm + count)]
    with TemporaryDirectory(prefix="ekanban-bench-") as folder, _printer() as (address, heard):
        taken = []
        with way(Path(folder), bodies, address, label) as press:
            for body in bodies:
                begin = time.perf_counter()
                press(body)
                taken.append(heard.get(timeout=PATIENCE) - begin)
    if not heard.empty():
        raise CannotMeasure("there are more labels than buttons pressed")
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


def _figure(name: str, seconds: list[float]) -> Figure:
    taken = [1000 * one for one in seconds]
    middle = percentile(taken, 50)
    return Figure(name, percentile(taken, 95), MOST_MS, "ms", measured=f"middle {middle:.1f} ms")


@contextmanager
def _printer() -> Iterator[tuple[Address, Queue[float]]]:
    """A label printer that says when each label's first byte came."""
    heard: Queue[float] = Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def print_all() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed: the end
                    return
                with connection, suppress(OSError):
                    _print(connection, heard)

        thread = Thread(target=print_all, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield (host, port), heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def _print(connection: socket.socket, heard: Queue[float]) -> None:
    """Print what comes over a connection, and answer ~HS."""
    printer, reader, begun = LabelPrinter(), Reader(), False
    while data := connection.recv(65_536):
        if not begun and START in data:
            heard.put(time.perf_counter())
            begun = True
        if answer := printer.feed(reader, data):
            connection.sendall(answer)
