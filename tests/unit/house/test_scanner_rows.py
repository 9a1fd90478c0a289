"""Every row of the table of scanners' failures names tests that exist and that `make test` runs."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "docs/reference/scanner-rows.md"
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def rows() -> list[str]:
    return [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][2:]


@cache
def found_in(file: str) -> dict[str, bool]:
    """Each test in the files of this name, and whether `make test` runs it."""
    found: dict[str, bool] = {}
    for path in (ROOT / "tests").rglob(file):
        tree = ast.parse(path.read_text())
        all_heavy = any(_is_heavy(node) for node in tree.body if isinstance(node, ast.Assign))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found[node.name] = not all_heavy and not any(_is_heavy(mark) for mark in node.decorator_list)
    return found


def _is_heavy(node: ast.AST) -> bool:
    return "heavy" in ast.unparse(node)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_a_failure_of_scanners_has_tests_that_run(row: str) -> None:
    named = NAMED.findall(row)

    assert named
    for file, name in named:
        assert found_in(file).get(name), f"{file}::{name}"


def test_what_is_not_there_or_heavy_would_be_noticed() -> None:
    assert found_in("test_chaos.py")
    assert not any(found_in("test_chaos.py").values())
    assert found_in("test_no_such_file.py") == {}
    assert len(rows()) > 30
