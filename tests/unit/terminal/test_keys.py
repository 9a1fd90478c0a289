"""A device's key file is the one that every tool for keys knows, and nothing else is taken for a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ekanban_core.ed25519 import verifier
from ekanban_terminal import keys
from ekanban_terminal.identity import BadIdentity

OTHER = Ed25519PrivateKey.generate()
# RFC 8410, section 10.3: a private key of the standard itself.
PUBLISHED = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""
PUBLISHED_PUBLIC = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def _pem(private: object, how: KeySerializationEncryption | None = None) -> bytes:
    content: bytes = private.private_bytes(  # type: ignore[attr-defined]  # of several kinds
        Encoding.PEM, PrivateFormat.PKCS8, how or NoEncryption()
    )
    return content


def test_a_terminals_key_file_is_read_by_other_tools_as_the_same_key(tmp_path: Path) -> None:
    name, own = keys.for_code(tmp_path, "CODE")

    read = load_pem_private_key((tmp_path / name).read_bytes(), password=None)

    assert isinstance(read, Ed25519PrivateKey)
    assert read.public_key().public_bytes_raw() == own.public
    assert read.sign(b"base") == own.sign(b"base")
    assert (tmp_path / name).read_bytes() == _pem(read)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_key_that_another_tool_wrote_is_the_same_device(tmp_path: Path, ends: bytes) -> None:
    read = keys.load(_file(tmp_path, _pem(OTHER).replace(b"\n", ends)))

    assert read.public == OTHER.public_key().public_bytes_raw()
    assert read.sign(b"base") == OTHER.sign(b"base")


def test_the_key_that_the_standard_prints_is_read_as_the_standard_says(tmp_path: Path) -> None:
    assert keys.load(_file(tmp_path, PUBLISHED)).public == PUBLISHED_PUBLIC


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_pem(generate_private_key(SECP256R1())), "another kind"),
        (PUBLISHED.replace(b"MC4CAQAw", b"MC4CAQEw"), "another kind"),
        (_pem(OTHER, BestAvailableEncryption(b"word")), "cannot be used"),
        (PUBLISHED[:60], "cannot be used"),
        (PUBLISHED.replace(b"VhC", b"V"), "cannot be used"),
        (b"", "cannot be used"),
        (b"\xff\0", "cannot be used"),
        (PUBLISHED + PUBLISHED, "cannot be used"),
    ],
    ids=["other-curve", "other-version", "encrypted", "cut", "base64", "empty", "bytes", "two"],
)
def test_what_is_no_key_of_ours_is_said_so_with_what_to_do(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadIdentity, match=f"{why}.*enrol this terminal again"):
        keys.load(_file(tmp_path, content))


def test_what_is_signed_here_is_believed_with_this_key_only() -> None:
    own, another = keys.PrivateKey.generate(), keys.PrivateKey.generate()
    signature = own.sign(b"base")

    assert verifier(own.public)(signature, b"base")
    for key, signed, base in (
        (another.public, signature, b"base"), (own.public, signature, b"other"), (own.public, signature[:-1], b"base"),
        (own.public, b"", b"base"), (own.public, signature + b"x", b"base"),
    ):  # fmt: skip
        assert not verifier(key)(signed, base)


def test_a_central_with_whose_key_one_signature_fits_every_message_is_not_believed() -> None:
    neutral = b"\x01" + bytes(31)  # a point of order one

    assert not verifier(neutral)(neutral + bytes(32), b"anything")
