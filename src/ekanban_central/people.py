"""People: who they are, what they may do, and the one-time links by which they come in.

A link takes the place of a forgotten password: using it up clears the old one, and a new one is asked for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ekanban_central import api_tokens, ledger, sessions, sites
from ekanban_central.ledger import SYSTEM, Actor, Entry
from ekanban_central.problems import Problem
from ekanban_central.secret_words import hash_of, new_word
from ekanban_central.tables import Person, SignInLink
from ekanban_core.errors import RuleError
from ekanban_core.ids import uuid7
from ekanban_core.states import Role

LINK_LASTS_MS = 24 * 3_600_000
LINK_PATH = "/link/"
FIRST_NAME = "admin"
MOST_NAME = 80  # characters

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class NewLink:
    """A one-time link; its path holds the secret and is shown once."""

    path: str
    expires_ms: int


def sign_in_name(text: str) -> str:
    """The one form in which a sign-in name is stored and looked up: NFKC, lower case, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def create(
    session: Session,
    name: str,
    role: Role,
    actor: Actor,
    now_ms: int,
    random_bytes: RandomBytes,
    *,
    display_name: str = "",
    language: str | None = None,
) -> Person:
    """Take somebody in, without a password. Raises RuleError when the name is no name or is taken."""
    plain = sign_in_name(name)
    if not plain or len(plain) > MOST_NAME or not plain.isprintable():
        raise RuleError(f"Expected a name of 1 to {MOST_NAME} printable characters.")
    person = Person(
        id=UUID(uuid7(now_ms, random_bytes)),
        name=plain,
        display_name=display_name or name.strip(),
        role=role,
        language=language,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError as error:
        raise RuleError(f"There is a person with the name {person.name} already.") from error
    _record(session, "person_created", actor, {"person": str(person.id), "role": str(role)}, now_ms)
    return person


def change(session: Session, person_id: UUID, values: Mapping[str, Any], actor: Actor, now_ms: int) -> Person:
    """Change display_name, role, language or active. Another role, or leaving, ends the person's sessions.

    Raises RuleError when nobody would be left who may let others in.
    """
    _lock_admins(session)
    person = _locked(session, person_id)
    rights_before = (person.role, person.active)
    for key, value in values.items():
        setattr(person, key, value)
    session.flush()
    rights = (person.role, person.active)
    if rights != rights_before:
        _keep_an_admin(session)
        sessions.end_all(session.connection(), person_id)
    data = {"person": str(person_id), "role": str(person.role), "active": person.active}
    _record(session, "person_changed", actor, data, now_ms)
    return person


def make_link(session: Session, person_id: UUID, actor: Actor, now_ms: int, random_bytes: RandomBytes) -> NewLink:
    """Make a one-time link; earlier ones that were not used lapse."""
    person = _locked(session, person_id)
    if not person.active:
        raise RuleError(f"{person.name} has left. Make the account active first.")
    _drop_unused_links(session, person_id)
    return _add_link(session, person_id, actor, now_ms, random_bytes)


def link_holds(session: Session, word: str, now_ms: int) -> Person | None:
    """Whose link this is, as long as it can be used."""
    statement = (
        select(Person)
        .join(SignInLink, col(SignInLink.person_id) == col(Person.id))
        .where(
            SignInLink.token_hash == hash_of(word),
            col(SignInLink.used_ms).is_(None),
            col(SignInLink.expires_ms) > now_ms,
            col(Person.active),
        )
    )
    return session.exec(statement).one_or_none()


def use_link(session: Session, word: str, now_ms: int) -> Person | None:
    """Use a link up, by one statement, so that of two at once only one gets in; None when it does not hold."""
    statement = (
        update(SignInLink)
        .where(
            col(SignInLink.token_hash) == hash_of(word),
            col(SignInLink.used_ms).is_(None),
            col(SignInLink.expires_ms) > now_ms,
        )
        .values(used_ms=now_ms)
        .returning(col(SignInLink.person_id))
    )
    person_id = session.connection().execute(statement).scalar_one_or_none()
    if person_id is None:
        return None
    person = _locked(session, person_id)
    if not person.active:
        return None
    _drop_unused_links(session, person_id)
    set_password(session, person, None)
    return person


def set_password(session: Session, person: Person, password_hash: str | None) -> None:
    """Store a password's hash and end all the person's sessions; the caller begins a new one."""
    person.password_hash = password_hash
    session.add(person)
    session.flush()
    sessions.end_all(session.connection(), person.id)


def named(session: Session, name: str) -> Person | None:
    """The active person with this sign-in name."""
    if not name.isprintable():  # PostgreSQL could not even be asked
        return None
    return session.exec(select(Person).where(Person.name == sign_in_name(name), col(Person.active))).one_or_none()


def one(session: Session, person_id: UUID) -> Person:
    """Somebody by id. Raises a 404 problem."""
    person = session.get(Person, person_id)
    if person is None:
        raise Problem(404, "There is no such person.")
    return person


def listed(session: Session, after: str | None = None, limit: int = 100) -> list[Person]:
    """Everybody by name, those behind `after`."""
    statement = select(Person).order_by(col(Person.name)).limit(limit)
    if after is not None:
        statement = statement.where(col(Person.name) > after)
    return list(session.exec(statement))


def make_token(
    session: Session, person: Person, name: str, actor: Actor, now_ms: int, random_bytes: RandomBytes
) -> str:
    """Make an API token for a person; the token is returned and never shown again."""
    token = api_tokens.make(session.connection(), person.id, name, now_ms, random_bytes)
    data = {"person": str(person.id), "token": api_tokens.id_of(hash_of(token))}
    _record(session, "api_token_made", actor, data, now_ms)
    return token


def revoke_token(session: Session, person_id: UUID, token_id: str, actor: Actor, now_ms: int) -> bool:
    """Revoke an API token of a person; False when there is no such one in force."""
    if not api_tokens.revoke(session.connection(), person_id, token_id, now_ms):
        return False
    _record(session, "api_token_revoked", actor, {"person": str(person_id), "token": token_id}, now_ms)
    return True


def first_link(session: Session, now_ms: int, random_bytes: RandomBytes) -> NewLink | None:
    """The way in for the very first person: a link for an admin, until somebody has come in by one; then None."""
    person = session.exec(select(Person).order_by(col(Person.id)).limit(1)).one_or_none()
    if person is None:
        person = create(session, FIRST_NAME, Role.ADMIN, SYSTEM, now_ms, random_bytes)
    elif person.role != Role.ADMIN or _somebody_came_in(session):
        return None
    # One that `ekanban central admin create` printed stays good beside this one.
    return _add_link(session, person.id, SYSTEM, now_ms, random_bytes)


def _add_link(session: Session, person_id: UUID, actor: Actor, now_ms: int, random_bytes: RandomBytes) -> NewLink:
    word = new_word(random_bytes)
    session.add(SignInLink(token_hash=hash_of(word), person_id=person_id, expires_ms=now_ms + LINK_LASTS_MS))
    _record(session, "sign_in_link_made", actor, {"person": str(person_id)}, now_ms)
    return NewLink(LINK_PATH + word, now_ms + LINK_LASTS_MS)


def _drop_unused_links(session: Session, person_id: UUID) -> None:
    unused = (col(SignInLink.person_id) == person_id, col(SignInLink.used_ms).is_(None))
    session.connection().execute(delete(SignInLink).where(*unused))


def _somebody_came_in(session: Session) -> bool:
    used = session.exec(select(SignInLink.person_id).where(col(SignInLink.used_ms).is_not(None)).limit(1)).first()
    return used is not None or session.exec(select(func.count(col(Person.id)))).one() > 1


def _lock_admins(session: Session) -> None:
    """So that two admins cannot take each other's role at once."""
    session.exec(select(Person.id).where(Person.role == Role.ADMIN).order_by(col(Person.id)).with_for_update()).all()


def _keep_an_admin(session: Session) -> None:
    admins = select(func.count(col(Person.id))).where(Person.role == Role.ADMIN, col(Person.active))
    if session.exec(admins).one() == 0:
        raise RuleError("This is the last admin. Make somebody else admin first.")


def _locked(session: Session, person_id: UUID) -> Person:
    person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).one_or_none()
    if person is None:
        raise Problem(404, "There is no such person.")
    return person


def _record(session: Session, kind: str, actor: Actor, data: Mapping[str, Any], now_ms: int) -> None:
    """In the ledger of the first plant; ids only, because names must be erasable."""
    session.flush()
    connection = session.connection()
    ledger.append(connection, sites.own(connection).id, [Entry(kind, actor, data=dict(data))], now_ms)
