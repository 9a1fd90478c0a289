"""Any sequence of scans, faults, restarts and restores of central: when it ends, every reading has its answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import scripted_central as network
from terminal_world import World, code, run

from ekanban_core.states import Intent
from ekanban_terminal.errors import JournalError
from ekanban_terminal.station import NothingToUndo

FAULTS = (
    network.refuse_connection, network.lose_answer, network.captive_portal, network.unsigned, network.truncated,
    network.other_key, network.twice, network.status(500), network.status(502), network.status(413),
    network.status(503), network.status(401),
)  # fmt: skip
CARDS = 6


async def _happens(world: World, dice: random.Random) -> None:
    """One thing that can happen on a shop floor."""
    match dice.randrange(12):
        case 0 | 1 | 2 | 3:
            await world.later(code(dice.randrange(CARDS)), intent=dice.choice([*Intent][:5]))
        case 4:
            await world.scan(code(dice.randrange(CARDS)))
        case 5:
            await world.later(dice.choice(["EKC-RECEIVE", "EKC-UNDO", "rubbish", "\x00", code(99)]))
        case 6:
            try:
                await world.station.undo()
            except NothingToUndo:
                world.clock.pass_s(1)
        case 7:
            world.central.faults += dice.choices(FAULTS, k=dice.randrange(4))
        case 8 if dice.random() < 0.5:
            await world.restart(boot=f"boot {dice.random()}" if dice.random() < 0.3 else None)
        case 9 if dice.random() < 0.3:
            world.central.restore(dice.randrange(len(world.central.order) + 1))
        case 10 if dice.random() < 0.3 and world.store.counts.stored:
            world.central.poison |= {world.journal.last(1)[0].id} - world.central.taken.keys()
        case _:
            for _step in range(dice.randrange(6)):
                world.clock.pass_s(await world.courier.step())


@pytest.mark.parametrize("seed", range(25))
def test_when_the_weather_clears_every_reading_has_its_answer(tmp_path: Path, seed: int) -> None:
    async def shift() -> None:
        dice = random.Random(seed)  # noqa: S311  # repeatable on purpose
        world = World(tmp_path, seed=seed)
        for number in range(CARDS):
            world.central.add_card(code(number)[:8])
        await world.open()
        for _ in range(80):
            await _happens(world, dice)

        world.central.faults.clear()
        await world.drain(2000)
        world.clock.pass_s(30)
        for _ in range(20):  # a restored central is found out, and gets what it lost
            world.clock.pass_s(await world.courier.step())
        await world.drain(2000)

        kept = list(reversed(world.journal.last(10_000)))
        answered = [one.id for one in kept if one.state in ("taken", "refused")]
        dead = [one.id for one in kept if one.state == "dead"]
        assert len(answered) + len(dead) == len(kept)
        assert set(answered) <= set(world.central.order)
        assert set(dead) <= world.central.poison
        assert len(world.central.order) == len(kept)  # with a stand-in for each dead one
        assert world.central.conflicts == []
        own = [scan_id for scan_id in world.central.order if scan_id in answered]
        assert own == answered
        await world.close()

    run(shift())


@pytest.mark.parametrize("seed", range(6))
def test_a_disk_that_fails_now_and_then_never_lies(tmp_path: Path, seed: int) -> None:
    """What was green is in the journal after every recovery; what was not stored is never carried out."""

    async def shift() -> None:
        dice = random.Random(seed)  # noqa: S311  # repeatable on purpose
        world = World(tmp_path, seed=seed)
        await world.open()
        green: list[str] = []
        for number in range(60):
            if dice.random() < 0.2:
                world.journal._file.fail(OSError("now and then"))
            taken = await world.later(code(number))
            if taken.stored:
                green.append(taken.entry.id)
            else:
                assert taken.entry.colour == "red"
                await world.store.open()
            if dice.random() < 0.3:
                world.clock.pass_s(await world.courier.step())

        await world.drain()

        assert [one.id for one in reversed(world.journal.last(1000))] == green
        assert world.central.order == green

    try:
        run(shift())
    except JournalError as error:
        pytest.fail(str(error))
