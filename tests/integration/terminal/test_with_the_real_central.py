"""Terminal and central as they are shipped, over a network that loses, doubles and forges what they say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from floor import Floor, open_floor
from terminal_world import TERMINAL, run

from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent, TerminalState
from ekanban_terminal.station import NothingToUndo


def _code(body: str) -> str:
    return CardCode(body, 1).text


def test_an_order_goes_its_whole_way(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            body = floor.plant.cards[0]
            await floor.works(2)
            assert floor.world.register.about.loaded

            opened = await floor.world.scan(_code(body))
            await floor.works(2)

            assert opened.entry.part == "4711"
            assert [str(row["id"]) for row in floor.plant.open_signals(body)] == [opened.entry.id]
            floor.world.clock.pass_s(700)
            received = await floor.world.scan(_code(body), intent=Intent.RECEIVE)
            await floor.works(3)
            assert received.entry.outcome == "received"
            assert floor.plant.open_signals(body) == []
            assert floor.world.states() == ["taken", "taken"]

    run(shift())


def test_a_revoked_terminal_hands_in_what_it_has_and_it_is_set_aside(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await floor.works(2)
            await floor.world.scan(_code(floor.plant.cards[0]))
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.REVOKED))

            await floor.works(4)

            assert floor.world.courier.state == "refused"
            assert floor.world.states() == ["refused"]
            assert floor.plant.open_signals(floor.plant.cards[0]) == []

    run(shift())


def test_a_terminal_waits_for_its_approval_and_then_sends(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.PENDING))
            await floor.world.scan(_code(floor.plant.cards[0]))
            await floor.works(3)
            assert floor.world.courier.state == "pending"
            assert floor.world.states() == ["waiting"]

            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, state=str(TerminalState.ENROLLED))
            await floor.works(3)

            assert floor.world.courier.state == "online"
            assert floor.world.states() == ["taken"]

    run(shift())


def test_a_terminal_that_central_does_not_know_is_shown_as_such(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            floor.plant.change("terminal", {"id": UUID(TERMINAL)}, public_key=bytes(32))
            await floor.world.scan(_code(floor.plant.cards[0]))

            await floor.works(2)

            assert floor.world.courier.state == "offline"
            assert "unsigned" in floor.world.heard.alarms
            assert floor.world.states() == ["waiting"]

    run(shift())


@pytest.mark.parametrize("seed", range(8))
def test_over_a_bad_network_every_scan_arrives_once_and_in_order(tmp_path: Path, seed: int) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path, seed) as floor:
            for _ in range(60):
                await _happens(floor)
            floor.network.rough = 0.0
            await floor.world.drain(500)

            kept = list(reversed(floor.world.journal.last(10_000)))
            taken = {str(row["scan_id"]): row for row in floor.plant.rows("scan_identity")}
            assert taken.keys() == {one.id for one in kept}
            assert floor.plant.count("scan_aside") == 0
            positions = [taken[one.id]["position"] for one in kept]
            assert positions == sorted(positions)
            still_open = Counter(row["body"] for row in floor.plant.rows("signal") if row["closed_how"] is None)
            assert set(still_open.values()) <= {1}
            assert [row["forked"] for row in floor.plant.rows("terminal_epoch") if row["forked"]] == []

    run(shift())


async def _happens(floor: Floor) -> None:
    dice, world = floor.dice, floor.world
    match dice.randrange(8):
        case 0 | 1 | 2:
            await world.later(_code(dice.choice(floor.plant.cards)), intent=dice.choice([*Intent][:7]))
        case 3:
            await world.later(dice.choice(["EKC-RECEIVE", "EKC-UNDO", "rubbish", "\x00", "00000000"]))
        case 4:
            try:
                await world.station.undo()
            except NothingToUndo:
                world.clock.pass_s(1)
        case 5 if dice.random() < 0.5:
            await floor.restart(f"boot {dice.random()}" if dice.random() < 0.3 else None)
        case 6:
            floor.network.rough = dice.choice([0.0, 0.3, 0.7, 1.0])
        case _:
            await floor.works(dice.randrange(6))
