"""What a judgement stands on bears a mark, which is another one after each change and none during one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Marked:
    """Whoever finds the mark that he has kept knows that nothing has changed since, in whatever thread."""

    def __init__(self) -> None:
        self._mark = object()
        self._under_way: set[object] = set()  # changes; adding and discarding are one step each for all threads

    @property
    def mark(self) -> object | None:
        """The mark of now; None while something is being changed."""
        return None if self._under_way else self._mark


M = TypeVar("M", bound=Marked)


def changing(method: Callable[Concatenate[M, P], T]) -> Callable[Concatenate[M, P], T]:
    """Mark what a method may change, however it ends."""

    @wraps(method)
    def marking(self: M, /, *args: P.args, **kwargs: P.kwargs) -> T:
        change = object()
        self._under_way.add(change)
        try:
            return method(self, *args, **kwargs)
        finally:
            self._mark = change  # before it is no longer under way
            self._under_way.discard(change)

    return marking
