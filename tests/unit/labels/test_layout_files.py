"""Layouts of one's own are data: a wrong file says which field it is and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_labels import layout_file
from ekanban_labels.errors import BadLayout

HEAD = 'title = "Own"\nwidth = 100\nheight = 50\n[front]\n'
CODE = 'symbol = [{ symbology = "code128", box = [0, 0, 80, 10] }]\n'
PART = 'text = [{ value = "part", box = [0, 12, 80, 10], size = [12, 8] }]\n'
BAND = "band = [{ box = [0, 12, 80, 10] }]\n"
KIND = PART.replace('"part"', '"kind"')


def wrong(tmp_path: Path, content: str) -> str:
    file = tmp_path / "own.toml"
    file.write_text(content)
    with pytest.raises(BadLayout) as error:
        layout_file.read(file)
    return str(error.value)


def test_a_layout_of_ones_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD + CODE + PART)

    assert layout_file.named("own", tmp_path).title == "Own"
    assert "own" in layout_file.names(tmp_path)
    assert "own" not in layout_file.names()


def test_ones_own_layout_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "a7.toml").write_text(HEAD + CODE)

    assert layout_file.named("a7", tmp_path).title == "Own"
    assert layout_file.named("a7").title == "A7, 105 × 74 mm"


def test_what_an_editor_left_behind_is_no_layout(tmp_path: Path) -> None:
    (tmp_path / ".own.toml").write_text("half")

    assert layout_file.names(tmp_path) == layout_file.names()


def test_a_folder_that_is_gone_leaves_the_shipped_layouts(tmp_path: Path) -> None:
    assert layout_file.named("a7", tmp_path / "gone").name == "a7"


def test_a_layout_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(BadLayout, match=r"no layout 'a9'; there are .*a7"):
        layout_file.named("a9")


@pytest.mark.parametrize("name", ["../a7", "/etc/passwd", "", ".", "layouts/a7", "a7.toml", "a7\0"])
def test_a_name_is_no_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadLayout, match="no layout"):
        layout_file.named(name, tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("width = ", "own.toml: "),
        (HEAD.replace("100", '"wide"') + CODE, "own.toml: width: expected a number from 20 to 2000, got 'wide'"),
        (HEAD.replace("100", "5") + CODE, "own.toml: width: expected a number from 20 to 2000, got 5"),
        (HEAD.replace("100", "nan") + CODE, "own.toml: width: expected a number from 20 to 2000, got nan"),
        (HEAD.replace("title", "titel") + CODE, "own.toml: unknown key titel; did you mean title?"),
        (HEAD + CODE + PART.replace("box", "bocks"), "front.text 1 (part): box: expected [x, y, width"),
        (HEAD + CODE + PART.replace("80, 10]", "80]"), "front.text 1 (part): box: expected [x, y, width, height], got"),
        (HEAD + CODE + PART.replace('"part"', '"parts"'), "front.text 1: value: expected one of amount, barcode"),
        (HEAD + CODE + PART.replace("[12, 8]", "[8, 12]"), "front.text 1 (part): size: expected [wanted, least]"),
        (HEAD + CODE + PART.replace("[12, 8]", "[12, 8], lines = 0"), "lines: expected a whole number from 1 to 50"),
        (HEAD + CODE + PART.replace("[12, 8]", '[12, 8], align = "middle"'), 'align: expected "left" or "center" or'),
        (HEAD + CODE + PART.replace("[12, 8]", '[12, 8], weight = ["bold"]'), 'weight: expected "regular" or "bold"'),
        (HEAD + CODE + PART.replace("[12, 8]", '[12, 8], needs = "sun"'), "needs: expected one of"),
        (HEAD + CODE + "text = 7", "front: text: expected tables [[front.text]], got 7"),
        ("front = 7\n" + HEAD.replace("[front]\n", ""), "front: expected a table [front], got 7"),
        (HEAD + PART, "front: a card without a code cannot be scanned; add a [[front.symbol]]"),
        (HEAD + CODE.replace("code128", "qr").replace("] }", "], dots = 3 }"), "dots: expected a whole number from 4"),
        (HEAD + CODE.replace("code128", "pdf417"), 'symbology: expected "code128" or "qr" or "datamatrix"'),
        (HEAD + CODE.replace("0, 0, 80", "30, 0, 80"), "reaches to 110, 10 mm, and the paper ends at 100, 50"),
        (HEAD + CODE.replace("80, 10]", "0, 10]"), "front.symbol 1: its box has no area"),
        (HEAD + CODE + PART.replace("12, 80", "9.5, 80"), "front.text 1 (part) stands in its box; the quiet"),
        (HEAD + CODE + "band = [{ box = [0, 20, 50, 10] }]", 'front.band 1: a colour alone tells nothing to many eyes'),
        (HEAD + CODE + PART.replace("[12, 8]", '[12, 8], ink = "white"'), "white letters need a band below them"),
        (
            HEAD + CODE + "band = [{ box = [0, 12, 80, 10] }]\n" + PART.replace('"part"', '"kind"'),
            'front.text 1 (kind): black letters cannot be read on a band; add ink = "white"',
        ),
        (HEAD + CODE.replace("] }", '], needs = "remark" }'), "front: some cards would have no code, and cannot be"),
        (
            HEAD + CODE + PART.replace("] }]", '] },\n{ value = "remark", box = [70, 12, 20, 10], size = [9, 8] }]'),
            "front.text 2 (remark): front.text 1 (part) stands in its place, both would be unreadable; move one",
        ),
        (
            HEAD + CODE + PART + "picture = [{ box = [0, 20, 20, 20] }]",
            "front.text 1 (part): front.picture 1 stands in its place",
        ),
        (HEAD + CODE + PART.replace('"part"', '"picture"'), 'front.text 1: value: a picture is no text; add a list "'),
        (HEAD + CODE + PART.replace("80, 10]", "80, 3]"), "its box is 3 mm high, and a line of 8 points needs 3.4 mm"),
        (
            HEAD + CODE + PART.replace("80, 10]", "80, 5]").replace("] }", '], caption = "above" }'),
            "its box is 5 mm high, and a line of 8 points with its caption needs 6.0 mm; make it higher, or the",
        ),
        (
            HEAD + CODE + BAND + KIND.replace("] }", '], ink = "white", needs = "remark" }'),
            "front.band 1: a colour alone tells nothing",
        ),
        (
            HEAD + CODE + BAND.replace("] }", '], needs = "remark" }') + KIND.replace("] }", '], ink = "white" }'),
            "front.text 1 (kind): white letters need a band below them",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_field(tmp_path: Path, content: str, told: str) -> None:
    said = wrong(tmp_path, content)

    assert told in said
    assert all(line.startswith("own.toml: ") for line in said.splitlines())


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    content = HEAD.replace("50", "5") + CODE.replace("code128", "ean") + PART.replace("size", "sise")

    assert len(wrong(tmp_path, content).splitlines()) == 4  # height, symbology, size, sise


EITHER = """
symbol = [
  { symbology = "code128", box = [0, 0, 80, 10], without = "picture" },
  { symbology = "qr", box = [0, 10, 30, 30], needs = "picture" },
]
picture = [{ box = [0, 0, 80, 10] }]
band = [
  { box = [40, 12, 50, 8], needs = "supplier" },
  { box = [40, 12, 50, 8], without = "supplier" },
]
text = [
  { value = "kind", box = [40, 12, 50, 8], size = [12, 8], ink = "white", needs = "picture" },
  { value = "kind", box = [40, 12, 50, 8], size = [12, 8], ink = "white", without = "picture" },
  { value = "remark", box = [40, 30, 50, 8], size = [12, 8] },
  { value = "part", box = [40, 30, 50, 8], size = [12, 8], without = "remark" },
]
"""


def test_fields_that_never_meet_on_a_card_may_share_their_place(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD + EITHER)

    assert len(layout_file.named("own", tmp_path).front) == 9


def test_a_band_that_some_cards_lack_carries_no_white_letters(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + EITHER.replace('without = "supplier"', 'needs = "count"'))

    assert said.count("white letters need a band") == 2  # cards without supplier and count


def test_a_band_and_its_word_may_both_stand_on_some_cards_alone(tmp_path: Path) -> None:
    some = (BAND + KIND).replace("] }", '], needs = "remark" }').replace("[12, 8],", '[12, 8], ink = "white",')
    (tmp_path / "own.toml").write_text(HEAD + CODE + some)

    assert layout_file.named("own", tmp_path).title == "Own"


def test_a_back_is_judged_as_well(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + CODE + "[back]\n" + PART.replace("12, 80", "12, 180"))

    assert said.startswith("own.toml: back.text 1 (part): reaches to 180, 22 mm")


def test_unknown_keys_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    said = wrong(tmp_path, "zeta = 1\nalpha = 2\nmu = 3\n" + HEAD + CODE)

    assert [line.split()[3] for line in said.splitlines()] == ["zeta;", "alpha;", "mu;"]


def test_a_layout_that_an_editor_began_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("\ufeff" + HEAD + CODE, "utf-8")

    assert layout_file.named("own", tmp_path).title == "Own"


def test_a_file_that_is_not_there_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(BadLayout, match=r"^own\.toml: cannot be read: No such file or directory$"):
        layout_file.read(tmp_path / "own.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"ok = 1\n\xff\xfe\x00")

    with pytest.raises(BadLayout, match=r"own\.toml: this is not UTF-8 from byte 8; save it as UTF-8"):
        layout_file.named("own", tmp_path)
