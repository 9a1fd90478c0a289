"""A card's face and a layout become a drawing in whole dots, or a refusal before paper is wasted."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_labels.dot_grid import DotGrid
from ekanban_labels.errors import N_, Problem, Refused
from ekanban_labels.face import CardFace
from ekanban_labels.layout import AnyField, BandField, Layout, LineField, PictureField, SymbolField
from ekanban_labels.profile import Profile
from ekanban_labels.scene import BLACK, Bars, Image, Item, Matrix, Rect, Scene, Text
from ekanban_labels.symbol_place import placed_symbol
from ekanban_labels.text_place import placed_text
from ekanban_labels.words import KIND_INKS, value

OFF_PAPER = N_(
    "the printer's offset and scale move it off the paper by {mm} mm; set the profile's offset and scale smaller, or "
    "take a layout with wider margins"
)


def scenes(face: CardFace, layout: Layout, profile: Profile) -> tuple[Scene, ...]:
    """Draw one side or two. Raises Refused with everything that is wrong with this card on this printer."""
    problems: list[Problem] = []
    sides = tuple(_side(side, face, layout, profile, problems) for side in layout.sides)
    if problems:
        raise Refused(list({problem.said(): problem for problem in problems}.values()))  # both sides say some alike
    return sides


def _side(
    fields: tuple[AnyField, ...], face: CardFace, layout: Layout, profile: Profile, problems: list[Problem]
) -> Scene:
    grid = DotGrid(profile)
    width, height = profile.dots(layout.width), profile.dots(layout.height)
    items: list[Item] = []
    for field in fields:
        if not _wanted(field, face):
            continue
        for item in _items(field, face, grid, grid.em(layout.caption_size)):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                items.append(item)
                problems += _off_paper(item, field, width, height, profile)
    return Scene(width, height, profile.dpi, tuple(items))


def _wanted(field: AnyField, face: CardFace) -> bool:
    return not (field.needs and not value(face, field.needs)) and not (field.without and value(face, field.without))


def _items(field: AnyField, face: CardFace, grid: DotGrid, caption_em: int) -> Iterator[Item | Problem]:
    box = grid.box(field.box)
    match field:
        case BandField():
            yield Rect(box.x, box.y, box.width, box.height, KIND_INKS[face.kind])
        case LineField():
            yield Rect(box.x, box.y, max(1, box.width), max(1, box.height), BLACK)
        case PictureField():
            yield from _picture(field, face, grid)
        case SymbolField():
            yield placed_symbol(field, face, grid)
        case _:
            yield from placed_text(field, face, grid, caption_em)


def _picture(field: PictureField, face: CardFace, grid: DotGrid) -> Iterator[Image]:
    picture, box = face.picture, grid.box(field.box)
    if picture is None or picture.width < 1 or picture.height < 1:
        return
    factor = min(box.width / picture.width, box.height / picture.height)
    width, height = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    yield Image(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height, picture)


def _off_paper(item: Item, field: AnyField, width: int, height: int, profile: Profile) -> Iterator[Problem]:
    left, top, right, bottom = extent(item)
    beyond = max(-left, -top, right - width, bottom - height)
    if beyond > 0:
        yield Problem(field.name, OFF_PAPER, {"mm": f"{profile.mm(beyond):.1f}"})


def extent(item: Item) -> tuple[int, int, int, int]:
    """What an item covers: its left, upper, right and lower edge. Of a text, from its capitals down to its baseline."""
    if isinstance(item, Text):
        return item.x, item.y - item.size, item.x + item.width, item.y
    height = item.height if isinstance(item, Rect | Image | Bars | Matrix) else 0
    return item.x, item.y, item.x + item.width, item.y + height
