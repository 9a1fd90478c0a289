"""What the demo's simulated scanner reads."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

from ekanban_cli.demo_plant import LOCATIONS, LOOPS, PARTS
from ekanban_cli.demo_scans import FEWEST_OPEN, MOST_OPEN, RECEIVE, STRANGE, Stand, readings
from ekanban_core.card_code import CardCode
from ekanban_core.states import LocationKind

CARDS = [CardCode(f"{number:08}", 1).text for number in range(40)]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # no secret


class Plant:
    """Cards as the readings would open and close them."""

    def __init__(self) -> None:
        self.open = dict.fromkeys(CARDS, Stand.IDLE)
        self.receiving = False

    def look(self) -> dict[str, Stand]:
        return dict(self.open)

    def take(self, text: str) -> str:
        if text == RECEIVE:
            self.receiving = True
            return "command"
        receiving, self.receiving = self.receiving, False
        if text not in self.open:
            return "unreadable" if text in STRANGE else "unknown"
        was_open = self.open[text] is not Stand.IDLE
        self.open[text] = Stand.IDLE if receiving else Stand.RIPE
        return {
            (False, False): "opened",
            (False, True): "already open",
            (True, True): "received",
            (True, False): "nothing to receive",
        }[receiving, was_open]


def test_the_demo_has_the_plant_that_was_promised() -> None:
    kinds = Counter(kind for _name, kind in LOCATIONS)

    assert len(PARTS) == 12
    assert kinds[LocationKind.SUPPLIER] == 3
    assert kinds[LocationKind.SUPERMARKET] == 2
    assert sum(loop.cards for loop in LOOPS) == 40
    assert len({loop.closing for loop in LOOPS}) == 2


def test_every_kind_of_answer_appears_within_the_first_minute() -> None:
    plant = Plant()
    seen = set()
    elapsed = 0.0

    for reading in readings(plant.look, chance(1)):
        elapsed += reading.after_s
        if elapsed > 60:
            break
        seen.add(plant.take(reading.text))

    assert {"opened", "received", "already open", "unreadable", "unknown", "nothing to receive"} <= seen


def test_the_page_neither_fills_up_nor_runs_dry() -> None:
    plant = Plant()
    counts = []

    for reading in islice(readings(plant.look, chance(2)), 5_000):
        plant.take(reading.text)
        counts.append(sum(stand is not Stand.IDLE for stand in plant.open.values()))

    assert min(counts[100:]) >= FEWEST_OPEN - 2
    assert max(counts[100:]) <= MOST_OPEN + 2
