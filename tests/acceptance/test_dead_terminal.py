"""A terminal dies with scans that never left it: its journal is exported from its folder and imported (promise 4)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from real_plant import EKANBAN, Central, Terminal, until

pytestmark = [pytest.mark.more, pytest.mark.timeout(240)]


def ekanban(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    command = [*EKANBAN, *map(str, arguments), "--json"]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def online(terminal: Terminal) -> bool:
    status = terminal.status()
    return status["central"]["state"] == "online" and bool(status["register"]["loaded"])


def test_what_a_dead_terminal_had_stored_is_ordered_once_and_nothing_is_doubled_when_it_lives_again(
    central: Central, terminal: Terminal, tmp_path: Path
) -> None:
    codes = central.loop("HX-4720", "Line 4", 6)
    terminal.start()
    until(lambda: online(terminal), "terminal ready")
    terminal.scan(codes[0])
    until(lambda: len(central.open_signals()) == 1, "the first is ordered")
    token = central.api.headers["Authorization"].removeprefix("Bearer ") if central.api else ""
    central.kill()
    green = [terminal.scan(code) for code in codes[1:5]]
    terminal.kill()
    saved = tmp_path / "carried" / "data"
    shutil.copytree(terminal.folder / "data", saved)  # its card, read in another machine
    file = tmp_path / "journal.jsonl"

    exported = said(ekanban("terminal", "journal", "--data", saved, "--export", file))
    settings = {"EKANBAN_CENTRAL__BASE_URL": central.url, **central.environment}
    checked = said(
        ekanban(
            "central", "import", file, "--kind", "journal", "--dry-run", "--data", central.folder / "data", **settings
        )
    )
    central.start()
    through = {**settings, "EKANBAN_TOKEN": token}
    imported = said(ekanban("central", "import", file, "--kind", "journal", **through))
    again = said(ekanban("central", "import", file, "--kind", "journal", **through))

    assert {one["colour"] for one in green} == {"green"}
    assert exported["scans"] == 5
    assert (checked["state"], checked["new"], checked["repeated"]) == ("checked", 4, 1)
    assert (imported["state"], imported["new"], imported["repeated"], imported["by"]) == ("done", 4, 1, "admin")
    assert (again["new"], again["repeated"]) == (0, 5)
    ordered = {signal["id"]: signal["card"] for signal in central.open_signals()}
    assert len(ordered) == len(set(ordered.values())) == 5
    assert {one["id"] for one in green} <= set(ordered)

    terminal.start()
    until(lambda: online(terminal) and terminal.status()["journal"]["stored"] == 0, "it has sent all that it had")

    assert {signal["id"]: signal["card"] for signal in central.open_signals()} == ordered
    assert terminal.scan(codes[5])["outcome"] == "opened"
    assert len(central.open_signals()) == 6
    assert central.get("/api/v1/reviews")["items"] == []


def test_without_a_service_the_command_imports_in_the_name_that_is_given(
    central: Central, terminal: Terminal, tmp_path: Path
) -> None:
    (code,) = central.loop("HX-4721", "Line 4", 1)
    central.post("/api/v1/people", {"name": "anna", "role": "supervisor", "display_name": "Anna Arndt"})
    central.post("/api/v1/people", {"name": "viktor", "role": "viewer"})
    central.end()
    terminal.start()
    terminal.scan(code)
    terminal.kill()
    file, data = tmp_path / "journal.jsonl", central.folder / "data"
    said(ekanban("terminal", "journal", "--config", terminal.config, "--export", file))
    command = ("central", "import", file, "--kind", "journal", "--data", data)

    nobody = ekanban(*command, "--by", "viktor", **central.environment)
    file_is_bad = ekanban("central", "import", central.log, "--kind", "journal", "--data", data, **central.environment)
    imported = said(ekanban(*command, "--by", "Anna", **central.environment))

    assert nobody.returncode == file_is_bad.returncode == 1
    assert "viktor is no supervisor or administrator here" in nobody.stderr
    assert "Nothing was imported." in json.loads(file_is_bad.stderr.splitlines()[-1])["error"]
    assert (imported["state"], imported["new"], imported["by"]) == ("done", 1, "Anna Arndt")
    central.start()
    assert [signal["part"] for signal in central.open_signals()] == ["HX-4721"]
