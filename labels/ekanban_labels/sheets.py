"""Cards onto paper: one a page, or many on a sheet, one side or both. One page at a time is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import islice
from typing import TypeAlias

from ekanban_labels.dot_grid import DotGrid
from ekanban_labels.errors import N_, BadLayout, Problem, Refused
from ekanban_labels.extent import beyond
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Box, Layout
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import OFF_PAPER, Drawer
from ekanban_labels.scene import Page, Placed, Rect, Scene
from ekanban_labels.sheet import MARK, Sheet

NO_SUCH_PLACES = N_("On a sheet of {count}, 0 to {most} places can be left free, not {skip}.")
NO_BACK = N_("The layout {layout} has no back; print it on one side, or take another.")
TOO_LARGE = N_(
    "The layout {layout} ({width} × {height} mm) is larger than the cells of the sheet {sheet} ({cell_width} ×"
    " {cell_height} mm); take another of them."
)
Chooser: TypeAlias = Callable[[CardFace], Layout]
Drawn: TypeAlias = tuple[Layout, tuple[Scene, ...]]


class Duplex(StrEnum):
    """The edge about which the printer turns the paper between front and back."""

    LONG = "long"
    SHORT = "short"


def pages(
    faces: Iterable[CardFace],
    layout: Layout | Chooser,
    profile: Profile,
    *,
    sheet: Sheet | None = None,
    skip: int = 0,
    duplex: Duplex | None = None,
    refused: Callable[[CardFace, Refused], None] | None = None,
) -> Iterator[Page]:
    """Give the pages in the printer's order; with duplex, the back follows its front.

    layout: one for all cards, or what chooses it for each. sheet: None puts each card on paper of its own size. skip:
    so many cells of the first sheet are used up already. refused: is told of cards that cannot be printed, and they are
    left out; without it the first raises Refused. Raises BadLayout where layout and sheet do not fit each other.
    """
    choose = (lambda _face: layout) if isinstance(layout, Layout) else layout
    still = replace(profile, offset_x=0.0, offset_y=0.0)  # on a sheet, the offset moves the sheet
    drawn = _drawn(faces, choose, profile if sheet is None else still, duplex, refused, alone=sheet is None)
    if sheet is None:
        for _layout, sides in drawn:
            for scene in sides:
                yield Page(scene.width, scene.height, profile.dpi, (Placed(scene),))
        return
    if not 0 <= skip < sheet.count:
        raise BadLayout(NO_SUCH_PLACES, count=sheet.count, most=sheet.count - 1, skip=skip)
    cells = range(skip, sheet.count)
    while batch := list(islice(drawn, len(cells))):
        yield from _sheet(batch, cells, sheet, profile, duplex)
        cells = range(sheet.count)


def _drawn(
    faces: Iterable[CardFace],
    choose: Chooser,
    profile: Profile,
    duplex: Duplex | None,
    refused: Callable[[CardFace, Refused], None] | None,
    *,
    alone: bool,
) -> Iterator[Drawn]:
    drawers: dict[int, tuple[Layout, Drawer]] = {}  # by identity: to compare layouts takes longer than to draw
    for face in faces:
        layout = choose(face)
        if id(layout) not in drawers:
            drawers[id(layout)] = layout, _drawer(layout, profile, duplex, alone=alone)
        try:
            yield layout, drawers[id(layout)][1].scenes(face)
        except Refused as error:
            if refused is None:
                raise
            refused(face, error)


def _drawer(layout: Layout, profile: Profile, duplex: Duplex | None, *, alone: bool) -> Drawer:
    if duplex and not layout.back:
        raise BadLayout(NO_BACK, layout=layout.name)
    return Drawer(layout if duplex else replace(layout, back=()), profile, alone=alone)


def _sheet(
    batch: Sequence[Drawn], cells: range, sheet: Sheet, profile: Profile, duplex: Duplex | None
) -> Iterator[Page]:
    grid, sides = DotGrid(profile), (list[Placed](), list[Placed]())
    for (layout, scenes_of_card), number in zip(batch, cells, strict=False):
        box = _centred(layout, sheet.box(number), sheet)
        for side, scene in enumerate(scenes_of_card):
            place = _turned(box, sheet, duplex) if side and duplex else box
            sides[side].append(Placed(scene, grid.x(place.x), grid.y(place.y)))
    width, height = profile.dots(sheet.width), profile.dots(sheet.height)
    marks = tuple(_marks(sheet, grid, width, height)) if sheet.cut else ()
    for placed in sides[: 2 if duplex else 1]:
        if profile.moves:
            _check(placed, width, height, profile)
        yield Page(width, height, profile.dpi, tuple(placed), marks)
        marks = ()  # a sheet is cut from its front


def _centred(layout: Layout, cell: Box, sheet: Sheet) -> Box:
    if layout.width > cell.width + 0.1 or layout.height > cell.height + 0.1:
        raise BadLayout(
            TOO_LARGE, layout=layout.name, width=f"{layout.width:g}", height=f"{layout.height:g}", sheet=sheet.name,
            cell_width=f"{cell.width:g}", cell_height=f"{cell.height:g}",
        )  # fmt: skip
    x, y = cell.x + (cell.width - layout.width) / 2, cell.y + (cell.height - layout.height) / 2
    return Box(x, y, layout.width, layout.height)


def _turned(box: Box, sheet: Sheet, duplex: Duplex) -> Box:
    """Where the back of a card lies on the turned paper, so that both meet."""
    sideways = (duplex is Duplex.LONG) == (sheet.height >= sheet.width)
    if sideways:
        return replace(box, x=sheet.width - box.right)
    return replace(box, y=sheet.height - box.bottom)


def _marks(sheet: Sheet, grid: DotGrid, width: int, height: int) -> Iterator[Rect]:
    """Thin lines along the cells' edges, at their corners alone; each once."""
    length, thin = grid.profile.dots(MARK), max(1, grid.profile.dots(0.1))
    seen = dict[Rect, None]()
    for number in range(sheet.count):
        cell = sheet.box(number)
        left, top, right, bottom = grid.x(cell.x), grid.y(cell.y), grid.x(cell.right), grid.y(cell.bottom)
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            begin_x, begin_y = (x if x == left else x - length), (y if y == top else y - length)
            seen[Rect(begin_x, y - thin // 2, length, thin)] = None
            seen[Rect(x - thin // 2, begin_y, thin, length)] = None
    return (mark for mark in seen if mark.x >= 0 and mark.y >= 0 and _ends_within(mark, width, height))


def _ends_within(mark: Rect, width: int, height: int) -> bool:
    return mark.x + mark.width <= width and mark.y + mark.height <= height


def _check(placed: Sequence[Placed], width: int, height: int, profile: Profile) -> None:
    off = max(beyond(item, one.x, one.y, width, height, profile) for one in placed for item in one.scene.items)
    if off:
        raise Refused([Problem("sheet", OFF_PAPER, {"mm": f"{profile.mm(off):.1f}"})])
