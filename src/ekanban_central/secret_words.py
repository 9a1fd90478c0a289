"""Random words that let somebody in (links, sessions, API tokens): 256 bits each; only their hash is stored."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

LENGTH = 43  # characters of 32 bytes in base64url


def new_word(random_bytes: Callable[[int], bytes]) -> str:
    """Draw a word of letters, digits, - and _."""
    return base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()


def hash_of(word: str) -> bytes:
    """What is stored. A fast hash is right here: nobody guesses 256 bits."""
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
