"""The ledger alone rebuilds the state (promise 20)."""

from __future__ import annotations

import json
from typing import Any

from central_plant import Plant
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekanban_central.replay import replay_site
from ekanban_central.sets import as_json
from ekanban_core.states import Closing

INTENTS = ("empty", "empty", "receive", "acknowledge", "ship", "withdraw", "lookup", "undo")
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from(INTENTS), st.sampled_from((0, 5, 700))),
    min_size=1,
    max_size=25,
)

REVIEWED = ("kind", "scan_id", "signal_id", "body", "facts", "decided_ms", "decision", "decided_by", "note")


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
        _same(plant)

    work()


def _same(plant: Plant) -> None:
    with plant.database.reading() as connection:
        state = replay_site(connection, plant.site_id)
    assert state.cards == {row["body"]: _plain(row) for row in plant.rows("card")}
    assert state.signals == {str(row["id"]): _plain(row) for row in plant.rows("signal")}
    desk = {str(row["id"]): json.loads(as_json(row)) for row in plant.rows("review")}
    assert state.reviews == {key: {name: row[name] for name in REVIEWED} for key, row in desk.items()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(as_json(row))
    del plain["changed"]
    return plain
