"""Answers of IPP as bytes."""

from __future__ import annotations

import struct

import pytest
from fake_ipp_printer import BOOLEAN, ENUM, INTEGER, KEYWORD, NAME, NO_VALUE, encoded
from hypothesis import given
from hypothesis import strategies as st

from ekanban_labels.printers.ipp.encoding import BadIpp, Missing, Tag, parse, request

ANSWER = encoded(
    0x0001,
    42,
    [
        (2, {"job-id": (INTEGER, [7]), "job-state": (ENUM, [9]), "job-state-reasons": (KEYWORD, ["a", "b"])}),
        (2, {"job-name": (NAME, ["Täfel"]), "x": (BOOLEAN, [True]), "y": (NO_VALUE, [None]), "z": (INTEGER, [-1])}),
    ],
)


def test_groups_values_and_their_kinds_are_read() -> None:
    answer = parse(ANSWER)

    assert (answer.status, answer.request) == (1, 42)
    assert answer.of(Tag.JOB) == [
        {"job-id": [7], "job-state": [9], "job-state-reasons": ["a", "b"]},
        {"job-name": ["Täfel"], "x": [True], "y": [Missing.NO_VALUE], "z": [-1]},
    ]
    assert answer.first(Tag.PRINTER) == {}


def test_collections_are_passed_over_however_deep() -> None:
    def attribute(tag: int, name: bytes, value: bytes) -> bytes:
        return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value

    inner = attribute(0x4A, b"", b"media-size") + attribute(0x34, b"", b"") + attribute(0x37, b"", b"")
    data = (
        struct.pack(">HHI", 0x0200, 0, 1) + b"\x04"
        + attribute(0x34, b"media-col", b"") + inner + attribute(0x37, b"", b"")
        + attribute(0x44, b"sides-supported", b"one-sided") + b"\x03"
    )  # fmt: skip

    assert parse(data).first(Tag.PRINTER)["sides-supported"] == ["one-sided"]
    with pytest.raises(BadIpp):
        parse(data.replace(attribute(0x37, b"", b""), b""))
    with pytest.raises(BadIpp):
        parse(data[:9] + attribute(0x34, b"", b"") * 20 + b"\3")


def test_texts_with_a_language_are_texts() -> None:
    value = b"\x00\x02de" + b"\x00\x05" + "Büro".encode()
    data = (
        struct.pack(">HHI", 0x0200, 0, 1) + b"\x02" + b"\x36\x00\x08job-name" + struct.pack(">H", len(value)) + value
        + b"\x03"
    )  # fmt: skip

    assert parse(data).first(Tag.JOB) == {"job-name": ["Büro"]}
    with pytest.raises(BadIpp):
        parse(data.replace(b"\x00\x05B", b"\x00\x04B"))


def test_a_part_of_an_answer_is_no_answer() -> None:
    for end in range(len(ANSWER)):
        with pytest.raises(BadIpp):
            parse(ANSWER[:end])


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK",
        ANSWER.replace(struct.pack(">HI", 4, 7), struct.pack(">HH", 2, 7)),  # an integer of two bytes
        ANSWER.replace(b"x\x00\x01\x01", b"x\x00\x01\x02"),  # a boolean that is neither
        struct.pack(">HHI", 0x0200, 0, 1) + b"\x44\x00\x01a\x00\x01b\x03",  # a value in no group
        struct.pack(">HHI", 0x0200, 0, 1) + b"\x02\x44\x00\x00\x00\x01b\x03",  # of no name
        struct.pack(">HHI", 0x0200, 0, 1) + b"\x02" + b"\x44\x00\x01a\x00\x00" * 20_001 + b"\x03",
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(BadIpp):
        parse(data)


@given(st.binary(max_size=300))
def test_wild_bytes_are_read_or_refused(data: bytes) -> None:
    for wild in (data, ANSWER[:8] + data, ANSWER[:20] + data + ANSWER[20:]):
        try:
            parse(wild)
        except BadIpp:
            continue


def test_what_is_asked_can_be_read_again() -> None:
    asked = request(
        0x0B, 5, [(Tag.OPERATION, [("requested-attributes", Tag.KEYWORD, ("a", "b")), ("n", Tag.INTEGER, (-3,))])]
    )

    read = parse(asked)

    assert (read.status, read.request) == (0x0B, 5)
    assert read.first(Tag.OPERATION) == {"requested-attributes": ["a", "b"], "n": [-3]}
