"""What each family of scanners is sent, so that a person hears a colour."""

from __future__ import annotations

import pytest

from ekanban_drivers.feedback import order, ssi_packet
from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import Feedback

GREEN, AMBER, RED, GREY = Feedback.GREEN, Feedback.AMBER, Feedback.RED, Feedback.GREY


@pytest.mark.parametrize(
    ("means", "green", "amber", "red"),
    [
        ("bel", b"\a", b"\a\a", b"\a\a\a"),
        ("honeywell", b"\x16\x07\x0d", b"\x16\x07\x0d" * 2, b"\x16\x07\x0d" * 3),
        ("datalogic", b"B", b"BB", b"BBB"),
        ("ssi", bytes.fromhex("05e6040000ff11"), bytes.fromhex("05e6040001ff10"), bytes.fromhex("05e604000fff02")),
    ],
)
def test_green_is_one_tone_amber_two_and_red_another(means: str, green: bytes, amber: bytes, red: bytes) -> None:
    family = DeviceFeedback(means)

    assert [order(family, colour) for colour in (GREEN, AMBER, RED, GREY)] == [green, amber, red, b""]


@pytest.mark.parametrize("means", ["none", "led", "driver"])
def test_a_family_without_orders_is_sent_nothing(means: str) -> None:
    assert [order(DeviceFeedback(means), colour) for colour in Feedback] == [None] * 4


@pytest.mark.parametrize("means", list(DeviceFeedback))
def test_no_family_is_ever_sent_the_letter_that_stops_a_datalogic_from_reading(means: DeviceFeedback) -> None:
    assert all(b"F" not in (order(means, colour) or b"") for colour in Feedback)


def test_the_sum_of_a_packet_is_zero_with_its_checksum() -> None:
    packet = ssi_packet(0xC6, b"\xff\xee\x00")

    assert packet[0] == len(packet) - 2
    assert (sum(packet[:-2]) + int.from_bytes(packet[-2:], "big")) & 0xFFFF == 0
