"""What HID-POS scanners send, decoded on a virtual clock."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from decoder_clock import Clocked
from hid_scanner import COMMON_SIZE, described, reports
from hypothesis import given
from hypothesis import strategies as st

from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Scan, ScanError

LONG = b"7K3QM9X201CF" * 10  # three reports


class Line(Clocked):
    """A scanner that gives reports."""

    def __init__(self, descriptor: bytes = b"", **settings: object) -> None:
        super().__init__(HidposDecoder(Profile.from_mapping(settings), "a", descriptor))

    @property
    def sure(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Scan) and not event.suspect]

    @property
    def suspects(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Scan) and event.suspect]


def scan_of(line: Line) -> Scan:
    (scan,) = line.events
    assert isinstance(scan, Scan)
    return scan


@given(
    data=st.binary(min_size=1, max_size=400),
    cuts=st.lists(st.integers(1, 399), max_size=5),
    identifier=st.sampled_from([b"]C0", b"]d2", b"]Q3"]),
    capacity=st.integers(1, 255),
    report=st.integers(0, 255),
    rest=st.integers(0, 3),
)
def test_every_text_arrives_as_it_was_sent_however_it_is_cut(
    data: bytes, cuts: list[int], identifier: bytes, capacity: int, report: int, rest: int
) -> None:
    sent = reports(data, identifier, cuts, capacity, report, rest=rest)

    scan = scan_of(Line(described(capacity, report, rest=rest)).send(*sent))

    assert (scan.raw, scan.text.encode("latin-1")) == (identifier + data, data)
    assert (scan.symbology, scan.suspect) == (identifier.decode(), False)
    assert (scan.t_first, scan.t_last) == (0.0, pytest.approx(0.01 * (len(sent) - 1)))


@given(data=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(1, 199), max_size=3))
def test_without_a_descriptor_the_common_form_holds(data: bytes, cuts: list[int]) -> None:
    assert scan_of(Line().send(*reports(data, cuts=cuts))).raw == b"]C0" + data


@pytest.mark.parametrize("descriptor", [b"\xff", b"\x05\x8c\x09\x02\xa1\x01", b"\x05\x01\x09\x06\xa1\x01\xc0"])
def test_a_descriptor_that_is_of_no_use_is_as_good_as_none(descriptor: bytes) -> None:
    assert Line(descriptor).send(*reports(b"KAN-1")).sure == ["KAN-1"]


@given(sent=st.lists(st.one_of(st.binary(max_size=80), st.binary(min_size=63, max_size=63).map(b"\x02".__add__))))
def test_no_report_is_too_strange_to_be_taken(sent: list[bytes]) -> None:
    line = Line(described(), gap_ms=15).send(*sent).wait(1)

    assert line.decoder.deadline is None
    assert all(isinstance(event, Scan | ScanError) for event in line.events)
    assert all(len(scan) <= Profile().max_len for scan in line.sure)


STRANGE = [
    b"",
    b"\x02",
    reports(b"KAN")[0][:-1],
    b"\x07" * 64,
    bytes([2, 57]) + b"K" * 62,
    b"\x02\xff" + b"K" * 61 + b"\0",
]


@given(
    lengths=st.lists(st.sampled_from([1, 12, 57, 113, 180]), min_size=1, max_size=4),
    strokes=st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.sampled_from(STRANGE)), max_size=3),
)
def test_damage_never_makes_a_code_that_was_not_there(
    lengths: list[int], strokes: list[tuple[int, bool, bytes]]
) -> None:
    codes = [bytes(range(length)) for length in lengths]  # no piece of one is another
    sent = [report for code in codes for report in reports(code)]
    for place, instead, strange in strokes:
        sent[place : place + instead] = [strange]

    line = Line(described()).send(*sent).wait(1)

    assert set(line.sure) <= {code.decode("latin-1") for code in codes}
    assert line.errors or not strokes


def test_a_code_that_never_ends_is_refused_once_and_takes_no_memory() -> None:
    chance = random.Random(1)  # noqa: S311 -- no secret
    (endless, _end) = reports(chance.randbytes(112))
    line = Line(max_len=4000)
    line.send(*[endless] * 100)
    tracemalloc.start()
    line.send(*[endless] * 5000)
    grown, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [kind for kind, _partial in line.errors] == ["too_long"]
    assert grown < 20_000
    line.wait(1).send(*reports(b"KAN-1"), *reports(b"KAN-2"))
    assert (line.suspects, line.sure) == (["KAN-1"], ["KAN-2"])  # the first may be the endless one's rest


@pytest.mark.parametrize("descriptor", [b"", described()])
def test_a_scanner_that_sends_no_identifier_keeps_the_beginning_of_its_codes(descriptor: bytes) -> None:
    scan = scan_of(Line(descriptor).send(*reports(b"KAN-1", identifier=b"")))

    assert (scan.text, scan.symbology, scan.raw) == ("KAN-1", None, b"KAN-1")


def test_a_scanner_that_has_no_place_for_an_identifier_keeps_the_beginning_of_its_codes() -> None:
    line = Line(described(identifier=False)).send(*reports(b"KAN-1", own_place=False))

    assert (line.sure, scan_of(line).symbology) == (["KAN-1"], None)


def test_a_scanner_that_sends_codes_in_the_place_of_the_identifier_is_understood_without_a_descriptor() -> None:
    assert Line().send(bytes([2, 5]) + b"KAN-1".ljust(62, b"\0")).sure == ["KAN-1"]


def test_what_stands_in_the_place_of_the_identifier_and_is_neither_that_nor_code_is_an_error() -> None:
    line = Line().send(bytes([2, 5]) + b"\x01\x02\x03KAN-1".ljust(62, b"\0"))

    assert (line.errors, line.sure, line.suspects) == ([("overrun", "")], [], [])


def test_an_identifier_in_the_code_is_cut_as_on_serial_lines() -> None:
    scan = scan_of(Line(described()).send(*reports(b"]C1KAN-1", identifier=b"")))

    assert (scan.text, scan.symbology) == ("KAN-1", "]C1")


def test_what_looks_like_an_identifier_behind_the_identifier_is_code() -> None:
    scan = scan_of(Line().send(*reports(b"]C1KAN-1")))

    assert (scan.text, scan.symbology, scan.raw) == ("]C1KAN-1", "]C0", b"]C0]C1KAN-1")


def test_identifiers_stay_where_the_profile_says_so() -> None:
    scan = scan_of(Line(aim=False).send(*reports(b"KAN-1")))

    assert (scan.text, scan.symbology) == ("]C0KAN-1", None)


def test_prefix_and_suffix_are_cut_and_a_code_without_them_is_suspect() -> None:
    line = Line(prefix="<", suffix="\r").send(*reports(b"<KAN-1\r"), *reports(b"KAN-2"))

    assert (line.sure, line.suspects) == (["KAN-1"], ["KAN-2"])


def test_a_code_longer_than_allowed_is_refused_and_the_next_is_whole() -> None:
    line = Line(max_len=100).send(*reports(LONG), *reports(LONG[:100]))

    assert [kind for kind, _partial in line.errors] == ["too_long"]
    assert line.sure == [LONG[:100].decode()]


@pytest.mark.parametrize("length", [57, 62, 255])
def test_a_length_that_the_report_does_not_have_is_an_error(length: int) -> None:
    (report,) = reports(b"K" * 56)
    line = Line(described()).send(bytes([2, length]) + report[2:], *reports(b"KAN-1"), *reports(b"KAN-2"))

    assert (line.errors, line.suspects, line.sure) == ([("overrun", "")], ["KAN-1"], ["KAN-2"])


@pytest.mark.parametrize("strange", [b"", b"\x02", reports(b"K")[0][:-1], reports(b"K")[0] + b"\0", b"\x07" * 64])
def test_a_report_of_wrong_size_or_name_is_an_error_and_what_follows_may_be_its_rest(strange: bytes) -> None:
    line = Line(described()).send(strange, *reports(b"KAN-1"), *reports(b"KAN-2"))

    assert line.errors == [("overrun", "")]
    assert (line.suspects, line.sure) == (["KAN-1"], ["KAN-2"])


def test_a_strange_report_within_a_code_spoils_the_code_to_its_end() -> None:
    first, *others = reports(LONG)
    line = Line().send(first, b"\x07" * COMMON_SIZE, *others, *reports(b"KAN-1"))

    assert line.errors == [("overrun", LONG[:56].decode())]
    assert (line.suspects, line.sure) == ([], ["KAN-1"])


def test_reports_that_are_no_codes_are_passed_over_but_not_within_a_code() -> None:
    battery = b"\x85\x09\x09\x01\x75\x08\x95\x01\x81\x02\xc0"
    line = Line(described().removesuffix(b"\xc0") + battery)

    assert line.send(b"\x09\x50", *reports(b"KAN-1")).sure == ["KAN-1"]
    assert line.errors == []
    first, *others = reports(LONG)
    assert line.send(first, b"\x09\x50", *others).errors == [("overrun", LONG[:56].decode())]


def test_another_code_within_a_code_ends_it_as_an_error_and_is_suspect() -> None:
    line = Line().send(reports(LONG)[0], *reports(b"KAN-1", identifier=b"]Q1"))

    assert line.errors == [("overrun", LONG[:56].decode())]
    assert (line.suspects, line.sure) == (["KAN-1"], [])
    (scan,) = (event for event in line.events if isinstance(event, Scan))
    assert scan.symbology == "]Q1"


def test_a_code_whose_rest_does_not_come_is_an_error_and_what_follows_is_suspect() -> None:
    first, *others = reports(LONG)
    line = Line(gap_ms=100).send(first).wait(0.2)

    assert line.errors == [("timeout", LONG[:56].decode())]
    line.send(*others, *reports(b"KAN-1"))
    assert (line.suspects, line.sure) == ([LONG[56:].decode()], ["KAN-1"])


def test_a_scanner_that_goes_away_within_a_code_leaves_an_error_and_the_next_code_is_whole() -> None:
    line = Line().send(reports(LONG)[0])
    line.events += line.decoder.lost(line.now)

    assert line.errors == [("disconnect", LONG[:56].decode())]
    assert line.send(*reports(b"KAN-1")).sure == ["KAN-1"]


def test_more_to_come_without_anything_having_come_is_an_error() -> None:
    empty = bytes([2, 0]) + b"]C0" + bytes(58) + b"\x01"

    assert [kind for kind, _ in Line().send(empty).errors] == ["overrun"]


def test_an_empty_report_is_no_code() -> None:
    assert Line().send(bytes([2, 0]) + b"]C0" + bytes(59)).events == []


def test_what_the_profile_says_of_the_form_counts_more_than_the_device() -> None:
    line = Line(described(capacity=20), report_descriptor=described(capacity=30).hex())

    assert line.send(*reports(b"KAN-1", capacity=30)).sure == ["KAN-1"]


def test_terminators_of_a_profile_do_not_cut_a_code_whose_length_is_known() -> None:
    line = Line(terminators=["none"], framing="stx_etx", gap_ms=100)

    assert line.send(*reports(b"a\x02b\x03\r\n\0")).sure == ["a\x02b\x03\r\n\0"]
    assert line.send(reports(LONG)[0]).wait(0.2).errors == [("timeout", LONG[:56].decode())]
