"""`ekanban central import` and `export`: lists as CSV, on central's data while no service runs."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ekanban_cli.main import app

EXAMPLES = Path(__file__).parents[3] / "docs/examples/import"


def ekanban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["central", *map(str, arguments)])


@pytest.fixture
def data(central_on_sqlite: str) -> Path:
    """Central's folder."""
    return Path(central_on_sqlite.removeprefix("sqlite:///")).parent


def test_the_files_of_the_docs_make_a_plant(data: Path) -> None:
    def bring(kind: str, *options: str) -> Result:
        return ekanban("import", EXAMPLES / f"{kind}.csv", "--kind", kind, "--data", data, *options)

    parts, locations, loops = bring("parts"), bring("locations"), bring("loops", "--json")
    looked, cards, again = bring("cards", "--dry-run"), bring("cards"), bring("cards")
    exported = ekanban("export", "cards", "--data", data)

    assert parts.stdout == "Taken in, 3 rows. New: parts 3. Changed: 0. As they were: 0.\n", parts.output
    assert locations.exit_code == 0
    assert json.loads(loops.stdout)["created"] == {"locations": 2, "loops": 3, "cards": 5}
    assert looked.stdout == (
        "Checked, nothing changed, 2 rows. New would be: cards 2, codes of others 2. Changed: 0. As they are: 0.\n"
    )
    assert cards.stdout == "Taken in, 2 rows. New: cards 2, codes of others 2. Changed: 0. As they were: 0.\n"
    assert again.stdout == "Taken in, 2 rows. New: nothing. Changed: 0. As they were: 2.\n"
    lines = exported.stdout.splitlines()
    assert len(lines) == 8
    assert sum(",00000012345," in line for line in lines) == 1


def test_what_is_wrong_is_told_for_people_and_for_programs(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("number,unit\n,pcs\nA,xxxxxxxxxxxx\n")

    people = ekanban("import", file, "--kind", "parts", "--data", data)
    programs = ekanban("import", file, "--kind", "parts", "--data", data, "--json")
    other = ekanban("import", file, "--kind", "parts", "--data", data, "--terminal", "x")

    told = [
        "Nothing was imported.", "line 2, number: this value is missing",
        "line 3, unit: expected at most 10 characters, got 12",
    ]  # fmt: skip
    assert (people.exit_code, programs.exit_code, other.exit_code) == (1, 1, 1)
    assert people.stderr == "ekanban: " + "\n".join(told) + "\n"
    assert json.loads(programs.stdout)["errors"][0] == {
        "line": 2, "column": "number", "value": "", "message": "this value is missing",
    }  # fmt: skip
    assert json.loads(programs.stderr)["error"] == "\n".join(told)
    assert other.stderr == "ekanban: --terminal is for journals alone.\n"


def test_a_file_may_bear_any_name_and_come_through_a_pipe(data: Path, tmp_path: Path) -> None:
    odd, pipe = tmp_path / os.fsdecode(b"B\xfccher\x1b[2J.csv"), tmp_path / "pipe"
    odd.write_text("number\nA\n")
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as other:
        other.submit(pipe.write_text, "number\nB\n")
        through = ekanban("import", pipe, "--kind", "parts", "--data", data)

    named = ekanban("import", odd, "--kind", "parts", "--data", data)
    told = ekanban("import", os.fspath(odd) + "x", "--kind", "parts", "--data", data)
    ledger = ekanban("export", "ledger", "--data", data)

    assert [one.stdout for one in (through, named)] == [
        "Taken in, 1 rows. New: parts 1. Changed: 0. As they were: 0.\n"
    ] * 2
    assert "B\ufffdcher\ufffd[2J.csv" in ledger.stdout
    assert told.stderr.startswith(f"ekanban: {tmp_path}/B\ufffdcher\ufffd[2J.csvx cannot be read")


@pytest.mark.parametrize("token", ["Größe", " ", "a\nb"])
def test_what_can_be_no_token_is_told_before_anything_is_sent(tmp_path: Path, token: str) -> None:
    (tmp_path / "parts.csv").write_text("number\nA\n")

    brought = ekanban("import", tmp_path / "parts.csv", "--kind", "parts", "--token", token)
    fetched = ekanban("export", "parts", "--token", token)

    text = "ekanban: This needs an API token of a supervisor: give it with --token, or in EKANBAN_TOKEN.\n"
    assert [one.stderr for one in (brought, fetched)] == [text] * 2


def test_an_export_is_written_whole_or_not_at_all(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "parts.csv"

    done = ekanban("export", "parts", "--to", file, "--data", data, "--json")
    nowhere = ekanban("export", "parts", "--to", tmp_path / "none" / "parts.csv", "--data", data)

    assert json.loads(done.stdout) == {"file": str(file), "size": file.stat().st_size}
    assert file.read_bytes() == b"\xef\xbb\xbfnumber,description,unit,revision\r\n"
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.stderr
    assert ekanban("export", "people", "--data", data).exit_code == 2
