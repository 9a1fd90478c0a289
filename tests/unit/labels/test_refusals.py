"""Cards that would be no good on paper are refused before paper is wasted, each with what to change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from card_faces import CODE, LONG, TYPICAL

from ekanban_labels import layout_file
from ekanban_labels.errors import Problem, Refused
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Layout
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes

A7 = layout_file.named("a7")


def problems(face: CardFace, layout: Layout = A7, profile: Profile | None = None) -> dict[str, Problem]:
    with pytest.raises(Refused) as refused:
        scenes(face, layout, profile or Profile())
    return {problem.about: problem for problem in refused.value.problems}


def own(tmp_path: Path, symbol: str) -> Layout:
    file = tmp_path / "own.toml"
    file.write_text(f'title = "Own"\nwidth = 100\nheight = 50\n[front]\nsymbol = [{{ {symbol} }}]\n')
    return layout_file.read(file)


def test_bars_below_two_dots_are_refused(tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "code128", box = [0, 0, 54, 10], module = 0.05')

    found = problems(TYPICAL, layout)["barcode"]

    assert found.facts["dots"] == 2
    assert "needs 55.1 mm at 203 dpi (220 modules with the quiet zone, 2 dots each)" in found.said()
    assert "layout has 54.0 mm; shorten it, take a larger layout" in found.said()


def test_the_quiet_zone_counts_as_well(tmp_path: Path) -> None:
    bars = own(tmp_path, 'symbology = "code128", box = [0, 0, 55.2, 10], module = 0.05')

    assert scenes(TYPICAL, bars, Profile())[0].items[0].x == 20  # ten modules of two dots


def test_matrices_below_four_dots_are_refused(tmp_path: Path) -> None:
    qr = own(tmp_path, 'symbology = "qr", box = [0, 0, 18, 18], module = 0.05')
    datamatrix = own(tmp_path, 'symbology = "datamatrix", box = [0, 0, 12.9, 12.9], module = 0.05')

    assert problems(TYPICAL, qr)["matrix"].facts["modules"] == 29 + 8
    assert problems(TYPICAL, datamatrix)["matrix"].facts["modules"] == 24 + 2
    assert problems(TYPICAL, qr)["matrix"].facts["dots"] == 4


def test_a_layout_may_ask_for_wider_modules_than_the_least(tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "code128", box = [0, 0, 60, 10], module = 0.3')

    assert problems(TYPICAL, layout)["barcode"].facts["dots"] == 3


def test_a_layout_may_ask_for_more_dots_than_the_least(tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "code128", box = [0, 0, 60, 10], module = 0.05, dots = 3')

    assert problems(TYPICAL, layout)["barcode"].facts["dots"] == 3


def test_a_symbol_grows_to_whole_dots_as_far_as_its_box_allows(tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "code128", box = [0, 0, 99, 10], module = 0.25')

    modules = {dpi: scenes(TYPICAL, layout, Profile(dpi=dpi))[0].items[0].module for dpi in (203, 300, 600)}

    assert modules == {203: 3, 300: 5, 600: 10}


def test_a_code_too_long_for_the_layout_is_refused() -> None:
    found = problems(replace(TYPICAL, matrix=f"https://{'a' * 200}.example/c/{CODE}"))

    assert "take a larger layout" in found["matrix"].said()


def test_a_code_beyond_all_symbols_is_refused() -> None:
    found = problems(replace(TYPICAL, matrix="x" * 5_000, barcode="y" * 5_000))

    assert "1000 characters at most" in found["matrix"].said()
    assert "80 characters at most" in found["barcode"].said()


def test_bars_carry_ascii_alone() -> None:
    assert "ASCII" in problems(replace(TYPICAL, barcode="15KÄ"))["barcode"].said()


def test_a_card_without_a_code_is_refused() -> None:
    assert set(problems(replace(TYPICAL, barcode="", matrix=""))) == {"barcode", "matrix"}


def test_a_description_of_5000_characters_is_refused_and_not_cut() -> None:
    found = problems(replace(TYPICAL, description="all of it " * 500))

    assert "cut off before" in found["description"].said()
    assert "larger layout" in found["description"].said()


def test_letters_that_no_font_has_are_refused_by_name() -> None:
    found = problems(replace(TYPICAL, description="Bearing \U0001f529 \ue000"))["description"]

    assert "\\U0001f529" in found.said()
    assert "\\ue000" in found.said()
    assert "replace them" in found.said()


def test_control_characters_are_no_letters() -> None:
    plain = scenes(replace(TYPICAL, description="Bearing, sealed"), A7, Profile())

    assert scenes(replace(TYPICAL, description="\0Bearing,\nsealed\x1b\x7f"), A7, Profile()) == plain


def test_all_problems_are_told_at_once() -> None:
    face = replace(LONG, description="x" * 5_000, part="W" * 100, barcode="", remark="\U0001f529")

    assert set(problems(face)) == {"description", "part", "barcode", "remark"}


def test_what_both_sides_say_is_told_once() -> None:
    with pytest.raises(Refused) as refused:
        scenes(replace(TYPICAL, part="W" * 100), A7, Profile())

    told = [problem.said() for problem in refused.value.problems]
    assert len(told) == len(set(told))


def test_an_offset_that_moves_things_off_the_paper_is_refused() -> None:
    found = problems(TYPICAL, profile=Profile(offset_x=8))

    assert any("off the paper by 3." in problem.said() for problem in found.values())
    assert all("set the profile's offset" in problem.said() for problem in found.values())


@pytest.mark.parametrize(
    "symbol",
    [
        'symbology = "code128", box = [0, 0, 55.5, 10], module = 0.05',
        'symbology = "qr", box = [0, 0, 18.6, 18.6], module = 0.05',
        'symbology = "datamatrix", box = [0, 0, 13.2, 13.2], module = 0.05',
    ],
)
def test_a_quiet_zone_that_an_offset_moves_off_the_paper_is_refused(tmp_path: Path, symbol: str) -> None:
    layout = own(tmp_path, symbol)

    (found,) = problems(TYPICAL, layout, Profile(offset_x=-0.4)).values()

    assert "off the paper by 0." in found.said()


@pytest.mark.parametrize("scale", [0.98, 1.01, 1.02])
@pytest.mark.parametrize("name", ["100x150", "4x2in", "99x38", "99x68", "a6", "a7", "credit-card"])
def test_a_printer_that_prints_too_large_or_too_small_prints_all_layouts(name: str, scale: float) -> None:
    for side in scenes(LONG, layout_file.named(name), Profile(dpi=300, scale_x=scale, scale_y=scale)):
        assert all(item.x + item.width <= side.width for item in side.items)


@pytest.mark.parametrize("along", ["x", "y"])
def test_only_the_way_that_is_printed_too_small_has_room_for_more(along: str, tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "qr", box = [81.4, 31.4, 18.6, 18.6], module = 0.3, align = "right"')
    scale = {f"scale_{along}": 1.01}

    (side,) = scenes(TYPICAL, layout, Profile(**scale))
    found = problems(TYPICAL, layout, Profile(offset_x=0.3 * (along == "y"), offset_y=0.3 * (along == "x"), **scale))

    assert len(side.items) == len(found) == 1


def test_ink_beyond_the_page_is_refused_however_large_the_scale(tmp_path: Path) -> None:
    layout = own(tmp_path, 'symbology = "datamatrix", box = [81, 0, 19, 19], module = 0.3, align = "right"')

    (found,) = problems(TYPICAL, layout, Profile(scale_x=1.05)).values()

    assert "off the paper by 4." in found.said()


def test_problems_are_said_in_the_readers_language() -> None:
    problem = Problem("part", "{size} mm", {"size": 3})

    assert problem.said({"{size} mm": "{size} Millimeter"}.__getitem__) == "part: 3 Millimeter"


def test_scale_moves_positions_and_leaves_modules_whole() -> None:
    (plain, *_), (scaled, *_) = scenes(TYPICAL, A7, Profile()), scenes(TYPICAL, A7, Profile(scale_x=1.02, scale_y=1.01))

    for one, other in zip(plain.items, scaled.items, strict=True):
        assert abs(other.x - one.x * 1.02) <= 12  # a code stands elsewhere in its wider box, right-bound words too
        assert abs(other.y - one.y * 1.01) <= 6
        assert getattr(other, "module", 0) == getattr(one, "module", 0)
    assert (scaled.width, scaled.height) == (plain.width, plain.height)
