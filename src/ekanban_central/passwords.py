"""Passwords: argon2id (RFC 9106, second recommendation: 64 MiB), away from the event loop and from its threads.

At most two are hashed at a time, so that a flood of sign-ins takes neither the memory nor the threads of the scans.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ekanban_central.problems import Problem
from ekanban_core.texts import gettext as _

LEAST = 10  # characters
MOST = 200
MOST_WAITING = 50

Made = TypeVar("Made")
_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
_waiting = 0


def normalised(password: str) -> str:
    """One form for what keyboards write in several ways (NFKC, as RFC 8265 asks)."""
    return unicodedata.normalize("NFKC", password)


def hash_now(password: str) -> str:
    """Hash a password here and now, a tenth of a second; for commands, not for requests."""
    return _hasher.hash(normalised(password).encode("utf-8", "surrogatepass"))


def check_now(stored: str | None, password: str) -> bool:
    """Whether this is the password. Without a stored one it takes as long and is wrong."""
    try:
        _hasher.verify(stored or _nobodys(), normalised(password).encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


async def hash_password(password: str) -> str:
    """Hash a password for storing."""
    return await _apart(hash_now, password)


async def check_password(stored: str | None, password: str) -> bool:
    """See check_now."""
    return await _apart(check_now, stored, password)


async def _apart(work: Callable[..., Made], *given: str | None) -> Made:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Problem(
            503, _("Too many people sign in at once. Try again in a minute."), say={}, headers={"Retry-After": "60"}
        )
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *given)
    finally:
        _waiting -= 1


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
