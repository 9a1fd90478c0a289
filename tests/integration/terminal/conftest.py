"""Real terminals for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_terminals import Terminals


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    made = Terminals(tmp_path / "log.txt")
    yield made
    for one in made.started:
        one.kill()
