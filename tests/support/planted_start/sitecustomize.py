"""Python runs this at its start: whatever EKANBAN_PLANTED names is wrong with the process from there on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]

if name := os.environ.get("EKANBAN_PLANTED"):
    sys.path += [str(TESTS), str(TESTS / "support")]
    from simulation.planted import load_all

    load_all()[name].plant().__enter__()
