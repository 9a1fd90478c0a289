"""The courier against a central that does what a script says: nothing is forgotten that central has not signed for."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
import scripted_central as network
from scripted_central import ScriptedCentral
from terminal_world import BODY, CODE, DAY_MS, TERMINAL, World, code, run

from ekanban_core.judgement import Standing
from ekanban_core.states import Intent, Outcome
from ekanban_core.wire import Expected
from ekanban_terminal import exchange


async def _with_scans(folder: Path, count: int) -> World:
    """A world whose journal holds scans of as many cards, and whose register was loaded before."""
    world = World(folder)
    for number in range(count):
        world.central.add_card(f"{number:08d}")
    await world.open()
    await world.load()
    for number in range(count):
        await world.scan(code(number))
    world.central.requests.clear()
    return world


def test_scans_reach_central_in_their_order(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 30)

        await world.drain()

        assert world.central.order == [kept.id for kept in reversed(world.journal.last(100))]
        assert set(world.states()) == {"taken"}
        assert world.courier.state == "online"

    run(shift())


@pytest.mark.parametrize(
    "fault",
    [
        network.captive_portal,
        network.unsigned,
        network.truncated,
        network.other_key,
        network.refuse_connection,
        network.lose_answer,
        network.status(302),
        network.status(401),
        network.status(503),
        network.status(511),
    ],
)
def test_nothing_is_forgotten_without_centrals_own_word(tmp_path: Path, fault: network.Fault) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        world.central.faults += [fault, fault]

        delay = await world.courier.step()

        assert world.states() == ["waiting"] * 3
        assert world.courier.state == "offline"
        assert delay > 0
        await world.drain()
        assert set(world.states()) == {"taken"}
        assert len(world.central.order) == 3
        assert world.central.conflicts == []

    run(shift())


def test_an_answer_that_drips_for_ever_ends_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_S", 0.05)

    async def shift() -> None:
        world = await _with_scans(tmp_path, 1)
        world.central.faults.append(network.never)

        async with asyncio.timeout(5):
            await world.courier.step()

        assert world.courier.state == "offline"
        assert world.states() == ["waiting"]

    run(shift())


def test_a_request_delivered_twice_changes_nothing_twice(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        world.central.faults.append(network.twice)

        await world.drain()

        assert len(world.central.order) == 3
        assert set(world.states()) == {"taken"}

    run(shift())


def test_waiting_grows_with_failures_and_is_never_the_same_for_all(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 1)
        world.central.faults += [network.refuse_connection] * 12

        delays = [await world.courier.step() for _ in range(12)]

        assert all(0.25 <= delays[0] <= 0.5 for _ in delays)
        assert 30 <= delays[-1] <= 60
        assert len(set(delays)) == 12

    run(shift())


def test_a_batch_that_is_too_large_is_halved_until_it_fits(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 40)
        world.central.most = 6

        await world.drain()

        assert len(world.central.order) == 40

    run(shift())


def test_after_each_silence_central_is_asked_with_few_scans_and_then_gets_more_and_more(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 150)
        sizes: list[int] = []

        async def answered(count: int) -> None:
            while len(world.central.order) < count:
                before = len(world.central.order)
                await world.courier.step()
                if len(world.central.order) > before:
                    sizes.append(len(world.central.order) - before)

        await answered(60)
        world.central.faults += [network.refuse_connection] * 4
        await answered(150)

        assert sizes == [20, 40, 20, 40, 30]

    run(shift())


def test_one_scan_that_central_cannot_take_delays_no_other(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 40)
        poisoned = world.journal.last(100)[20].id
        world.central.poison.add(poisoned)

        await world.drain()

        states = world.states()
        assert states.count("dead") == 1
        assert states.count("taken") == 39
        assert [kept.id for kept in world.journal.dead()] == [poisoned]
        assert len(world.central.order) == 40  # the stand-in holds its place
        assert poisoned not in world.central.order
        assert world.store.counts.dead == 1

    run(shift())


def test_two_poisoned_scans_in_a_row_and_the_very_first_one_delay_no_other(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 12)
        ids = [kept.id for kept in reversed(world.journal.last(100))]
        world.central.poison |= {ids[0], ids[5], ids[6]}

        await world.drain()

        assert [kept.id for kept in reversed(world.journal.dead())] == [ids[0], ids[5], ids[6]]
        assert world.states().count("taken") == 9

    run(shift())


def test_a_central_that_takes_nothing_makes_no_dead_letters(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 10)
        world.central.faults += [network.status(500)] * 60

        for _ in range(40):
            world.clock.pass_s(await world.courier.step())

        assert set(world.states()) == {"waiting"}
        world.central.faults.clear()
        await world.drain()
        assert set(world.states()) == {"taken"}

    run(shift())


def test_a_dead_scan_is_replayed_as_a_new_one(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        dead = world.journal.last(3)[1].id
        world.central.poison.add(dead)
        await world.drain()
        world.central.poison.clear()
        kept = world.journal.one(dead)
        assert kept is not None

        replayed = await world.station.replay(kept)
        await world.drain()

        assert world.store.counts.dead == 0
        assert world.central.taken[replayed.entry.id][1].outcome is Outcome.ALREADY_OPEN or (
            world.central.taken[replayed.entry.id][1].outcome is Outcome.OPENED
        )
        assert world.central.cards["00000001"].signal is not None

    run(shift())


def test_a_scan_that_is_left_out_of_the_answer_stays(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 2)
        world.central.faults.append(network.rewritten(b'"results"', b'"nothing"'))

        await world.courier.step()

        assert set(world.states()) == {"waiting"}

    run(shift())


def test_a_gap_is_sent_again_from_where_central_wants_it(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 10)
        await world.drain()
        world.central.restore(4)  # and it has not noticed
        world.central.generation = "first"
        world.central.position += 100
        await world.later(code(3))

        await world.drain()

        assert len(world.central.order) == 11
        assert set(world.states()) == {"taken"}

    run(shift())


def test_a_restored_central_gets_everything_that_is_still_kept(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 10)
        await world.drain()
        await world.load()
        before = list(world.central.order)
        world.central.restore(4)

        world.clock.pass_s(15)
        for _ in range(30):
            world.clock.pass_s(await world.courier.step())

        assert world.central.generation == "first+"
        assert world.central.order == before
        assert set(world.states()) == {"taken"}
        assert world.register.about.generation == "first+"

    run(shift())


def test_a_new_start_names_its_predecessor_and_how_far_that_had_counted(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        first = world.journal.epoch
        await world.restart()
        await world.restart()  # a start without scans stands between no two epochs
        await world.later(code(0), intent=Intent.LOOKUP)
        await world.later(code(1), intent=Intent.LOOKUP)

        await world.drain()

        assert world.central.epochs[first] == (None, 0)
        assert world.central.epochs[world.journal.epoch] == (first, 3)
        assert len(world.central.order) == 5

    run(shift())


def test_central_is_told_how_many_scans_still_wait_behind_the_batch(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)

        await world.drain()

        assert len(world.central.last_batch["scans"]) == 3
        assert world.central.last_batch["status"]["stored"] == 0

    run(shift())


def test_a_scan_of_an_earlier_boot_has_no_age(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 1)
        await world.restart(boot="boot-two")
        await world.scan(code(0), intent=Intent.LOOKUP)
        world.clock.pass_s(30)

        await world.drain()

        ages = [scan["age_ms"] for scan in world.central.last_batch["scans"]]
        assert ages == [None, 30_010]

    run(shift())


def test_contacts_bound_centrals_clock(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 1)
        await world.drain()
        world.clock.pass_s(10)

        moment = world.time.moment("", world.clock.boottime_ms())

        assert moment.earliest_ms <= world.central_now() <= moment.latest_ms
        assert moment.latest_ms - moment.earliest_ms < 50
        assert world.time.contact is not None
        await world.restart()
        again = world.time.moment("", world.clock.boottime_ms())
        assert (again.earliest_ms, again.latest_ms) == (moment.earliest_ms, moment.latest_ms)

    run(shift())


def test_what_central_took_is_kept_for_35_days_of_its_own_clock(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        await world.drain()
        world.clock.wall += 400 * DAY_MS  # a wall clock that jumps deletes nothing
        world.clock.pass_s(1000)
        for _ in range(5):
            world.clock.pass_s(await world.courier.step())
        assert len(world.states()) == 3

        world.central_clock_ms += 36 * DAY_MS
        world.clock.pass_s(700)
        for _ in range(10):
            world.clock.pass_s(await world.courier.step())

        assert world.states() == []
        assert (await world.later(code(0), intent=Intent.LOOKUP)).stored
        await world.drain()
        assert len(world.central.order) == 4

    run(shift())


def test_what_is_gone_for_good_is_said_so_and_blocks_nothing(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 6)
        await world.drain()
        world.journal.forget(10**15)
        world.central.restore(2)
        await world.later(code(0), intent=Intent.LOOKUP)

        await world.drain()

        assert world.central.last_batch["oldest_seq"] == {world.journal.epoch: 7}
        assert set(world.states()) == {"taken"}

    run(shift())


def _lose(world: World, *places: tuple[int, int]) -> None:
    """The disk has lost these scans, by the ordinal of their start and their number."""
    with sqlite3.connect(world.journal.path) as other:
        other.executemany("DELETE FROM scan WHERE epoch = ? AND seq = ?", places)
    other.close()


@pytest.mark.parametrize("lost", [(2, 3), (5, 6), (1, 2, 3, 4, 5, 6)], ids=["inner", "newest", "all"])
def test_scans_that_a_disk_lost_hold_up_none_of_those_that_are_left(tmp_path: Path, lost: tuple[int, ...]) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 6)
        await world.restart()
        await world.later(code(0), intent=Intent.LOOKUP)
        _lose(world, *((1, seq) for seq in lost))
        left = [kept.id for kept in reversed(world.journal.last(100))]

        await world.drain(most=10)

        assert world.central.order == left
        assert world.heard.alarms == {}

    run(shift())


def test_a_central_that_wants_what_is_not_here_is_asked_less_and_less_and_people_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 3)
        places = [(world.journal.epoch, 3), (TERMINAL, 7), (world.journal.epoch, 2), (TERMINAL, 8)]
        wanted = iter([Expected(epoch=epoch, seq=seq) for epoch, seq in places] * 3)
        with monkeypatch.context() as patch:
            patch.setattr(ScriptedCentral, "_introduce", lambda *_: next(wanted))
            delays = [await world.courier.step() for _ in range(12)]

        assert delays[0] == 0.0  # it may be that the next batch brings it
        assert delays[1] > 0.0
        assert delays[-1] >= 30.0
        assert world.states() == ["waiting"] * 3
        assert world.courier.state == "online"
        assert world.heard.alarms == {"fork": f"{TERMINAL}/8"}
        await world.drain()
        assert world.heard.alarms == {}

    run(shift())


def test_a_terminal_that_waits_for_approval_keeps_its_scans_and_says_so(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 2)
        world.central.problem = {"status": 403, "title": "Waits for approval", "standing": "pending"}

        delay = await world.courier.step()

        assert world.courier.state == "pending"
        assert 4 <= delay <= 8
        world.central.problem = None
        await world.drain()
        assert world.courier.state == "online"

    run(shift())


def test_a_revoked_terminal_hands_its_scans_in_and_knows_that_it_is_refused(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 2)
        world.central.standing = Standing.REVOKED

        await world.drain()

        assert world.courier.state == "refused"
        assert {result.result.outcome for result in world.heard.results} == {Outcome.SET_ASIDE}
        assert set(world.states()) == {"refused"}  # they were green here

    run(shift())


def test_green_here_and_refused_there_waits_for_somebody_to_see_it(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 2)
        world.central.retire("00000000")

        await world.drain()

        assert world.states() == ["refused", "taken"]
        kept = world.journal.refused()[0]
        assert kept.answer is not None
        assert kept.answer.outcome is Outcome.RETIRED
        assert world.journal.acknowledge(kept)
        assert not world.journal.acknowledge(kept)
        assert world.states() == ["taken", "taken"]

    run(shift())


def test_the_register_comes_in_deltas_and_anew_after_410(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        world.central.add_card("00000001")
        await world.load()
        assert world.central.requests[-1].query.startswith("since=first%3A")
        assert world.register.card("00000001") is not None

        world.central.generation, world.central.cards = "second", {}
        world.central.add_card("00000002")
        await world.load()

        assert world.register.about.generation == "second"
        assert world.register.card("00000001") is None
        assert world.register.card("00000002") is not None

    run(shift())


def test_while_the_register_is_loaded_in_pages_nobody_is_told_that_a_card_is_unknown(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        world.central.faults.append(network.rewritten(b'"more":false', b'"more":true'))
        await world.courier.step()
        assert not world.register.about.loaded

        assert (await world.scan(code(77))).entry.outcome is Outcome.OPENED

    run(shift())


def test_centrals_answer_reaches_whoever_waits_for_it(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        taken = await world.scan()
        waiting = asyncio.ensure_future(world.courier.answer(taken.entry.id, 5))
        await asyncio.sleep(0)

        await world.drain()

        result = await waiting
        assert result is not None
        assert result.outcome is Outcome.OPENED
        assert await world.courier.answer(taken.entry.id, 0) == result
        assert await world.courier.answer("unknown", 0.001) is None

    run(shift())


def test_the_overlay_goes_when_the_register_tells_the_same(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.scan()
        await world.drain()
        world.central.cards[BODY].signal = None  # somebody received it on a page
        world.central.position += 1
        await world.load()

        assert (await world.later()).entry.outcome is Outcome.OPENED

    run(shift())


def test_an_error_of_this_program_does_not_end_the_courier(tmp_path: Path) -> None:
    async def mistaken(_central: ScriptedCentral, _request: network.Request) -> network.Reply:
        raise RuntimeError("a mistake")

    async def shift() -> None:
        world = await World(tmp_path).open()
        world.central.faults.append(mistaken)
        work = asyncio.ensure_future(world.courier.run())
        while "courier" not in world.heard.alarms:
            await asyncio.sleep(0)

        world.clock.pass_s(100)
        world.courier.wake()
        while world.courier.state != "online":
            world.clock.pass_s(1)
            world.courier.wake()
            await asyncio.sleep(0)

        assert "courier" not in world.heard.alarms
        work.cancel()

    run(shift())


def test_a_result_that_a_newer_central_words_differently_is_still_a_commitment(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _with_scans(tmp_path, 1)
        world.central.faults.append(network.rewritten(b'"outcome":"opened"', b'"outcome":"teleported"'))

        await world.drain()

        assert len(world.central.order) == 1
        assert world.heard.results[0].result.outcome is Outcome.REVIEW

    run(shift())


def test_the_same_card_as_text_never_becomes_a_request_elsewhere(tmp_path: Path) -> None:
    """Promise 18: a URL that was scanned is data; only central's own paths are asked."""

    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan(f"http://evil.test/c/{CODE}")
        await world.drain()

        assert {request.path for request in world.central.requests} <= {"/api/v1/scans", "/api/v1/register"}

    run(shift())
