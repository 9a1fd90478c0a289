"""How long a printer is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds; `batch` in prints."""

    connect: float = 10.0  # to all addresses of a printer together
    answer: float = 10.0  # one answer, however slowly its bytes come
    poll: float = 0.25  # between two questions
    settle: float = 1.0  # a label printer must say “nothing left” for so long
    silent: float = 120.0  # no answer in the middle of a job: many say nothing while paper is missing
    stalled: float = 900.0  # nothing goes on, for whatever reason
    transfer: float = 120.0  # one document over IPP, with its answer
    farewell: float = 3.0  # the printer's last words
    batch: int = 5  # prints that a label printer has at once


PATIENCE = Patience()
