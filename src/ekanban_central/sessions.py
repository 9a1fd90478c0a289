"""Sessions of browsers: begun at sign-in, ended by sign-out, by idleness, by age, or with the person's rights.

The cookie's word is new at every sign-in and after every change of password, so that no word that was known before
(planted or overheard) is worth anything afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlmodel import col

from ekanban_central.secret_words import hash_of, new_word
from ekanban_central.tables import Person, WebSession

IDLE_MS = 12 * 3_600_000  # unused for a shift and a half
MOST_MS = 7 * 24 * 3_600_000  # then everybody signs in again
SEEN_EVERY_MS = 5 * 60_000  # how exactly idleness is known; spares a write for each page


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun; its word goes into the cookie and nowhere else."""

    word: str
    csrf: str


def begin(
    connection: Connection, person_id: UUID, now_ms: int, random_bytes: Callable[[int], bytes], old: str | None = None
) -> NewSession:
    """Begin a session and end the one that the browser had before."""
    if old is not None:
        end(connection, old)
    connection.execute(delete(WebSession).where(col(WebSession.expires_ms) <= now_ms))
    session = NewSession(new_word(random_bytes), new_word(random_bytes))
    connection.execute(
        insert(WebSession).values(
            token_hash=hash_of(session.word),
            person_id=person_id,
            csrf=session.csrf,
            created_ms=now_ms,
            seen_ms=now_ms,
            expires_ms=now_ms + MOST_MS,
        )
    )
    return session


def find(connection: Connection, word: str, now_ms: int) -> Row[str, int, UUID, str, str, str, str | None] | None:
    """Return csrf, seen_ms and the person's columns of a session that still holds."""
    statement = (
        select(
            col(WebSession.csrf), col(WebSession.seen_ms), col(Person.id), col(Person.name), col(Person.display_name),
            col(Person.role), col(Person.language),
        )
        .join(Person, col(Person.id) == col(WebSession.person_id))
        .where(
            col(WebSession.token_hash) == hash_of(word),
            col(WebSession.expires_ms) > now_ms,
            col(WebSession.seen_ms) > now_ms - IDLE_MS,
            col(Person.active),
        )
    )  # fmt: skip
    return connection.execute(statement).one_or_none()


def touch(connection: Connection, word: str, now_ms: int) -> None:
    """Note that the session was used; called only when SEEN_EVERY_MS have passed."""
    connection.execute(update(WebSession).where(col(WebSession.token_hash) == hash_of(word)).values(seen_ms=now_ms))


def end(connection: Connection, word: str) -> None:
    """Sign out."""
    connection.execute(delete(WebSession).where(col(WebSession.token_hash) == hash_of(word)))


def end_all(connection: Connection, person_id: UUID) -> None:
    """End every session of a person: after a new password, another role, or leaving."""
    connection.execute(delete(WebSession).where(col(WebSession.person_id) == person_id))
