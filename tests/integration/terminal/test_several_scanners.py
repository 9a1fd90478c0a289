"""Several scanners at one terminal, each with its own role, one of them misconfigured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pty_scanner import PtyScanner
from real_plant import until
from starlette.testclient import TestClient
from tcp_reader import Call, TcpReader, call, free_port, hang_up

from ekanban_cli.journal_view import entries
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent
from ekanban_terminal.app import create_app
from ekanban_terminal.settings import Limits, ScannerSettings, TerminalSettings


@pytest.fixture(autouse=True)
def _readers_hang_up() -> Iterator[None]:
    yield
    hang_up()


def code(number: int) -> str:
    return CardCode(f"{number:08d}", 1).text


def tape(folder: Path, text: str) -> str:
    head = {"driver": "serial", "profile": {"terminators": ["cr"]}, "devices": {"a": {}}}
    line = {"t": 0.0, "dev": "a", "bytes": f"{text}\r".encode().hex()}
    file = folder / "tape.jsonl"
    file.write_text(f"{json.dumps(head)}\n{json.dumps(line)}\n")
    return str(file)


def test_scanners_of_all_kinds_are_read_at_once_each_in_its_role_and_a_wrong_one_stops_none(tmp_path: Path) -> None:
    wrong, port = tmp_path / "wrong.toml", free_port()
    wrong.write_text("gap_mx = 80\n")
    with PtyScanner(tmp_path / "scanner") as serial, TcpReader() as reader:
        scanners = [
            ScannerSettings(name="hand", driver="serial", device=str(serial.path)),
            ScannerSettings(name="gate", driver="tcp", device=reader.address, intent=Intent.RECEIVE),
            ScannerSettings(name="dock", driver="tcp", device=f"listen:{port}", intent=Intent.SHIP),
            ScannerSettings(name="tape", driver="replay", device=tape(tmp_path, code(4)), intent=Intent.LOOKUP),
            ScannerSettings(name="odd", driver="serial", device="/dev/null", profile=str(wrong)),
        ]
        settings = TerminalSettings(data=tmp_path, scanners=scanners, limits=Limits(stored=100, free_mb=0))
        with TestClient(create_app(settings), base_url="http://127.0.0.1:8001", client=("127.0.0.1", 50000)) as browser:

            def states() -> dict[str, str]:
                return {one["name"]: one["state"] for one in browser.get("/api/v1/status").json()["scanners"]}

            gate, dock = reader.called(), call_when_it_listens(port)
            until(lambda: [states().get(name) for name in ("hand", "gate", "dock")] == ["ready"] * 3, "all are ready")
            serial.scan(code(1))
            gate.send(f"{code(2)}\r\n".encode())
            dock.send(f"{code(3)}\r".encode())
            until(lambda: len(list(entries(tmp_path))) == 4, "four scans are stored")
            odd = next(one for one in browser.get("/api/v1/status").json()["scanners"] if one["name"] == "odd")

    stored = {
        entry["scan"]["scanner"]: (entry["scan"]["intent"], entry["shown"]["code"]) for entry in entries(tmp_path)
    }
    assert {name: (intent, shown.replace("-", "")) for name, (intent, shown) in stored.items()} == {
        "hand": ("empty", code(1)),
        "gate": ("receive", code(2)),
        "dock": ("ship", code(3)),
        "tape": ("lookup", code(4)),
    }
    assert (odd["state"], "gap_mx: unknown key; did you mean gap_ms?" in odd["text"]) == ("not_readable", True)


def call_when_it_listens(port: int) -> Call:
    calls: list[Call] = []

    def called() -> bool:
        with suppress(ConnectionRefusedError):
            calls.append(call(port))
        return bool(calls)

    until(called, f"somebody listens at {port}")
    return calls[0]
