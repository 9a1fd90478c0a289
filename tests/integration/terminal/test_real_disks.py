"""The running terminal on real disks: one that is full, one that the kernel makes read-only, one that flips a bit."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
import small_disks
from chromium import chromium
from playwright.sync_api import Page, expect
from real_terminals import Process, Terminals
from terminal_world import World, code, run

from ekanban_terminal.journal_types import Limits

PREFILLED, UNREAD = 2_500, 2_300  # scans: more than SQLite keeps in memory, and one that it does not
ENOUGH = 20  # scans for which the file must grow when their log is moved: without room it does not open
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def _is_ready(terminal: Process) -> bool:
    return terminal.call("GET", "/readyz")[0] == 200


def _green(terminal: Process, first: int, count: int) -> set[str]:
    """So many scans that are all stored; their ids."""
    answers = [terminal.scan(code(number)) for number in range(first, first + count)]
    assert {status for status, _ in answers} == {200}
    return {answer["id"] for _, answer in answers}


def _green_until_refused(terminal: Process) -> set[str]:
    """Scans until one is not stored."""
    green = set()
    for number in range(1_000, 3_000):
        status, answer = terminal.scan(code(number))
        if status != 200:
            assert status == 503
            return green
        green.add(answer["id"])
    raise AssertionError("the disk is never full")


def _out_of_use(terminal: Process, *words: str) -> None:
    """Nothing is green; health, metrics and the command line say so, and what to do."""
    assert {terminal.scan(code(number))[0] for number in range(900, 905)} == {503}
    assert terminal.call("GET", "/healthz")[0] == terminal.call("GET", "/readyz")[0] == 503
    with urllib.request.urlopen(f"{terminal.url}/metrics", timeout=60) as metrics:  # noqa: S310  # our own address
        assert b"ekanban_terminal_journal_usable 0.0" in metrics.read()
    told = _ekanban("terminal", "status", "--terminal", terminal.url)
    assert told.returncode == 0
    for word in ("Alarm: Scans cannot be stored and do not count. Call your supervisor.", "Look at the disk", *words):
        assert word in told.stdout


def _ekanban(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("ekanban")
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=60)


def _stored(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {row[0] for row in journal.execute("SELECT id FROM scan WHERE green")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    return made


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    with small_disks.small(folder):
        yield folder


@pytest.fixture
def card_disk(folder: Path, tmp_path: Path) -> Iterator[small_disks.CardDisk]:
    with small_disks.card(folder, tmp_path / "image") as disk:
        yield disk


@pytest.mark.needs("mount")
def test_a_disk_without_a_free_byte_takes_nothing_and_loses_nothing(small_disk: Path, terminals: Terminals) -> None:
    terminal = terminals.start(small_disk)
    green = _green(terminal, 1, ENOUGH)
    small_disks.fill(small_disk)

    green |= _green_until_refused(terminal)

    _out_of_use(terminal, "database or disk is full")
    small_disks.make_room(small_disk)
    terminal.until(lambda: _is_ready(terminal))
    green |= _green(terminal, 100, 3)
    terminal.kill()
    assert _stored(small_disk) == green


@pytest.mark.needs("mount")
@pytest.mark.more
def test_a_terminal_that_starts_on_a_full_disk_says_so_and_begins_when_there_is_room(
    small_disk: Path, terminals: Terminals
) -> None:
    terminal = terminals.start(small_disk)
    green = _green(terminal, 1, ENOUGH)
    terminal.kill()
    small_disks.fill(small_disk)

    again = terminals.start(small_disk, ready=False)

    again.until(lambda: again.call("GET", "/healthz")[0] == 503)
    _out_of_use(again)
    small_disks.make_room(small_disk)
    again.until(lambda: _is_ready(again))
    green |= _green(again, 100, 3)
    again.kill()
    assert _stored(small_disk) == green


@pytest.mark.needs("mount")
def test_a_disk_that_the_kernel_made_read_only_takes_nothing_until_it_is_replaced(
    card_disk: small_disks.CardDisk, terminals: Terminals
) -> None:
    terminal = terminals.start(card_disk.folder)
    green = _green(terminal, 1, 20)

    card_disk.break_down()

    _out_of_use(terminal)
    card_disk.replace()
    terminal.until(lambda: _is_ready(terminal))
    green |= _green(terminal, 100, 3)
    terminal.kill()
    assert _stored(card_disk.folder) == green


def _prefill(folder: Path, scans: int, damaged: int) -> tuple[str, int]:
    """Make a journal with so many scans; returns the id of one of them, and where in the file its message is."""

    async def shift() -> str:
        world = await World(folder, limits=Limits(2 * scans, 0)).open()
        with world.journal._file.reading() as connection:
            connection.execute("PRAGMA synchronous = OFF")  # no power is cut here
        ids = [(await world.scan(code(number))).entry.id for number in range(scans)]
        await world.close()
        return ids[damaged - 1]

    scan_id = run(shift())
    return scan_id, (folder / "journal.sqlite").read_bytes().index(f'{{"id":"{scan_id}","epoch"'.encode())


def _flip(folder: Path, place: int) -> None:
    with (folder / "journal.sqlite").open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 0x10]))


def _damage_is_told(terminal: Process, folder: Path, scan_id: str) -> None:
    _out_of_use(terminal, f"damaged: scan {scan_id}", "is not what was stored", "terminal journal --check")
    checked = _ekanban("terminal", "journal", "--check", "--data", folder)
    assert checked.returncode == 1
    assert scan_id in checked.stdout
    assert "--export FILE" in checked.stderr


@pytest.mark.more
def test_a_bit_that_flips_while_the_terminal_runs_stops_it_when_the_scan_is_read_again(
    folder: Path, terminals: Terminals
) -> None:
    scan_id, place = _prefill(folder, PREFILLED, UNREAD)
    terminal = terminals.start(folder)
    green = _green(terminal, 5_000, 3)
    _flip(folder, place + 60)
    green |= _green(terminal, 5_003, 3)  # nobody has read it yet

    status, answer = terminal.call("POST", "/api/v1/acknowledge-refused", {"id": scan_id})

    assert status == 503
    assert "is not what was stored" in answer["detail"]
    _damage_is_told(terminal, folder, scan_id)
    _flip(folder, place + 60)  # the right file is brought back
    terminal.until(lambda: _is_ready(terminal))
    green |= _green(terminal, 6_000, 1)
    terminal.kill()
    assert _stored(folder) >= green


def test_a_bit_that_flipped_while_the_terminal_was_off_is_found_at_its_start(
    folder: Path, terminals: Terminals
) -> None:
    scan_id, place = _prefill(folder, 20, 7)
    _flip(folder, place + 60)

    terminal = terminals.start(folder, ready=False)

    terminal.until(lambda: terminal.call("GET", "/healthz")[0] == 503)
    _damage_is_told(terminal, folder, scan_id)
    _flip(folder, place + 60)
    terminal.until(lambda: _is_ready(terminal))
    _green(terminal, 6_000, 1)


@pytest.mark.more
@pytest.mark.needs("mount", "chromium")
def test_the_kiosk_says_in_red_that_nothing_can_be_stored_and_whom_to_call(
    small_disk: Path, terminals: Terminals, tmp_path: Path
) -> None:
    terminal = terminals.start(small_disk)
    _green(terminal, 1, ENOUGH)
    small_disks.fill(small_disk)
    _green_until_refused(terminal)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(terminal.url)
        alarm = page.get_by_text("Scans cannot be stored and do not count. Call your supervisor.")
        expect(alarm).to_be_visible()
        expect(page.get_by_text("disk is full. Look at the disk")).to_be_visible()
        _pictures(page, tmp_path / "alarm")

        terminal.scan(code(77))

        expect(page.get_by_role("status")).to_contain_text("Not stored, it does not count.")
        expect(alarm).to_be_visible()
        _pictures(page, tmp_path / "scan")
        small_disks.make_room(small_disk)
        page.goto(terminal.url)
        expect(alarm).to_be_hidden()


def _pictures(page: Page, name: Path) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=name.with_name(f"{name.name}-{scheme}.png"))
