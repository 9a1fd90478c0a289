"""How soon the demo stands can be measured in a git checkout only."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_cli.bench import demo_start
from ekanban_cli.bench.figure import CannotMeasure


def test_an_installed_package_says_that_a_checkout_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_start, "CHECKOUT", tmp_path)

    with pytest.raises(CannotMeasure, match="needs a git checkout"):
        demo_start.run()


def test_the_checkout_is_where_the_makefile_is() -> None:
    assert (demo_start.CHECKOUT / "Makefile").exists()
