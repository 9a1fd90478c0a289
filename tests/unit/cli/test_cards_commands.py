"""Command cards and the scanner self-test: every code on them is one that a terminal or its calibration knows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ekanban_cli.main import app
from ekanban_core import reading
from ekanban_core.states import Intent
from ekanban_drivers import calibration


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["cards", *words])


def codes_read(file: str) -> set[bytes]:
    """All that a decoder finds on a picture."""
    import zxingcpp
    from PIL import Image

    return {bytes(code.bytes) for code in zxingcpp.read_barcodes(Image.open(file).convert("L"))}


def test_there_is_a_command_card_for_every_intent() -> None:
    done = run("command-cards", "--sheet", "a4-a7", "--json")

    commands = [reading.read(code.encode()) for code in json.loads(done.stdout)["codes"]]
    assert [command.intent for command in commands if isinstance(command, reading.CommandRead)] == list(Intent)


def test_command_cards_can_be_scanned() -> None:
    run("command-cards", "--sheet", "a4-a7", "--to", "commands.png")

    found = codes_read("commands-1.png") | codes_read("commands-2.png")

    assert found == {f"EKC-{intent.upper()}".encode() for intent in Intent}


def test_places_of_a_sheet_of_command_cards_are_left_free() -> None:
    run("command-cards", "--sheet", "a4-a7", "--skip", "7", "--to", "commands.svg")

    first, second = (set(re.findall("EKC-[A-Z]+", Path(f"commands-{page}.svg").read_text())) for page in (1, 2))

    assert first == {"EKC-EMPTY"}
    assert len(second) == 8


def test_every_command_card_but_undo_says_that_a_card_comes_next() -> None:
    run("command-cards", "--to", "command.svg")

    pages = [" ".join(re.findall('aria-label="(.*?)"', file.read_text())) for file in Path().glob("command-*.svg")]
    said = {"".join(set(re.findall("EKC-[A-Z]+", page))): "Scan this, then the card" in page for page in pages}

    assert said == {f"EKC-{intent.upper()}": intent is not Intent.UNDO for intent in Intent}


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("dpi", ["203", "300"])
def test_the_self_test_is_one_sheet_whose_codes_can_be_read(paper: str, dpi: str) -> None:
    done = run("self-test", "--paper", paper, "--dpi", dpi, "--to", "test.png", "--json")

    codes = json.loads(done.stdout)["codes"]
    assert codes_read("test.png") == {code.encode() for code in codes}


def test_the_self_test_has_case_symbols_separators_layout_and_the_calibration() -> None:
    codes = json.loads(run("self-test", "--json").stdout)["codes"]

    assert calibration.TEXT in codes
    together = "".join(codes)
    assert set("yzYZ0123456789\x1d\x1e\x04") <= set(together)
    assert {chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()} - set(together) == {"`"}
    cards = [read for code in codes if isinstance(read := reading.read(code.encode()), reading.CardRead)]
    assert {card.form for card in cards} == {reading.Form.IDENTIFIED, reading.Form.URL, reading.Form.ENVELOPE}


def test_a_paper_that_is_not_known_is_told() -> None:
    done = run("self-test", "--paper", "a3")

    assert (done.exit_code, "--paper: expected a4, letter, got a3" in done.stderr) == (1, True)


def test_layouts_and_sheets_are_listed_with_their_sizes() -> None:
    listed = json.loads(run("layouts", "--json").stdout)

    a7 = next(one for one in listed["layouts"] if one["name"] == "a7")
    assert a7 == {"name": "a7", "title": "A7, 105 × 74 mm", "width": 105, "height": 74, "sides": 2}
    assert {"name": "a4-a7", "title": "A4, 8 cards of A7, to be cut", "cards": 8} in listed["sheets"]
    names = {one["name"] for one in listed["layouts"] + listed["sheets"]}
    assert not {name for name in names if name.startswith("self-test") or name == "command"}
    assert all(name in run("layouts").stdout for name in names)
