"""What label printers answer to ~HS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_labels.printers.host_status import LONGEST, BadAnswer, HostStatus, identity, parse, split
from ekanban_labels.printers.model import Condition
from ekanban_labels.printers.simulated import answer

READY = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


def _read(data: bytes) -> HostStatus:
    lines, rest = split(data)
    assert rest == b""
    return parse(lines)


def test_a_ready_printer_has_nothing_left_and_no_trouble() -> None:
    status = _read(READY)

    assert status == HostStatus()
    assert status.left == 0
    assert status.trouble is None


@pytest.mark.parametrize(
    ("flag", "condition", "words"),
    [
        ("paper_out", Condition.PAPER_OUT, "no labels"),
        ("head_up", Condition.OPEN, "Close it"),
        ("ribbon_out", Condition.RIBBON_OUT, "ribbon"),
        ("paused", Condition.PAUSED, "pause key"),
        ("label_waiting", Condition.LABEL_WAITING, "Take it away"),
        ("too_hot", Condition.FAULT, "too hot"),
        ("too_cold", Condition.FAULT, "too cold"),
        ("configuration_lost", Condition.FAULT, "settings"),
    ],
)
def test_each_flag_is_a_sentence_that_says_what_to_do(flag: str, condition: Condition, words: str) -> None:
    trouble = _read(answer(HostStatus(**{flag: True}))).trouble

    assert trouble is not None
    assert trouble.condition is condition
    assert words in str(trouble.sentence)


def test_flags_and_counts_are_read_from_their_places() -> None:
    status = _read(
        b"\x02030,1,1,1245,007,1,0,1,000,1,0,1\x03\r\n\x02000,0,1,1,0,2,4,1,00000042,1,000\x03\r\n\x02X,0\x03"
    )

    assert status == HostStatus(True, True, 7, True, True, True, False, True, True, True, True, 42)
    assert status.left == 7 + 42 + 1


def test_an_answer_may_come_in_any_pieces() -> None:
    for end in range(len(READY) - 3):  # its last line end need not come
        lines, rest = split(READY[:end])
        assert (lines, rest) == ([], READY[:end])

    assert parse(split(READY.rstrip())[0]) == HostStatus()


def test_of_two_answers_the_first_is_taken() -> None:
    second = answer(HostStatus(paused=True))

    lines, rest = split(READY + second)

    assert parse(lines) == HostStatus()
    assert _read(rest).paused


@pytest.mark.parametrize(("dots", "dpi"), [(6, 152), (8, 203), (12, 300), (24, 600)])
def test_the_dots_of_a_printer_are_read_and_its_status_stands_behind(dots: int, dpi: int) -> None:
    status = answer(HostStatus(paper_out=True))
    who = b"\x02ZD421-300dpi,V93.21.39Z,%d,65536KB,X\x03\r\n" % dots

    assert identity(who + status) == (dpi, status)
    assert identity(b"\r\n" + who) == (dpi, b"")
    for place in range(len(who) - 2):  # not whole yet
        assert identity(who[:place]) == (None, who[:place])
        assert split(who[:place])[0] == []


def test_a_status_is_never_taken_for_who_a_printer_is() -> None:
    status = answer(HostStatus(paused=True, head_up=True, ribbon_out=True))
    pieces = status.splitlines(keepends=True)

    assert [identity(piece)[0] for piece in (*pieces, b"\x02a,b,9,c\x03", b"8,8,8,8")] == [None] * 5


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x00" * 20,
        b"\x02" + b"1" * LONGEST,
        b"\x02030,0\x02",
        READY.replace(b"1245", b"12x5"),
        READY.replace(b",000,0,0,0,000,", b",-01,0,0,0,000,"),
        READY.replace(b"030,0,0", b"030,2,0"),  # a flag that is neither set nor not
        READY.replace(b"1245,", b""),  # a field too few
        READY.replace(b"1245,", b"1245,1245,"),
        READY.replace(b"00000000", b"000000000"),
        READY.replace(b"1234,0", "١٢٣٤,0".encode()),  # digits, but not ASCII's
        READY.replace(b"\x03\r\n\x02", b"\x03 and \x02", 1),
    ],
)
def test_anything_else_is_no_answer(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse(split(data)[0])


@given(st.binary(max_size=700))
def test_wild_bytes_never_do_more_than_be_refused(data: bytes) -> None:
    try:
        lines, rest = split(data)
        if lines:
            parse(lines)
    except BadAnswer:
        return
    assert data.endswith(rest)


@given(
    st.builds(HostStatus, *[st.booleans()] * 2, st.integers(0, 999), *[st.booleans()] * 8, st.integers(0, 99_999_999))
)
def test_what_the_simulated_printer_says_is_read_as_it_was_meant(status: HostStatus) -> None:
    assert _read(answer(status)) == status
