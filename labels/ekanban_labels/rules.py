"""Which layout a card gets: the first rule that fits, else the default. Rules are data (TOML).

default = "a7"

[[rule]]
kind = "supplier"
supplier = "Ruland*"
layout = "100x150"
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from pathlib import Path

from ekanban_labels import layout_file
from ekanban_labels.checked_table import Table, read_table, settle
from ekanban_labels.errors import BadLayout
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.layout import Layout, Purpose


@dataclass(frozen=True, slots=True)
class Rule:
    """What a card must have for a layout. kind: None fits all; supplier, destination: globs (*, ?, [a-c])."""

    layout: str
    kind: Kind | None = None
    supplier: str = "*"
    destination: str = "*"

    def fits(self, face: CardFace) -> bool:
        """Whether this rule is about such a card; capitals and small letters are alike."""
        return (
            self.kind in (None, face.kind)
            and fnmatchcase(face.supplier.casefold(), self.supplier.casefold())
            and fnmatchcase(face.destination.casefold(), self.destination.casefold())
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in their order, and the layout of cards that none is about. folder: own layouts."""

    default: str
    rules: tuple[Rule, ...] = ()
    folder: Path | None = None

    def name(self, face: CardFace) -> str:
        """The name of a card's layout."""
        return next((rule.layout for rule in self.rules if rule.fits(face)), self.default)

    def layout(self, face: CardFace) -> Layout:
        """The layout of a card: what `sheets.pages` takes as a chooser."""
        return layout_file.named(self.name(face), self.folder)


def read(file: Path | Traversable, folder: Path | None = None) -> Rules:
    """Read rules. Raises BadLayout, one line for each fault, as are layouts that do not exist or are not for cards.

    A layout's own faults are told when a card gets it: the other rules stand.
    """
    wrong: list[str] = []
    table = read_table(file, wrong)
    rules = Rules(_layout(table, "default", folder), tuple(_rule(one, folder) for one in table.tables("rule")), folder)
    table.done()
    settle(file, wrong)
    return rules


def _rule(table: Table, folder: Path | None) -> Rule:
    kind = table.text("kind", "")
    if kind and kind not in list(Kind):
        table.complain(f"kind: expected {' or '.join(Kind)}, or no kind for all, got {kind!r}")
    known = Kind(kind) if kind in list(Kind) else None
    rule = Rule(_layout(table, "layout", folder), known, table.text("supplier", "*"), table.text("destination", "*"))
    table.done()
    return rule


def _layout(table: Table, key: str, folder: Path | None) -> str:
    name = table.text(key)
    if name not in layout_file.names(folder):
        known = ", ".join(layout_file.names_for_cards(folder))
        table.complain(f"{key}: there is no layout {name!r}; there are {known}")
    elif not _for_cards(name, folder):
        table.complain(f"{key}: the layout {name!r} is not for cards; take another")
    return name


def _for_cards(name: str, folder: Path | None) -> bool:
    with suppress(BadLayout):
        return layout_file.named(name, folder).purpose is Purpose.CARD
    return True
