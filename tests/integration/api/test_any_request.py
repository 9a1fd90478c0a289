"""Whatever is asked of either service: never an answer 5xx, never one that OpenAPI does not declare.

`make test` tries the same requests at the terminal each time, `make fuzz-api EXAMPLES=200` tries others, and a finding
names the seed that leads to it again (SEED=…).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from api_fuzz import PHASES, Found, attack
from api_gateway import SIGN, Gateway
from fastapi import FastAPI
from page_plant import PagePlant
from scripted_central import ScriptedCentral
from starlette.types import Receive, Scope, Send
from terminal_world import BODY, TERMINAL

from ekanban_core.enrolment import key_text
from ekanban_drivers.simulated import SimulatedDriver
from ekanban_terminal import identity, keys
from ekanban_terminal.app import create_app
from ekanban_terminal.identity import Enrolment
from ekanban_terminal.settings import ScannerSettings, TerminalSettings

ENDLESS = ("/api/v1/events",)
# Each scan stands for itself, and a batch's newer parts are not needed (promises 12 and 16).
LENIENT = ("POST /api/v1/scans",)


def operations(app: FastAPI) -> set[str]:
    """What OpenAPI lists, as "POST /api/v1/scans"."""
    paths = app.openapi()["paths"].items()
    return {f"{method.upper()} {path}" for path, methods in paths for method in methods if path not in ENDLESS}


@pytest.mark.heavy  # half a minute; .ci/run does it with `make fuzz-api`
def test_central_answers_every_request_as_it_declares(gateway: Gateway, app: FastAPI, works: PagePlant) -> None:
    headers = {"Authorization": f"Bearer {works.token(works.admin)}", **SIGN}

    found = attack(
        gateway, app.openapi(), examples=1, phases=["coverage"], headers=headers, without=ENDLESS, lenient=LENIENT
    )

    assert found.report == ""
    assert found.operations == operations(app)
    assert {200, 201, 204, 404, 409, 422} <= found.statuses


@pytest.mark.heavy
def test_central_answers_any_chain_of_requests_as_it_declares(gateway: Gateway, app: FastAPI, works: PagePlant) -> None:
    headers = {"Authorization": f"Bearer {works.token(works.admin)}", **SIGN}
    seed = int(os.environ["SEED"]) if "SEED" in os.environ else None

    def attacked(seed: int | None, phases: Iterable[str]) -> Found:
        return attack(
            gateway, app.openapi(), examples=int(os.environ.get("EXAMPLES", "20")), seed=seed, phases=phases,
            headers=headers, without=ENDLESS, lenient=LENIENT,
        )  # fmt: skip

    found = attacked(seed, PHASES)
    for _ in range(9):  # whether one request leads to another is a matter of chance
        if found.chains:
            break
        more = attacked(None, ["stateful"])
        found.chains, found.wrong = more.chains, found.wrong + more.wrong

    print(f"{found.requests} requests, {found.chains} of them with what an earlier answer had named, seed {found.seed}")
    assert found.report == ""
    assert found.operations == operations(app)
    assert found.chains


class FromHere:
    """ASGI: as if the request came from this machine."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "client": ("127.0.0.1", 50000)}, receive, send)


@pytest.fixture
def terminal(tmp_path: Path) -> FastAPI:
    """A terminal with a scripted central."""
    name, key = keys.for_code(tmp_path, "TEST")
    central = ScriptedCentral(key.public, lambda: 1_800_000_000_000)
    central.add_card(BODY)
    identity.store(
        tmp_path,
        Enrolment(
            terminal=TERMINAL, url="http://central.test", central_key=key_text(central.public), site="Plant One",
            key=name, code="TEST",
        ),
    )  # fmt: skip
    settings = TerminalSettings(data=tmp_path, scanners=[ScannerSettings(name="hand", driver="simulated")])
    return create_app(settings, link=lambda url: central, drivers={"simulated": SimulatedDriver()})


@pytest.mark.parametrize(
    ("examples", "phases"), [(1, ["coverage"]), pytest.param(200, PHASES, marks=pytest.mark.heavy)]
)
def test_a_terminal_answers_every_request_as_it_declares(terminal: FastAPI, examples: int, phases: list[str]) -> None:
    headers = {"Content-Type": "application/json"}  # its gate refuses all else before any route is asked

    found = attack(
        FromHere(terminal), terminal.openapi(), examples=examples, phases=phases, headers=headers,
        host="http://127.0.0.1:8001",
    )  # fmt: skip

    assert found.report == ""
    assert found.operations == operations(terminal)
    assert {200, 404, 405, 409, 422} <= found.statuses
