"""A benchmark's figures stand beside their limits, and the file keeps the newest run of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_cli.bench import catalogue, report
from ekanban_cli.bench.catalogue import Benchmark
from ekanban_cli.bench.figure import Figure, Report, percentile
from ekanban_cli.bench.machine import Machine

MACHINE = Machine("Test processor", 2, 4.0, "Linux 6", "Python 3.11", 0.01)
ONE, OTHER = Benchmark("one", "the first", "one"), Benchmark("other", "the second", "other")


@pytest.mark.parametrize(
    ("value", "at_least", "reached"), [(1.5, False, True), (1.51, False, False), (1.5, True, True), (1.49, True, False)]
)
def test_a_figure_on_the_wrong_side_of_its_limit_is_not_reached(value: float, at_least: bool, reached: bool) -> None:
    figure = Figure("p99", value, 1.5, at_least=at_least)

    assert figure.reached is reached


def test_the_newest_run_of_a_benchmark_replaces_its_last_one_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    report.write(file, ONE, MACHINE, Report([Figure("p50", 1.1, 2)]))
    report.write(file, OTHER, MACHINE, Report([Figure("memory", 61, 68, unit="MB")]))

    report.write(file, ONE, MACHINE, Report([Figure("p50", 2.5, 2)], notes=["Measured twice."]))

    text = file.read_text()
    assert text.count("## one\n") == text.count("## other\n") == 1
    assert "2.5 × | ≤ 2 **missed**" in text
    assert "1.1 ×" not in text
    assert "61 MB | ≤ 68" in text
    assert "Measured twice." in text


def test_a_busy_machine_is_named_as_one() -> None:
    busy = Machine("Test processor", 2, 4.0, "Linux 6", "Python 3.11", 0.5)

    assert "50% busy before the run, NOT idle" in busy.text
    assert "NOT" not in MACHINE.text


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert percentile([float(n) for n in range(101)], 99) == 99


def test_every_benchmark_in_the_catalogue_can_be_loaded() -> None:
    for benchmark in catalogue.BENCHMARKS:
        assert callable(benchmark.load())
