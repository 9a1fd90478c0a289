"""`ekanban cards print`: through the running central, which makes the prints and sends them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from ekanban_cli.central_client import asked, client
from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_cli.said import say
from ekanban_core.states import PrintReason, PrintState

LOOK_S = 0.3  # between looks at how far it has come
UNDER_WAY = (PrintState.QUEUED, PrintState.SENDING)
GOOD = (PrintState.DONE, PrintState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. url: central's."""

    codes: list[str]
    printer: str | None
    layout: str | None
    sheet: str | None
    skip: int
    reason: PrintReason
    url: str
    token: str


def run(wanted: Wanted, as_json: bool) -> None:
    """Print, and say what came out. Raises CommandFailed unless all of it did, as far as the printer tells."""
    wish = {
        "cards": wanted.codes, "printer": wanted.printer, "layout": wanted.layout, "sheet": wanted.sheet,
        "skip": wanted.skip, "reason": str(wanted.reason), "request_id": str(uuid4()),
    }  # fmt: skip
    url = wanted.url.rstrip("/")
    with client(url, wanted.token) as central:
        job = asked(url, lambda: central.post("/api/v1/cards/print", json=wish))
        job = _followed(central, url, job["id"])
    text = _("{printer}: {printed} of {total} printed, {state}. {message}").format(**job).strip()
    if job["state"] not in GOOD:
        raise CommandFailed(text)
    say(text, job, as_json)


def _followed(central: httpx2.Client, url: str, key: str) -> dict[str, Any]:
    """Look how far it has come until it has ended, and show on a terminal what people must do."""
    shown = ""
    while (job := asked(url, lambda: central.get(f"/api/v1/print-jobs/{key}")))["state"] in UNDER_WAY:
        told = f"{job['printed']} / {job['total']} {job['message']}"
        if sys.stderr.isatty() and told != shown:
            print(f"\r\x1b[K{told}", end="", file=sys.stderr, flush=True)
            shown = told
        time.sleep(LOOK_S)
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr)
    return job
