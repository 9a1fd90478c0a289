"""Enrolment codes as people type them, and the MAC that is made from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_core.enrolment import (
    ALPHABET,
    BadEnrolmentCode,
    Code,
    fingerprint,
    key_bytes,
    key_text,
    mac,
    mac_holds,
    new_code,
)
from ekanban_core.errors import BadSignature

CENTRAL_KEY = bytes(range(32))
DEVICE_KEY = bytes(range(32, 64))


def drawn(seed: bytes) -> Callable[[int], bytes]:
    return lambda count: hashlib.sha256(seed + bytes([count])).digest()[:count]


def code() -> Code:
    return new_code(drawn(b"one"), CENTRAL_KEY)


def test_a_code_is_eight_groups_of_five() -> None:
    groups = code().shown.split("-")

    assert [len(group) for group in groups] == [5] * 8
    assert set("".join(groups)) <= set(ALPHABET)


def test_the_secret_has_eighty_bits_and_so_has_the_fingerprint() -> None:
    assert len(code().secret) * 5 == 80
    assert len(code().fingerprint) * 5 == 80


@given(st.binary(min_size=14, max_size=14))
def test_a_code_is_read_as_it_is_shown(randomness: bytes) -> None:
    rest = randomness

    def draw(count: int) -> bytes:
        nonlocal rest
        drawn, rest = rest[:count], rest[count:]
        return drawn

    new = new_code(draw, CENTRAL_KEY)

    assert Code.parse(new.shown) == new


@pytest.mark.parametrize(
    "typed",
    [
        code().shown.lower(),
        code().shown.replace("-", ""),
        code().shown.replace("-", " "),
        f"  {code().shown}\n",
        code().shown.replace("0", "o").replace("1", "l"),
        code().shown.replace("0", "O").replace("1", "I"),
    ],
)
def test_a_code_is_typed_in_any_form(typed: str) -> None:
    assert Code.parse(typed) == code()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Expected 40 characters, got 0"),
        (code().shown[:-1], "Expected 40 characters, got 39"),
        (code().shown + "A", "Expected 40 characters, got 41"),
        ("U" + code().shown[1:], "got 'U' at place 1"),
        ("Ä" + code().shown[1:], "got 'Ä' at place 1"),
    ],
)
def test_what_is_no_code_is_refused_in_words(typed: str, reason: str) -> None:
    with pytest.raises(BadEnrolmentCode, match=reason):
        Code.parse(typed)


def test_nearly_every_wrong_character_is_noticed_before_it_is_sent() -> None:
    plain = code().shown.replace("-", "")
    passed = 0

    for place, right in enumerate(plain):
        for wrong in ALPHABET.replace(right, ""):
            try:
                Code.parse(plain[:place] + wrong + plain[place + 1 :])
            except BadEnrolmentCode:
                continue
            passed += 1

    assert passed <= 6  # of 1,240; a check of ten bits lets one in 1,024 pass


def test_a_log_never_shows_the_secret() -> None:
    assert code().secret not in repr(code())
    assert code().secret not in f"{code()}"


def test_a_code_fits_only_the_central_that_gave_it() -> None:
    code().check_central(CENTRAL_KEY)

    with pytest.raises(BadSignature, match="another central"):
        code().check_central(DEVICE_KEY)


def test_two_codes_have_nothing_but_the_fingerprint_in_common() -> None:
    one, other = new_code(os.urandom, CENTRAL_KEY), new_code(os.urandom, CENTRAL_KEY)

    assert one.fingerprint == other.fingerprint
    assert one.id != other.id
    assert one.secret != other.secret


@pytest.mark.parametrize(
    ("code_id", "name", "key"),
    [
        ("ABCDEG", "Line 4", DEVICE_KEY),
        ("ABCDEF", "Line 5", DEVICE_KEY),
        ("ABCDEF", "Line 4", CENTRAL_KEY),
        ("ABCDEFL", "ine 4", DEVICE_KEY),
    ],
)
def test_the_mac_covers_code_name_and_key(code_id: str, name: str, key: bytes) -> None:
    made = mac(code().mac_key, "ABCDEF", "Line 4", DEVICE_KEY)

    assert mac_holds(code().mac_key, "ABCDEF", "Line 4", DEVICE_KEY, made)
    assert not mac_holds(code().mac_key, code_id, name, key, made)


@pytest.mark.parametrize("given_mac", ["", "00", "ü" * 64, "\ud800", "0" * 64])
def test_a_wrong_mac_is_wrong(given_mac: str) -> None:
    assert not mac_holds(code().mac_key, "ABCDEF", "\ud800", DEVICE_KEY, given_mac)


def test_the_mac_of_another_secret_is_wrong() -> None:
    other = new_code(drawn(b"other"), CENTRAL_KEY)

    made = mac(other.mac_key, "ABCDEF", "Line 4", DEVICE_KEY)

    assert not mac_holds(code().mac_key, "ABCDEF", "Line 4", DEVICE_KEY, made)


def test_a_key_travels_as_base64() -> None:
    assert key_bytes(key_text(DEVICE_KEY)) == DEVICE_KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [("?", "base64"), ("ä", "base64"), ("AAAA", "32 bytes, got 3"), ("", "got 0")],
)
def test_what_is_no_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        key_bytes(text)


def test_the_fingerprint_tells_keys_apart() -> None:
    assert len(fingerprint(CENTRAL_KEY)) == 52
    assert fingerprint(CENTRAL_KEY) != fingerprint(DEVICE_KEY)
