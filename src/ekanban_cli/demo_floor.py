"""The demo's shop floor: how its cards stand, and the people at machines and suppliers who do their part."""

from __future__ import annotations

import random
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from ekanban_central.context import Central
from ekanban_central.loading import CARD, Loaded, load
from ekanban_central.signal_acts import carry_out
from ekanban_cli.demo_scans import Stand
from ekanban_cli.demo_seed import STEPS
from ekanban_core.card_code import CardCode
from ekanban_core.states import OPEN_STATES, SignalState


@dataclass(frozen=True, slots=True)
class Floor:
    """The plant as its people see it."""

    central: Central
    site_id: int
    person: UUID

    def stands(self) -> dict[str, Stand]:
        """How each card stands, by its code."""
        return {
            CardCode(one.card.body, max(one.card.print_version, 1)).text: stand(one) for one in self._cards().values()
        }

    def work(self, chance: random.Random) -> None:
        """Move one open signal on by one step, as its source would."""
        waiting = [(one, state) for one in self._cards().values() if (state := next_state(one)) is not None]
        if not waiting:
            return
        one, state = chance.choice(waiting)
        if one.signal is not None:
            carry_out(self.central, self.site_id, self.person, STEPS[state], [UUID(one.signal.id)])

    def _cards(self) -> dict[str, Loaded]:
        with self.central.database.reading() as connection:
            bodies = connection.execute(select(CARD.c.body).where(CARD.c.site_id == self.site_id)).scalars().all()
            return load(connection, bodies, lock=False)


def stand(one: Loaded) -> Stand:
    """Tell whether a card's signal is open, and whether its full bin may come."""
    if one.signal is None:
        return Stand.IDLE
    return Stand.RIPE if next_state(one) is None else Stand.OPEN


def next_state(one: Loaded) -> SignalState | None:
    """The next middle state of a card's open signal; None when it has none, or nothing is open."""
    if one.signal is None or one.signal.state is SignalState.WAITING:
        return None
    ahead = OPEN_STATES[OPEN_STATES.index(one.signal.state) + 1 :]
    return next((state for state in ahead if state in one.policy.states), None)
