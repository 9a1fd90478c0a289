"""Parameters of a list's address, read with an error that says what was expected.

BadFilter  a filter, an order or a cursor that cannot be read
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ekanban_core.errors import EkanbanError

MOST_VALUES = 50
MOST_SEARCH = 100


class BadFilter(EkanbanError):
    """This filter cannot be read."""


def one_of(name: str, value: str, known: Iterable[str]) -> str:
    """The value, which must be a known one."""
    if value not in known:
        raise BadFilter(f"{name}: expected one of {', '.join(known)}, got {value[:40]!a}")
    return value


def several(name: str, values: list[str]) -> tuple[str, ...]:
    """Each value once, as they came."""
    if len(values) > MOST_VALUES:
        raise BadFilter(f"{name}: expected at most {MOST_VALUES} values, got {len(values)}")
    return tuple(dict.fromkeys(text(name, value) for value in values if value))


def text(name: str, value: str) -> str:
    """Text that a database can be asked for."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise BadFilter(f"{name}: expected text without NUL and surrogates")
    return value.strip()


def whole(name: str, value: str, least: int, most: int) -> int:
    """A whole number within bounds; both are allowed."""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise BadFilter(f"{name}: expected a whole number from {least} to {most}, got {value[:40]!a}")
    return int(value)


def yes(name: str, value: str) -> bool:
    """True or false, as people and programs write them."""
    known: Mapping[str, bool] = {
        "": False,
        "0": False,
        "false": False,
        "no": False,
        "1": True,
        "true": True,
        "yes": True,
    }
    if value.lower() not in known:
        raise BadFilter(f"{name}: expected true or false, got {value[:40]!a}")
    return known[value.lower()]


def finds(search: str, texts: Iterable[str]) -> bool:
    """Whether every word that is searched for stands in one of the texts."""
    folded = [text.casefold() for text in texts]
    return all(any(word in text for text in folded) for word in search.casefold().split())
