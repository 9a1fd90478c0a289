"""Which shipped profile fits a device, where a configuration names none.

A profile says in its table `[match]` for which `driver` it is, and may name vendors and products (numbers as `lsusb`
has them). The driver, which is the class of the interface, decides: vendors only choose among the profiles of a class.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ekanban_drivers.errors import BadProfile
from ekanban_drivers.profile import shipped


@dataclass(frozen=True, slots=True)
class Match:
    """For which devices a profile is; empty vendors or products: for all."""

    profile: str
    driver: str
    vendor: frozenset[int] = frozenset()
    product: frozenset[int] = frozenset()

    def fits(self, driver: str, vendor: int | None, product: int | None) -> bool:
        """Say whether it is for such a device."""
        return (
            driver == self.driver
            and (not self.vendor or vendor in self.vendor)
            and (not self.product or product in self.product)
        )

    @property
    def closeness(self) -> tuple[bool, bool]:
        """How much it knows of the device: the closest of those that fit is taken."""
        return bool(self.product), bool(self.vendor)


def fitting(driver: str, vendor: int | None = None, product: int | None = None) -> str | None:
    """Return the name of the shipped profile that fits such a device best; None: none is for this driver."""
    fit = [match for match in matches() if match.fits(driver, vendor, product)]
    return max(fit, key=lambda match: match.closeness).profile if fit else None


@cache
def matches() -> tuple[Match, ...]:
    """Return what the shipped profiles say of themselves; raises BadProfile."""
    folder = files("ekanban_drivers") / "profiles"
    tables = {name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in shipped()}
    return tuple(checked(name, table["match"]) for name, table in tables.items() if "match" in table)


def checked(name: str, table: dict[str, Any]) -> Match:
    """Read a table `[match]`; raises BadProfile and names the key."""
    for key in table:
        if key not in ("driver", "vendor", "product"):
            raise BadProfile(f"{name}: match.{key}: unknown key; one of driver, vendor, product")
    driver = table.get("driver")
    if not isinstance(driver, str):
        raise BadProfile(f"{name}: match.driver: expected a text, got {driver!r}")
    numbers = {key: table.get(key, []) for key in ("vendor", "product")}
    for key, value in numbers.items():
        if not isinstance(value, list) or not all(type(one) is int and 0 <= one <= 0xFFFF for one in value):
            raise BadProfile(f"{name}: match.{key}: expected a list of numbers up to 0xFFFF, got {value!r}")
    return Match(name, driver, frozenset(numbers["vendor"]), frozenset(numbers["product"]))
