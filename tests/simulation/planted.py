"""Bugs that a kanban system may have, each planted into the product for as long as its context lasts.

The simulation must find every one of them. One that it does not find means that a fault or a check is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any
from unittest import mock

Plant = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Bug:
    """`what` is wrong with the product while `plant()` lasts."""

    name: str
    what: str
    plant: Plant


BUGS: dict[str, Bug] = {}


def bug(what: str) -> Callable[[Plant], Plant]:
    """Register a bug under its function's name."""

    def register(plant: Plant) -> Plant:
        BUGS[plant.__name__] = Bug(plant.__name__, what, plant)
        return plant

    return register


def patched(owner: Any, name: str, new: Any) -> AbstractContextManager[Any]:
    """Replace an attribute of the product."""
    return mock.patch.object(owner, name, new)


def together(*patches: AbstractContextManager[Any]) -> AbstractContextManager[Any]:
    """Several patches make one bug."""
    stack = ExitStack()
    for one in patches:
        stack.enter_context(one)
    return stack


def load_all() -> dict[str, Bug]:
    """Every planted bug, by name."""
    import simulation.planted_central
    import simulation.planted_journal
    import simulation.planted_terminal  # noqa: F401  # importing registers them

    return BUGS
