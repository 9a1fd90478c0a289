"""A plant is set up from CSV files alone, and a code of somebody else's that they name orders at once."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from real_plant import EKANBAN, Central, Terminal, until

pytestmark = pytest.mark.more
EXAMPLES = Path(__file__).parents[2] / "docs/examples/import"


def ekanban(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*EKANBAN, "central", *map(str, arguments)]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_parts_loops_and_cards_by_csv_then_a_scan_of_a_foreign_code_orders(
    central: Central, terminal: Terminal, tmp_path: Path
) -> None:
    terminal.start()
    until(lambda: terminal.status()["central"]["state"] == "online", "terminal ready")
    token = central.api.headers["Authorization"].removeprefix("Bearer ") if central.api else ""
    through = {"EKANBAN_CENTRAL__BASE_URL": central.url, "EKANBAN_TOKEN": token, **central.environment}

    for kind in ("parts", "locations", "loops", "cards"):
        made = said(ekanban("import", EXAMPLES / f"{kind}.csv", "--kind", kind, "--json", **through))
        again = said(ekanban("import", EXAMPLES / f"{kind}.csv", "--kind", kind, "--json", **through))
        assert (made["state"], made["by"], again["created"]) == ("done", "admin", {})

    until(lambda: terminal.scan("00000012346")["outcome"] == "opened", "the terminal has learnt the code")
    (signal,) = until(central.open_signals, "it is ordered")
    assert (signal["part"], signal["quantity"]) == ("6204-2RS", 50)
    cards = ekanban("export", "cards", **through)
    rows = list(csv.DictReader(io.StringIO(cards.stdout.removeprefix("\ufeff"))))
    assert {row["code"][:9] for row in rows if row["aliases"] == "00000012346"} == {signal["card"][:9]}

    wrong = tmp_path / "loops.csv"
    wrong.write_text('part,source,destination,quantity\n6204-2RS,Ruland Bearings,Line 3 B12,"1,5"\n')
    refused = ekanban("import", wrong, "--kind", "loops", "--json", **through)
    assert refused.returncode == 1
    (error,) = json.loads(refused.stdout)["errors"]
    assert (error["line"], error["column"], error["value"]) == (2, "quantity", "1,5")

    file, data = tmp_path / "out.csv", central.folder / "data"
    if not central.environment:  # SQLite: one process has it
        beside = ekanban("export", "ledger", "--data", data)
        assert beside.returncode == 1
        assert "Central is running on the data" in beside.stderr
    central.end()
    alone = ekanban("export", "ledger", "--to", file, "--data", data, **central.environment)

    assert alone.returncode == 0, alone.stderr
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    causes = [json.loads(row["data"])["import"] for row in rows if row["kind"] == "alias_added"]
    assert [(cause["file"], cause["line"]) for cause in causes] == [("cards.csv", 2), ("cards.csv", 3)]
