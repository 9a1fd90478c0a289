"""Which fields of a side stand on the same card, by their `needs` and `without`; what is empty does not stand there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ekanban_labels.layout import Field, PictureField, TextField

Condition: TypeAlias = tuple[str, bool]  # a value, and whether the card must have it


def never_together(one: Field, other: Field) -> bool:
    """Whether no card shows both."""
    return any((value, not wanted) in _conditions(other) for value, wanted in _conditions(one))


def always_one(fields: Iterable[Field], beside: Field | None = None) -> bool:
    """Whether every card, or every card that shows `beside`, shows one of the fields at least."""
    granted = _conditions(beside) if beside else frozenset()
    if any((value, not wanted) in granted for value, wanted in granted):
        return True  # no card shows it
    open_ones = [
        _conditions(field) - granted for field in fields if not (beside is not None and never_together(field, beside))
    ]
    return _one_holds(open_ones)


def _one_holds(choices: list[frozenset[Condition]]) -> bool:
    """Whether one of the choices holds, whatever values a card has."""
    if frozenset() in choices:
        return True
    if not choices:
        return False
    value = next(iter(choices[0]))[0]
    return all(
        _one_holds([one - {(value, has)} for one in choices if (value, not has) not in one]) for has in (True, False)
    )


def _conditions(field: Field) -> frozenset[Condition]:
    needed = {field.needs}
    if isinstance(field, PictureField):
        needed.add("picture")
    if isinstance(field, TextField) and field.value != "kind":  # each card has a kind
        needed.add(field.value)
    return frozenset((value, True) for value in needed if value) | frozenset(
        ((field.without, False),) if field.without else ()
    )
