"""`ekanban cards …` as a visitor tries it: slips of the hand, old terminals, German. Each is told in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ekanban_cli import cards_render, said
from ekanban_cli.main import app
from ekanban_core.texts import translations

HEAD = "part,description,quantity,unit,container,source,destination"
ROW = "6204-2RS,Ball bearing,50,pcs,KLT 4315,Supermarket B,Line 3"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def cards(*words: str) -> Result:
    return CliRunner().invoke(app, ["cards", *words])


def render(*lines: str, options: tuple[str, ...] = ()) -> Result:
    Path("parts.csv").write_text("\n".join([*lines, ""]), "utf-8")
    return cards("render", "--from", "parts.csv", "--to", "card.pdf", *options)


def told(*lines: str, options: tuple[str, ...] = ()) -> list[str]:
    done = render(*lines, options=options)
    assert done.exit_code == 1, done.output
    assert not list(Path().glob("card*.pdf"))
    return done.stderr.splitlines()[1:]


def in_old_terminal(*words: str) -> subprocess.CompletedProcess[bytes]:
    """A process whose output can be Latin-1 alone."""
    environ = os.environ | {"PYTHONIOENCODING": "latin-1", "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", "ekanban_cli", "cards", *words], capture_output=True, env=environ)


def test_a_terminal_that_lacks_a_letter_shows_the_cards_all_the_same() -> None:
    Path("parts.csv").write_text(f"{HEAD}\n{ROW.replace('6204-2RS', 'ŁOŻ-6204')}\n{ROW}\n", "utf-8")

    done = in_old_terminal("render", "--from", "parts.csv", "--to", "card.svg")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"card-1.svg \\u2026 card-2.svg: cards: 2, pages: 2\n")
    assert b"\\u0141O\\u017b-6204" in done.stdout


def test_json_stays_json_where_only_ascii_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", screen)

    said.say("", {"part": "Ø ŁOŻ"}, as_json=True)

    screen.seek(0)
    assert json.loads(screen.read()) == {"part": "Ø ŁOŻ"}


def test_what_a_terminal_would_carry_out_is_not_printed() -> None:
    done = render(HEAD, ROW.replace("6204", "62\x1b[31m04"))

    assert (done.exit_code, "\x1b" in done.stdout, "62\ufffd[31m04-2RS" in done.stdout) == (0, False, True)


def test_nobody_to_answer_to_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # as after `>&-`

    said.say("drawn", {}, as_json=True)


def test_help_is_readable_on_an_old_terminal() -> None:
    done = in_old_terminal("render", "--help")

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"--layout" in done.stdout


def test_without_stdin_there_is_no_file_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as after `<&-`
    with pytest.raises(cards_render.CommandFailed, match="stdin is closed"), cards_render._opened("-"):
        pass


def test_a_file_that_stops_being_readable_is_named_and_not_the_one_that_is_written() -> None:
    done = cards("render", "--from", "/proc/self/mem", "--to", "card.pdf")

    assert (done.exit_code, done.stderr) == (1, "ekanban: /proc/self/mem cannot be read: Input/output error.\n")


def test_a_file_that_is_given_in_the_place_of_a_code_is_told() -> None:
    Path("parts.csv").write_text(f"{HEAD}\n{ROW}\n")
    done = cards("render", "parts.csv", "--to", "card.pdf")

    assert (done.exit_code, done.stderr) == (
        1,
        "ekanban: parts.csv is no card; to draw those of a file: --from parts.csv\n",
    )


@pytest.mark.parametrize("above", ["\n", "\r\n\r\n", ";;;;\n", '"",""\n', "sep=,\n\n", "\nsep=,\n"])
def test_empty_lines_above_the_columns_are_passed_over(above: str) -> None:
    assert render(f"{above}{HEAD}", ROW).exit_code == 0


def test_lines_are_counted_from_the_files_first() -> None:
    assert told("", "", HEAD, ROW.replace("50", "x"))[0].startswith("line 4, quantity: ")


def test_what_stands_behind_a_closing_quotation_mark_is_told_in_words() -> None:
    assert told(HEAD, ROW.replace("Ball bearing", '"Pipe" 3')) == [
        "line 2: this is not CSV: behind a closing quotation mark a separator is expected; a quotation mark within a"
        " value is written twice"
    ]


def test_columns_that_are_not_known_name_the_known_ones_once() -> None:
    first, second = told(f"{HEAD},colour,zzz", f"{ROW},,")

    assert first.startswith("line 1, colour: this column is not known; there are part, description, ")
    assert second == "line 1, zzz: this column is not known"


def test_a_number_of_cards_makes_no_further_cards_and_says_so() -> None:
    assert told(f"{HEAD},card,cards", f"{ROW},,7") == [
        "line 2, card: which one of the 7 is it? Each card has a line of its own"
    ]


def test_an_owner_that_cannot_be_printed_is_told_once_and_as_an_option() -> None:
    assert told(HEAD, ROW, ROW, options=("--duplex", "long", "--owner", "Gate \ue000")) == [
        "--owner: these characters have no glyph in the fonts: \\ue000; replace them"
    ]


def test_an_address_that_is_too_long_is_told_once_and_as_an_option() -> None:
    (line,) = told(HEAD, ROW, ROW, options=("--base-url", f"https://kanban.example/{'a' * 500}"))

    assert line.startswith("--base-url: ")


def test_a_picture_of_the_folder_may_be_named_by_its_whole_path(place: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(place / "own.png")

    assert render(f"{HEAD},picture", f"{ROW},{place / 'own.png'}").exit_code == 0


def test_a_picture_that_is_too_large_is_told_with_its_own_size(place: Path) -> None:
    with (place / "large.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(20_000_000)

    (line,) = told(f"{HEAD},picture", f"{ROW},large.png")

    assert line == "line 2, picture: The picture has 20000000 bytes, at most 5000000 are taken. Save it smaller."


def test_a_code_that_is_too_large_for_a_layout_is_told_by_the_column_of_codes() -> None:
    own = 'title = "Own"\nwidth = 100\nheight = 25\n[front]\nsymbol = [{ symbology = "qr", box = [0, 0, 9, 9] }]'
    Path("own.toml").write_text(own)

    (line,) = told(HEAD, ROW, options=("--layout", "own.toml"))

    assert line.startswith("line 2, code: '15K")


def test_cards_are_drawn_beside_their_file_and_not_on_another_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "no/such/disk")

    assert render(HEAD, ROW).exit_code == 0


def test_codes_that_were_drawn_are_listed_up_to_twenty_and_given_ones_are_not() -> None:
    done = render(f"{HEAD},code", f"{ROW},7K3QM9X201CF", *[f"{ROW},"] * 22)

    _cards, _drawn, *listed = done.stdout.splitlines()
    assert len(listed) == 21
    assert listed[-1] == "  and 2 more; --json names all"
    assert "7K3Q-M9X2-01CF" not in done.stdout


def test_what_is_written_may_end_in_capitals() -> None:
    done = render(HEAD, ROW, options=("--to", "CARD.PDF"))

    assert (done.exit_code, Path("CARD.PDF").read_bytes()[:5]) == (0, b"%PDF-")


@pytest.mark.parametrize(("dpi", "width"), [("203", 839), ("600", 2480)])
def test_command_cards_are_drawn_in_the_printers_dots(dpi: str, width: int) -> None:
    from PIL import Image

    assert cards("command-cards", "--to", "command.png", "--dpi", dpi).exit_code == 0
    with Image.open("command-1.png") as drawn:
        assert drawn.width == width


def test_what_does_not_fit_is_told_by_the_columns_of_the_file() -> None:
    (line,) = told(HEAD, ROW.replace("pcs", "W" * 60))

    assert line.startswith("line 2, quantity, unit: ")


@pytest.mark.parametrize("command", [("render", "--from", "parts.csv", "--layout", "own.toml"), ("command-cards",)])
def test_a_sheet_of_the_self_test_is_not_for_cards(command: tuple[str, ...]) -> None:
    own = 'title = "Own"\nwidth = 100\nheight = 25\n[front]\nsymbol = [{ symbology = "code128", box = [0, 0, 80, 10] }]'
    Path("own.toml").write_text(own)
    Path("parts.csv").write_text(f"{HEAD}\n{ROW}\n")

    done = cards(*command, "--sheet", "a4-self-test", "--to", "card.pdf")

    assert done.exit_code == 1
    assert done.stderr.startswith(
        "ekanban: The sheet a4-self-test is for the scanner self-test alone; there are a4-a6, "
    )
    assert "letter-self-test" not in done.stderr


@pytest.mark.parametrize("option", ["--layout", "--sheet"])
def test_what_is_named_instead_is_for_cards(option: str) -> None:
    done = render(HEAD, ROW, options=(option, "a9"))

    assert "; there are " in done.stderr
    assert not {name for name in ("command", "self-test") if name in done.stderr}


def test_a_wrong_code_is_told_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "_", translations("de").gettext)
    monkeypatch.setattr(said, "language", lambda: "de")

    lines = told(f"{HEAD},code", *(f"{ROW},{code}" for code in ("7K3QM9X201CX", "HELLO", "EKC-EMPTY")))

    assert lines == [
        "line 2, code: Kein Kartencode: Prüfzeichen sind CX, erwartet CF",
        "line 3, code: Kein Kartencode: 12 Zeichen erwartet, nicht 5",
        "line 4, code: Das ist eine Befehlskarte, sie nennt keine Karte.",
    ]


def test_layouts_have_german_titles() -> None:
    environ = os.environ | {"LC_ALL": "de_DE.UTF-8", "PYTHONIOENCODING": "utf-8"}

    done = subprocess.run([sys.executable, "-m", "ekanban_cli", "cards", "layouts"], capture_output=True, env=environ)

    lines = done.stdout.decode()
    assert "Etikett, 100 × 150 mm" in lines
    assert "A4, 8 Karten A7, zum Schneiden" in lines
    assert "to be cut" not in lines
