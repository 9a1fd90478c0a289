"""Real programs that print: CUPS' IPP printer, and CUPS itself."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_label_printer import FakePrinter
from real_printing import Hall, hall
from reportlab.pdfgen.canvas import Canvas

from ekanban_labels.printers import Condition, Dialect, Document, Patience, Progress, Sent, Step, check, send

QUICK = Patience(poll=0.05, settle=0.1, silent=20, stalled=30)
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.needs("ippeveprinter", "cupsd", "ip", "gcc", "mount"),
]


@pytest.fixture
def printers(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path) as made:
        yield made


def _pdf() -> bytes:
    content = io.BytesIO()
    canvas = Canvas(content)
    canvas.drawString(100, 100, "7K3Q-M9X2-01CF")
    canvas.save()
    return content.getvalue()


def test_an_ipp_printer_prints_what_it_was_sent(printers: Hall, tmp_path: Path) -> None:
    printer = printers.ipp_printer(f'cat "$1" > {tmp_path}/paper-$IPP_JOB_ID')
    documents = [Document(_pdf(), 8), Document(_pdf(), 3)]

    status = printers.call(lambda: check(printer))
    result = printers.call(lambda: send(printer, documents, patience=QUICK))

    assert status.condition is Condition.READY
    assert (result.state, result.printed, result.begun) == (Sent.DONE, 11, 11)
    papers = sorted(tmp_path.glob("paper-*"))
    assert [paper.read_bytes() for paper in papers] == [document.data for document in documents]


def test_an_ipp_printer_without_paper_is_waited_for(printers: Hall, tmp_path: Path) -> None:
    printer = printers.ipp_printer(
        f'echo "STATE: +media-empty" >&2; for _ in $(seq 200); do [ -e {tmp_path}/paper ] && break; sleep 0.1; done;'
        ' echo "STATE: -media-empty" >&2'
    )
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.step is Step.WAITING:
            (tmp_path / "paper").touch()

    impatient = replace(QUICK, answer=0.5)
    result = printers.call(lambda: send(printer, [Document(_pdf())], tell, patience=impatient))

    assert result.state is Sent.DONE
    assert "The printer has no paper. Put some in." in [str(step.reason) for step in told]


def test_a_job_that_is_cancelled_while_it_may_be_printing_is_not_called_unprinted(
    printers: Hall, tmp_path: Path
) -> None:
    printer = printers.ipp_printer(f"touch {tmp_path}/began; sleep 1")
    cancel = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.step is Step.ACCEPTED:
            cancel.set()

    result = printers.call(lambda: send(printer, [Document(_pdf())], tell, cancel=cancel, patience=QUICK))

    began = (tmp_path / "began").exists()  # the cancellation may have been faster
    assert (result.state, result.begun) in [(Sent.UNKNOWN, 1), (Sent.DONE, 1), *([] if began else [(Sent.FAILED, 0)])]


def test_cups_word_for_a_queue_over_ipp_is_believed(printers: Hall, tmp_path: Path) -> None:
    direct = printers.ipp_printer(f'cat "$1" > {tmp_path}/paper')
    printers.cups(office=direct.address)

    result = printers.call(lambda: send(printers.queue("office", Dialect.PDF), [Document(_pdf(), 8)], patience=QUICK))

    assert (result.state, result.printed) == (Sent.DONE, 8)
    assert (tmp_path / "paper").read_bytes().startswith(b"%PDF")


def test_a_document_that_cups_cannot_read_ends_as_unknown_and_is_not_kept(printers: Hall, tmp_path: Path) -> None:
    direct = printers.ipp_printer("true")
    printers.cups(office=direct.address)

    queue = replace(printers.queue("office", Dialect.PDF), media="iso_a4_210x297mm")  # a filter sets the paper size

    result = printers.call(lambda: send(queue, [Document(b"%PDF-1.4\n%%EOF\n")], patience=QUICK))

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 1)
    assert "ended with errors" in str(result.reason)


def test_cups_word_for_a_raw_socket_is_not_believed(printers: Hall) -> None:
    """It says "completed" although the printer reset after a quarter of the bytes."""
    labels = Document(b"^XA^FDcard^FS^XZ" * 200, 200)
    fake = printers.call(lambda: FakePrinter(cut_after=len(labels.data) // 4).__enter__())
    try:
        printers.cups(labels=f"socket://{fake.address}")
        result = printers.call(lambda: send(printers.queue("labels", Dialect.ZPL), [labels], patience=QUICK))
    finally:
        fake.__exit__(None, None, None)

    assert fake.engine.count < 200
    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 200)
    assert "came out" in str(result.reason)  # sometimes its backend notices, and the job ends with errors


def test_a_queue_that_is_not_there_is_said(printers: Hall) -> None:
    printers.cups()

    status = printers.call(lambda: check(printers.queue("nobody", Dialect.PDF)))

    assert not status.ready
    assert "no printer by this path or name" in str(status.sentence)
