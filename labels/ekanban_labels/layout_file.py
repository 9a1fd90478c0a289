"""Layouts from TOML. A file that means nothing is refused with its name, the field, and what to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ekanban_labels import toml_store
from ekanban_labels.checked_table import Table, read_table, settle
from ekanban_labels.errors import N_, BadLayout
from ekanban_labels.layout import (
    LEAST_DOTS,
    Align,
    AnyField,
    BandField,
    Box,
    Caption,
    InkWord,
    Layout,
    LineField,
    Payload,
    PictureField,
    Purpose,
    Rise,
    SymbolField,
    Symbology,
    TextField,
)  # fmt: skip
from ekanban_labels.layout_rules import faults
from ekanban_labels.typeface import Weight
from ekanban_labels.words import VALUES

SHIPPED = files("ekanban_labels") / "layouts"
LARGEST, SMALLEST = 2_000, 20  # millimetres of a medium's side

NO_LAYOUT = N_("There is no layout {name}; there are {names}.")
NOT_FOR_CARDS = N_("The layout {layout} is not for cards: it lacks what a card must say. Take another.")


def names(folder: Path | None = None) -> list[str]:
    """The layouts there are: the shipped ones and those of a folder of one's own."""
    return toml_store.names(SHIPPED, folder)


@lru_cache(64)
def named(name: str, folder: Path | None = None) -> Layout:
    """The layout of this name; one's own folder comes first. Raises BadLayout."""
    if file := toml_store.find(name, SHIPPED, folder):
        return read(file)
    raise BadLayout(NO_LAYOUT, name=repr(name), names=", ".join(names(folder)))


def names_for_cards(folder: Path | None = None) -> list[str]:
    """Those by which cards are drawn, as far as their files mean anything."""
    return [name for name in names(folder) if _is_for_cards(name, folder)]


def _is_for_cards(name: str, folder: Path | None) -> bool:
    with suppress(BadLayout):
        return named(name, folder).purpose is Purpose.CARD
    return False


def for_cards(name: str, folder: Path | None = None) -> Layout:
    """The layout of this name, if cards are drawn by it. Raises BadLayout."""
    if name not in names(folder):
        raise BadLayout(NO_LAYOUT, name=repr(name), names=", ".join(names_for_cards(folder)))
    return _checked(named(name, folder), name)


def read_for_cards(file: Path) -> Layout:
    """Read one file, if cards are drawn by it. Raises BadLayout."""
    return _checked(read(file), str(file))


def _checked(found: Layout, name: str) -> Layout:
    if found.purpose is not Purpose.CARD:
        raise BadLayout(NOT_FOR_CARDS, layout=name)
    return found


def read(file: Path | Traversable) -> Layout:
    """Read one file. Raises BadLayout with a line for each fault."""
    wrong: list[str] = []
    table = read_table(file, wrong)
    front, back = table.table("front"), table.table("back")
    layout = Layout(
        name=Path(file.name).stem,
        title=table.text("title"),
        width=table.number("width", SMALLEST, LARGEST),
        height=table.number("height", SMALLEST, LARGEST),
        purpose=table.word("for", Purpose, Purpose.CARD),
        caption_size=table.number("caption_size", 4, 72, 6.0),
        front=tuple(_fields(front)),
        back=tuple(_fields(back)),
    )
    table.done()
    settle(file, wrong)
    settle(file, list(faults(layout)))
    return layout


def _fields(side: Table) -> Iterator[AnyField]:
    for table in side.tables("band"):
        yield BandField(*_common(table))
        table.done()
    for table in side.tables("line"):
        yield LineField(*_common(table))
        table.done()
    for table in side.tables("picture"):
        yield PictureField(*_common(table))
        table.done()
    for table in side.tables("symbol"):
        yield _symbol(table)
        table.done()
    for table in side.tables("text"):
        yield _text(table)
        table.done()
    side.done()


def _common(table: Table) -> tuple[str, Box, str, str]:
    box = Box(*table.numbers("box", "x, y, width, height"))
    return table.name, box, _value(table, "needs", ""), _value(table, "without", "")


def _value(table: Table, key: str, default: str | None = None) -> str:
    value = table.text(key, default)
    if value and value not in VALUES:
        table.complain(f"{key}: expected one of {', '.join(sorted(VALUES))}, got {value!r}")
    return value


def _text(table: Table) -> TextField:
    value = _value(table, "value")
    if value == "picture":
        table.complain('value: a picture is no text; add a list "picture" with its box')
    table.name = f"{table.name} ({value})" if value else table.name
    size, least = table.numbers("size", "wanted, least")
    if not 4 <= least <= size <= 400:
        table.complain(f"size: expected [wanted, least] in points, 4 to 400, the wanted one not smaller, got {size:g}")
    return TextField(
        *_common(table),
        value=value,
        size=size,
        least=least,
        lines=table.whole("lines", 1, 50, 1),
        align=table.word("align", Align, Align.LEFT),
        rise=table.word("rise", Rise, Rise.TOP),
        weight=table.word("weight", Weight, Weight.REGULAR),
        caption=table.word("caption", Caption, Caption.NONE),
        ink=table.word("ink", InkWord, InkWord.BLACK),
    )


def _symbol(table: Table) -> SymbolField:
    symbology = table.word("symbology", Symbology)
    return SymbolField(
        *_common(table),
        symbology=symbology,
        value=table.word("value", Payload, Payload.BARCODE if symbology is Symbology.CODE128 else Payload.MATRIX),
        module=table.number("module", 0.05, 5, 0.25),
        dots=table.whole("dots", LEAST_DOTS[symbology], 100, LEAST_DOTS[symbology]),
        align=table.word("align", Align, Align.CENTER),
    )
