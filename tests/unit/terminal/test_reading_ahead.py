"""A reading that was foreseen is stored and shown as one that was not, whatever happens in between."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from foresight import CODES, Foresight, Step
from hypothesis import example, given
from hypothesis import strategies as st
from terminal_world import run

from ekanban_terminal import station
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.register import Register
from ekanban_terminal.station_memory import Memory

CARD, OTHER, FOREIGN = 0, 2, 3  # places in CODES of two cards' codes that the scanner "hand" reads, and an alias
LOADED = Step("register")


def scan(number: int = CARD, *between: Step, hint: bool = True) -> list[Step]:
    """A code's characters, then what happens before its terminator."""
    foreseen = [Step("hint", number)] if hint else []
    return [Step("characters", number, 1), *foreseen, *between, Step("terminator", number, 3)]


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


CAUSES = {  # what may happen between the last character and the terminator, so that another verdict is due
    "another scanner read this card": [Step("page_reading", CARD)],
    "the last scan was taken back": [Step("undo")],
    "the register says no to the card": [Step("page", 3)],
    "the plant speaks another language": [Step("page", 1)],
    "central has answered": [Step("courier"), Step("courier")],
    "the register came": [LOADED],
    "central was restored": [Step("restored")],
    "this terminal is another one": [Step("name", 1)],
    "it was long ago": [Step("nothing", 0, 600)],
    "a command card came": [Step("characters", 4, 1), Step("terminator", 4)],
    "the disk failed": [Step("broken")],
    "the disk failed and was mended": [Step("broken"), Step("mended")],
}


@pytest.mark.parametrize("cause", CAUSES)
def test_whatever_comes_in_between_the_reading_is_judged_by_what_is_so_then(cause: str) -> None:
    steps = [LOADED, *scan(OTHER, hint=False), Step("courier", ms=2000), *scan(CARD, *CAUSES[cause])]

    assert same(steps) == (1 if cause == "the disk failed and was mended" else 0)


def test_a_full_disk_and_a_rest_only_take_back_what_was_begun() -> None:
    full = [Step("full", 1), *scan(), Step("full", 0), *scan()]

    same([LOADED, *scan(OTHER, hint=False), *scan(CARD, Step("rest")), *full, *scan(OTHER, Step("rest"))])


steps = st.builds(
    Step,
    st.sampled_from(
        [
            *["characters", "hint", "terminator"] * 4, "wrong_hint", "page_reading", "undo", "courier", "register",
            "page", "restored", "name", "full", "broken", "mended", "rest", "nothing",
        ]  # fmt: skip
    ),
    st.integers(0, 2 * len(CODES) - 1),
    st.sampled_from([0, 1, 1, 2, 5, 40, 600, 1_100, 12_000, 130_000]),
)
scans = st.builds(lambda number, between: scan(number, *between), st.integers(0, 7), st.lists(steps, max_size=2))


@given(st.lists(scans | steps.map(lambda one: [one]), max_size=25))
@example([[LOADED], scan(hint=False), scan(), scan(OTHER)])
def test_with_hints_in_any_place_the_same_is_stored_said_and_sounded(parts: list[list[Step]]) -> None:
    same([step for part in parts for step in part])


def _unmarked(owner: type, *names: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A change that leaves no mark."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for name in names:
            patch.setattr(owner, name, getattr(owner, name).__wrapped__)

    return plant


def _outlives_the_next(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(station, "FORESEEN_S", 1e9)


BUGS = {
    "the memory's changes are not marked": (
        _unmarked(Memory, "command_read", "card_read", "happened"), "another scanner read this card"
    ),
    "pages of the register are not marked": (_unmarked(Register, "_guarded"), "the register says no to the card"),
    "central's answers are not marked": (_unmarked(Beliefs, "refreshed"), "central has answered"),
}  # fmt: skip


def test_dummy() -> None:
    assert CentralTime and BUGS and _outlives_the_next and FOREIGN
