"""What scanners give, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ekanban_core import gs1
from ekanban_core.card_code import ALPHABET, CardCode
from ekanban_core.reading import (
    CardRead,
    CommandRead,
    Form,
    Reading,
    Unreadable,
    alias_candidates,
    read,
)
from ekanban_core.states import Intent
from ekanban_core.texts import sentence

CODE = "7K3QM9X201CF"


def no_alias(_: str) -> str | None:
    return None


def aliases(**known: str) -> Callable[[str], str | None]:
    return known.get


def reason(reading: Reading) -> str:
    assert isinstance(reading, Unreadable)
    return sentence(reading.message)


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        (b"7K3QM9X201CF", Form.BARE),
        (b"7k3q-m9x2-01cf", Form.BARE),
        (b"]C07K3QM9X201CF", Form.BARE),
        (b"15K7K3QM9X201CF", Form.IDENTIFIED),
        (b"]C015K7K3QM9X201CF", Form.IDENTIFIED),
        (b"15k7k3qm9x201cf", Form.IDENTIFIED),
        (b"https://kanban.example/c/7K3QM9X201CF", Form.URL),
        (b"]Q1HTTPS://KANBAN.EXAMPLE/C/7K3QM9X201CF", Form.URL),
        (b"http://other.example:8000/plant/c/7K3Q-M9X2-01CF/", Form.URL),
        (b"https://kanban.example/c/7K3QM9X201CF?utm=1#top", Form.URL),
        (b"[)>\x1e06\x1d15K7K3QM9X201CF\x1e\x04", Form.ENVELOPE),
        (b"]d1[)>\x1e06\x1dP12345\x1d15K7K3QM9X201CF\x1dQ20\x1e\x04", Form.ENVELOPE),
        (b"[)>\x1e06\x1dP12345\x1d15K7K3QM9X201CF\r\n", Form.ENVELOPE),
        (b"7K3QM9X201CF\r\n", Form.BARE),
    ],
)
def test_a_card_is_read_in_every_form_it_is_printed_in(raw: bytes, form: Form) -> None:
    reading = read(raw, no_alias)

    assert isinstance(reading, CardRead)
    assert (reading.body, reading.version, reading.form) == ("7K3QM9X2", 1, form)


@pytest.mark.parametrize("intent", list(Intent))
def test_every_intent_has_a_command_card(intent: Intent) -> None:
    assert read(f"]C0EKC-{intent.upper()}".encode(), no_alias) == CommandRead(intent, f"EKC-{intent.upper()}")


def test_an_alias_is_asked_before_the_text_is_parsed() -> None:
    reading = read(CODE.encode(), aliases(**{CODE: "AAAAAAAA"}))

    assert isinstance(reading, CardRead)
    assert (reading.body, reading.version, reading.form) == ("AAAAAAAA", None, Form.ALIAS)


def test_where_no_foreign_code_was_ever_entered_no_reading_is_searched_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gs1, "elements", lambda text: pytest.fail(f"searched {text}"))
    code = CardCode("7K3QM9X5", 2)  # read nowhere else, so that it is not remembered

    reading = read(code.text.encode())

    assert reading == CardRead(code.body, code.version, code.text, Form.BARE)


def test_a_command_card_is_never_an_alias() -> None:
    assert isinstance(read(b"EKC-EMPTY", lambda _: "AAAAAAAA"), CommandRead)


@pytest.mark.parametrize(
    ("raw", "alias"),
    [
        (b"]C10104006381333931\x1d21ABC", "(01)04006381333931(21)ABC"),
        (b"\x1d010400638133393121ABC\x1d10LOT", "(01)04006381333931(21)ABC"),
        (b"010400638133393110LOT", "(01)04006381333931"),
        (b"010400638133393110LOT", "4006381333931"),
        (b"(01)04006381333931(10)LOT", "04006381333931"),
        (b"https://id.example/01/04006381333931/21/ABC", "(01)04006381333931(21)ABC"),
        (b"https://id.example/x/01/04006381333931?17=261231", "4006381333931"),
        (b"00340123450000000017", "(00)340123450000000017"),
        (b"8004PALLET7", "PALLET7"),
    ],
)
def test_a_gs1_label_that_central_knows_stands_for_its_card(raw: bytes, alias: str) -> None:
    reading = read(raw, aliases(**{alias: "AAAAAAAA"}))

    assert isinstance(reading, CardRead)
    assert (reading.body, reading.form) == ("AAAAAAAA", Form.GS1)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"7K3QM9X201C", "12 characters expected, got 11"),
        (b"7K3QM9X201CE", "check characters are CE, expected CF"),
        (b"15K7K3QM9X201CE", "check characters are CE, expected CF"),
        (b"15K7K3QM9X201C", "12 characters expected, got 11"),
        (b"https://kanban.example/c/7K3QM9X201CE", "check characters are CE, expected CF"),
        (b"https://kanban.example/cards", "does not end in /c/"),
        (b"[)>\x1e06\x1dP12345\x1e\x04", "no field 15K"),
        (b"]C1010400638133393121ABC\x1d10LOT", "GS1 label"),
        (b"EKC-DANCE", "command card is not known"),
        (b"7K3QM9\x00X201CF", "control characters"),
        (b"\xff\xfe\x00", "not text"),
        (b"", "Nothing was read"),
        (b"]C0", "Nothing was read"),
        (b" \r\n", "Nothing was read"),
        (b"7" * 10_000, "10000 characters are too many"),
        (b"7" * 4096, "12 characters expected, got 4096"),
        ("\uff17K3QM9X201CF".encode(), "is not a character of a card code"),
        (b"https://[/c/7K3QM9X201CF", "does not end in /c/"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, said: str) -> None:
    assert said in reason(read(raw, no_alias))


@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
@example(b"[)>\x1e06\x1d" * 50)
@example(b"https://a/c/%00%ff")
@example(b"01" * 2000)
@example(b"]" * 5000)
@example("15K\ud800".encode("utf-8", "surrogatepass"))
def test_no_reading_is_an_accident(raw: bytes) -> None:
    reading = read(raw, no_alias)

    if isinstance(reading, Unreadable):
        assert sentence(reading.message)
    reading.text.encode()


@given(st.text(st.sampled_from(ALPHABET + "()/\x1d\x1e\x04:.[>%-hctps "), max_size=60))
def test_what_is_asked_of_aliases_is_what_is_offered_beforehand(text: str) -> None:
    asked: list[str] = []

    read(text.encode(), lambda candidate: asked.append(candidate))

    assert set(asked) <= set(alias_candidates(text.encode()))


@given(st.binary(max_size=300))
def test_nothing_that_a_database_refuses_is_asked_of_it(raw: bytes) -> None:
    for candidate in alias_candidates(raw):
        assert "\0" not in candidate
        assert len(candidate) <= 200


@given(st.text(ALPHABET, min_size=8, max_size=8), st.integers(1, 1023), st.sampled_from(["", "15K", "]C015K", "]Q1"]))
def test_every_card_is_read_back(body: str, version: int, prefix: str) -> None:
    reading = read((prefix + CardCode(body, version).text).encode(), no_alias)

    assert isinstance(reading, CardRead)
    assert (reading.body, reading.version) == (body, version)


def test_a_damaged_card_is_never_read_as_a_gs1_label_of_another() -> None:
    reading = read(b"010400638133393121ABC", aliases(**{"04006381333930": "AAAAAAAA"}))

    assert isinstance(reading, Unreadable)
