"""A reading that was foreseen is stored and shown as one that was not, whatever happens in between."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from foresight import CODES, Foresight, Step
from hypothesis import example, given, settings
from hypothesis import strategies as st
from terminal_world import run

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.register import Register
from ekanban_terminal.station import Input, Station
from ekanban_terminal.station_memory import Memory

CARD, OTHER = 0, 2  # places in CODES of two cards that the scanner "hand" reads
LOADED = Step("register")

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True, scope="module")
def _sqlite_waits_for_no_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "PRAGMAS", ("PRAGMA synchronous = OFF", *sql.PRAGMAS[1:]))
        yield


def scan(number: int = CARD, *between: Step, hint: bool = True) -> list[Step]:
    """A code's characters, then what happens before its terminator."""
    foreseen = [Step("hint", number)] if hint else []
    return [Step("characters", number, 1), *foreseen, *between, Step("terminator", number, 3)]


BEFORE = [LOADED, *scan(OTHER, hint=False), Step("courier", ms=2000)]  # the first brings the row of this start, too


def told(steps: Sequence[Step], *, foresees: bool) -> tuple[str, int]:
    """What becomes of the steps, and how many readings were foreseen rightly."""

    async def shift() -> tuple[str, int]:
        with tempfile.TemporaryDirectory() as folder:
            world = Foresight(Path(folder), foresees=foresees)
            await world.open()
            for step in steps:
                await world.carry_out(step)
            story = world.story()
            await world.close()
            return story, world.used

    return run(shift())


def same(steps: Sequence[Step]) -> int:
    """Assert that hints changed nothing; returns how many were of use."""
    (with_hints, used), (without, _none) = told(steps, foresees=True), told(steps, foresees=False)
    assert with_hints == without
    return used


def test_a_reading_that_was_foreseen_is_only_stored_when_it_comes() -> None:
    first = scan(hint=False)  # brings the row of this start, too

    assert same([LOADED, *first, *scan(OTHER), *scan(CARD)]) == 2


# What may happen between the last character and the terminator, so that another verdict is due.
ANSWERED = [*scan(hint=False), Step("answered", ms=2000)]
CAUSES = {
    "another scanner read this card": [*scan(CARD, Step("page_reading", CARD))],
    "the last scan was taken back": [*scan(CARD, Step("undo"))],
    "the register says no to the card": [*scan(CARD, Step("page", 3))],
    "the plant speaks another language": [*scan(CARD, Step("page", 1))],
    "central has answered": [*scan(CARD, Step("courier"), Step("courier"))],
    "the register came": [*scan(CARD, LOADED)],
    "the register has told of an answer": [*ANSWERED, *scan(CARD, Step("refreshed"))],
    "central was restored": [*ANSWERED, *scan(CARD, Step("restored"))],
    "central said what time it is": [*scan(CARD, Step("heard"))],
    "this terminal is another one": [*scan(CARD, Step("name", 1))],
    "it was long ago": [*scan(CARD, Step("nothing", 0, 600))],
}


@pytest.mark.parametrize("cause", CAUSES)
def test_whatever_comes_in_between_the_reading_is_judged_by_what_is_so_then(cause: str) -> None:
    assert same([*BEFORE, *CAUSES[cause]]) == 0


def _unmarked(owner: type, *names: str) -> Plant:
    """Changes that leave no mark."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for name in names:
            patch.setattr(owner, name, getattr(owner, name).__wrapped__)

    return plant


def _outlives_the_next(patch: pytest.MonkeyPatch) -> None:
    take = Station._as_foreseen

    def kept(self: Station, given: Input) -> Any:
        foreseen = self._foreseen
        found = take(self, given)
        self._foreseen = foreseen if found is None else None
        return found

    patch.setattr(Station, "_as_foreseen", kept)


BUGS: dict[str, list[Plant]] = {
    "another scanner read this card": [
        _outlives_the_next, _unmarked(Memory, "card_read", "happened"), _unmarked(Beliefs, "note"),
    ],
    "the register says no to the card": [_unmarked(Register, "_guarded")],
    "the plant speaks another language": [_unmarked(Register, "_guarded")],
    "the register has told of an answer": [_unmarked(Beliefs, "refreshed")],
    "central was restored": [_unmarked(Beliefs, "new_generation")],
    "central said what time it is": [_unmarked(CentralTime, "heard")],
    "this terminal is another one": [lambda patch: patch.setattr(Station, "_standing", lambda _self: ())],
}  # fmt: skip


@pytest.mark.parametrize("cause", BUGS)
def test_a_change_that_is_not_noticed_is_found(cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for plant in BUGS[cause]:
        plant(monkeypatch)

    with pytest.raises(AssertionError):
        same([*BEFORE, *CAUSES[cause]])


@pytest.mark.parametrize("when", ["before the hint", "after the hint"])
def test_while_something_is_being_changed_nothing_is_foreseen_and_nothing_foreseen_counts(
    tmp_path: Path, when: str
) -> None:
    async def shift() -> None:
        world = await Foresight(tmp_path, foresees=True).open()
        for step in [*BEFORE, Step("characters", CARD, 1)]:
            await world.carry_out(step)
        steps = [Step("hint", CARD), Step("terminator", CARD)]
        under_way = world.register._under_way

        under_way.update([object()] if when == "before the hint" else [])
        await world.carry_out(steps[0])
        assert (world.station._foreseen is None) is (when == "before the hint")
        under_way.add(object())
        await world.carry_out(steps[1])

        assert world.used == 0
        await world.close()

    run(shift())


def test_a_full_disk_and_a_rest_only_take_back_what_was_begun() -> None:
    full = [Step("full", 1), *scan(), Step("full", 0), *scan()]

    same([LOADED, *scan(OTHER, hint=False), *scan(CARD, Step("rest")), *full, *scan(OTHER, Step("rest"))])


ANYTHING = [
    *["wrong_hint", "page_reading", "undo", "courier", "register", "page", "answered", "refreshed", "restored"],
    *["heard", "name", "full", "broken", "mended", "rest", "nothing"],
]
steps = st.builds(
    Step,
    st.sampled_from([*["characters", "hint", "terminator"] * 4, *ANYTHING]),
    st.integers(0, 2 * len(CODES) - 1),
    st.sampled_from([0, 1, 1, 2, 5, 40, 600, 1_100, 12_000, 130_000]),
)
scans = st.builds(lambda number, between: scan(number, *between), st.integers(0, 7), st.lists(steps, max_size=2))


@settings(max_examples=60, deadline=None)  # some hundred commits each
@given(st.lists(scans | steps.map(lambda one: [one]), max_size=25))
@example([[LOADED], scan(hint=False), scan(), scan(OTHER)])
def test_with_hints_in_any_place_the_same_is_stored_said_and_sounded(parts: list[list[Step]]) -> None:
    same([step for part in parts for step in part])
