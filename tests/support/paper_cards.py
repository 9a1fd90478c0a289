"""Cards as the tests of the back ends draw them: by hand, with symbols of the smallest modules that are allowed."""

from __future__ import annotations

from ekanban_labels import symbols, typeface
from ekanban_labels.pictures import Picture
from ekanban_labels.scene import BLACK, WHITE, Bars, Image, Ink, Item, Matrix, Page, Placed, Rect, Scene, Text
from ekanban_labels.typeface import Weight

BLUE = (0, 74, 153)
WIDTH, HEIGHT = 840, 592
BARCODE, MATRIX = "15K7K3QM9X201CF", "https://kanban.example.com/c/7K3QM9X201CF"


def text(x: int, y: int, said: str, size: int = 25, weight: Weight = Weight.REGULAR, ink: Ink = BLACK) -> Text:
    """A line as wide as it is."""
    return Text(x, y, said, size, weight, round(typeface.width(said, size, weight)), ink)


def card(dpi: int = 203, description: str = "Hex screw M8 × 20", picture: Picture | None = None) -> Scene:
    """A card with a band, texts and three symbols; modules of 2 and 4 dots, places of odd numbers."""
    items: list[Item] = [
        Rect(0, 0, WIDTH, 72, BLUE),
        text(24, 52, "PRODUCTION", 40, Weight.BOLD, WHITE),
        text(24, 128, "P-000127", 56, Weight.BOLD),
        text(24, 176, description),
        Bars(49, 449, 97, 2, symbols.code128(BARCODE), "code128", BARCODE),
        Matrix(601, 161, 4, symbols.qr(MATRIX), "qr", MATRIX),
        Matrix(603, 401, 4, symbols.datamatrix(BARCODE), "datamatrix", BARCODE),
        Rect(24, 570, 500, 1),
    ]
    if picture:
        items.append(Image(361, 101, 160, 120, picture))
    return Scene(WIDTH, HEIGHT, dpi, tuple(items))


def page(*scenes: Scene) -> Page:
    """The cards one below the other."""
    placed = [Placed(scene, 3, 5 + number * HEIGHT) for number, scene in enumerate(scenes)]
    return Page(WIDTH + 7, 10 + HEIGHT * len(scenes), scenes[0].dpi, placed, [Rect(0, 2, 9, 1)])
