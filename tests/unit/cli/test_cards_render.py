"""`ekanban cards render`: a CSV file alone becomes cards on paper, or nothing is written and all is told."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import ekanban_labels
from ekanban_cli.main import app
from ekanban_core.card_code import CardCode

HEAD = "part,description,quantity,unit,container,source,destination"
ROW = "6204-2RS,Ball bearing,50,pcs,KLT 4315,Supermarket B,Line 3"
LAYOUTS = Path(ekanban_labels.__path__[0]) / "layouts"
EXAMPLE = Path(__file__).parents[3] / "docs/examples/parts.csv"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def render(lines: Sequence[str] | bytes, *options: str, to: str = "cards.pdf") -> Result:
    content = lines if isinstance(lines, bytes) else "\n".join(lines).encode() + b"\n"
    Path("parts.csv").write_bytes(content)
    return CliRunner().invoke(app, ["cards", "render", "--from", "parts.csv", "--to", to, *options])


def refused(lines: Sequence[str] | bytes, *options: str) -> list[str]:
    done = render(lines, *options)
    assert done.exit_code == 1, done.output
    assert sorted(path.name for path in Path().iterdir()) == ["parts.csv"]  # nothing was written
    first, *rest = done.stderr.splitlines()
    assert first == "ekanban: Nothing was written."
    return rest


def drawn(*lines: str, options: Sequence[str] = ()) -> dict[str, object]:
    done = render([HEAD, *lines], "--json", *options)
    assert done.exit_code == 0, done.output
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_example_becomes_a_sheet() -> None:
    done = CliRunner().invoke(app, ["cards", "render", "--from", str(EXAMPLE), "--sheet", "a4-a7"])

    assert done.exit_code == 0, done.output
    assert "cards.pdf: cards: 8, pages: 1" in done.stdout
    assert Path("cards.pdf").read_bytes().startswith(b"%PDF-")


def test_a_missing_code_is_drawn_and_reported() -> None:
    done = render([HEAD, ROW, ROW])

    assert "central must know them" in done.stdout
    codes = [CardCode.parse(line.split()[0]) for line in done.stdout.splitlines()[2:]]
    assert len({code.body for code in codes}) == 2
    assert {code.version for code in codes} == {1}


def test_a_given_code_stands_on_the_card(place: Path) -> None:
    done = render([f"{HEAD},code", f"{ROW},7k3q-m9x2-01cf"], "--json", to="card.svg")

    assert json.loads(done.stdout)["cards"] == [
        {"line": 2, "part": "6204-2RS", "code": "7K3Q-M9X2-01CF", "drawn": False}
    ]
    assert "central must know" not in done.stdout


@pytest.mark.parametrize("form", ["pdf", "zpl", "svg", "png"])
def test_every_form_is_written(form: str) -> None:
    beginnings = {"pdf": b"%PDF-", "zpl": b"^XA", "svg": b"<svg", "png": b"\x89PNG"}

    assert render([HEAD, ROW], to=f"card.{form}").exit_code == 0

    assert beginnings[form] in Path(f"card.{form}").read_bytes()[:100]


def test_pages_of_pictures_are_numbered() -> None:
    assert drawn(*[ROW] * 10, options=["--to", "card.png"])["files"] == [f"card-{n:02}.png" for n in range(1, 11)]
    assert Path("card-10.png").exists()


def test_only_the_cards_that_were_named_are_drawn() -> None:
    lines = [f"{HEAD},code", f"{ROW},7K3QM9X201CF", f"{ROW},{CardCode('00000001', 1).text}"]

    one = render(lines, "7K3Q-M9X2-01CF", "--json")
    none = render(lines, "7K3Q-M9X2-01CF", CardCode("00000002", 1).text, to="other.pdf")

    assert [card["code"] for card in json.loads(one.stdout)["cards"]] == ["7K3Q-M9X2-01CF"]
    assert none.exit_code == 1
    assert CardCode("00000002", 1).shown in none.stderr
    assert not Path("other.pdf").exists()


def test_a_file_comes_through_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{HEAD}\n{ROW}\n".encode())))

    done = CliRunner().invoke(app, ["cards", "render", "--from", "-", "--to", "cards.pdf"], input=f"{HEAD}\n{ROW}\n")

    assert "cards: 1" in done.stdout


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEAD}\r\n{ROW}\r\n".encode(),
        f"{HEAD}\n{ROW}\n".replace(",", ";").encode(),
        f"{HEAD}\n\n{ROW}\n\n,,,,,,\n".encode(),
        f"{HEAD}\n{ROW}".encode(),
        f"{HEAD.replace('part', 'Part').replace('source', ' SOURCE ')}\n{ROW}\n".encode(),
        f"{HEAD}\n{ROW.replace('Ball bearing', chr(34) + 'Ball, bearing;' + chr(10) + 'sealed' + chr(34))}\n".encode(),
    ],
    ids=["BOM and CRLF", "semicolons", "empty lines", "no last newline", "capitals in the head", "quoted"],
)
def test_files_of_all_spreadsheets_are_read(content: bytes) -> None:
    done = render(content, "--json")

    assert len(json.loads(done.stdout)["cards"]) == 1


@pytest.mark.parametrize(
    ("quantity", "told"),
    [
        ("1,000", "a number without separators, got “1,000”; write 1000, or 1.000 if the comma is the decimal point"),
        ("0,500", "a decimal point, got “0,500”; write 0.500"),
        ("1.000,5", "a number without separators, got “1.000,5”; write 1000.5"),
        ("1,234,567.5", "a number without separators, got “1,234,567.5”; write 1234567.5"),
        ("1.234.567", "a number without separators, got “1.234.567”; write 1234567"),
        ("1 000", "a number without separators, got “1 000”; write 1000"),
        ("1'000.25", "a number without separators, got “1'000.25”; write 1000.25"),
        ("1,00,5", "a number above 0, got “1,00,5”; the unit has a column of its own"),
        ("1234567890", "at most 9 digits before the decimal point and 6 after it, got “1234567890”"),
    ],
)
def test_a_quantity_is_never_taken_for_a_thousandth_of_it(quantity: str, told: str) -> None:
    assert refused([HEAD, ROW.replace("50", f'"{quantity}"')]) == [f"line 2, quantity: expected {told}"]


@pytest.mark.parametrize(
    ("columns", "row", "told"),
    [
        ("", ROW.replace("50", "2,5").replace(",", ";").replace("2;5", "2,5"),
         "line 2, quantity: expected a decimal point, got “2,5”; write 2.5"),
        ("", ROW.replace("50", "many"), "line 2, quantity: expected a number above 0, got “many”; the unit has"),
        ("", ROW.replace("50", "0.0"), "line 2, quantity: expected a number above 0"),
        ("", ROW.replace("50", "-3"), "line 2, quantity: expected a number above 0"),
        ("", ROW.replace("50", ""), "line 2, quantity: this value is missing"),
        ("", ROW.replace("6204-2RS", " "), "line 2, part: this value is missing"),
        ("", ROW.replace("50", "2,5"), "line 2: expected 7 values as the first line has, got 8; quotation marks"),
        (",kind", f"{ROW},suplier", "line 2, kind: expected production, withdrawal, supplier, signal, got “suplier”"),
        (",card", f"{ROW},1.5", "line 2, card: expected a whole number from 1, got “1.5”"),
        (",card,cards", f"{ROW},5,4", "line 2, card: card 5 of 4"),
        (",code", f"{ROW},7K3QM9X201C", "line 2, code: Not a card code: 12 characters expected, got 11"),
        (",code", f"{ROW},7K3QM9X201CE", "line 2, code: Not a card code: check characters are CE, expected CF"),
        (",picture", f"{ROW},none.png", "line 2, picture: there is no file “none.png” that can be read"),
        (",picture", f"{ROW},../secret.png", "line 2, picture: pictures lie in the folder of the CSV file"),
        (",picture", f"{ROW},/etc/hostname", "line 2, picture: pictures lie in the folder of the CSV file"),
        (",picture", f"{ROW},parts.csv", "line 2, picture: "),
        ("", f'{ROW.replace("Ball", chr(34) + "Ball" + chr(34) + "x")}', "line 2: this is not CSV"),
        ("", ROW.replace("Ball", "Ball\0"), ""),
        ("", ROW.replace("Ball bearing", "endless " * 625), "line 2, description: “endless endless endless"),
        ("", ROW.replace("Ball bearing", "Bearing \ue000"), "line 2, description: these characters have no glyph"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line_and_column(columns: str, row: str, told: str) -> None:
    head = (HEAD + columns).replace(",", ";") if ";" in row else HEAD + columns

    if told:
        (line,) = refused([head, row])
        assert line.startswith(told)
    else:
        assert render([head, row]).exit_code in (0, 1)  # NUL: data, or told; never a crash


def test_all_that_is_wrong_is_told_at_once() -> None:
    lines = [f"{HEAD},code,kind", f"{ROW},7K3QM9X201CF,buy", f"{ROW.replace('50', 'x')},7K3QM9X201CF,", ROW]

    told = refused([*lines, f"{ROW.replace('6204-2RS', 'W' * 90)},,signal"])

    assert [line.split(":")[0] for line in told] == [
        "line 2, kind", "line 3, code", "line 3, quantity", "line 4", "line 5, part",
    ]  # fmt: skip
    assert "this card stands on line 2 already" in told[1]


def test_the_same_card_in_two_versions_is_one_card_twice() -> None:
    lines = [f"{HEAD},code", f"{ROW},7K3QM9X201CF", f"{ROW},{CardCode('7K3QM9X2', 2).text}"]

    assert refused(lines) == ["line 3, code: this card stands on line 2 already"]


def test_columns_that_lack_are_twice_or_unknown_are_told() -> None:
    head = HEAD.replace("quantity", "quantiy").replace("unit", "part")

    assert refused([head, ROW]) == [
        "line 1, quantity: this column is missing",
        "line 1, unit: this column is missing",
        "line 1, part: this column is there twice",
        "line 1, quantiy: this column is not known: did you mean quantity?",
    ]


def test_an_empty_file_says_what_it_should_hold() -> None:
    (told,) = refused(b"")

    assert told.startswith("line 1: the file is empty; the first line names the columns: part, description")


def test_a_file_without_cards_draws_nothing() -> None:
    done = render([HEAD])

    assert (done.exit_code, "There is no card to draw." in done.stderr) == (1, True)


def test_a_line_without_end_is_not_read_into_memory() -> None:
    told = refused(f"{HEAD}\n{ROW}\n".encode() + b"x" * 300_000)

    assert told == ["line 3: a line of more than 200000 bytes: this is no such list"]


def test_quotation_marks_that_never_close_are_told() -> None:
    (told,) = refused([HEAD, ROW.replace("Ball", '"Ball'), *[ROW] * 9_000])

    assert told.startswith("line 2: this is not CSV: ")


def test_bytes_that_are_not_utf8_are_told_by_line() -> None:
    content = f"{HEAD}\n{ROW}\nSchr\xe4ubchen".encode("latin-1") + ROW.encode() + b"\n"

    assert refused(content) == [
        "line 3: this is not UTF-8 from byte 5, but Windows-1252 perhaps; save the file as CSV in UTF-8"
    ]


def test_the_line_is_where_a_row_begins_though_values_have_lines() -> None:
    broken = ROW.replace("Ball bearing", '"Ball\nbearing\nsealed"')

    assert refused([HEAD, broken, ROW.replace("50", "x")])[0].startswith("line 5, quantity")


def test_hundreds_of_faults_are_counted_and_not_all_told() -> None:
    told = refused([HEAD, *[ROW.replace("50", "x")] * 250])

    assert len(told) == 101
    assert told[-1] == "More is wrong: 150"


def test_a_picture_is_taken_from_beside_the_file(place: Path) -> None:
    from PIL import Image

    (place / "pictures").mkdir()
    Image.new("RGB", (64, 48), "navy").save(place / "pictures/bearing.png")

    plain = render([HEAD, ROW], to="plain.pdf")
    done = render([f"{HEAD},picture", f"{ROW},pictures/bearing.png"])

    assert (plain.exit_code, done.exit_code) == (0, 0)
    assert b"/Image" in Path("cards.pdf").read_bytes()
    assert b"/Image" not in Path("plain.pdf").read_bytes()


def test_a_link_that_leads_out_of_the_folder_is_not_followed(place: Path) -> None:
    (place / "in").mkdir()
    (place / "secret.png").write_bytes(b"x")
    (place / "in/link.png").symlink_to(place / "secret.png")
    (place / "in/parts.csv").write_text(f"{HEAD},picture\n{ROW},link.png\n")

    done = CliRunner().invoke(app, ["cards", "render", "--from", "in/parts.csv", "--to", "in/cards.pdf"])

    assert done.exit_code == 1
    assert "line 2, picture: pictures lie in the folder of the CSV file" in done.stderr


def test_a_file_that_was_there_stays_when_anything_is_wrong() -> None:
    Path("cards.pdf").write_text("yesterday's")

    done = render([HEAD, ROW, ROW.replace("50", "x")])

    assert done.exit_code == 1
    assert Path("cards.pdf").read_text() == "yesterday's"


def test_the_qr_code_leads_to_central_where_its_address_is_given(place: Path) -> None:
    import zxingcpp
    from PIL import Image

    def read() -> set[str]:
        return {code.text for code in zxingcpp.read_barcodes(Image.open("card.png").convert("L"))}

    lines = [f"{HEAD},code", f"{ROW},7K3QM9X201CF"]
    render(lines, to="card.png")
    alone = read()
    render(lines, "--base-url", "https://kanban.plant.example/", to="card.png")

    assert alone == {"15K7K3QM9X201CF"}
    assert read() == {"15K7K3QM9X201CF", "https://kanban.plant.example/c/7K3QM9X201CF"}


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1", "https://[::1]/", "http://0.0.0.0"])
def test_an_address_that_only_this_machine_has_is_refused(url: str) -> None:
    done = render([HEAD, ROW], "--base-url", url)

    assert (done.exit_code, "look for central in itself" in done.stderr) == (1, True)
    assert render([HEAD, ROW], "--base-url", url, "--allow-loopback").exit_code == 0


@pytest.mark.parametrize(
    "url", ["kanban.plant", "ftp://x.example", "https://", "https://x.example/?a=b", "https://ä.de"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    done = render([HEAD, ROW], "--base-url", url)

    assert (done.exit_code, "expected an address such as" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--to", "cards.doc"], "expected a file that ends in .pdf, .zpl, .svg, .png, got cards.doc"),
        (["--dpi", "204"], "--dpi: expected 203, 300, 600, got 204"),
        (["--layout", "a9"], "There is no layout 'a9'; there are"),
        (["--sheet", "a5"], "There is no sheet 'a5'; there are"),
        (["--layout", "a6", "--sheet", "a4-a7"], "is larger than the cells of the sheet a4-a7"),
        (["--skip", "2"], "name the sheet with --sheet"),
        (["--skip", "8", "--sheet", "a4-a7"], "On a sheet of 8, 0 to 7 places can be left free, not 8"),
        (["--duplex", "top"], "--duplex: expected long or short, got top"),
        (["--layout", "99x38", "--duplex", "long"], "99x38 has no back"),
        (["--to", "no/where/cards.pdf"], "cards.pdf cannot be written: No such file or directory"),
        (["--layout", "own.toml"], "own.toml: "),
        (["--rules", "rules.toml"], "rules.toml: "),
        (["--layout", "a6", "--rules", "rules.toml"], "--layout and --rules: name one of them"),
        (["--layout", "command"], "The layout command is not for cards: it lacks what a card must say"),
        (["--layout", "self-test-qr"], "self-test-qr is not for cards"),
        (["--layout", str(LAYOUTS / "command.toml")], "command.toml is not for cards: it lacks what a card must say"),
        (["WRONG"], "Not a card code"),
    ],
)
def test_wrong_options_say_what_is_right(options: list[str], told: str) -> None:
    done = render([HEAD, ROW], *options)

    assert (done.exit_code, told in done.stderr) == (1, True), done.stderr
    assert not list(Path().glob("*.pdf"))


@pytest.mark.parametrize("named", ["15k7K3QM9X201CF", "https://kanban.example/c/7k3q-m9x2-01cf"])
@pytest.mark.parametrize("written", ["7K3QM9X201CF", "15K7K3QM9X201CF"])
def test_a_card_of_the_file_is_named_as_it_is_typed_or_scanned(named: str, written: str) -> None:
    done = render([f"{HEAD},code", f"{ROW},{written}", f"{ROW},"], named, "--json")

    assert done.exit_code == 0, done.stderr
    assert [card["code"] for card in json.loads(done.stdout)["cards"]] == ["7K3Q-M9X2-01CF"]


def test_rules_choose_layouts_of_ones_own_that_lie_beside_them() -> None:
    from PIL import Image

    Path("plant/layouts").mkdir(parents=True)
    own = 'title = "Own"\nwidth = 100\nheight = 50\n[front]\nsymbol = [{ symbology = "code128", box = [0, 0, 80, 10] }]'
    Path("plant/layouts/shelf.toml").write_text(own)
    Path("plant/rules.toml").write_text('default = "a7"\n[[rule]]\ndestination = "Line 3"\nlayout = "shelf"\n')

    done = render([HEAD, ROW], "--rules", "plant/rules.toml", to="card.png")

    assert done.exit_code == 0, done.stderr
    with Image.open("card.png") as drawn:
        assert drawn.size == (799, 400)


def test_a_folder_in_the_place_of_one_picture_leaves_all_pictures_as_they_were() -> None:
    Path("card-2.png").mkdir()
    Path("card-1.png").write_bytes(b"older")

    done = render([HEAD, ROW, ROW], to="card.png")

    assert (done.exit_code, "card-2.png cannot be written: Is a directory" in done.stderr) == (1, True), done.stderr
    assert Path("card-1.png").read_bytes() == b"older"


def test_without_a_file_the_command_says_what_it_can_do() -> None:
    done = CliRunner().invoke(app, ["cards", "render", "--to", "cards.pdf"])

    assert done.exit_code == 1
    assert "give --from FILE.csv" in done.stderr
    assert "cards that the running central knows" in done.stderr


def test_a_file_that_cannot_be_read_is_told() -> None:
    done = CliRunner().invoke(app, ["cards", "render", "--from", "none.csv", "--json"])

    assert done.exit_code == 1
    assert json.loads(done.stderr)["error"] == "none.csv cannot be read: No such file or directory."


def test_rules_choose_layouts(place: Path) -> None:
    (place / "rules.toml").write_text('default = "a7"\n[[rule]]\nkind = "supplier"\nlayout = "credit-card"\n')

    done = render([f"{HEAD},kind", f"{ROW},supplier", f"{ROW},signal"], "--rules", "rules.toml", to="card.svg")

    assert done.exit_code == 0
    assert len({Path(f"card-{n}.svg").read_text().split(">")[0] for n in (1, 2)}) == 2  # two sizes


def test_backs_follow_their_fronts() -> None:
    assert drawn(*[ROW] * 9, options=["--sheet", "a4-a7", "--duplex", "long", "--owner", "Gate 4"])["pages"] == 4
