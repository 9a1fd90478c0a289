"""What ekanban_labels says of a printer, in central's words."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from ekanban_central import labels_printers
from ekanban_central.print_engine import Batch, Told
from ekanban_central.printers import Printer
from ekanban_core.states import PrinterDialect, PrinterWay, PrintState
from ekanban_labels import printers
from ekanban_labels.printers import Document, Progress, Result, Step
from ekanban_labels.printers.model import Sent as LabelsSent
from ekanban_labels.printers.sentence import say

BLIND = Printer(
    UUID(int=1), 1, "Office", PrinterWay.CUPS, "Office_2", PrinterDialect.PDF, 600, "iso_a4_210x297mm", 0.0, 0.0, 1.0,
    1.0, 0.0, False, "ab" * 32, "", "", None, True,
)  # fmt: skip
RAW = replace(BLIND, way=PrinterWay.RAW, address="192.0.2.1:9100", dialect=PrinterDialect.ZPL, media="")
IPP = replace(BLIND, way=PrinterWay.IPP, address="ipp://192.0.2.1/ipp/print")
LOOK = say("Look.")


def _sent(
    monkeypatch: pytest.MonkeyPatch, printer: Printer, result: Result, *steps: Progress
) -> tuple[PrintState, list[Told], Any]:
    """Send two batches of four cards, and hear what central makes of it."""
    asked: list[Any] = []

    def send(known: printers.Printer, documents: Iterable[Document], tell: Any, **more: Any) -> Result:
        asked.append(known)
        list(documents)
        for step in steps:
            tell(step)
        return result

    monkeypatch.setattr(printers, "send", send)
    told: list[Told] = []
    batches = iter([Batch(b"%PDF", 4)] * 2)
    sent = labels_printers.send(printer, "job", batches, told.append, threading.Event())
    return sent.state, told, asked[0]


ACCEPTED, WAITING = Progress(Step.ACCEPTED, 0, 8), Progress(Step.WAITING, 0, 8, LOOK)
ALL = Result(LabelsSent.UNKNOWN, 0, 8, LOOK)


@pytest.mark.parametrize(
    ("printer", "result", "steps", "state"),
    [
        (BLIND, ALL, (ACCEPTED,), PrintState.ACCEPTED),
        (BLIND, ALL, (ACCEPTED, WAITING), PrintState.ACCEPTED),
        (BLIND, ALL, (), PrintState.UNKNOWN),  # it never had all bytes
        (BLIND, replace(ALL, begun=4), (ACCEPTED,), PrintState.UNKNOWN),  # the rest was not sent
        (IPP, ALL, (ACCEPTED,), PrintState.UNKNOWN),  # such a one tells, and did not
        (replace(RAW, answers_status=True), ALL, (ACCEPTED,), PrintState.UNKNOWN),
        (BLIND, replace(ALL, state=LabelsSent.FAILED), (ACCEPTED,), PrintState.FAILED),
        (BLIND, replace(ALL, state=LabelsSent.DONE), (ACCEPTED,), PrintState.DONE),
    ],
)
def test_only_a_printer_that_cannot_tell_and_has_everything_has_taken_it(
    monkeypatch: pytest.MonkeyPatch, printer: Printer, result: Result, steps: tuple[Progress, ...], state: PrintState
) -> None:
    assert _sent(monkeypatch, printer, result, *steps)[0] is state


def test_only_what_is_surely_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = _sent(monkeypatch, IPP, ALL, Progress(Step.WAITING, 3, 8, LOOK))[1]

    assert told == [Told(3, "Look.", {})]


def test_a_printer_is_asked_as_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    known = _sent(monkeypatch, IPP, ALL)[2]

    assert (known.address, known.media, known.fingerprint, known.dpi) == (
        IPP.address, "iso_a4_210x297mm", "ab" * 32, 600)  # fmt: skip
    assert (known.way, known.dialect, known.answers_status) == ("ipp", "pdf", False)
