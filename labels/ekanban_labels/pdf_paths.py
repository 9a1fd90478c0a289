"""Symbols as paths of a PDF, in dots, put together from tables: a sheet has thousands of bars."""

from __future__ import annotations

from functools import lru_cache

from ekanban_labels import modules
from ekanban_labels.scene import Bars

LONGEST_LINE = 1_200  # modules: Code 128 of 100 characters; the largest QR code has 177


def bars(item: Bars, inset: float) -> str:
    """The bars as one path, y downwards from the upper left corner of the first one."""
    begins, ends = _begins(item.module), _ends(item.module, item.height, inset)
    return " ".join([f"{begins[start]} 0 {ends[length]}" for start, length in modules.runs(item.pattern)])


def matrix(rows: tuple[str, ...], module: int, inset: float) -> str:
    """The modules as one path, y downwards: a rectangle for each run in a row, and bridges to the row below.

    Without bridges there would be light lines between the rows wherever dots are finer than those of the page.
    """
    begins, ends, path = _begins(module), _ends(module, module, inset), []
    for row, line in enumerate(rows):
        path += [f"{begins[start]} {row * module} {ends[length]}" for start, length in modules.runs(line)]
    if inset:
        ends = _ends(module, 6 * inset, inset)  # from inside of one row into the next
        for row, line in enumerate(modules.shared(rows), 1):
            y = number(row * module - 3 * inset)
            path += [f"{begins[start]} {y} {ends[length]}" for start, length in modules.runs(line)]
    return " ".join(path)


@lru_cache(64)
def _begins(module: int) -> list[str]:
    return [str(start * module) for start in range(LONGEST_LINE)]


@lru_cache(64)
def _ends(module: int, height: float, inset: float) -> list[str]:
    """Width and height of rectangles by their number of modules, drawn narrower and lower on each side."""
    lower = number(height - 2 * inset)
    return [f"{number(length * module - 2 * inset)} {lower} re" for length in range(LONGEST_LINE)]


def number(value: float) -> str:
    """As PDF writes it, to a ten-thousandth."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
