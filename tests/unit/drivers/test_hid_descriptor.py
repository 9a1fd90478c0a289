"""Report descriptors: what they say, and that none is too strange."""

from __future__ import annotations

import pytest
from hid_scanner import described, item
from hypothesis import given
from hypothesis import strategies as st

from ekanban_drivers.decoding.hid_descriptor import BadDescriptor, Field, parse
from ekanban_drivers.decoding.hidpos_form import COMMON, form_of, is_scanner

KEYBOARD = bytes.fromhex(
    "05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910395067508150025650507"
    "190029658100c0"
)


def test_the_common_form_can_be_described() -> None:
    form = form_of(described())

    assert form is not None
    assert (form.report, form.size, form.count, form.data) == (COMMON.report, COMMON.size, COMMON.count, COMMON.data)
    assert (form.identifier, form.continued) == (COMMON.identifier, COMMON.continued)


def test_fields_have_their_place_behind_the_name_of_the_report() -> None:
    read = parse(described())

    assert read.applications == (0x8C0002,)
    assert read.fields == {
        2: [
            Field(0x01003B, 8, 8, 1), Field(0x8C00FB, 16, 8, 1), Field(0x8C00FC, 24, 8, 1), Field(0x8C00FD, 32, 8, 1),
            Field(0x8C00FE, 40, 8, 56), Field(0x8C00FF, 504, 1, 1),
        ]
    }  # fmt: skip
    assert read.length(2) == 64


def test_a_range_of_usages_is_one_element_each_and_the_last_holds_for_the_rest() -> None:
    read = parse(b"\x05\x8c\x09\x02\xa1\x01\x75\x08\x95\x05\x19\xfb\x29\xfd\x81\x02\xc0")

    assert read.fields == {0: [Field(0x8C00FB, 0, 8, 1), Field(0x8C00FC, 8, 8, 1), Field(0x8C00FD, 16, 8, 3)]}


def test_a_usage_can_bring_its_page_and_pushed_settings_come_back() -> None:
    content = (
        b"\x05\x01\x75\x08\x95\x02\xa4\x05\x8c\x95\x07\xb4" + item(0x08, 0x8C00FE, 4) + b"\x81\x02\x09\x3b\x81\x02"
    )

    assert parse(content).fields == {0: [Field(0x8C00FE, 0, 8, 2), Field(0x01003B, 16, 8, 2)]}


def test_padding_has_no_meaning_even_where_a_usage_stands_before_it() -> None:
    assert parse(b"\x05\x8c\x75\x08\x95\x02\x09\xfe\x81\x03\x09\xff\x81\x02").fields == {0: [Field(0x8C00FF, 16, 8, 2)]}


def test_the_usages_of_an_array_are_values_and_not_places() -> None:
    read = parse(b"\x05\x07\x75\x08\x95\x02\x19\x00\x29\x65\x81\x00\x05\x8c\x09\xfe\x81\x02")

    assert read.fields == {0: [Field(0x8C00FE, 16, 8, 2)]}


@pytest.mark.parametrize(
    ("descriptor", "scanner"),
    [
        (described(), True),
        (described(report=0, identifier=False), True),
        (KEYBOARD, False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_the_page_tells_scanners_from_other_devices(descriptor: bytes, scanner: bool) -> None:
    assert is_scanner(descriptor) is scanner


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 bytes"),
        (bytes(5000), "5000 bytes"),
        (b"\x05", "ends within"),
        (b"\xfe\x01\x01\x00", "long item"),
        (b"\x0c", "reserved type"),
        (b"\xa1\x01", "has no end"),
        (b"\xc0", "has not begun"),
        (b"\xb4", "was not pushed"),
        (b"\x85\x00", "report id 0"),
        (b"\x86\x00\x01", "report id 256"),
        (b"\x29\x05", "range of usages"),
        (b"\x19\x05\x29\x04", "range of usages"),
        (b"\x1b\x00\x00\x00\x00\x2b\xff\xff\xff\xff", "range of usages"),
        (b"\x75\x08\x95\x01\x81\x02\x85\x01\x81\x02", "some have none"),
        (b"\x75\x08\x97\xff\xff\xff\xff\x81\x02", "too long"),
        (b"\x1a\x00\x00\x2a\xff\x2f" * 2, "too many"),
        (b"\x70", "unknown main item"),
        (b"\xa9\x01", "alternative usages"),
    ],
)
def test_what_is_no_descriptor_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadDescriptor, match=said):
        parse(content)


@pytest.mark.parametrize(
    "wrong",
    [
        described().replace(b"\x09\x3b", b"\x09\x3c"),  # no count
        described().replace(b"\x09\xfe", b"\x09\xf0"),  # no data
        described().replace(b"\x09\xfd", b"\x09\xfe"),  # data twice
        described().replace(b"\x09\xfc", b"\x09\x00"),  # half an identifier
        described().replace(b"\x75\x08\x95\x01", b"\x75\x04\x95\x01"),  # data across the bytes
        described() + described(report=3),  # two kinds of codes
    ],
)
def test_a_descriptor_that_leaves_a_doubt_is_of_no_use(wrong: bytes) -> None:
    assert wrong != described()
    assert form_of(wrong) is None


@given(st.one_of(st.binary(max_size=300), st.tuples(st.integers(0, 60), st.binary(max_size=8)).map(lambda at: (
    described()[: at[0]] + at[1] + described()[at[0] + len(at[1]) :]
))))  # fmt: skip
def test_no_descriptor_is_too_strange_to_be_looked_at(content: bytes) -> None:
    form = form_of(content)

    assert is_scanner(content) in (True, False)
    assert form is None or 0 <= form.data.start < form.data.stop <= form.size
