"""`ekanban terminal journal` where a scan is damaged, and where the journal is of an earlier release."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from terminal_world import World, run
from typer.testing import CliRunner, Result

from ekanban_cli.main import app

OLD = Path(__file__).parents[2] / "fixtures" / "journals" / "schema-1.sql"


def ekanban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["terminal", "journal", *map(str, arguments)])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a journal of an earlier release; five scans are in it."""
    journal = sqlite3.connect(tmp_path / "journal.sqlite")
    journal.executescript(OLD.read_text())
    journal.close()
    return tmp_path


@pytest.fixture
def damaged(old: Path) -> Path:
    """The same brought up to this release, and then a letter of a stored scan is another one."""

    async def start() -> None:
        await (await World(old).open()).close()

    run(start())
    path = old / "journal.sqlite"
    content = path.read_bytes()
    assert content.count(b'"raw":"N0szUU05WDIwMUNG"') == 1
    path.write_bytes(content.replace(b'"raw":"N0szUU05WDIwMUNG"', b'"raw":"N0szUU05WDIwM\xf5NG"'))
    return old


def test_a_damaged_scan_is_named_with_what_to_do(damaged: Path) -> None:
    people = ekanban("--data", damaged, "--check")
    program = ekanban("--data", damaged, "--check", "--json")

    assert people.exit_code == program.exit_code == 1
    assert "(number 5 of start 1) is not what was stored" in people.stdout
    assert "--export FILE" in people.stderr
    assert len(json.loads(program.stdout)["damaged"]) == 1


def test_what_can_be_read_of_a_damaged_journal_is_exported(damaged: Path) -> None:
    listed = ekanban("--data", damaged)
    exported = ekanban("--data", damaged, "--export", damaged / "saved.jsonl")

    *sound, last, end = [json.loads(line) for line in (damaged / "saved.jsonl").read_text().splitlines()][2:]
    assert listed.exit_code == exported.exit_code == 0
    assert "damaged on the disk" in listed.stdout.splitlines()[-1]
    assert [one["scan"]["seq"] for one in sound] == [1, 2, 3, 4]
    assert last["state"] == "waiting"
    assert end["end"] == {"epochs": 1, "scans": 4, "damaged": 1}
    assert "1 damaged scans are in it" in exported.stdout
    assert r'"raw":"N0szUU05WDIwM\xf5NG"' in last["damaged"]["message"]


def test_a_sound_journal_is_said_to_be_sound(old: Path) -> None:
    before = ekanban("--data", old, "--check")

    assert (before.exit_code, before.stdout) == (0, "All of the journal is as it was stored.\n")


def test_the_journal_of_an_earlier_release_is_shown_and_exported_as_it_is(old: Path) -> None:
    content = (old / "journal.sqlite").read_bytes()

    listed = ekanban("--data", old)
    exported = ekanban("--data", old, "--export", old / "saved.jsonl")

    assert exported.exit_code == 0
    assert len(listed.stdout.splitlines()) == 5
    assert len((old / "saved.jsonl").read_text().splitlines()) == 8
    assert (old / "journal.sqlite").read_bytes() == content


def test_a_damaged_scan_of_an_earlier_release_is_exported_as_it_can_be_read(old: Path) -> None:
    path = old / "journal.sqlite"
    content = path.read_bytes()
    assert content.count(b'"raw":"N0szUU05WDIwMUNG"') == 1
    path.write_bytes(content.replace(b'"raw":"N0szUU05WDIwMUNG"', b'"raw":"N0szUU05WDIwMUNG\xf5'))

    exported = ekanban("--data", old, "--export", old / "saved.jsonl", "--json")

    assert (exported.exit_code, json.loads(exported.stdout)["scans"], json.loads(exported.stdout)["damaged"]) == (
        0,
        4,
        1,
    )
