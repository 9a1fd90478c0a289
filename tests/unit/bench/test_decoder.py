"""The benchmark of the key decoder reads what it typed."""

from __future__ import annotations

import pytest

from ekanban_cli.bench import decoder
from ekanban_cli.bench.figure import CannotMeasure


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "CODES", 20)
    monkeypatch.setattr(decoder, "ROUNDS", 1)
    ticks = iter(range(1000))
    monkeypatch.setattr(decoder.time, "process_time", lambda: next(ticks))


def test_every_kind_of_code_is_decoded_whole_and_compared() -> None:
    figures = decoder.run().figures

    assert [(figure.value, figure.limit) for figure in figures[::2]] == [(1.0, 0.2)] * 3
    assert all(figure.at_least for figure in figures)
    assert figures[1].value == 20 * 6 * (len(decoder.DIGITS) + 1)


def test_codes_that_get_lost_are_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "DIGITS", [(59,)])  # F1 refuses each

    with pytest.raises(CannotMeasure, match="0 of 20 codes"):
        decoder.run()
