"""Central's time: the machine's clock is believed once for each boot, and no step of it is followed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, Engine, create_engine, update
from sqlmodel import SQLModel

from ekanban_central import ledger, tables  # noqa: F401  # tables fills the metadata
from ekanban_central.ledger import META, SITE, SYSTEM, Entry
from ekanban_central.plant_clock import LONGEST_PAUSE_MS, RELEASED_MS, ClockBehind, ClockUnset, PlantClock

HOUR = 3_600_000
NOON = RELEASED_MS + 200 * 24 * HOUR


@dataclass
class Machine:
    """A machine's two clocks, and what central on it wrote."""

    connection: Connection
    wall_ms: int = NOON
    boottime_ms: int = 5 * HOUR
    boot: str = "monday"
    made: list[PlantClock] = field(default_factory=list)

    def passes(self, milliseconds: int) -> None:
        self.wall_ms += milliseconds
        self.boottime_ms += milliseconds

    def reboots(self, boot: str, wall_ms: int) -> None:
        self.boot, self.boottime_ms, self.wall_ms = boot, 10_000, wall_ms

    def starts(self, *, anew: bool = False) -> PlantClock:
        clock = PlantClock(lambda: self.wall_ms, lambda: self.boottime_ms)
        clock.take_up(self.connection, self.boot, anew=anew)
        return clock

    def records(self, at_ms: int) -> None:
        ledger.append(self.connection, 1, [Entry("noted", SYSTEM)], at_ms)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine, [META, SITE, ledger.LEDGER])
    yield engine
    engine.dispose()


@pytest.fixture
def machine(engine: Engine) -> Iterator[Machine]:
    with engine.connect() as connection:
        yield Machine(connection)


@pytest.fixture
def plant(machine: Machine) -> Machine:
    """With a site whose ledger was written at noon."""
    row = {"id": 1, "code": "p", "name": "P", "time_zone": "UTC", "language": "en", "head": 0}
    machine.connection.execute(SITE.insert().values(row))
    machine.records(NOON)
    return machine


@pytest.mark.parametrize("step_ms", [3 * HOUR, -3 * HOUR, -NOON, 70 * 365 * 24 * HOUR])
def test_a_step_of_the_machines_clock_moves_nothing(plant: Machine, step_ms: int) -> None:
    clock = plant.starts()

    plant.wall_ms += step_ms
    plant.passes(1000)

    assert clock.now_ms() == NOON + 1000


@pytest.mark.parametrize("step_ms", [3 * HOUR, -3 * HOUR, -NOON])
def test_a_restart_after_a_step_goes_on_with_what_was_believed_in_this_boot(plant: Machine, step_ms: int) -> None:
    plant.starts()
    plant.wall_ms += step_ms
    plant.passes(1000)

    assert plant.starts().now_ms() == NOON + 1000


def test_the_pause_of_a_reboot_is_the_machines_clocks_to_tell(plant: Machine) -> None:
    plant.starts()

    plant.reboots("tuesday", NOON + 14 * HOUR)

    assert plant.starts().now_ms() == NOON + 14 * HOUR


@pytest.mark.parametrize("wall_ms", [0, NOON - HOUR, NOON + LONGEST_PAUSE_MS + 1])
def test_a_senseless_clock_after_a_reboot_is_believed_as_soon_as_it_is_set(plant: Machine, wall_ms: int) -> None:
    plant.starts()
    plant.reboots("tuesday", wall_ms)
    clock = plant.starts()
    assert clock.now_ms() == NOON

    plant.passes(2000)
    assert clock.now_ms() == NOON + 2000
    plant.wall_ms = NOON + 14 * HOUR
    assert clock.now_ms() == NOON + 14 * HOUR

    plant.wall_ms += 9 * HOUR  # once only
    assert clock.now_ms() == NOON + 14 * HOUR


def test_central_is_never_before_what_another_process_has_recorded(plant: Machine) -> None:
    clock = plant.starts()
    plant.records(NOON + 5000)

    clock.not_before(NOON + 5000)
    assert clock.now_ms() == NOON + 5000
    clock.not_before(NOON)
    plant.passes(10)

    assert clock.now_ms() == NOON + 5010
    assert plant.starts().now_ms() == NOON + 5000


def test_a_first_start_without_a_clock_says_so(machine: Machine) -> None:
    machine.wall_ms = 60_000

    with pytest.raises(ClockUnset, match="unset"):
        machine.starts()


def test_a_clock_that_was_set_right_is_believed_anew_on_demand_and_stays_so(plant: Machine) -> None:
    plant.starts()
    plant.wall_ms += 3 * HOUR

    assert plant.starts(anew=True).now_ms() == NOON + 3 * HOUR
    assert plant.starts().now_ms() == NOON + 3 * HOUR


def test_no_demand_takes_central_back_behind_its_ledger(plant: Machine) -> None:
    plant.starts()
    plant.wall_ms -= 3 * HOUR

    with pytest.raises(ClockBehind, match="--new-clock"):
        plant.starts(anew=True)


def test_each_machine_has_its_own_word(plant: Machine) -> None:
    plant.starts()
    other = Machine(plant.connection, wall_ms=NOON + 60_000, boottime_ms=77, boot="of another machine")

    assert other.starts().now_ms() == NOON + 60_000
    assert plant.starts().now_ms() == NOON
    plant.connection.execute(update(SITE).values(head=0))  # as if restored: the word of the boot is older still
    assert plant.starts().now_ms() == NOON
