"""Identifiers that sort by time."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ekanban_core.ids import uuid7


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_every_identifier_is_a_uuid_of_version_7(now_ms: int, random: bytes) -> None:
    identifier = UUID(uuid7(now_ms, lambda _: random))

    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")
    assert identifier.int >> 80 == now_ms


def test_the_example_of_the_rfc() -> None:
    """RFC 9562, A.6: 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F."""
    random = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")

    assert uuid7(0x017F22E279B0, lambda _: random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_later_ones_sort_after_earlier_ones() -> None:
    assert uuid7(1000, lambda count: b"\xff" * count) < uuid7(1001, lambda count: bytes(count))
