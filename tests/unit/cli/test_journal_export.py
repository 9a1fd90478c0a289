"""The export of a journal: all that central needs, of any folder that can be read, and what cannot be read is said."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from terminal_world import TERMINAL, World, code, run, work_a_shift

from ekanban_cli import journal_export
from ekanban_cli.errors import CommandFailed
from ekanban_core.enrolment import key_text
from ekanban_core.journal_export import is_sealed
from ekanban_terminal import identity
from ekanban_terminal.identity import Enrolment

PAGE_SIZE = 4096


def exported(folder: Path) -> tuple[list[dict[str, Any]], journal_export.Written]:
    """Export a folder; returns the lines, whose checksums hold."""
    file = folder.parent / f"{folder.name}-{len(list(folder.parent.iterdir()))}.jsonl"
    written = journal_export.write(folder, file)
    lines = file.read_bytes().splitlines()
    assert all(is_sealed(line) for line in lines)
    assert not file.with_name(f"{file.name}.part").exists()
    return [json.loads(line) for line in lines], written


def scans(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "scan" in line]


async def _shift(folder: Path, count: int = 3) -> None:
    await work_a_shift(await World(folder).open(), count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of a terminal that is enrolled, and switched off."""
    folder = tmp_path / "terminal"
    folder.mkdir()
    run(_shift(folder))
    enrolment = Enrolment(
        terminal=TERMINAL,
        url="http://central.test",
        central_key=key_text(b"k" * 32),
        site="Plant",
        key="none",
        code="C",
    )
    identity.store(folder, enrolment)
    return folder


def test_an_export_holds_all_that_central_needs(folder: Path) -> None:
    lines, written = exported(folder)

    head, first, second, *rest = lines
    assert (head["version"], head["terminal"]) == (2, TERMINAL)
    assert {"central", "generation", "position", "contact", "offset"} <= head["facts"].keys()
    assert (first["previous"], first["last_seq"]) == (None, 3)
    assert (second["previous"], second["previous_seq"], second["last_seq"]) == (first["epoch"], 3, 3)
    assert [(one["scan"]["seq"], one["state"]) for one in scans(rest)] == [
        (1, "taken"), (2, "taken"), (3, "taken"), (1, "dead"), (2, "taken"), (3, "waiting")
    ]  # fmt: skip
    assert all(one["answer"] for one in scans(rest)[:3])
    assert rest[-1] == {"sum": rest[-1]["sum"], "end": {"epochs": 2, "scans": 6, "damaged": 0}}
    assert (written.scans, written.damaged, written.notes) == (6, 0, 0)


def test_what_stands_in_for_a_scan_is_exported_with_it(folder: Path) -> None:
    dead = scans(exported(folder)[0])[3]

    assert dead["stands_in"] is True
    assert (dead["stand_in"]["seq"], dead["stand_in"]["epoch"]) == (1, dead["scan"]["epoch"])
    assert dead["stand_in"]["id"] != dead["scan"]["id"]


def test_a_device_that_was_never_enrolled_has_no_number(folder: Path) -> None:
    (folder / "enrolment.json").unlink()

    assert exported(folder)[0][0]["terminal"] is None


def test_a_journal_that_no_process_has_closed_is_exported_with_its_log(tmp_path: Path) -> None:
    living, card = tmp_path / "living", tmp_path / "card"
    living.mkdir()
    card.mkdir()

    async def dies() -> None:
        world = await World(living).open()
        for number in range(5):
            await world.later(code(number))
        for name in ("journal.sqlite", "journal.sqlite-wal"):  # what is on the disk when the power goes
            shutil.copy(living / name, card / name)
        await world.close()

    run(dies())

    assert (card / "journal.sqlite-wal").stat().st_size > 0
    assert len(scans(exported(card)[0])) == 5


def test_a_disk_that_is_mounted_read_only_is_exported(tmp_path: Path) -> None:
    test_a_journal_that_no_process_has_closed_is_exported_with_its_log(tmp_path)
    card = tmp_path / "card"
    for name in ("journal.sqlite-shm",):
        (card / name).unlink(missing_ok=True)
    before = sorted(path.name for path in card.iterdir())
    card.chmod(0o555)
    # to whom no mode denies anything
    prefix = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    ekanban = [sys.executable, "-c", "from ekanban_cli.main import app; app()"]
    file = tmp_path / "saved.jsonl"

    done = subprocess.run(
        [*prefix, *ekanban, "terminal", "journal", "--data", card, "--export", file, "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    card.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scans"] == 5
    assert sorted(path.name for path in card.iterdir()) == before


def test_of_a_disk_with_unreadable_pages_the_rest_is_saved(tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    run(_shift(folder, 60))
    whole = {one["scan"]["id"] for one in scans(exported(folder)[0])}
    path = folder / "journal.sqlite"
    content = bytearray(path.read_bytes())
    leaves = [
        page for page in range(1, len(content) // PAGE_SIZE)
        if content[page * PAGE_SIZE] == 0x0D and content[page * PAGE_SIZE : (page + 1) * PAGE_SIZE].count(b'"raw"') > 1
    ]  # fmt: skip
    for page in leaves[3:5]:
        content[page * PAGE_SIZE : (page + 1) * PAGE_SIZE] = b"\xa5" * PAGE_SIZE
    path.write_bytes(content)

    lines, written = exported(folder)

    saved = {one["scan"]["id"] for one in scans(lines)}
    assert len(leaves) > 10
    assert saved < whole
    assert len(whole) - len(saved) < 20
    assert written.notes > 0
    assert any("cannot be read" in one["note"] for one in lines if "note" in one)
    assert lines[-1]["end"]["scans"] == len(saved)


def test_facts_and_starts_that_the_disk_has_changed_are_left_out_and_noted(folder: Path) -> None:
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("UPDATE fact SET value = '{}' WHERE key = 'contact'")
        connection.execute("UPDATE epoch SET previous_seq = 2 WHERE ordinal = 2")
    connection.close()

    lines, written = exported(folder)

    assert "contact" not in lines[0]["facts"]
    assert len([one for one in lines if "epoch" in one]) == lines[-1]["end"]["epochs"] == 1
    assert [one["note"] for one in lines if "note" in one] == [
        "damaged: what is noted of central (contact) is not what was stored",
        "damaged: start 2 of this terminal is not what was stored",
    ]
    assert (written.scans, written.notes) == (6, 2)


@pytest.mark.more
def test_whatever_bit_flips_the_export_is_made_or_refused_in_words(folder: Path) -> None:
    path = folder / "journal.sqlite"
    content = path.read_bytes()
    whole = {json.dumps(one["scan"]) for one in scans(exported(folder)[0])}
    dice = random.Random(1)  # noqa: S311  # repeatable on purpose
    counts = []
    for _ in range(150):
        flipped = bytearray(content)
        flipped[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        for name in ("-shm", "-wal"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        try:
            lines, _written = exported(folder)
        except CommandFailed:
            continue
        assert {json.dumps(one["scan"]) for one in scans(lines)} <= whole  # what is called sound is what was stored
        counts.append(len(scans(lines)))

    assert len(counts) > 100
    assert counts.count(6) > len(counts) // 2


def test_a_folder_without_a_journal_and_one_of_a_newer_release_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CommandFailed, match="There is no journal in"):
        journal_export.write(tmp_path, tmp_path / "x.jsonl")
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CommandFailed, match="newer release"):
        journal_export.write(folder, tmp_path / "x.jsonl")

    assert not list(tmp_path.glob("x.jsonl*"))


def test_a_scan_that_the_disk_has_changed_is_not_called_one(folder: Path) -> None:
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("UPDATE scan SET message = replace(message, 'hand', 'hanf') WHERE n = 2")
    connection.close()

    lines, written = exported(folder)

    (damaged,) = [one for one in lines if "damaged" in one]
    assert "hanf" in damaged["damaged"]["message"]
    assert (written.scans, written.damaged) == (5, 1)
