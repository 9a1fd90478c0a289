"""Central goes back to last night's backup under the feet of a terminal that knows more (promise 15)."""

from __future__ import annotations

import json
from pathlib import Path

from floor import Floor, open_floor
from terminal_world import run

from ekanban_central import ledger
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent


def test_the_signals_after_the_restore_are_those_before_it(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await _the_day_before(floor)
            floor.back_up()
            await _scans(floor, floor.plant.cards[1], floor.plant.cards[2])
            floor.world.clock.pass_s(700)
            await floor.world.scan(_code(floor.plant.cards[1]), intent=Intent.RECEIVE)
            await floor.world.drain()
            before = _open(floor)

            floor.restore()
            assert _open(floor) != before
            await _scans(floor, floor.plant.cards[3])

            assert _open(floor) == before | {floor.plant.cards[3]}
            assert [row["forked"] for row in floor.plant.rows("terminal_epoch")] == [False]
            assert {row["kind"] for row in floor.plant.rows("review")} == {"restored"}

    run(shift())


def test_a_central_that_was_restored_is_noticed_by_whoever_reads_the_register(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await _the_day_before(floor)
            floor.back_up()
            await _scans(floor, floor.plant.cards[1])
            before = _generation(floor)

            floor.restore()
            _somebody_works_at_central(floor)  # its ledger passes all that the terminal knows
            floor.world.clock.pass_s(60)
            await floor.works(8)

            assert _generation(floor) != before
            assert _open(floor) == {floor.plant.cards[0], floor.plant.cards[1]}
            assert floor.world.register.about.generation == _generation(floor)

    run(shift())


def test_a_terminal_that_only_scans_notices_a_ledger_that_has_passed_its_own_position(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await _the_day_before(floor)
            floor.back_up()
            await _scans(floor, floor.plant.cards[1])
            before = _generation(floor)

            floor.restore()
            _somebody_works_at_central(floor)
            await floor.world.later(_code(floor.plant.cards[2]))
            await floor.works(1)  # the scan goes first, the register has had its turn

            assert _generation(floor) != before
            await floor.world.drain()
            assert _open(floor) == set(floor.plant.cards[:3])

    run(shift())


def test_a_central_restored_twice_to_the_same_backup_is_noticed_twice(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await _the_day_before(floor)
            floor.back_up()
            generations = [_generation(floor)]
            for card in floor.plant.cards[1:3]:
                await _scans(floor, card)
                floor.restore()
                _somebody_works_at_central(floor)
                await _scans(floor, floor.plant.cards[3])
                generations.append(_generation(floor))

            assert len(set(generations)) == 3
            assert _open(floor) == set(floor.plant.cards[:4])
            assert len(floor.plant.rows("review", kind="restored")) == 1  # the first report went with the first life

    run(shift())


def test_a_terminal_that_moves_to_another_central_says_nothing_of_the_first(tmp_path: Path) -> None:
    async def shift() -> None:
        async with open_floor(tmp_path) as floor:
            await _the_day_before(floor)
            other = floor.world.central  # of a release before marks, besides

            floor.world.courier.use(floor.world.enrolled(other))
            await _scans(floor, floor.plant.cards[1])
            first = next(json.loads(request.body) for request in other.requests if request.method == "POST")
            await _scans(floor, floor.plant.cards[2])

            assert (first["generation"], first["position"], first["mark"]) == (None, None, None)
            last = other.last_batch
            assert (last["generation"], last["mark"]) == (other.generation, None)

    run(shift())


async def _the_day_before(floor: Floor) -> None:
    await floor.works(2)
    await _scans(floor, floor.plant.cards[0])


async def _scans(floor: Floor, *cards: str) -> None:
    for card in cards:
        await floor.world.later(_code(card))
    await floor.works(4)
    await floor.world.drain()
    await floor.works(4)


def _somebody_works_at_central(floor: Floor) -> None:
    floor.plant.now = floor.world.central_now()
    other = floor.plant.terminal("Line 9")
    other.send(*(other.reading(b"rubbish") for _ in range(20)))


def _open(floor: Floor) -> set[str]:
    return {row["body"] for row in floor.plant.rows("signal") if row["closed_how"] is None}


def _generation(floor: Floor) -> str:
    with floor.plant.database.reading() as connection:
        return ledger.generation(connection)


def _code(body: str) -> str:
    return CardCode(body, 1).text
