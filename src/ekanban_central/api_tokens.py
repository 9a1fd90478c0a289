"""API tokens: what a script signs in with, in the name and with the role of the person who made it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import col

from ekanban_central.secret_words import hash_of, new_word
from ekanban_central.tables import ApiToken, Person

PREFIX = "ekanban_"  # tells people and secret scanners what they have found


def make(connection: Connection, person_id: UUID, name: str, now_ms: int, random_bytes: Callable[[int], bytes]) -> str:
    """Make a token and return it; it is never shown again."""
    word = PREFIX + new_word(random_bytes)
    connection.execute(
        insert(ApiToken).values(token_hash=hash_of(word), person_id=person_id, name=name, created_ms=now_ms)
    )
    return word


def find(connection: Connection, word: str) -> Row[UUID, str, str, str, str | None] | None:
    """Return the columns of the person whose token this is, while both hold."""
    statement = (
        select(col(Person.id), col(Person.name), col(Person.display_name), col(Person.role), col(Person.language))
        .join(ApiToken, col(ApiToken.person_id) == col(Person.id))
        .where(col(ApiToken.token_hash) == hash_of(word), col(ApiToken.revoked_ms).is_(None), col(Person.active))
    )
    return connection.execute(statement).one_or_none()


def list_of(connection: Connection, person_id: UUID) -> list[Row[bytes, str, int, int | None]]:
    """Return token_hash, name, created_ms and revoked_ms of a person's tokens, oldest first."""
    statement = (
        select(col(ApiToken.token_hash), col(ApiToken.name), col(ApiToken.created_ms), col(ApiToken.revoked_ms))
        .where(col(ApiToken.person_id) == person_id)
        .order_by(col(ApiToken.created_ms), col(ApiToken.token_hash))
    )
    return list(connection.execute(statement))


def id_of(token_hash: bytes) -> str:
    """What names a token where its secret must not be: the beginning of its hash."""
    return token_hash.hex()[:16]


def revoke(connection: Connection, person_id: UUID, token_id: str, now_ms: int) -> bool:
    """Revoke a token; False when the person has no such one in force. It holds from the next request."""
    for row in list_of(connection, person_id):
        if id_of(row.token_hash) == token_id and row.revoked_ms is None:
            statement = update(ApiToken).where(col(ApiToken.token_hash) == row.token_hash)
            connection.execute(statement.values(revoked_ms=now_ms))
            return True
    return False
