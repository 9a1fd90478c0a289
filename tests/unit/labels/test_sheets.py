"""Many cards on a sheet: where they lie, what is left free, and that fronts and backs meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import pytest
from card_faces import LONG, TYPICAL
from card_places import all_of, edges, meet, symbols

from ekanban_labels import layout_file, sheet
from ekanban_labels.errors import BadLayout, Refused
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Layout, Purpose
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Page, Placed, Text
from ekanban_labels.sheets import Duplex, pages

A7 = layout_file.named("a7")
A4_A7 = sheet.named("a4-a7")
GRIDS = [one for one in map(sheet.named, sheet.names()) if one.purpose is Purpose.CARD]
OF_SIZE = {(105, 74): "a7", (148, 105): "a6", (85.6, 54): "credit-card", (99.1, 38.1): "99x38", (99.1, 67.7): "99x68",
           (101.6, 50.8): "4x2in"}  # fmt: skip


def cards(number: int) -> list[CardFace]:
    return [replace(TYPICAL, part=f"P-{one}") for one in range(number)]


def part(placed: Placed) -> str:
    return max((item for item in placed.scene.items if isinstance(item, Text)), key=lambda text: text.size).text


def test_a_card_alone_is_a_page_of_its_own_size() -> None:
    first, second = pages(cards(2), A7, Profile())

    assert (first.width, first.height) == (839, 591)
    assert [part(page.placed[0]) for page in (first, second)] == ["P-0", "P-1"]


def test_eight_cards_of_a7_fill_a_sheet_of_a4() -> None:
    (page,) = pages(cards(8), A7, Profile(), sheet=A4_A7)

    assert (page.width, page.height) == (1678, 2374)
    assert [(one.x, one.y) for one in page.placed[:3]] == [(0, 4), (839, 4), (0, 595)]
    assert [part(one) for one in page.placed] == [f"P-{one}" for one in range(8)]


def test_used_places_of_the_first_sheet_are_skipped_and_only_of_the_first() -> None:
    first, second = pages(cards(13), A7, Profile(), sheet=A4_A7, skip=3)

    assert [len(first.placed), len(second.placed)] == [5, 8]
    assert (first.placed[0].x, first.placed[0].y) == (839, 595)
    assert (second.placed[0].x, second.placed[0].y) == (0, 4)


@pytest.mark.parametrize("skip", [-1, 8])
def test_more_places_than_a_sheet_has_cannot_be_skipped(skip: int) -> None:
    with pytest.raises(BadLayout, match="On a sheet of 8, 0 to 7 places can be left free, not "):
        list(pages(cards(1), A7, Profile(), sheet=A4_A7, skip=skip))


@pytest.mark.parametrize("grid", GRIDS, ids=[one.name for one in GRIDS])
def test_every_shipped_sheet_takes_its_layout(grid: sheet.Sheet) -> None:
    layout = layout_file.named(OF_SIZE[grid.cell])

    (page,) = pages([LONG] * grid.count, layout, Profile(dpi=300), sheet=grid)

    places = [(one.x, one.y, one.x + one.scene.width, one.y + one.scene.height) for one in page.placed]
    assert len(set(places)) == grid.count
    assert not any(meet(one, other) for one in places for other in places if one != other)
    assert all(place[2] <= page.width + 1 and place[3] <= page.height + 1 for place in places)


@pytest.mark.parametrize("grid", [one for one in GRIDS if one.cut], ids=[one.name for one in GRIDS if one.cut])
def test_cutting_marks_lie_on_the_edges_and_off_the_codes(grid: sheet.Sheet) -> None:
    (page,) = pages([LONG] * grid.count, layout_file.named(OF_SIZE[grid.cell]), Profile(), sheet=grid)

    assert page.marks
    for mark in page.marks:
        assert edges(mark)[0] >= 0
        assert edges(mark)[1] >= 0
        assert edges(mark)[2] <= page.width
        assert edges(mark)[3] <= page.height
        for placed in page.placed:
            for code in symbols(placed.scene):
                left, top, right, bottom = all_of(code)
                zone = left + placed.x, top + placed.y, right + placed.x, bottom + placed.y
                assert not meet(edges(mark), zone, slack=0), (mark, zone)


@pytest.mark.parametrize("grid", [A4_A7, sheet.named("a4-a6")], ids=["upright", "across"])
@pytest.mark.parametrize("edge", Duplex)
def test_front_and_back_of_a_card_meet_when_the_paper_is_turned(grid: sheet.Sheet, edge: Duplex) -> None:
    layout = layout_file.named(OF_SIZE[grid.cell])

    front, back = pages(cards(3), layout, Profile(), sheet=grid, duplex=edge)

    upright = grid.height > grid.width
    for one, other in zip(front.placed, back.placed, strict=True):
        assert part(one) == part(other)
        mirrored_x = front.width - other.x - other.scene.width
        mirrored_y = front.height - other.y - other.scene.height
        if (edge is Duplex.LONG) == upright:  # the paper turns about an upright edge
            assert (abs(mirrored_x - one.x) <= 1, other.y) == (True, one.y)
        else:
            assert (other.x, abs(mirrored_y - one.y) <= 1) == (one.x, True)
    assert front.marks
    assert not back.marks


def test_a_layout_without_a_back_is_not_printed_on_both_sides() -> None:
    with pytest.raises(BadLayout, match="99x38 has no back"):
        list(pages(cards(1), layout_file.named("99x38"), Profile(), duplex=Duplex.LONG))


def test_without_duplex_only_fronts_are_printed() -> None:
    assert len(list(pages(cards(2), A7, Profile()))) == 2
    assert len(list(pages(cards(2), A7, Profile(), duplex=Duplex.LONG))) == 4


def test_a_layout_that_is_larger_than_the_sheets_cells_is_refused() -> None:
    with pytest.raises(BadLayout, match=r"a6 \(148 × 105 mm\) is larger than the cells of the sheet a4-a7"):
        list(pages(cards(1), layout_file.named("a6"), Profile(), sheet=A4_A7))


def test_a_layout_that_is_a_little_higher_than_the_sheets_cells_is_refused() -> None:
    with pytest.raises(
        BadLayout, match=r"a7 \(105 × 74 mm\) is larger than the cells of the sheet a4-a7 \(105 × 73.5 mm\)"
    ):
        list(pages(cards(1), A7, Profile(), sheet=replace(A4_A7, cell=(105, 73.5))))


def test_pages_are_made_while_cards_still_come() -> None:
    endless: Iterator[CardFace] = (replace(TYPICAL, part=str(number)) for number in count())

    three = list(islice(pages(endless, A7, Profile(), sheet=A4_A7), 3))

    assert part(three[2].placed[0]) == "16"
    assert int(next(endless).part) <= 25  # no card was read ahead but for the page under way


def test_layouts_are_chosen_card_by_card() -> None:
    small, large = layout_file.named("credit-card"), A7

    def choose(face: CardFace) -> Layout:
        return small if face.part == "P-1" else large

    (page,) = pages(cards(2), choose, Profile(), sheet=A4_A7)

    first, second = page.placed
    assert (first.scene.width, second.scene.width) == (839, 684)
    assert second.x == Profile().dots(105 + (105 - 85.6) / 2)  # in the middle of its cell


def test_refused_cards_are_told_and_left_out() -> None:
    told: list[tuple[str, str]] = []
    faces = [*cards(1), replace(TYPICAL, part="W" * 90), *cards(1)]

    (page,) = pages(faces, A7, Profile(), sheet=A4_A7, refused=lambda face, why: told.append((face.part, str(why))))

    assert len(page.placed) == 2
    assert [part for part, _why in told] == ["W" * 90]
    with pytest.raises(Refused):
        list(pages(faces, A7, Profile(), sheet=A4_A7))


def test_the_printers_offset_moves_the_sheet_once() -> None:
    def first(page: Page) -> tuple[int, ...]:
        card, item = page.placed[0], page.placed[0].scene.items[0]
        return card.x, card.y, item.x, item.y

    (plain,) = pages(cards(8), A7, Profile(), sheet=A4_A7)
    (moved,) = pages(cards(8), A7, Profile(offset_x=1, offset_y=2), sheet=A4_A7)
    (alone,) = pages(cards(1), A7, Profile(offset_x=1, offset_y=2))

    x, y, item_x, item_y = first(plain)
    assert first(moved) == (x + 8, y + 16, item_x, item_y)
    assert first(alone) == (0, 0, item_x + 8, item_y + 16)


@pytest.mark.parametrize(("x", "y", "mm"), [(7, 0, 4.5), (-7, 0, 5.8), (0, 7, 1.6), (0, -7, 1.5)])
def test_an_offset_that_moves_a_sheets_cards_off_the_paper_is_refused(x: float, y: float, mm: float) -> None:
    with pytest.raises(Refused, match=f"off the paper by {mm} mm"):
        list(pages(cards(8), A7, Profile(offset_x=x, offset_y=y), sheet=A4_A7))


@pytest.mark.parametrize("scale", [0.98, 1.01])
@pytest.mark.parametrize("grid", GRIDS, ids=[one.name for one in GRIDS])
def test_a_sheet_is_printed_on_a_printer_that_prints_too_large_or_too_small(grid: sheet.Sheet, scale: float) -> None:
    profile = Profile(scale_x=scale, scale_y=scale)

    (page,) = pages([LONG] * grid.count, layout_file.named(OF_SIZE[grid.cell]), profile, sheet=grid)

    for placed in page.placed:
        for item in placed.scene.items:
            left, top, right, bottom = edges(item)
            assert min(placed.x + left, placed.y + top) >= 0
            assert placed.x + right <= page.width
            assert placed.y + bottom <= page.height


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("columns = 2", "columns = 3", "the last cell ends at 315, 296.5 mm, and the paper at 210, 297"),
        ("step = [105", "step = [100", "step: cells overlap in x; expected at least 105, got 100"),
        ("rows = 4", "rows = 0", "rows: expected a whole number from 1 to 100, got 0"),
        ("cut = true", 'cut = "yes"', "cut: expected true or false, got 'yes'"),
        ("cell = ", "cel = ", "unknown key cel; did you mean cell?"),
    ],
)
def test_a_wrong_sheet_says_what_to_change(tmp_path: Path, old: str, new: str, told: str) -> None:
    shipped = (sheet.SHIPPED / "a4-a7.toml").read_text()
    assert old in shipped
    (tmp_path / "own.toml").write_text(shipped.replace(old, new))

    with pytest.raises(BadLayout) as error:
        sheet.named("own", tmp_path)

    assert f"own.toml: {told}" in str(error.value)


def test_a_sheet_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(BadLayout, match=r"no sheet 'a5'; there are .*a4-a7"):
        sheet.named("a5")
