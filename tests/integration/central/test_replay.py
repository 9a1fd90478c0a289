"""The ledger alone rebuilds the state (promise 20)."""

from __future__ import annotations

from central_plant import Plant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replayed import same_when_replayed

from ekanban_core.states import Closing

INTENTS = ("empty", "empty", "receive", "acknowledge", "ship", "withdraw", "lookup", "undo")
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(INTENTS), st.sampled_from((0, 5, 700))),
    min_size=1,
    max_size=25,
)


def test_replaying_the_ledger_gives_cards_and_signals(plant: Plant) -> None:
    cards = [plant.cards[0], *plant.loop(Closing.ONE_SCAN, 2)]
    terminals = [plant.terminal(f"Line {number}") for number in range(3)]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(STEPS)
    def work(steps: list[tuple[int, int, str, int]]) -> None:
        last: dict[int, str] = {}
        for who, which, intent, seconds in steps:
            plant.pass_s(seconds)
            terminal = terminals[who]
            target = {"target": last[who]} if intent == "undo" and who in last else {}
            if intent == "undo" and not target:
                continue
            scan = terminal.scan(cards[which], intent, **target)
            last[who] = scan["id"]
            terminal.send(scan)
        same_when_replayed(plant)

    work()
