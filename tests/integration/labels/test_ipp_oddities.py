"""IPP: printers that answer what no standard has, and jobs that do not end as they should."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from itertools import chain, repeat
from types import SimpleNamespace

import pytest
from fake_ipp_printer import (
    ABORTED,
    CANCEL,
    CANCELED,
    COMPLETED,
    JOB,
    PENDING,
    PRINT,
    PRINTER,
    PROCESSING,
    STOPPED,
    FakeIpp,
    FakeJob,
    Handler,
)

from ekanban_labels.printers import Patience, check, send
from ekanban_labels.printers.ipp import follow
from ekanban_labels.printers.model import Condition, Dialect, Document, Printer, Progress, Result, Sent, Step, Way

QUICK = Patience(poll=0.002, settle=0.005, silent=20, stalled=60, transfer=20)
HASTY = replace(QUICK, silent=0.1, stalled=0.1)
PDF = b"%PDF-1.7 eight cards\n%%EOF\n"
NO_VALUE, UNKNOWN, UNSUPPORTED = b"\x13", b"\x12", b"\x10"


def _sent(fake: FakeIpp, patience: Patience = QUICK, **more: object) -> Result:
    printer = Printer("office", Way.IPP, fake.address, Dialect.PDF, dpi=600)
    return send(printer, [Document(PDF, 8)], name="job-7", patience=patience, **more)  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize("state", [CANCELED, ABORTED])
@pytest.mark.parametrize("tag", [UNKNOWN, UNSUPPORTED], ids=["unknown", "unsupported"])
def test_a_printer_that_does_not_know_when_a_job_began_does_not_say_that_it_never_did(tag: bytes, state: int) -> None:
    with FakeIpp(course=[PENDING, state], processed=False) as fake:
        name = b"\x00\x12time-at-processing"
        fake.worse[JOB] = lambda handler, answer: handler.proper(answer.replace(NO_VALUE + name, tag + name))
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_a_job_that_was_printing_when_it_was_taken_is_not_unprinted_later() -> None:
    with FakeIpp(course=[PROCESSING, CANCELED], processed=False) as fake:
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


def test_the_end_of_another_job_is_not_taken_for_the_end_of_this_one() -> None:
    def other(handler: Handler, answer: bytes) -> None:
        number = b"job-id\x00\x04\x00\x00\x00"
        handler.proper(answer.replace(number + b"\x01", number + b"\x02").replace(b"job-name", b"job-nome"))

    with FakeIpp(course=[PENDING, COMPLETED], worse={JOB: other}) as fake:
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)
    assert "does not know the job any more" in str(result.reason)


def test_a_printer_has_time_to_end_a_job_that_had_stood_still_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    cancel, clock = threading.Event(), [0.0]
    monkeypatch.setattr(follow, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def cancelled_at_last(handler: Handler, answer: bytes) -> None:
        clock[0] += 0 if cancel.is_set() else 50  # longer than a silent printer is waited for
        cancel.set()
        handler.proper(answer)

    with FakeIpp(course=[PENDING], processed=False, cancel=lambda job: job.end(3)) as fake:
        fake.worse[JOB] = cancelled_at_last
        result = _sent(fake, cancel=cancel)

    assert (result.state, result.untouched) == (Sent.FAILED, True)


def test_a_wish_to_end_a_job_that_got_lost_is_said_again() -> None:
    cancel, deaf = threading.Event(), chain([True, True], repeat(False))

    def hear(job: FakeJob) -> None:
        if fake.asked.count(CANCEL) > 2:
            job.end()

    def lost(handler: Handler, answer: bytes) -> None:
        handler.reset() if next(deaf) else handler.proper(answer)

    with FakeIpp(course=[PENDING], processed=False, reasons=["media-empty"], worse={CANCEL: lost}) as fake:
        fake.cancel = hear
        result = _sent(fake, cancel=cancel, tell=lambda step: cancel.set() if step.step is Step.WAITING else None)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert fake.asked.count(CANCEL) == 3


@pytest.mark.parametrize("refuses", [{CANCEL: 0x0403}, {}])
def test_people_hear_that_a_job_which_does_not_end_may_come_out_yet(refuses: dict[int, int]) -> None:
    turns = iter(range(1_000_000))  # its reasons change for ever, as if it went on

    def moving(handler: Handler, answer: bytes) -> None:
        handler.proper(answer.replace(b"none", f"x{next(turns) % 2}-x".encode()))

    with FakeIpp(course=[PENDING], refuses=refuses, cancel=lambda job: None, worse={JOB: moving}) as fake:
        result = _sent(fake, HASTY, cancel=_Later())

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)
    assert "may print it yet" in str(result.reason)
    assert fake.asked.count(CANCEL) == 1


class _Later(threading.Event):
    """Set once the job has begun."""

    asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > 5


@pytest.mark.parametrize("status", [0x0580, 0x0600, 0x8000])
def test_an_error_that_no_standard_knows_is_no_refusal(status: int) -> None:
    with FakeIpp(refuses={PRINT: status}) as fake:
        result = _sent(fake)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 8)


@pytest.mark.parametrize("size", ["-1", "-5", "7fffffffffffffff", "no number"])
def test_chunks_of_impossible_lengths_are_no_answer_and_fill_no_memory(size: str) -> None:
    taken = []

    def chunked(handler: Handler, answer: bytes) -> None:
        handler.head(200, None, **{"Transfer-Encoding": "chunked"})
        handler.wfile.write(f"{size}\r\n".encode())
        for _ in range(512):  # 32 MiB
            handler.wfile.write(b"\2" * 65536)
            taken.append(65536)

    with FakeIpp(worse={PRINTER: chunked}) as fake:
        result = _sent(fake)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert sum(taken) < 16 << 20  # what the system keeps on its way is not ours


def test_a_printer_without_encryption_has_no_wrong_certificate() -> None:
    with FakeIpp() as fake:
        printer = Printer("office", Way.IPP, fake.address.replace("ipp:", "ipps:"), Dialect.PDF)
        status = check(printer, QUICK)

    assert status.condition is Condition.UNREACHABLE
    assert "ipp://" in str(status.sentence)
    assert "certificate" not in str(status.sentence)


def test_it_is_told_when_nothing_is_in_the_way_any_more() -> None:
    told: list[Progress] = []

    def filled(handler: Handler, answer: bytes) -> None:
        if any(step.reason for step in told):
            fake.reasons = ["none"]
            if not told[-1].reason:
                fake.jobs[-1].course = [COMPLETED]
        handler.proper(answer)

    with FakeIpp(course=[PROCESSING], reasons=["media-empty"], worse={JOB: filled}) as fake:
        result = _sent(fake, replace(QUICK, stalled=20), tell=told.append)

    assert result.state is Sent.DONE
    assert [(step.step, bool(step.reason)) for step in told[-2:]] == [(Step.WAITING, True), (Step.ACCEPTED, False)]


@pytest.mark.parametrize("code", [401, 403])
def test_a_printer_that_shuts_itself_is_not_called_silent(code: int) -> None:
    with FakeIpp(worse={JOB: lambda handler, answer: handler.head(code, 0)}) as fake:
        result = _sent(fake, HASTY)

    assert (result.state, result.begun) == (Sent.UNKNOWN, 8)
    assert "does not tell any more" in str(result.reason)


@pytest.mark.parametrize("state", [3, STOPPED - 1])
def test_what_a_printer_says_of_itself_can_stand_in_a_log(state: int) -> None:
    with FakeIpp(state=state, reasons=["media-jam", "\x1b[31m\n\0" * 200]) as fake:
        status, result = check(Printer("o", Way.IPP, fake.address, Dialect.PDF), QUICK), _sent(fake)

    assert status.condition is Condition.JAM
    for detail in (status.detail, result.detail):
        assert len(detail) <= 301
        assert not re.search(r"[\x00-\x1f]", detail)
