"""ZPL over TCP: what is said of a job is what came out, whatever the printer and its cable do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from fake_label_printer import FakePrinter, as_it_is, byte_by_byte, nothing

from ekanban_labels.printers import Patience, check, send
from ekanban_labels.printers.model import Condition, Dialect, Document, Printer, Progress, Result, Sent, Step, Way
from ekanban_labels.printers.simulated import LabelPrinter, SimulatedPrinter

QUICK = Patience(answer=20, poll=0.002, settle=0.02, silent=30, stalled=60, farewell=0.5)
HASTY = replace(QUICK, answer=0.1, silent=0.3, stalled=0.5)  # where the printer shall be given up


def _cards(count: int) -> list[Document]:
    return [Document(b"^XA^FDcard %d^FS^XZ\n" % number) for number in range(count)]


def _printer(address: str, answers_status: bool = True) -> Printer:
    return Printer("label", Way.RAW, address, Dialect.ZPL, answers_status=answers_status)


@dataclass
class Told:
    """What a job told on its way, and what is done when it waits for a person."""

    when_waiting: Callable[[], object] = lambda: None
    steps: list[Progress] = field(default_factory=list)

    def __call__(self, progress: Progress) -> None:
        self.steps.append(progress)
        if progress.step is Step.WAITING:
            self.when_waiting()

    @property
    def waited_for(self) -> list[str]:
        return [str(step.reason) for step in self.steps if step.step is Step.WAITING]


def _is_true(result: Result, out: int, of: int) -> bool:
    """What was said of the job holds, when so many cards are really out."""
    certain = Sent.DONE if result.printed == of else Sent.FAILED
    return (
        result.printed <= out <= result.begun <= of
        and result.state is (certain if result.printed == result.begun else Sent.UNKNOWN)
        and bool(str(result.reason))
    )


def test_all_cards_of_a_job_come_out_in_order() -> None:
    with FakePrinter(LabelPrinter(labels_a_question=1)) as fake:
        told = Told()

        result = send(_printer(fake.address), _cards(23), told, patience=QUICK)

    assert (result.state, result.printed, result.begun) == (Sent.DONE, 23, 23)
    assert list(fake.engine.printed) == [card.data.strip() for card in _cards(23)]
    assert [step.begun for step in told.steps if step.step is Step.SENDING] == [5, 10, 15, 20]
    assert told.steps[-1].step is Step.ACCEPTED
    assert fake.calls == 1


@pytest.mark.parametrize("says", [as_it_is, byte_by_byte])
def test_a_printer_of_another_resolution_behind_the_same_address_wastes_no_paper(
    says: Callable[[bytes], list[bytes]],
) -> None:
    with FakePrinter(LabelPrinter(dots_mm=8), says=says) as fake:
        before = send(_printer(fake.address), _cards(1), patience=QUICK)
        fake.engine.dots_mm = 12  # somebody has put another one there, with the same address

        status = check(_printer(fake.address), QUICK)
        after = send(_printer(fake.address), _cards(1), patience=QUICK)
        mended = send(replace(_printer(fake.address), dpi=300), _cards(1), patience=QUICK)

    assert [before.state, after.state, mended.state] == [Sent.DONE, Sent.FAILED, Sent.DONE]
    assert (status.condition, status.ready, after.untouched) == (Condition.UNSUITABLE, False, True)
    assert "has 300 dots to the inch, and cards are drawn for 203" in str(after.reason)
    assert fake.engine.count == 2


def test_cards_are_made_while_the_first_are_printing() -> None:
    engine = LabelPrinter()

    def made() -> Iterator[Document]:
        for number, card in enumerate(_cards(20)):
            assert number <= engine.count + 2 * QUICK.batch
            yield card

    with FakePrinter(engine) as fake:
        assert send(_printer(fake.address), made(), patience=QUICK).state is Sent.DONE


def test_cards_that_cannot_be_drawn_end_the_job_with_those_before_them_printed() -> None:
    def made() -> Iterator[Document]:
        yield from _cards(7)
        raise LookupError("no such picture")

    with FakePrinter() as fake:
        result = send(_printer(fake.address), made(), patience=QUICK)

    assert (result.state, result.printed, result.begun, fake.engine.count) == (Sent.FAILED, 7, 7, 7)
    assert "no such picture" in str(result.reason)


PRINTERS: dict[str, dict[str, int]] = {
    "prints at once": {},
    "prints slowly": {"labels_a_question": 1},
    "does not count what is in its works": {"labels_a_question": 2, "uncounted": 2},
}


@pytest.mark.parametrize("kind", PRINTERS)
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_connection_cut_at_any_byte_is_told_as_what_came_out(kind: str, reset: bool) -> None:
    cards = _cards(5)
    patience = replace(QUICK, batch=2, settle=0.005, farewell=0.2)
    with FakePrinter(LabelPrinter(**PRINTERS[kind])) as whole:
        assert send(_printer(whole.address), cards, patience=patience).state is Sent.DONE

    outcomes = set()
    for cut in range(1, len(whole.heard) + 1):
        with FakePrinter(LabelPrinter(**PRINTERS[kind]), cut_after=cut, reset=reset) as fake:
            result = send(_printer(fake.address), cards, patience=patience)
        assert _is_true(result, fake.engine.count, len(cards)), (cut, fake.heard, fake.engine.count, result)
        outcomes.add((result.state, result.printed, result.begun))

    assert (Sent.FAILED, 0, 0) in outcomes  # cut before the first card
    assert {(Sent.UNKNOWN, 2, 5), (Sent.UNKNOWN, 3, 5)} <= outcomes  # of the last two nobody knows until it has settled


def test_after_a_cut_nothing_is_sent_again() -> None:
    with FakePrinter(cut_after=40) as fake:
        result = send(_printer(fake.address), _cards(9), patience=QUICK)

    assert result.state is Sent.UNKNOWN
    assert fake.calls == 1
    assert len(fake.heard) == 40


def test_missing_paper_is_told_and_the_job_goes_on_with_a_new_roll() -> None:
    engine = LabelPrinter(paper=7, labels_a_question=2)
    with FakePrinter(engine) as fake:
        told = Told(when_waiting=engine.put_paper_in)

        result = send(_printer(fake.address), _cards(12), told, patience=QUICK)

    assert (result.state, result.printed, engine.count) == (Sent.DONE, 12, 12)
    assert told.waited_for == ["The printer has no labels. Put a new roll in."]
    after = told.steps[[step.step for step in told.steps].index(Step.WAITING) + 1]
    assert (after.step, bool(after.reason)) == (Step.SENDING, False)  # nobody reads of the roll any more


@pytest.mark.parametrize(("flag", "condition"), [("head_up", Condition.OPEN), ("paused", Condition.PAUSED)])
def test_a_printer_that_is_not_ready_gets_no_card(flag: str, condition: Condition) -> None:
    engine = LabelPrinter()
    engine.trouble(flag)
    with FakePrinter(engine) as fake:
        assert check(_printer(fake.address), QUICK).condition is condition

        result = send(_printer(fake.address), _cards(3), patience=QUICK)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert b"^XA" not in fake.heard


def test_a_job_cancelled_for_want_of_paper_says_which_cards_are_out() -> None:
    engine = LabelPrinter(paper=7, labels_a_question=1)
    cancel = threading.Event()
    with FakePrinter(engine) as fake:
        result = send(_printer(fake.address), _cards(12), Told(cancel.set), cancel=cancel, patience=QUICK)

    assert (result.state, result.printed, result.begun, engine.count) == (Sent.UNKNOWN, 0, 10, 7)
    assert "cards are still in the printer" in str(result.reason)


def test_a_cancelled_job_ends_after_the_cards_that_the_printer_has() -> None:
    cancel = threading.Event()
    with FakePrinter(LabelPrinter(labels_a_question=1)) as fake:
        seen = Told()

        def after_seven(progress: Progress) -> None:
            seen(progress)
            if progress.begun >= 7:
                cancel.set()

        result = send(_printer(fake.address), _cards(40), after_seven, cancel=cancel, patience=QUICK)

    assert (result.state, result.printed, result.begun) == (Sent.FAILED, fake.engine.count, fake.engine.count)
    assert fake.engine.count in (10, 15)
    assert str(result.reason) == "The job was cancelled."


def test_a_job_cancelled_before_it_begins_sends_nothing() -> None:
    cancel = threading.Event()
    cancel.set()
    with FakePrinter() as fake:
        result = send(_printer(fake.address), _cards(3), cancel=cancel, patience=QUICK)

    assert (result.state, result.untouched, fake.heard) == (Sent.FAILED, True, b"")


def test_paper_that_never_comes_ends_the_wait() -> None:
    with FakePrinter(LabelPrinter(paper=2)) as fake:
        result = send(_printer(fake.address), _cards(9), patience=replace(QUICK, stalled=0.3))

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 5)
    assert "Nothing went on at the printer" in str(result.reason)


def test_a_printer_that_says_nothing_gets_no_card() -> None:
    with FakePrinter(says=nothing) as fake:
        assert check(_printer(fake.address), HASTY).condition is Condition.SILENT
        result = send(_printer(fake.address), _cards(3), patience=HASTY)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert "if it never answers, register it so" in str(result.reason)
    assert b"^XA" not in fake.heard


def test_a_printer_that_falls_silent_is_not_believed_to_have_printed() -> None:
    answers = iter([as_it_is])

    def once(answer: bytes) -> list[bytes]:
        return next(answers, nothing)(answer)

    with FakePrinter(says=once) as fake:
        told = Told()
        result = send(_printer(fake.address), _cards(3), told, patience=HASTY)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 3)
    assert fake.engine.count == 3
    assert len(told.waited_for) == 1


def test_an_answer_that_comes_late_says_nothing_of_the_cards_sent_since() -> None:
    """It was given before they came, and says that nothing is left."""
    kept: list[bytes] = []

    def late(answer: bytes) -> list[bytes]:
        kept.append(answer)
        return [kept.pop(0)] if len(kept) > 2 else [answer] if len(kept) == 1 else []

    engine = LabelPrinter(labels_a_question=0)  # it prints nothing at all
    with FakePrinter(engine, says=late) as fake:
        result = send(_printer(fake.address), _cards(12), patience=HASTY)

    assert _is_true(result, engine.count, 12)
    assert (result.printed, engine.count) == (0, 0)


def test_a_printer_that_always_answers_one_question_late_still_prints_all() -> None:
    silent = iter([False, True])  # one answer is lost, as while paper is missing

    def lossy(answer: bytes) -> list[bytes]:
        return [] if next(silent, False) else [answer]

    with FakePrinter(says=lossy) as fake:
        result = send(_printer(fake.address), _cards(12), patience=replace(QUICK, answer=0.1))

    assert (result.state, result.printed, fake.engine.count) == (Sent.DONE, 12, 12)
    assert fake.calls == 2  # over the first connection a late answer might still come


def test_an_answer_to_no_question_says_nothing_of_the_cards_sent_since() -> None:
    engine = LabelPrinter(labels_a_question=0)  # it prints nothing at all
    with FakePrinter(engine, says=lambda answer: [answer * 20]) as fake:
        result = send(_printer(fake.address), _cards(3), patience=HASTY)

    assert (result.state, result.printed, engine.count) == (Sent.UNKNOWN, 0, 0)


@pytest.mark.parametrize(
    "said", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b"\0" * 100, b"\x02hello\x03" * 3, b"\x02" * 3, b"\x02" + b"9" * 9000]
)
def test_garbage_is_not_taken_for_a_printer(said: bytes) -> None:
    with FakePrinter(says=lambda answer: [said]) as fake:
        assert check(_printer(fake.address), QUICK).condition is Condition.NOT_A_PRINTER
        result = send(_printer(fake.address), _cards(3), patience=QUICK)

    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert b"^XA" not in fake.heard


def test_garbage_in_the_middle_of_a_job_leaves_the_batch_unknown() -> None:
    answers = iter([as_it_is])

    def once(answer: bytes) -> list[bytes]:
        return next(answers, lambda _: [b"\x00garbage"])(answer)

    with FakePrinter(says=once) as fake:
        result = send(_printer(fake.address), _cards(9), patience=QUICK)

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 5)
    assert "garbage" in result.detail


def test_an_answer_byte_by_byte_is_an_answer() -> None:
    with FakePrinter(says=byte_by_byte) as fake:
        assert send(_printer(fake.address), _cards(7), patience=QUICK).state is Sent.DONE


def test_a_printer_that_takes_no_more_bytes_is_given_up() -> None:
    large = [Document(b"^XA^GFA," + b"0" * 20_000_000 + b"^FS^XZ")]
    with FakePrinter(reads=1000) as fake:
        result = send(_printer(fake.address), large, patience=replace(HASTY, answer=0.4))

    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 1)
    assert "takes no more cards" in str(result.reason)


def test_nobody_listening_is_told_and_nothing_was_sent() -> None:
    with FakePrinter() as fake:
        pass

    assert check(_printer(fake.address), QUICK).condition is Condition.UNREACHABLE
    result = send(_printer(fake.address), _cards(3), patience=QUICK)
    assert (result.state, result.untouched) == (Sent.FAILED, True)
    assert "refuses the connection" in str(result.reason)


def test_of_a_printer_that_never_answers_nobody_says_that_cards_are_out() -> None:
    with FakePrinter(says=nothing) as fake:
        printer = _printer(fake.address, answers_status=False)
        assert check(printer, QUICK).condition is Condition.UNKNOWN

        result = send(printer, _cards(7), patience=QUICK)

        assert fake.engine.wait_for(7)
    assert (result.state, result.printed, result.begun) == (Sent.UNKNOWN, 0, 7)
    assert "does not tell whether they came out" in str(result.reason)
    assert b"~HS" not in fake.heard


def test_a_printer_that_talks_unasked_gets_all_bytes() -> None:
    """To close with unread bytes would reset the connection, and lose what is still under way."""
    large = [Document(b"^XA^FX" + b"0" * 100_000 + b"^XZ") for _ in range(10)]
    with FakePrinter(says=nothing, chatter=b"OK\r\n") as fake:
        result = send(_printer(fake.address, answers_status=False), large, patience=replace(QUICK, farewell=20))

        assert fake.engine.wait_for(10)
    assert (result.state, result.begun) == (Sent.UNKNOWN, 10)


def test_a_printer_that_ends_no_connection_is_not_waited_for_once_it_has_answered() -> None:
    for_ever = replace(QUICK, farewell=100_000)
    with FakePrinter(clings=True) as fake:
        assert check(_printer(fake.address), for_ever).condition is Condition.READY

        result = send(_printer(fake.address), _cards(3), patience=for_ever)

    assert (result.state, result.printed) == (Sent.DONE, 3)


def test_a_printer_of_software_prints_over_the_network() -> None:
    with SimulatedPrinter(LabelPrinter(paper=4, labels_a_question=1)) as simulated:
        told = Told(when_waiting=simulated.engine.put_paper_in)

        result = send(_printer(simulated.address), _cards(6), told, patience=QUICK)

        assert (result.state, simulated.engine.count) == (Sent.DONE, 6)
        assert simulated.engine.wait_for(6)
    assert told.waited_for
