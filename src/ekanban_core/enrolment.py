"""Enrolment: the code that a person carries from central to a terminal, and what the two prove to each other with it.

The code is 40 characters of Crockford's base 32, shown in groups of five: an id (6), a secret of 80 bits (16), the
fingerprint of central's key (16) and a check (2). It is typed in any case, with or without hyphens and blanks; I and L
are read as 1, O as 0.

The secret never travels. The terminal makes its own key and sends `EnrolRequest` with a MAC keyed from the secret, in a
request signed by its new key (signatures.py) with the code's id as key id: the MAC proves that a holder of the code
asks, the signature that he holds the key. Central's answer is signed by central's key and bound to that request; the
terminal believes it because the code carried that key's fingerprint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from ekanban_core.errors import BadReading, BadSignature
from ekanban_core.texts import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
PATH = "/api/v1/terminals/enroll"
KEY_BYTES = 32

_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_ID, _SECRET, _FINGERPRINT, _CHECK = 6, 16, 16, 2  # characters
_LENGTH = _ID + _SECRET + _FINGERPRINT + _CHECK


class BadEnrolmentCode(BadReading):
    """This is not an enrolment code."""


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """An enrolment code; its parts are in the alphabet above. Its repr leaves the secret out, for logs."""

    id: str
    secret: str
    fingerprint: str

    def __repr__(self) -> str:
        return f"Code(id={self.id!r})"

    @property
    def shown(self) -> str:
        """For people: eight groups of five."""
        text = self.id + self.secret + self.fingerprint
        text += _check(text)
        return "-".join(text[start : start + 5] for start in range(0, _LENGTH, 5))

    @property
    def mac_key(self) -> bytes:
        """What central keeps instead of the secret."""
        return hashlib.sha256(b"ekanban enrolment secret 1\0" + self.secret.encode()).digest()

    @classmethod
    def parse(cls, text: str) -> Code:
        """Read a code as a person typed or pasted it; raises BadEnrolmentCode, which says what was expected."""
        plain = "".join(text.upper().split()).replace("-", "")
        if len(plain) != _LENGTH:
            raise BadEnrolmentCode(_("Expected {length} characters, got {got}"), length=_LENGTH, got=len(plain))
        for place, character in enumerate(plain, start=1):
            if character not in _VALUES:
                raise BadEnrolmentCode(
                    _("Expected 0-9 or A-Z without U, got {character} at place {place}"),
                    character=repr(character),
                    place=place,
                )
        plain = "".join(ALPHABET[_VALUES[character]] for character in plain)
        if _check(plain[:-_CHECK]) != plain[-_CHECK:]:
            raise BadEnrolmentCode(_("The check characters do not fit: a character is wrong or two are swapped"))
        return cls(plain[:_ID], plain[_ID : _ID + _SECRET], plain[_ID + _SECRET : -_CHECK])

    def check_central(self, public_key: bytes) -> None:
        """Raise BadSignature unless this is the key of the central that gave the code."""
        if not hmac.compare_digest(short_fingerprint(public_key), self.fingerprint):
            raise BadSignature(_("The answer comes from another central than the one that gave the code"))


def new_code(random_bytes: Callable[[int], bytes], central_key: bytes) -> Code:
    """Draw a code for a central with this public key (32 raw bytes)."""
    return Code(_encode(random_bytes(4), _ID), _encode(random_bytes(10), _SECRET), short_fingerprint(central_key))


def fingerprint(public_key: bytes) -> str:
    """The key id of a public key (32 raw bytes): SHA-256, 52 characters of the alphabet above."""
    return _encode(hashlib.sha256(b"ekanban key 1\0" + public_key).digest(), 52)


def short_fingerprint(public_key: bytes) -> str:
    """The 80 bits of the fingerprint that fit a code; nobody finds a second key for them in fifteen minutes' search."""
    return fingerprint(public_key)[:_FINGERPRINT]


def mac(mac_key: bytes, code_id: str, name: str, public_key: bytes) -> str:
    """The MAC of `EnrolRequest`, in hex: HMAC-SHA-256 over id, name and key, each with its length in front."""
    parts = (code_id.encode(), name.encode("utf-8", "surrogatepass"), public_key)
    message = b"ekanban enrolment 1\0" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(mac_key, message, hashlib.sha256).hexdigest()


def mac_holds(mac_key: bytes, code_id: str, name: str, public_key: bytes, given: str) -> bool:
    """Compare in constant time."""
    expected = mac(mac_key, code_id, name, public_key)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def key_text(public_key: bytes) -> str:
    """A public key (32 raw bytes) as the wire carries it."""
    return base64.b64encode(public_key).decode()


def key_bytes(text: str) -> bytes:
    """The 32 raw bytes of a public key from the wire; raises BadSignature."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("Expected a public key in base64") from error
    if len(key) != KEY_BYTES:
        raise BadSignature(f"Expected a public key of {KEY_BYTES} bytes, got {len(key)}")
    return key


def _encode(content: bytes, length: int) -> str:
    """The first 5 times length bits of the content, zero bits added where it is too short."""
    bits = int.from_bytes(content, "big")
    spare = 5 * length - 8 * len(content)
    bits = bits << spare if spare >= 0 else bits >> -spare
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(5 * (length - 1), -1, -5))


def _check(text: str) -> str:
    """Two characters from SHA-256: one wrong code in 1,024 passes here, and none passes central."""
    return _encode(hashlib.sha256(b"ekanban code 1\0" + text.encode()).digest(), _CHECK)
