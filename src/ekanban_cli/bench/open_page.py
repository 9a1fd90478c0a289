"""The page of open signals as a browser gets it: behind a million past signals, and behind ten thousand.

Two databases of one PostgreSQL, `ekanban central serve` on each, everything warm. The page is asked for at both in
turn, with nothing changed in between. Its statements are timed in this process as the driver executes them: all that a
request runs, from the session's look-up to the counts, against one row read by its key in the same kind of transaction.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, event, select

from ekanban_central import sessions, signals_counts, signals_view, sites
from ekanban_central.database import Database
from ekanban_central.ledger import SITE
from ekanban_central.shared_reads import SharedReads
from ekanban_central.signals_filter import Filter
from ekanban_cli.bench import past, postgres, processes
from ekanban_cli.bench.figure import Figure, Report

PASTS = {"old": 1_000_000, "young": 10_000}
OPEN = 5_000
WARM, ROUNDS = 30, 300
PATHS = {
    "page": "/signals",
    "programs' page": "/api/v1/signals?state=open",
    "live update": "/signals/changes?since={head}",  # of a list that shows everything there is
}

Times = Mapping[str, Sequence[float]]  # seconds


def run() -> Report:
    """Fill, serve, look."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres.cluster())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ekanban-")))
        words, ports = {}, {}
        for name, count in PASTS.items():
            server.run(server.programs / "createdb", "--host", server.folder, "--username", "ekanban", name)
            words[name] = past.fill(server.url(name), count, OPEN)
            ports[name] = stack.enter_context(processes.central(folder / name, server.url(name)))
        looks = {what: _in_turn(ports, words, path) for what, path in PATHS.items()}
        statements = _statements(server.url("old"), words["old"])
    return Report(_figures(looks, statements), _notes(looks, statements))


def _in_turn(ports: Mapping[str, int], words: Mapping[str, str], path: str) -> Times:
    """Ask each of the two for the page, again and again, the first of a round being the second of the next."""
    asked = {name: HTTPConnection("127.0.0.1", port, timeout=20) for name, port in ports.items()}
    times: dict[str, list[float]] = {name: [] for name in ports}
    for turn in range(WARM + ROUNDS):
        for name in sorted(ports, reverse=turn % 2 == 0):
            taken = _ask(asked[name], path.format(head=PASTS[name] + OPEN), words[name])
            if turn >= WARM:
                times[name].append(taken)
    for connection in asked.values():
        connection.close()
    return times


def _ask(connection: HTTPConnection, path: str, word: str) -> float:
    began = time.perf_counter()
    headers = {"Cookie": f"ekanban={word}", "Accept": "text/html,*/*", "Accept-Encoding": "gzip"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    taken = time.perf_counter() - began
    if answer.status != 200 or not content:
        raise RuntimeError(f"{path}: {answer.status} {content[:200]!r}")
    return taken


def _statements(url: str, word: str) -> Times:
    """Time what a look at the page asks of the database: nothing changed since the last look, and right after a change.

    `one row`: the yardstick. All of them are sums over the statements of one request.
    """
    database = Database(url)
    taken: list[float] = []
    event.listen(database.engine, "before_cursor_execute", _begin)
    event.listen(
        database.engine, "after_cursor_execute", lambda *said: taken.append(time.perf_counter() - said[4].began)
    )
    shared = SharedReads()
    kinds: dict[str, Callable[[], None]] = {
        "one row": lambda: _in_one(database, _one_row),
        "nothing changed": lambda: _look(database, shared, word),
        "after a change": lambda: _look(database, SharedReads(), word),
        "the list alone": lambda: _in_one(database, _list),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(WARM + ROUNDS):
        for kind, work in kinds.items():
            taken.clear()
            work()
            if turn >= WARM:
                times[kind].append(sum(taken))
    database.close()
    return times


def _begin(*said: Any) -> None:
    said[4].began = time.perf_counter()  # the execution's own context


def _in_one(database: Database, work: Callable[[Connection], object]) -> None:
    with database.reading() as connection:
        work(connection)


def _one_row(connection: Connection) -> object:
    return connection.execute(select(SITE.c.head).where(SITE.c.id == 1)).one()


def _list(connection: Connection) -> object:
    return signals_view.page(connection, 1, Filter(), time.time_ns() // 1_000_000)


def _look(database: Database, shared: SharedReads, word: str) -> None:
    """What access.py and pages/signals.py do, without the rendering."""
    now_ms = time.time_ns() // 1_000_000
    with database.reading() as connection:
        sessions.find(connection, word, now_ms)
    with database.reading() as connection:
        site = sites.own(connection)
        shared.once(site, "page", lambda: signals_view.page(connection, site.id, Filter(), now_ms))
        signals_counts.counts(connection, shared, site, Filter(), now_ms)


def _figures(looks: Mapping[str, Times], statements: Times) -> list[Figure]:
    figures = []
    for what, times in looks.items():
        old, young = median(times["old"]), median(times["young"])
        name = f"{what}, {PASTS['old']:,} past and {OPEN:,} open signals, against {PASTS['young']:,} past"
        figures.append(Figure(name, old / young, 1.15, measured=f"{old * 1e3:.1f} ms against {young * 1e3:.1f} ms"))
    one = median(statements["one row"])
    look = median(statements["nothing changed"])
    measured = f"{look * 1e3:.2f} ms against {one * 1e3:.2f} ms"
    figures.append(Figure("the page's SQL against a one-row round trip, p50", look / one, 5, measured=measured))
    return figures


def _notes(looks: Mapping[str, Times], statements: Times) -> list[str]:
    shown = {kind: f"{median(times) * 1e3:.2f} ms" for kind, times in statements.items()}
    return [
        "SQL is the sum over all statements of a look: session, plant, list, counts, silent terminals. List and counts"
        " are read once for each change of the plant and shared by all who look; the figure is a look with nothing"
        " changed since the last one.",
        f"The first look after a change: {shown['after a change']}, of which the list is {shown['the list alone']}, the"
        f" rest mostly the counts over {OPEN:,} open signals.",
    ]
