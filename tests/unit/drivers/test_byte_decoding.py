"""What serial lines and pipes send, decoded on a virtual clock."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from decoder_clock import Clocked
from hypothesis import given
from hypothesis import strategies as st

from ekanban_drivers.decoding import framing
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Scan, ScanError


class Line(Clocked):
    """A serial line."""

    def __init__(self, **settings: object) -> None:
        super().__init__(ByteDecoder(Profile.from_mapping(settings), "a"))


@pytest.mark.parametrize(
    ("terminators", "sent", "codes"),
    [
        (["cr"], b"A1\rB2\r", ["A1", "B2"]),
        (["cr"], b"A1\r\nB2\r\n", ["A1", "B2"]),
        (["cr"], b"A\n1\rB2\r", ["A\n1", "B2"]),
        (["lf"], b"A1\r\nB2\r\n", ["A1", "B2"]),
        (["lf"], b"A1\nB\r2\n", ["A1", "B\r2"]),
        (["crlf"], b"A1\r\nB2\r\n", ["A1", "B2"]),
        (["crlf"], b"A\r1\r\nB\n2\r\n", ["A\r1", "B\n2"]),
        (["crlf"], b"A1\r\r\n\r\nB2\r\n", ["A1\r", "B2"]),
        (["cr", "crlf"], b"A1\r\nB2\rC3\r\n", ["A1", "B2", "C3"]),
        (["cr", "lf"], b"A1\r\nB2\rC3\n", ["A1", "B2", "C3"]),
        (["etx"], b"A\r1\x03B2\x03", ["A\r1", "B2"]),
        (["tab"], b"A1\tB2\t", ["A1", "B2"]),
        (["enter"], b"A1\r\nB2\nC3\r", ["A1", "B2", "C3"]),
        (["kp_enter"], b"A1\r", ["A1"]),
    ],
)
def test_every_terminator_ends_a_code_whatever_the_chunks(
    terminators: list[str], sent: bytes, codes: list[str]
) -> None:
    whole = Line(terminators=terminators).send(sent)
    bytewise = Line(terminators=terminators).send(*(bytes([byte]) for byte in sent))

    assert whole.scans == bytewise.scans == codes
    assert whole.errors == bytewise.errors == []


@pytest.mark.parametrize("terminators", [["cr"], ["lf"], ["crlf"], ["cr", "lf"], ["etx"], ["tab"], ["enter"]])
def test_there_are_no_empty_scans(terminators: list[str]) -> None:
    ends = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "etx": b"\x03", "tab": b"\t", "enter": b"\r\n"}

    assert Line(terminators=terminators).send(ends[terminators[0]] * 3).events == []
    assert Line().send(b"\r\n\r\r\n\n\t").events == []
    assert Line().send(b"]C1\r").events == []  # an identifier of nothing


@given(st.lists(st.binary(min_size=1).filter(lambda code: not {9, 10, 13} & set(code)), max_size=5), st.data())
def test_any_bytes_in_any_chunks_come_back(codes: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(code + b"\r\n" for code in codes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    line = Line(aim=False).send(*(stream[a:b] for a, b in itertools.pairwise([0, *cuts, len(stream)])))

    scans = [event for event in line.events if isinstance(event, Scan)]
    assert [scan.raw for scan in scans] == codes
    assert [scan.text.encode("latin-1") for scan in scans] == codes
    assert line.errors == []


@given(st.lists(st.tuples(st.binary(max_size=50), st.floats(0, 1)), max_size=30), st.booleans())
def test_random_bytes_never_crash_and_never_pile_up(chunks: list[tuple[bytes, float]], framed: bool) -> None:
    line = Line(max_len=20, framing="stx_etx" if framed else "line")
    for chunk, pause in chunks:
        line.send(chunk, pause=pause)

    for event in line.events:
        assert len(event.partial if isinstance(event, ScanError) else getattr(event, "text", "")) <= 21
    line.events += line.decoder.lost(line.now)
    line.events.clear()
    assert line.send(b"\x02KAN-1\x03" if framed else b"KAN-1\r").scans == ["KAN-1"]


def test_ten_megabytes_without_a_terminator_are_one_error() -> None:
    line = Line().send(*[b"x" * 65536] * 160)

    ((kind, partial),) = line.errors
    assert (kind, len(partial)) == ("too_long", 16385)
    assert line.send(b"\rKAN-1\r").scans == ["KAN-1"]


@pytest.mark.parametrize("terminator", [b"\r", b"\r\n"])
def test_the_longest_code_that_the_profile_allows_is_a_scan(terminator: bytes) -> None:
    terminators = ["crlf"] if terminator == b"\r\n" else ["cr"]
    line = Line(max_len=5, terminators=terminators)

    assert line.send(b"12345" + terminator, b"123456" + terminator, b"1" + terminator).scans == ["12345", "1"]
    assert [kind for kind, _ in line.errors] == ["too_long"]


def test_inside_stx_and_etx_cr_is_data_and_outside_nothing_counts() -> None:
    line = Line(framing="stx_etx").send(b"\rnoise\x02A\r1\x03\r\n*\x02B2\x03")

    assert (line.scans, line.errors) == (["A\r1", "B2"], [])


def test_a_frame_that_begins_inside_another_ends_that_one_as_an_error() -> None:
    line = Line(framing="stx_etx").send(b"\x02A1\x02B2\x03")

    assert (line.scans, line.errors) == (["B2"], [("overrun", "A1")])


def test_a_frame_after_a_broken_one_is_not_suspect() -> None:
    line = Line(framing="stx_etx", gap_ms=50).send(b"\x02A1").wait(0.1).send(b"2\x03", b"\x02B2\x03")

    assert line.errors == [("timeout", "A1")]
    assert [(event.text, event.suspect) for event in line.events if isinstance(event, Scan)] == [("B2", False)]


def test_a_pause_behind_stx_is_an_error_and_what_follows_is_not_read() -> None:
    line = Line(framing="stx_etx", gap_ms=50).send(b"\x02").wait(0.06).send(b"34\x03", b"\x02KAN-1\x03")

    assert (line.errors, line.scans) == ([("timeout", "")], ["KAN-1"])


def test_a_pause_inside_a_code_is_an_error_and_what_follows_is_suspect() -> None:
    line = Line(gap_ms=50).send(b"12").wait(0.06).send(b"34\r", b"KAN-1\r")

    assert line.errors == [("timeout", "12")]
    assert [(event.text, event.suspect) for event in line.events if isinstance(event, Scan)] == [
        ("34", True),
        ("KAN-1", False),
    ]


def test_a_late_terminator_proves_that_the_next_code_is_whole() -> None:
    line = Line(gap_ms=50).send(b"12").wait(0.06).send(b"\r", b"KAN-1\r")

    (scan,) = (event for event in line.events if isinstance(event, Scan))
    assert (scan.text, scan.suspect) == ("KAN-1", False)


def test_a_pause_between_codes_means_nothing() -> None:
    line = Line(gap_ms=50).send(b"KAN-1\r").wait(10).send(b"KAN-2\r")

    assert (line.scans, line.errors) == (["KAN-1", "KAN-2"], [])


def test_a_clock_that_stands_or_steps_back_cuts_nothing() -> None:
    line = Line(gap_ms=50).send(b"KAN")
    line.now = -5
    line.send(b"-1", b"\r")

    assert (line.scans, line.errors) == (["KAN-1"], [])


def test_without_a_terminator_a_pause_completes_a_code() -> None:
    line = Line(terminators=["none"], gap_ms=50).send(b"KAN", b"-1\r")
    assert line.events == []

    assert line.wait(0.06).scans == ["KAN-1\r"]


def test_prefix_and_suffix_are_cut_and_a_code_without_them_is_suspect() -> None:
    line = Line(prefix="<", suffix=">").send(b"<]C0KAN-1>\r", b"KAN-2>\r", b"<>\r")

    scans = [event for event in line.events if isinstance(event, Scan)]
    assert [(scan.text, scan.raw, scan.symbology, scan.suspect) for scan in scans] == [
        ("KAN-1", b"]C0KAN-1", "]C0", False),
        ("KAN-2", b"KAN-2", None, True),
    ]


@pytest.mark.parametrize(
    ("sent", "symbology", "text"),
    [
        (b"]C07K3Q", "]C0", "7K3Q"),
        (b"]C101", "]C1", "01"),
        (b"]E0401", "]E0", "401"),
        (b"]d2\x1d01", "]d2", "\x1d01"),
        (b"]Q3x", "]Q3", "x"),
        (b"]7K3", None, "]7K3"),
        (b"KAN]C0", None, "KAN]C0"),
    ],
)
def test_aim_identifiers_are_cut_from_the_text(sent: bytes, symbology: str | None, text: str) -> None:
    (scan,) = (event for event in Line().send(sent + b"\r").events if isinstance(event, Scan))

    assert (scan.symbology, scan.text, scan.raw) == (symbology, text, sent)


def test_a_scanner_that_goes_away_in_mid_code_leaves_an_error_and_the_next_code_is_whole() -> None:
    line = Line().send(b"12")
    line.events += line.decoder.lost(line.now)

    assert line.send(b"KAN-1\r").scans == ["KAN-1"]
    assert line.errors == [("disconnect", "12")]


def test_every_error_has_a_sentence_for_people() -> None:
    line = Line(max_len=3).send(b"12345\r")

    assert all(event.text and "%(" not in event.text for event in line.events if isinstance(event, ScanError))


def _ahead(line: Line) -> list[tuple[str, float]]:
    """What the line would read, and since when, asked three times: each character is told of once."""
    found = [line.decoder.ahead() for _ in range(3)]
    return [(scan.text, scan.t_whole) for scan in found if scan is not None]


def test_what_a_terminator_would_complete_is_told_once_for_each_character() -> None:
    line = Line()

    told = [found for byte in b"]C0KA\rN" for found in _ahead(line.send(bytes([byte])))]

    assert [text for text, _at in told] == ["]", "]C", "", "K", "KA", "N"]
    (scan,) = [event for event in line.events if isinstance(event, Scan)]
    assert scan.text == "KA"
    assert scan.t_whole == told[4][1] == pytest.approx(0.04)
    assert scan.t_last == pytest.approx(0.05)


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_a_reading_is_the_one_that_was_told_ahead_but_for_its_terminators_time(end: bytes) -> None:
    profile = {"prefix": "<", "suffix": ">", "terminators": ["crlf"] if len(end) > 1 else ["cr"]}
    line = Line(**profile).send(b"<7K3QM9X2", b"01CF>")
    ahead = line.decoder.ahead()

    line.send(*(end[place : place + 1] for place in range(len(end))))

    (scan,) = [event for event in line.events if isinstance(event, Scan)]
    assert ahead == replace(scan, t_last=ahead.t_last)  # type: ignore[union-attr]  # it is one


def test_nobody_is_asked_about_each_byte_of_a_flood_without_an_end() -> None:
    line = Line(max_len=4_000)

    asked = sum(len(_ahead(line.send(b"A", pause=0.0))) for _ in range(10_000))

    assert asked == framing.LONGEST_AHEAD
    assert [kind for kind, _partial in line.errors] == ["too_long"]


@pytest.mark.parametrize("terminators", [["cr"], ["lf"], ["cr", "lf"], ["cr", "lf", "tab"], ["crlf"]])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_a_scanner_set_to_utf16_is_told_as_that_and_reads_no_garbage(
    terminators: list[str], encoding: str, end: str
) -> None:
    if not {"\r": {"cr"}, "\r\n": {"cr", "lf", "crlf"}}[end] & set(terminators):
        return  # this end is none
    line = Line(terminators=terminators)

    for _scan in range(3):
        line.send(f"7K3QM9X201CF{end}".encode(encoding)).wait(1)

    assert line.scans == []
    told = [kind for kind, _partial in line.errors]
    assert told.count("encoding") == 3
    assert set(told) == {"encoding"} or encoding != "utf-16-le" or (terminators, end) == (["cr"], "\r\n")
    assert next(event.text for event in line.events if isinstance(event, ScanError)).endswith(
        "Set it to ASCII or UTF-8."
    )


def test_a_code_after_utf16_is_whole_again() -> None:
    line = Line(terminators=["cr"]).send("7K3QM9X201CF\r".encode("utf-16-le"), b"KAN-1\r", b"\0KAN-2\r")

    assert line.scans == ["KAN-1", "\0KAN-2"]


@pytest.mark.parametrize("code", ["K\0A", "\0", "\0\0\0\0", "A\0\0B\0", "7K3Q\0M9X2", "\0\0KAN"])
def test_a_nul_here_and_there_is_a_part_of_the_code(code: str) -> None:
    assert Line(terminators=["cr"]).send(f"{code}\r".encode("latin-1")).scans == [code]


ACK, NAK = bytes.fromhex("04d00000ff2c"), bytes.fromhex("05d1000001ff29")


def test_what_a_zebra_answers_to_an_order_is_no_part_of_a_code_whatever_the_chunks() -> None:
    sent = ACK + b"KAN-1\r" + NAK + ACK + b"KAN-2\r" + ACK

    whole = Line(terminators=["cr"], feedback="ssi").send(sent).wait(1)
    bytewise = Line(terminators=["cr"], feedback="ssi").send(*(bytes([byte]) for byte in sent)).wait(1)

    assert whole.scans == bytewise.scans == ["KAN-1", "KAN-2"]
    assert whole.errors == bytewise.errors == []


@pytest.mark.parametrize(
    "code", [b"[)>\x1e06\x1d15K7K3QM9X201CF\x1e\x04", b"\x04", b"\x05\xd1\0", b"\x04\xd0\0\0\xff\x2d"]
)
def test_what_only_looks_like_an_answer_of_a_zebra_is_a_part_of_the_code(code: bytes) -> None:
    line = Line(terminators=["cr"], feedback="ssi").send(code[:-1], code[-1:], b"\r").wait(1)
    paused = Line(terminators=["none"], feedback="ssi").send(code).wait(1)

    assert line.scans == paused.scans == [code.decode("latin-1")]


def test_half_an_answer_before_the_cable_was_pulled_is_told() -> None:
    line = Line(terminators=["cr"], feedback="ssi").send(ACK[:3])
    line.events += line.decoder.lost(line.now)

    assert line.errors == [("disconnect", "\x04\xd0\0")]
