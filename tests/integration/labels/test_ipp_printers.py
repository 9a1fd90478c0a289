"""IPP: what is said of a job is what the printer says of it, and what it does not say is unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat

import pytest
from fake_ipp_printer import (
    ABORTED,
    CANCEL,
    CANCELED,
    COMPLETED,
    JOB,
    JOBS,
    PENDING,
    PRINT,
    PRINTER,
    PROCESSING,
    STOPPED,
    VALIDATE,
    FakeIpp,
    Handler,
)

from ekanban_labels.printers import Patience, check, send
from ekanban_labels.printers.model import Condition, Dialect, Document, Printer, Progress, Result, Sent, Step, Way

QUICK = Patience(poll=0.002, settle=0.005, silent=20, stalled=60, transfer=20)
HASTY = replace(QUICK, silent=0.1, stalled=0.1)  # where the printer shall be given up
PDF = b"%PDF-1.7 eight cards\n%%EOF\n"


def _printer(fake: FakeIpp, **more: str) -> Printer:
    return Printer("office", Way.IPP, fake.address, Dialect.PDF, dpi=600, **more)  # type: ignore[arg-type]  # texts


def _sent(fake: FakeIpp, documents: int = 1, patience: Patience = QUICK, **more: object) -> Result:
    return send(_printer(fake), [Document(PDF, 8)] * documents, name="job-7", patience=patience, **more)  # type: ignore[arg-type]  # passed on


def test_a_job_is_done_when_the_printer_has_completed_it() -> None:
    with FakeIpp() as fake:
        told: list[Progress] = []
        result = _sent(fake, 2, tell=told.append)

    assert (result.state, result.printed, result.begun) == (Sent.DONE, 16, 16)
    assert fake.documents == [PDF, PDF]
    assert [job.name for job in fake.jobs] == ["job-7-1", "job-7-2"]
    assert [(step.step, step.printed) for step in told] == [
        (Step.SENDING, 0), (Step.ACCEPTED, 0), (Step.SENDING, 8), (Step.ACCEPTED, 8)]  # fmt: skip


def test_nothing_is_scaled_and_nothing_printed_on_the_back_of_another_card() -> None:
    with FakeIpp() as fake:
        send(_printer(fake, media="iso_a4_210x297mm"), [Document(PDF)], patience=QUICK)

    (request,) = (body for body in fake.requests if body[3] == PRINT)
    assert b"\x44\x00\x0dprint-scaling\x00\x04none" in request
    assert b"\x44\x00\x05sides\x00\x09one-sided" in request
    assert b"\x44\x00\x05media\x00\x10iso_a4_210x297mm" in request


@pytest.mark.parametrize(
    ("document", "media", "words"),
    [
        (Document(PDF, two_sided=True), "", "both sides"),
        (Document(PDF), "iso_a6_105x148mm", "does not know the paper iso_a6_105x148mm"),
    ],
)
def test_what_the_printer_cannot_do_is_refused_before_paper_is_wasted(
    document: Document, media: str, words: str
) -> None:
    with FakeIpp() as fake:
        result = send(_printer(fake, media=media), [document], patience=QUICK)

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])
    assert words in str(result.reason)


def test_a_printer_without_pdf_is_refused() -> None:
    with FakeIpp(formats=["image/pwg-raster", "image/urf"]) as fake:
        assert check(_printer(fake), QUICK).condition is Condition.UNSUITABLE
        result = _sent(fake)

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])


@pytest.mark.parametrize(
    ("reason", "condition"),
    [
        ("media-empty-error", Condition.PAPER_OUT),
        ("media-jam", Condition.JAM),
        ("cover-open-error", Condition.OPEN),
        ("toner-empty-error", Condition.RIBBON_OUT),
        ("paused", Condition.PAUSED),
        ("toner-low-warning", Condition.READY),
        ("media-empty-report", Condition.READY),
        ("media-empty-warning", Condition.READY),  # it may have another tray
    ],
)
def test_what_the_printer_lacks_is_a_sentence(reason: str, condition: Condition) -> None:
    with FakeIpp(reasons=[reason]) as fake:
        status = check(_printer(fake), QUICK)

    assert status.condition is condition
    assert str(status.sentence)


def test_a_stopped_printer_gets_no_document() -> None:
    with FakeIpp(state=5, reasons=["media-jam"]) as fake:
        result = _sent(fake)

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])
    assert "jammed" in str(result.reason)


def test_missing_paper_is_told_while_the_job_waits_for_it() -> None:
    with FakeIpp(course=[PROCESSING, *[STOPPED] * 3, COMPLETED], reasons=["media-empty"]) as fake:
        told: list[Progress] = []
        result = _sent(fake, tell=told.append)

    assert result.state is Sent.DONE
    assert [str(step.reason) for step in told if step.step is Step.WAITING] == [
        "The printer has no paper. Put some in."
    ]


def test_an_aborted_job_is_unknown_and_the_next_document_is_not_sent() -> None:
    with FakeIpp(course=[PROCESSING, ABORTED], job_reasons=["aborted-by-system"]) as fake:
        result = _sent(fake, 3)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)
    assert len(fake.documents) == 1
    assert "aborted-by-system" in result.detail


@pytest.mark.parametrize("reason", ["job-completed-with-errors", "queued-in-device", "job-canceled-at-device"])
def test_completed_with_a_reservation_is_not_done(reason: str) -> None:
    with FakeIpp(course=[COMPLETED], job_reasons=[reason]) as fake:
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_a_job_cancelled_while_it_waits_is_cancelled_at_the_printer_and_surely_not_printed() -> None:
    cancel = threading.Event()
    with FakeIpp(course=[PENDING], processed=False, reasons=["media-empty"]) as fake:
        result = _sent(fake, cancel=cancel, tell=lambda step: cancel.set() if step.step is Step.WAITING else None)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert CANCEL in fake.asked


def test_a_job_cancelled_while_it_prints_is_unknown() -> None:
    cancel = threading.Event()
    with FakeIpp(course=[PENDING, PROCESSING], processed=False) as fake:  # the printer forgets to say that it began
        fake.worse[JOB] = lambda handler, answer: (cancel.set(), handler.proper(answer))[0]

        result = _sent(fake, cancel=cancel)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_a_job_that_never_goes_on_is_cancelled_at_the_printer() -> None:
    with FakeIpp(course=[PROCESSING]) as fake:
        result = _sent(fake, patience=HASTY)

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)
    assert fake.jobs[0].state == CANCELED


def _reset(handler: Handler, answer: bytes) -> None:
    handler.reset()


def _garbage(handler: Handler, answer: bytes) -> None:
    handler.proper(b"\2\0" + b"garbage" * 9)


def _half(handler: Handler, answer: bytes) -> None:
    handler.head(200, len(answer))
    handler.wfile.write(answer[: len(answer) // 2])
    handler.reset()


def _not_http(handler: Handler, answer: bytes) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")


def _status_500(handler: Handler, answer: bytes) -> None:
    handler.head(500, 0)


def _endless(handler: Handler, answer: bytes) -> None:
    handler.head(200)
    while not handler.server.printer.over.is_set():
        handler.wfile.write(b"\2" * 65536)


def _dripping(handler: Handler, answer: bytes) -> None:
    handler.head(200, len(answer))
    for place in range(len(answer)):
        handler.wfile.write(answer[place : place + 1])
        if handler.server.printer.over.wait(0.05):
            return


def _silent(handler: Handler, answer: bytes) -> None:
    handler.server.printer.over.wait(60)


def _of_another_request(handler: Handler, answer: bytes) -> None:
    handler.proper(answer[:4] + b"\x7f\0\0\1" + answer[8:])


SLOW = [_dripping, _silent]
WORSE = [_reset, _garbage, _half, _not_http, _status_500, _endless, _of_another_request]


def _each(ways: list[Callable[[Handler, bytes], None]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("worse", ways, ids=[way.__name__.strip("_") for way in ways])


def _waiting_for(worse: Callable[[Handler, bytes], None], patience: Patience) -> Patience:
    """Only where no answer comes is it worth to wait for none; elsewhere a slow machine would look like it."""
    return replace(patience, transfer=1.0) if worse in SLOW else patience


@_each(WORSE + SLOW)
def test_before_the_document_every_bad_answer_means_that_nothing_was_sent(
    worse: Callable[[Handler, bytes], None],
) -> None:
    with FakeIpp(worse={PRINTER: worse}) as fake:
        result = _sent(fake, patience=_waiting_for(worse, HASTY))

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])
    assert str(result.reason)


@_each(WORSE + SLOW)
def test_a_job_whose_answer_got_lost_is_found_by_its_name(worse: Callable[[Handler, bytes], None]) -> None:
    with FakeIpp(worse={PRINT: worse}) as fake:
        result = _sent(fake, patience=_waiting_for(worse, QUICK))

    assert (result.state, result.printed) == (Sent.DONE, 8)
    assert len(fake.documents) == 1


@_each(WORSE)
def test_a_job_whose_answer_got_lost_and_that_is_not_found_is_unknown(worse: Callable[[Handler, bytes], None]) -> None:
    with FakeIpp(worse={PRINT: worse, JOBS: worse}) as fake:
        result = _sent(fake, patience=HASTY)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)
    assert len(fake.documents) == 1


def test_a_job_that_the_printer_does_not_list_is_unknown() -> None:
    with FakeIpp(worse={PRINT: _reset}) as fake:
        fake.worse[JOBS] = lambda handler, answer: handler.proper(answer.replace(b"job-7-1", b"another"))
        result = _sent(fake)

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)


@_each(WORSE)
def test_a_printer_that_fails_while_it_prints_is_asked_again(worse: Callable[[Handler, bytes], None]) -> None:
    answers = chain([worse, worse], repeat(Handler.proper))
    with FakeIpp(worse={JOB: lambda handler, answer: next(answers)(handler, answer)}) as fake:
        result = _sent(fake, patience=_waiting_for(worse, QUICK))

    assert (result.state, result.printed, len(fake.documents)) == (Sent.DONE, 8, 1)


@_each(WORSE)
def test_a_printer_that_is_never_heard_of_again_leaves_the_job_unknown(worse: Callable[[Handler, bytes], None]) -> None:
    with FakeIpp(worse={JOB: worse}) as fake:
        result = _sent(fake, patience=HASTY)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_a_number_that_is_another_job_now_is_not_followed() -> None:
    with FakeIpp() as fake:
        fake.worse[JOB] = lambda handler, answer: handler.proper(answer.replace(b"job-7-1", b"another"))
        result = _sent(fake)

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)


@pytest.mark.parametrize("status", [0x0406, 0x0407])
def test_a_job_that_the_printer_has_forgotten_is_unknown(status: int) -> None:
    with FakeIpp(refuses={JOB: status}) as fake:
        result = _sent(fake)

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)
    assert "does not know the job any more" in str(result.reason)


@pytest.mark.parametrize("operation", [PRINTER, VALIDATE, PRINT])
@pytest.mark.parametrize("status", [0x0403, 0x040B, 0x0506, 0x0507])
def test_a_refusal_means_that_nothing_was_printed(operation: int, status: int) -> None:
    with FakeIpp(refuses={operation: status}) as fake:
        result = _sent(fake)

    assert (result.state, result.untouched, fake.documents) == (Sent.FAILED, True, [])


def test_an_error_that_may_come_in_the_middle_of_a_document_is_no_refusal() -> None:
    with FakeIpp(refuses={PRINT: 0x0508}) as fake:
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_a_redirect_is_not_followed() -> None:
    with FakeIpp() as elsewhere, FakeIpp() as fake:
        where = elsewhere.address.replace("ipp://", "http://")
        fake.worse[PRINT] = lambda handler, answer: handler.head(307, 0, Location=where)
        result = _sent(fake)

    assert (result.state, result.untouched, elsewhere.asked) == (Sent.FAILED, True, [])


def test_an_older_printer_is_asked_in_its_own_version() -> None:
    with FakeIpp() as fake:

        def old(handler: Handler, answer: bytes) -> None:
            version_one = fake.requests[-1][0] == 1
            handler.proper(answer if version_one else answer[:2] + b"\x05\x03" + answer[4:8] + b"\x03")

        fake.worse[PRINTER] = old
        result = _sent(fake)

    assert (result.state, len(fake.documents)) == (Sent.DONE, 1)
    assert {body[:2] for body in fake.requests if body[3] == PRINT} == {b"\1\1"}


@pytest.mark.parametrize(
    ("device", "proof"),
    [
        ("ipp://printer.example/ipp/print", True),
        ("ipps://printer.example:443/ipp/print", True),
        ("dnssd://Office._ipp._tcp.local/?uuid=1", True),
        ("dnssd://Office._printer._tcp.local/?uuid=1", False),  # LPD
        ("ipp://printer.example/ipp/print?waitjob=false", False),
        ("socket://printer.example:9100", False),
        ("usb://Zebra/ZD421", False),
        ("lpd://printer.example/queue", False),
        ("", False),
    ],
)
def test_cups_is_believed_only_where_it_asks_the_printer(device: str, proof: bool) -> None:
    with FakeIpp(device=device) as fake:
        place = fake.address.removeprefix("ipp://").removesuffix("/ipp/print")
        queue = Printer("queue", Way.CUPS, f"Office@{place}", Dialect.PDF)

        result = send(queue, [Document(PDF, 8)] * 2, patience=QUICK)

    expected = (Sent.DONE, 16, 16) if proof else (Sent.UNKNOWN, 0, 16)
    assert (result.state, result.printed, result.begun) == expected
    assert len(fake.documents) == 2
