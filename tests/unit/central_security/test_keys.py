"""Central's key file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from ekanban_central.keys import FILE, KeyUnreadable, key_of, load_or_make, write_private
from ekanban_core.ed25519 import verifier


def test_the_key_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    first = load_or_make(tmp_path)

    assert load_or_make(tmp_path).public == first.public
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_data_folder_is_made_for_central_alone(tmp_path: Path) -> None:
    load_or_make(tmp_path / "new" / "data")

    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    load_or_make(tmp_path)

    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_take_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = {key.public for key in pool.map(load_or_make, [tmp_path] * 8)}

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    load_or_make(tmp_path)
    (tmp_path / FILE).chmod(mode)

    with pytest.raises(KeyUnreadable, match=f"mode {mode:o}.*chmod 600"):
        load_or_make(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_an_error_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    write_private(tmp_path / FILE, content)

    with pytest.raises(KeyUnreadable, match="backup"):
        load_or_make(tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    write_private(tmp_path / FILE, other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(KeyUnreadable, match="Ed25519"):
        load_or_make(tmp_path)


def test_a_folder_in_the_keys_place_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir(mode=0o700)

    with pytest.raises(KeyUnreadable, match="directory"):
        load_or_make(tmp_path)


def test_a_data_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(KeyUnreadable, match="Not a directory"):
        load_or_make(tmp_path / "file" / "data")


def test_a_private_file_is_never_written_over(tmp_path: Path) -> None:
    assert write_private(tmp_path / "x", b"one")

    assert not write_private(tmp_path / "x", b"two")
    assert (tmp_path / "x").read_bytes() == b"one"


def test_what_the_key_signs_its_public_half_verifies(tmp_path: Path) -> None:
    key = load_or_make(tmp_path)
    signature = key.sign(b"base")

    assert verifier(key.public)(signature, b"base")
    assert not verifier(key.public)(signature, b"other")
    assert not verifier(key.public)(b"x" * 64, b"base")


def test_a_log_never_shows_the_key(tmp_path: Path) -> None:
    key = load_or_make(tmp_path)

    assert "Key" not in repr(key).replace("CentralKey", "")


SMALL_ORDER = bytes([1]) + bytes(31)  # the neutral point: as a key, one signature fits every message


@pytest.mark.parametrize("made_by_central", [True, False])
@given(seed=st.binary(min_size=32, max_size=32), base=st.binary(max_size=400))
def test_signatures_are_those_of_any_other_implementation(made_by_central: bool, seed: bytes, base: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = key_of(private)
    signature = key.sign(base) if made_by_central else private.sign(base)

    private.public_key().verify(signature, base)
    assert verifier(key.public)(signature, base)
    assert key.public == private.public_key().public_bytes_raw()


@given(st.binary(max_size=100), st.integers(0, 64 * 8 - 1))
def test_a_signature_with_one_bit_changed_is_none(base: bytes, bit: int) -> None:
    key = key_of(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    signature = bytearray(key.sign(base))
    signature[bit // 8] ^= 1 << bit % 8

    assert not verifier(key.public)(bytes(signature), base)


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"x" * 65])
def test_what_has_not_the_length_of_a_signature_is_none(signature: bytes) -> None:
    assert not verifier(key_of(Ed25519PrivateKey.generate()).public)(signature, b"base")


def test_a_key_with_which_one_signature_fits_every_message_verifies_nothing() -> None:
    signature = SMALL_ORDER + bytes(32)
    Ed25519PublicKey.from_public_bytes(SMALL_ORDER).verify(signature, b"whatever")  # OpenSSL believes it

    assert not verifier(SMALL_ORDER)(signature, b"whatever")
