"""What the demo's simulated scanner reads: mostly empty bins and full ones, now and then what goes wrong on a floor."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ekanban_core.card_code import CardCode

RECEIVE = "EKC-RECEIVE"  # the command card: the next card scan means that the full bin has come
MOST_OPEN = 18
FEWEST_OPEN = 10
STRANGE = ("4006381333931", "PALLET 00712", "7K3QM9X201CE", "HTTP://EXAMPLE.COM/C/")  # not codes of ours
# The first readings, so that a newcomer sees every colour within a minute.
FIRST = ("empty", "receive", "open", "empty", "unreadable", "double", "empty", "receive", "unknown", "empty", "idle")
LATER = {"empty": 50, "receive": 28, "open": 7, "double": 6, "unreadable": 4, "unknown": 3, "idle": 2}


class Stand(StrEnum):
    """How a card stands."""

    IDLE = "idle"  # nothing is open
    OPEN = "open"  # its source is at work
    RIPE = "ripe"  # nothing is left but to receive the full bin


@dataclass(frozen=True, slots=True)
class Reading:
    """What the scanner reads after a pause of `after_s` seconds."""

    after_s: float
    text: str


def readings(look: Callable[[], Mapping[str, Stand]], chance: random.Random) -> Iterator[Reading]:
    """Go on for ever. `look` tells for each card (its code) how it stands."""
    first = iter(FIRST)
    while True:
        what = next(first, None)
        pause = chance.uniform(2, 4) if what else chance.uniform(5, 14)
        yield from _readings(what, look(), pause, chance)


def _readings(what: str | None, cards: Mapping[str, Stand], pause: float, chance: random.Random) -> Iterator[Reading]:
    still_open = sorted(code for code, stand in cards.items() if stand is not Stand.IDLE)
    ripe = sorted(code for code, stand in cards.items() if stand is Stand.RIPE)
    idle = sorted(code for code, stand in cards.items() if stand is Stand.IDLE)
    match what or _drawn(len(still_open), chance):
        case "receive" if still_open:
            yield Reading(pause, RECEIVE)
            yield Reading(0.8, chance.choice(ripe or still_open))
        case "open" if still_open:
            yield Reading(pause, chance.choice(still_open))
        case "double" if idle:
            code = chance.choice(idle)
            yield Reading(pause, code)
            yield Reading(0.3, code)
        case "unreadable":
            yield Reading(pause, chance.choice(STRANGE))
        case "unknown":
            yield Reading(pause, CardCode("".join(chance.choices("0123456789", k=8)), 1).text)
        case "idle" if idle:  # a full bin that nobody had ordered: a case for the review desk
            yield Reading(pause, RECEIVE)
            yield Reading(0.8, chance.choice(idle))
        case _empty:
            yield Reading(pause, chance.choice(idle or still_open))


def _drawn(still_open: int, chance: random.Random) -> str:
    if still_open > MOST_OPEN:
        return "receive"
    if still_open < FEWEST_OPEN:
        return "empty"
    return chance.choices(list(LATER), list(LATER.values()))[0]
