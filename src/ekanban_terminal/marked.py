"""What a judgement stands on shows every change: it gets another mark, before and after."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Marked:
    """Whoever finds the mark that he has kept knows that nothing has changed since; in any thread."""

    def __init__(self) -> None:
        self.mark = object()


M = TypeVar("M", bound=Marked)


def changing(method: Callable[Concatenate[M, P], T]) -> Callable[Concatenate[M, P], T]:
    """Mark what a method may change. A mark that was kept meanwhile is an old one when the method returns."""

    @wraps(method)
    def marking(self: M, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.mark = object()
        try:
            return method(self, *args, **kwargs)
        finally:
            self.mark = object()

    return marking
