"""The whole way of a card through real processes: a button's POST at a terminal or at central, until the printer hears.

Both services run as plants run them, on loopback, the terminal enrolled at central and with versions in reserve. Every
card is printed once, and the next button is pressed when the printer has said that the last one is out.
"""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from ekanban_central import api_tokens, master, people, printers, sites
from ekanban_central.database import Database
from ekanban_central.ledger import SITE, SYSTEM
from ekanban_central.printer_inputs import NewPrinter
from ekanban_central.settings import CentralSettings
from ekanban_cli.bench import floor_plant, processes
from ekanban_cli.bench.cut_link import free_port
from ekanban_cli.bench.figure import CannotMeasure
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrinterDialect, PrinterWay, Role
from ekanban_terminal.printing import book as books

LOOK_S = 0.02
PATIENCE_S = 60.0
PAUSE_S = 0.2  # after a print: reports and reserves go their way; nobody presses sooner
BASE_URL = "https://kanban.example.com"
Address = tuple[str, int]
Press = Callable[[str], None]  # the button of a card, named by its body; comes back when the card is out


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed."""

    layout: str
    dpi: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service as programs reach it, over a connection that stays open, as browsers keep theirs."""

    connection: http.client.HTTPConnection
    token: str = ""

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask; raises CannotMeasure where it refuses."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        if not self.token:
            headers.pop("Authorization")
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        if answer.status >= 400:
            raise CannotMeasure(f"{method} {path}: {content}")
        return content


@contextmanager
def terminal(folder: Path, bodies: list[str], printer: Address, label: Label) -> Iterator[Press]:
    """The kiosk's button: POST /api/v1/print at a terminal with a printer of its own and a reserve."""
    port, near = free_port(), free_port()
    floor_plant.make(folder, bodies, f"http://127.0.0.1:{port}", near)
    _furnish(folder, printer, label)
    _printer_of_its_own(folder / "terminal.toml", printer, label)
    with (
        processes.central(folder / "central", port=port),
        processes.terminal(folder / "terminal.toml"),
        _at(near) as here,
    ):
        for body in bodies:
            here.call("POST", "/api/v1/scan", {"code": CardCode(body, 1).text})
        _until(lambda: _reserved(folder / "terminal") == len(bodies), "central gave no versions in reserve")

        def press(body: str) -> None:
            job = here.call("POST", "/api/v1/print", {"card": body, "reason": "damaged"})
            _until(lambda: _is_done(_by_id(here.call("GET", "/api/v1/prints"), job["id"])), "a card was not printed")

        yield press


@contextmanager
def central(folder: Path, bodies: list[str], printer: Address, label: Label) -> Iterator[Press]:
    """The page's button: POST /api/v1/cards/{code}/replace at central, with a printer that is registered there."""
    port = free_port()
    floor_plant.make(folder, bodies, f"http://127.0.0.1:{port}", free_port())
    token = _furnish(folder, printer, label)
    with processes.central(folder / "central", port=port), _at(port, token) as here:

        def press(body: str) -> None:
            wish = {"reason": "damaged", "request_id": str(uuid4())}
            job = here.call("POST", f"/api/v1/cards/{body}/replace", wish)
            _until(lambda: _is_done(here.call("GET", f"/api/v1/print-jobs/{job['id']}")), "a card was not printed")

        yield press


def _furnish(folder: Path, printer: Address, label: Label) -> str:
    """Give the plant an address for its cards, a printer of central's, and a supervisor; returns their API token."""
    database, now_ms = Database(CentralSettings(data=folder / "central").url), time.time_ns() // 1_000_000
    values = {"name": "Label printer", "way": PrinterWay.RAW, "address": _text(printer), "dialect": PrinterDialect.ZPL}
    new = NewPrinter.model_validate({**values, "dpi": label.dpi, "layout": label.layout})
    try:
        with database.transaction() as connection:
            desk = master.Desk(connection, sites.own(connection).id, SYSTEM, now_ms, os.urandom)
            master.change(desk, SITE, desk.site_id, {"base_url": BASE_URL}, "site_changed")
            printers.create(desk, new.model_dump(), lambda one: one.address)
        with database.session() as session:
            person = people.create(session, "erika", Role.SUPERVISOR, SYSTEM, now_ms, os.urandom)
        with database.transaction() as connection:
            return api_tokens.make(connection, person.id, "benchmark", now_ms, os.urandom)
    finally:
        database.close()


def _printer_of_its_own(config: Path, printer: Address, label: Label) -> None:
    values = {"name": "Zebra", "way": "raw", "address": _text(printer), "layout": label.layout}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    with config.open("a") as file:
        file.write(f"[printer]\n{lines}dpi = {label.dpi}\n")


def _text(address: Address) -> str:
    return f"{address[0]}:{address[1]}"


@contextmanager
def _at(port: int, token: str = "") -> Iterator[Service]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        yield Service(connection, token)


def _reserved(folder: Path) -> int:
    """How many cards the terminal could print without central."""
    file = f"file:{folder / books.FILE}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(file, uri=True)) as book:  # not there yet
        return int(book.execute("SELECT count(*) FROM reserve").fetchone()[0])
    return 0


def _by_id(listed: Any, key: str) -> Any:
    return next(one for one in listed["items"] if one["id"] == key)


def _is_done(job: Mapping[str, Any]) -> bool:
    if job["state"] not in ("queued", "sending", "accepted", "done"):
        raise CannotMeasure(f"a card was not printed: {job['message']}")
    return bool(job["state"] == "done")


def _until(true: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise CannotMeasure(otherwise)
        time.sleep(LOOK_S)
    time.sleep(PAUSE_S)
