"""Commands set up logging for their process; tests share one."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test logging as a new process has it, and put it back: other tests run uvicorn in this process."""
    handlers, level = logging.root.handlers[:], logging.root.level
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "courier"):
        logger = logging.getLogger(name)
        for attribute, value in (("handlers", []), ("propagate", True), ("disabled", False), ("level", logging.NOTSET)):
            monkeypatch.setattr(logger, attribute, value)
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
