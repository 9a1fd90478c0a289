"""A mark that was kept is found again only if nothing has changed since."""

from __future__ import annotations

import pytest

from ekanban_terminal.marked import Marked, changing


class Shelf(Marked):
    """Something that changes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object | None] = []

    @changing
    def outer(self) -> None:
        self.seen.append(self.mark)
        self.inner()
        self.seen.append(self.mark)

    @changing
    def inner(self) -> None:
        self.seen.append(self.mark)

    @changing
    def fail(self) -> None:
        raise ValueError("not today")


def test_without_a_change_the_mark_stays() -> None:
    shelf = Shelf()

    assert shelf.mark is shelf.mark is not None


def test_during_a_change_there_is_none_even_after_one_within_it_and_afterwards_there_is_another() -> None:
    shelf = Shelf()
    kept = shelf.mark

    shelf.outer()

    assert shelf.seen == [None, None, None]
    assert shelf.mark not in (None, kept)


def test_a_change_that_failed_is_one() -> None:
    shelf = Shelf()
    kept = shelf.mark

    with pytest.raises(ValueError, match="not today"):
        shelf.fail()

    assert shelf.mark not in (None, kept)
