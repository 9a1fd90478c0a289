"""A card's face and a layout become a drawing in whole dots, or a refusal before paper is wasted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ekanban_labels.dot_grid import DotBox, DotGrid
from ekanban_labels.errors import N_, Problem, Refused
from ekanban_labels.extent import beyond
from ekanban_labels.face import CardFace
from ekanban_labels.layout import AnyField, BandField, Layout, LineField, PictureField, SymbolField, TextField
from ekanban_labels.profile import Profile
from ekanban_labels.scene import BLACK, Image, Item, Rect, Scene
from ekanban_labels.symbol_place import placed_symbol
from ekanban_labels.text_place import TextPlace
from ekanban_labels.words import KIND_INKS, value

Placing: TypeAlias = Callable[[CardFace], Iterable[Item | Problem]]

OFF_PAPER = N_(
    "the printer's offset and scale move it off the paper by {mm} mm; set the profile's offset and scale smaller, or "
    "take a layout with wider margins"
)


def scenes(face: CardFace, layout: Layout, profile: Profile) -> tuple[Scene, ...]:
    """Draw one side or two. Raises Refused with everything that is wrong with this card on this printer."""
    return Drawer(layout, profile).scenes(face)


class Drawer:
    """One layout on one printer. For many cards: what does not change from card to card is worked out once.

    alone: each card is a page, and what the printer's corrections move off it is refused; on a sheet, the sheet is.
    """

    def __init__(self, layout: Layout, profile: Profile, *, alone: bool = True) -> None:
        self._profile = profile
        self._width, self._height = profile.dots(layout.width), profile.dots(layout.height)
        self._grid, self._moves = DotGrid(profile), alone and profile.moves
        self._sides = [[(field, self._placing(field, layout)) for field in side] for side in layout.sides]

    def scenes(self, face: CardFace) -> tuple[Scene, ...]:
        """Draw one side or two. Raises Refused."""
        problems: dict[str, Problem] = {}  # by what they say: both sides say some alike
        sides = tuple(self._side(side, face, problems) for side in self._sides)
        if problems:
            raise Refused(list(problems.values()))
        return sides

    def _side(self, side: list[tuple[AnyField, Placing]], face: CardFace, problems: dict[str, Problem]) -> Scene:
        items: list[Item] = []
        for field, place in side:
            if (field.needs or field.without) and not _wanted(field, face):
                continue
            for item in place(face):
                if isinstance(item, Problem):
                    problems[item.said()] = item
                    continue
                items.append(item)
                if self._moves:
                    problems |= {problem.said(): problem for problem in self._off_paper(item, field)}
        return Scene(self._width, self._height, self._profile.dpi, tuple(items))

    def _placing(self, field: AnyField, layout: Layout) -> Placing:
        grid, box = self._grid, self._grid.box(field.box)
        match field:
            case BandField():
                bands = {kind: (_rect(box, ink),) for kind, ink in KIND_INKS.items()}
                return lambda face: bands[face.kind]
            case LineField():
                line = (_rect(box, BLACK),)
                return lambda _face: line
            case PictureField():
                return lambda face: _picture(box, face)
            case SymbolField():
                return lambda face: (placed_symbol(field, face, grid),)
            case TextField():
                return TextPlace(field, grid, layout.caption_size).items

    def _off_paper(self, item: Item, field: AnyField) -> Iterator[Problem]:
        if off := beyond(item, 0, 0, self._width, self._height, self._profile):
            yield Problem(field.name, OFF_PAPER, {"mm": f"{self._profile.mm(off):.1f}"})


def _wanted(field: AnyField, face: CardFace) -> bool:
    return not (field.needs and not value(face, field.needs)) and not (field.without and value(face, field.without))


def _rect(box: DotBox, ink: tuple[int, int, int]) -> Rect:
    return Rect(box.x, box.y, max(1, box.width), max(1, box.height), ink)


def _picture(box: DotBox, face: CardFace) -> Iterator[Image]:
    picture = face.picture
    if picture is None or picture.width < 1 or picture.height < 1:
        return
    factor = min(box.width / picture.width, box.height / picture.height)
    width, height = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    yield Image(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height, picture)
