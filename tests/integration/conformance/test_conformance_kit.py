"""Our own central held against the conformance kit, over HTTP; and the kit against a central whose rules are wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kit.card_code import code_of
from kit.examples import BadExample, load
from kit.run import Plant, Run
from kit.wire import Central
from served_central import Served, served

from ekanban_central import intake_judging
from ekanban_core import lifecycle, lifecycle_empty, lifecycle_steps
from ekanban_core.card_code import CardCode
from ekanban_core.decision import Decision
from ekanban_core.facts import ScanFact
from ekanban_core.moments import Order
from ekanban_core.states import Closing, Intent, Outcome

EXAMPLES = load()
ROWS = {  # of "What a scan can answer", where one outcome has several
    "already_open, probably received", "late, empty", "late, step", "out_of_sequence, warn and do",
    "out_of_sequence, refuse", "undone, opening", "undone, receipt", "undone, assumed receipt",
    "undone, nothing to undo", "review, bounds overlap", "review, facts contradict", "review, no rule decides",
    "review, undo moved on", "review, shown red", "shown green, refused", "repeated", "set_aside, revoked key",
    "set_aside, forked terminal", "set_aside, other content",
}  # fmt: skip
HOME = Path(__file__).resolve().parents[2] / "conformance"


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.heavy])],
)
def central(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("central")
    url = f"sqlite:///{folder / 'central.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_module_url")
    with served(url, folder) as running:
        yield running


@pytest.fixture(scope="module")
def plant(central: Served) -> Iterator[Plant]:
    plant = Plant(Central(central.url, central.token))
    plant.begin()
    yield plant
    plant.central.connection.close()


@pytest.mark.more
def test_our_central_does_what_every_example_says(plant: Plant) -> None:
    differing = {example.name: wrong for example in EXAMPLES if (wrong := Run(plant, example).carry_out())}

    assert differing == {}


def test_every_outcome_and_every_row_is_worked_out() -> None:
    assert set().union(*(example.outcomes for example in EXAMPLES)) == set(Outcome)
    assert {example.row for example in EXAMPLES} - {""} == ROWS
    assert len(EXAMPLES) >= 60


def test_the_command_says_what_conforms(central: Served) -> None:
    command = [sys.executable, str(HOME), "--central", central.url, "--only", "A second empty scan"]

    done = subprocess.run([*command, "--token", central.token], capture_output=True, text=True, check=False)
    nothing = subprocess.run(
        [*command[:-1], "no such words", "--token", central.token], capture_output=True, check=False
    )

    assert done.stdout == "conforms  A second empty scan opens nothing\n1 of 1 examples conform\n"
    assert (done.returncode, nothing.returncode) == (0, 1)


def test_the_kits_card_codes_are_the_fields() -> None:
    for version in (1, 31, 32, 1023):
        assert code_of("7K3QM9X2", version) == CardCode("7K3QM9X2", version).text


def test_a_misspelt_word_is_no_example(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text('[[example]]\nname = "A"\nsteps = [{ scan = "empty", outcom = "opened" }]\n')

    with pytest.raises(BadExample, match="outcom"):
        load(tmp_path)


# Rules that are wrong, each planted in the running central; the kit must say so.


def toggle(known: Any, scan: ScanFact) -> Decision:
    """A second empty receives, as systems do that toggle to "the next state"."""
    return lifecycle_steps.step(known, replace(scan, intent=Intent.RECEIVE)) if known.signal else EMPTY(known, scan)


EMPTY, STEP, UNDO, JUDGE, ORDER = (
    lifecycle_empty.empty, lifecycle_steps.step, lifecycle.undo, intake_judging.judge, lifecycle_empty.order,
)  # fmt: skip


def always_after(*_moments: object) -> Order:
    """Whatever arrives is the newest."""
    return Order.AFTER


def one_scan_everywhere(known: Any, scan: ScanFact) -> Decision:
    """No loop waits for a receive scan."""
    return EMPTY(replace(known, policy=replace(known.policy, closing=Closing.ONE_SCAN, min_cycle_s=0)), scan)


def undo_by_force(known: Any, scan: ScanFact, target: Any) -> Decision:
    """Nothing is ever undone, and it is said that it was."""
    return known.unchanged(Outcome.UNDONE, "undone")


def whatever_was_shown(standing: Any, read: Any, known: Any, scan: ScanFact, target: Any = None) -> Decision:
    """Central does not care what the worker saw."""
    return JUDGE(standing, read, known, replace(scan, shown=None), target)


def everybody_counts(standing: Any, read: Any, known: Any, scan: ScanFact, target: Any = None) -> Decision:
    """Revoked and copied terminals are heard like others."""
    return JUDGE(intake_judging.Standing.GOOD, read, known, scan, target)


def never_refuses(known: Any, scan: ScanFact) -> Decision:
    """A loop that should refuse warns."""
    return STEP(replace(known, policy=replace(known.policy, out_of_sequence=lifecycle_steps.OutOfSequence.WARN)), scan)


PLANTED: list[tuple[Any, str, Callable[..., Any], str]] = [
    (lifecycle, "empty", toggle, "A second empty scan opens nothing"),
    (
        lifecycle,
        "empty",
        one_scan_everywhere,
        "A forgotten receipt is asked about once the minimum cycle time has passed",
    ),
    (lifecycle_empty, "order", always_after, "An empty scan of a closed cycle opens nothing"),
    (lifecycle_empty, "_refused", lambda known, scan: None, "Hold blocks empty"),
    (lifecycle, "undo", undo_by_force, "An undone opening never was"),
    (lifecycle, "step", never_refuses, "A loop that refuses does not carry out the step that leaves one out"),
    (intake_judging, "judge", whatever_was_shown, "What was shown red is never carried out"),
    (intake_judging, "judge", everybody_counts, "What a revoked terminal scans is set aside"),
    (
        lifecycle_empty,
        "superseded",
        lambda card, scan: False,
        "Once the new paper is confirmed the old one orders nothing",
    ),
]


@pytest.mark.parametrize(("module", "name", "wrong", "example"), PLANTED, ids=[f"{one[1]}-{one[3]}" for one in PLANTED])
def test_a_wrong_rule_is_seen(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Callable[..., Any], example: str
) -> None:
    chosen = next(one for one in EXAMPLES if one.name == example)
    monkeypatch.setattr(module, name, wrong)

    assert Run(plant, chosen).carry_out()
