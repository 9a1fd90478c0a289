"""Where things lie on a drawn card, in dots: for tests that look whether they get in each other's way."""

from __future__ import annotations

from typing import TypeAlias

from ekanban_labels import typeface
from ekanban_labels.layout import QUIET, Symbology
from ekanban_labels.scene import Bars, Item, Matrix, Scene, Text

Edges: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom


def edges(item: Item) -> Edges:
    """What it covers; of a text, all that its letters may."""
    if isinstance(item, Text):
        top = item.y - typeface.ascent(item.weight) * item.size
        bottom = item.y + typeface.descent(item.weight) * item.size
        return item.x, top, item.x + item.width, bottom
    return item.x, item.y, item.x + item.width, item.y + item.height


def quiet_zone(item: Bars | Matrix) -> Edges:
    """A code and what must stay white around it: of bars, to the left and right alone."""
    left, top, right, bottom = edges(item)
    across = QUIET[Symbology(item.symbology)] * item.module
    along = 0 if isinstance(item, Bars) else across
    return left - across, top - along, right + across, bottom + along


def all_of(item: Item) -> Edges:
    """What it needs: a code with its quiet zone."""
    return quiet_zone(item) if isinstance(item, Bars | Matrix) else edges(item)


def meet(one: Edges, other: Edges, slack: float = 1.0) -> bool:
    """Whether they share more than a dot's breadth, which rounding may take."""
    return (
        one[0] + slack < other[2] and other[0] + slack < one[2]
        and one[1] + slack < other[3] and other[1] + slack < one[3]
    )  # fmt: skip


def symbols(scene: Scene) -> list[Bars | Matrix]:
    """The codes of a side."""
    return [item for item in scene.items if isinstance(item, Bars | Matrix)]


def texts(scene: Scene) -> list[Text]:
    """The lines of a side."""
    return [item for item in scene.items if isinstance(item, Text)]


def in_the_way(scene: Scene) -> list[tuple[str, Item]]:
    """What stands in a code's quiet zone."""
    return [
        (code.symbology, item)
        for code in symbols(scene)
        for item in scene.items
        if item is not code
        and meet(quiet_zone(code), quiet_zone(item) if isinstance(item, Bars | Matrix) else edges(item))
    ]


def beyond(scene: Scene) -> list[Item]:
    """What reaches beyond the side; codes with their quiet zones."""
    found = []
    for item in scene.items:
        left, top, right, bottom = all_of(item)
        if left < -0.5 or top < -0.5 or right > scene.width + 0.5 or bottom > scene.height + 0.5:
            found.append(item)
    return found
