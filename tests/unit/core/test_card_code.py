"""The card code as people type it and as it protects itself."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reedsolo import RSCodec  # type: ignore[import-untyped]  # it ships no types

from ekanban_core.card_code import ALPHABET, BODY, LAST_VERSION, CardCode, check_characters, random_body
from ekanban_core.errors import BadCardCode

CODES = ("7K3QM9X201CF", "000000000101", "ZZZZZZZZZZ", "0123456701", "B1NW4Y8T0A")

bodies = st.text(ALPHABET, min_size=BODY, max_size=BODY)
versions = st.integers(1, LAST_VERSION)


def values(code: str) -> list[int]:
    return [ALPHABET.index(character) for character in code]


def completed(code: str) -> list[int]:
    return values(code[:10] + check_characters(code[:10]))


def times(left: int, right: int) -> int:
    """Multiplication in GF(32) by the textbook, to check the code's own shortcut."""
    product = 0
    for bit in range(5):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(9, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << bit - 5
    return product


def power(exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = times(result, 2)
    return result


# What an error of value e at place p adds to the syndromes S0 and S1: (e·1, e·2^(11−p)). A word counts as valid when
# both are zero, so an error pattern stays undetected exactly when its contributions cancel, whatever the code word.
CONTRIBUTION = [[(error, times(error, power(11 - place))) for error in range(32)] for place in range(12)]


def test_the_test_vector_of_the_language() -> None:
    assert check_characters("7K3QM9X201") == "CF"
    assert CardCode("7K3QM9X2", 1).text == "7K3QM9X201CF"
    assert CardCode("7K3QM9X2", 1).shown == "7K3Q-M9X2-01CF"


@pytest.mark.parametrize(("version", "characters"), [(1, "01"), (10, "0A"), (31, "0Z"), (32, "10"), (1023, "ZZ")])
def test_versions_count_in_base_32(version: int, characters: str) -> None:
    code = CardCode("7K3QM9X2", version)

    assert code.text[8:10] == characters
    assert CardCode.parse(code.text).version == version


@given(bodies, versions)
def test_every_code_is_read_as_it_was_written(body: str, version: int) -> None:
    code = CardCode(body, version)

    assert CardCode.parse(code.text) == CardCode.parse(code.shown) == CardCode.parse(code.shown.lower()) == code


@pytest.mark.parametrize(
    "typed", ["7k3q-m9x2-01cf", " 7K3Q M9X2 01CF ", "7K3QM9X2-OICF", "7K3QM9X2-olcf", "7-K-3-Q-M-9-X-2-0-1-C-F"]
)
def test_people_may_type_a_code_as_they_like(typed: str) -> None:
    assert CardCode.parse(typed) == CardCode("7K3QM9X2", 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("7K3QM9X201C", "12 characters expected, got 11"),
        ("", "12 characters expected, got 0"),
        ("7K3QM9X201CE", "check characters are CE, expected CF"),
        ("7K3QM9X201UF", "expected digits and letters without U, got 'U'"),
        ("7K3QM9X201\u0130F", "got '\\u0130'"),  # its lower case holds an i
        ("7K3QM9X200" + check_characters("7K3QM9X200"), "expected a print version from 1 to 1023, got 0"),
    ],
)
def test_a_bad_code_says_what_was_expected(typed: str, said: str) -> None:
    with pytest.raises(BadCardCode, match=r"^Not a card code: ") as caught:
        CardCode.parse(typed)

    assert said in str(caught.value)
    assert caught.value.message is not None


@pytest.mark.parametrize(("body", "version"), [("7K3QM9X", 1), ("7K3QM9XU", 1), ("7K3QM9X2", 0), ("7K3QM9X2", 1024)])
def test_a_code_that_cannot_be_is_never_made(body: str, version: int) -> None:
    with pytest.raises(BadCardCode):
        CardCode(body, version)


def test_a_random_body_uses_every_bit() -> None:
    assert random_body(lambda count: bytes(count)) == "00000000"
    assert random_body(lambda count: b"\xff" * count) == "ZZZZZZZZ"
    assert random_body(lambda _: bytes([0, 0, 0, 0, 1])) == "10000000"


@given(st.text(ALPHABET, min_size=10, max_size=10))
def test_the_check_characters_are_those_of_reedsolo(ten: str) -> None:
    peer = RSCodec(2, nsize=31, fcr=0, prim=0x25, c_exp=5, generator=2)

    encoded = list(peer.encode(values(ten)))

    assert check_characters(ten) == "".join(ALPHABET[value] for value in encoded[10:])


@given(st.text(ALPHABET, min_size=10, max_size=10))
def test_a_word_is_valid_exactly_when_its_syndromes_are_zero(ten: str) -> None:
    first, second = 0, 0
    for place, value in enumerate(completed(ten)):
        first ^= CONTRIBUTION[place][value][0]
        second ^= CONTRIBUTION[place][value][1]

    assert (first, second) == (0, 0)


def test_every_error_in_one_or_two_characters_is_found() -> None:
    """For all codes at once: the code is linear, so only the error decides. 12·31 + 66·31² patterns."""
    single = [entry for place in CONTRIBUTION for entry in place[1:]]
    double = [
        (a[0] ^ b[0], a[1] ^ b[1])
        for one, other in itertools.combinations(CONTRIBUTION, 2)
        for a in one[1:]
        for b in other[1:]
    ]

    assert (len(single), len(double)) == (372, 63_426)
    assert (0, 0) not in single
    assert (0, 0) not in double


@pytest.mark.parametrize("code", CODES)
def test_every_swap_of_two_characters_is_found(code: str) -> None:
    word = completed(code)

    for one, other in itertools.combinations(range(12), 2):
        if word[one] == word[other]:
            continue
        swapped = list(word)
        swapped[one], swapped[other] = word[other], word[one]
        with pytest.raises(BadCardCode):
            CardCode.parse("".join(ALPHABET[value] for value in swapped))


def test_all_63798_errors_of_the_test_vector_are_found_one_by_one() -> None:
    """The same as above without the algebra: nothing of the proof is taken on trust."""
    word = "7K3QM9X201CF"
    undetected = []
    for one, other in itertools.combinations(range(12), 2):
        for a in ALPHABET:
            for b in ALPHABET:
                wrong = word[:one] + a + word[one + 1 : other] + b + word[other + 1 :]
                if wrong != word and check_characters(wrong[:10]) == wrong[10:]:
                    undetected.append(wrong)

    assert undetected == []
