"""GS1 element strings and Digital Links, read only as far as a foreign label can stand for a card.

Lengths and prefixes of application identifiers: GS1 General Specifications, 7.8.5 (predefined lengths) and 3.2.
Nothing is validated: what central has not entered as an alias is no card anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

SEPARATOR = "\x1d"  # FNC1 as scanners transmit it

Element = tuple[str, str]  # application identifier, value

_FIXED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "11": 6, "12": 6, "13": 6, "14": 6, "15": 6, "16": 6, "17": 6,
    "18": 6, "19": 6, "20": 2, "31": 6, "32": 6, "33": 6, "34": 6, "35": 6, "36": 6, "41": 13,
}  # fmt: skip  # by the first two digits: characters of the value
_LONGER = {"23": 3, "24": 3, "25": 3, "40": 3, "41": 3, "42": 3, "71": 3} | dict.fromkeys(
    ("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4
)  # by the first two digits: digits of the identifier; two otherwise
_KEYS = ("00", "01", "253", "255", "401", "402", "414", "8003", "8004", "8010", "8017", "8018")  # they name one thing
_BRACKETED = re.compile(r"\((\d{2,4})\)([^()]+)")


def elements(text: str) -> list[Element]:
    """The elements of an element string, a bracketed one or a Digital Link; empty where the text is none of these."""
    if text.startswith("("):
        return _bracketed(text)
    if text[:4].lower() == "http":
        return _of_link(text)
    return _of_string(text)


def aliases(found: list[Element]) -> Iterator[str]:
    """What may have been entered as an alias for these elements, the most exact first.

    The whole in brackets, "(01)04012345678901(21)7"; GTIN and serial number; then each key in brackets, bare, and a
    GTIN in its shorter forms too (13, 12 and 8 digits).
    """
    if not found:
        return
    by_identifier = dict(found)
    yield "".join(f"({identifier}){value}" for identifier, value in found)
    if "01" in by_identifier and "21" in by_identifier:
        yield f"(01){by_identifier['01']}(21){by_identifier['21']}"
    for identifier, value in found:
        if identifier in _KEYS:
            yield f"({identifier}){value}"
            yield value
            if identifier == "01":
                yield from (value[-length:] for length in (13, 12, 8) if not value[:-length].strip("0"))


def _bracketed(text: str) -> list[Element]:
    return _BRACKETED.findall(text) if _BRACKETED.sub("", text) == "" else []


def _of_link(text: str) -> list[Element]:
    """GS1 Digital Link URI: /01/<GTIN>/21/<serial> at the end of the path."""
    try:
        steps = [unquote(step) for step in urlsplit(text).path.split("/")]
    except ValueError:
        return []
    first = next((place for place in range(len(steps) - 1) if steps[place] in _KEYS), None)
    if first is None or (len(steps) - first) % 2:
        return []
    found = list(zip(steps[first::2], steps[first + 1 :: 2], strict=True))
    return found if all(identifier.isdigit() and value for identifier, value in found) else []


def _of_string(text: str) -> list[Element]:
    found: list[Element] = []
    rest = text.removeprefix(SEPARATOR)
    while rest:
        start = rest[:2]
        width = _LONGER.get(start, 2)
        identifier, rest = rest[:width], rest[width:]
        length = _FIXED.get(start, len(rest))
        value, separator, after = rest[:length].partition(SEPARATOR)
        if not (identifier.isascii() and identifier.isdigit() and value) or (start in _FIXED and len(value) != length):
            return []
        found.append((identifier, value))
        rest = after + rest[length:] if separator else rest[length:].removeprefix(SEPARATOR)
    return found
