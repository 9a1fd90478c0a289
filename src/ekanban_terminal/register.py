"""The register: what this terminal knows of central's cards, so that it can answer without central.

A copy in an SQLite file of its own. Look-ups run on the event loop (tens of microseconds on their own connection);
pages from central are stored in `run`'s thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ekanban_core.wire import RegisterCard
from ekanban_terminal import register_sql as sql
from ekanban_terminal.marked import Marked, changing
from ekanban_terminal.store import Run, inline

FILE = "register.sqlite"
MOST_CURSOR = 100  # characters, of wire.ScanMessage


@dataclass(frozen=True, slots=True)
class Page:
    """A page of central's register, understood."""

    generation: str
    position: int
    mark: str | None
    cursor: str
    at_ms: int  # central's time
    site: str
    time_zone: str
    language: str
    full: bool  # forget what was there before
    more: bool  # further pages follow
    cards: tuple[RegisterCard, ...]
    base_url: str = ""  # where phones find cards' pages; empty: not said
    owner: str = ""  # who gets a card that was found
    arrived_ms: int = 0  # by this machine's boot clock


@dataclass(frozen=True, slots=True)
class Place:
    """A card where it belongs."""

    body: str
    bin: str
    part: str
    description: str
    destination: str
    number: int  # card n of its loop


@dataclass(frozen=True, slots=True)
class About:
    """What the register is a copy of. `loaded`: it was once complete, so that what it lacks does not exist."""

    generation: str = ""
    position: int = 0
    cursor: str = ""
    at_ms: int = 0
    site: str = ""
    time_zone: str = ""
    language: str = ""
    base_url: str = ""
    owner: str = ""
    loaded: bool = False
    known_from_ms: int = 0  # boot clock when this cursor arrived; 0: before the start of this process

    def cursor_at(self, boottime_ms: int) -> str | None:
        """The cursor, if a reading of then was made with it: central takes it for a proof of what was before."""
        return (self.cursor[:MOST_CURSOR] or None) if boottime_ms >= self.known_from_ms else None


class Register(Marked):
    """Never raises for a damaged file: it is a copy, and a terminal without it believes every well-formed code."""

    def __init__(self, path: Path, run: Run = inline) -> None:
        super().__init__()
        self.path = path
        self.about = About()
        self.problem: str | None = None
        self._run = run
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._has_aliases = False  # most plants have none, and then no scan need ask

    async def open(self) -> None:
        """Open the copy, or begin an empty one where it cannot be read."""
        await self._run(self._open)

    async def close(self) -> None:
        """Give the file back."""
        await self._run(self._close)

    async def put(self, page: Page) -> None:
        """Store a page. On an error the copy is given up, so that it is loaded again from the start."""
        await self._run(lambda: self._guarded(page))

    def card(self, body: str) -> RegisterCard | None:
        """The card of this body."""
        content = self._one(sql.CARD, body)
        return RegisterCard.model_validate_json(content) if content else None

    async def at_place(self, place: str) -> list[Place]:
        """The cards of this destination's bins, or of all where it is empty; by bin, part and number."""
        return await self._run(lambda: self._at_place(place))

    def _at_place(self, place: str) -> list[Place]:
        if self._writer is None:
            return []
        try:
            return [Place(*row) for row in self._writer.execute(sql.AT_PLACE, (place,))]
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    @property
    def alias(self) -> Callable[[str], str | None] | None:
        """Gives the body of the card for which a foreign code was entered; None where no code was."""
        return self._alias if self._has_aliases else None

    def _alias(self, text: str) -> str | None:
        return self._one(sql.ALIAS, text)

    def _one(self, statement: str, key: str) -> str | None:
        if self._reader is None:
            return None
        try:
            row = self._reader.execute(statement, (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        except UnicodeEncodeError:  # a lone surrogate: SQLite holds none, so nothing here is called so
            return None
        return str(row[0]) if row else None

    @changing
    def _open(self) -> None:
        try:
            self._connect()
        except (sqlite3.Error, OSError):
            self._begin_anew()

    def _connect(self) -> None:
        self._writer = connection = _connection(self.path)
        version = connection.execute(sql.USER_VERSION).fetchone()[0]
        if connection.execute(sql.CHECK).fetchone()[0] != "ok" or version not in (0, sql.SCHEMA_VERSION):
            raise sqlite3.DatabaseError("damaged, or of another release")
        for pragma in sql.PRAGMAS:
            connection.execute(pragma)
        if version == 0:
            connection.execute("BEGIN IMMEDIATE")
            for statement in sql.SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        self.about = _about(connection.execute(sql.FACTS).fetchall())
        self._has_aliases = _any_alias(connection)
        self._reader = _connection(self.path)
        self.problem = None

    def _begin_anew(self) -> None:
        self._close()
        self.about = About()
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            self._connect()
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    @changing
    def _close(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                with suppress(sqlite3.Error):  # a copy; nothing is lost
                    connection.close()
        self._reader = self._writer = None

    @changing
    def _give_up(self, error: Exception) -> None:
        self.problem = f"The register {self.path} cannot be used: {error}. It is loaded again from central."
        self.about = About()
        self._close()

    @changing
    def _guarded(self, page: Page) -> None:
        if self._writer is None:
            self._begin_anew()
        if self._writer is None:
            return
        if not page.full and page.generation != self.about.generation:
            self.about = About()
            return
        try:
            self._put(self._writer, page)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def _put(self, connection: sqlite3.Connection, page: Page) -> None:
        about = About(
            generation=page.generation,
            position=page.position,
            cursor=page.cursor,
            at_ms=page.at_ms,
            site=page.site,
            time_zone=page.time_zone,
            language=page.language,
            base_url=page.base_url,
            owner=page.owner,
            loaded=not page.more or (self.about.loaded and not page.full),
            known_from_ms=self.about.known_from_ms if page.cursor == self.about.cursor else page.arrived_ms,
        )
        if not page.full and not page.cards and about == replace(self.about, at_ms=page.at_ms):
            self.about = about  # nothing new but the time, which is not worth a write to an SD card
            return
        connection.execute("BEGIN IMMEDIATE")
        if page.full:
            for statement in sql.FORGET:
                connection.execute(statement)
        for card in page.cards:
            connection.execute(sql.PUT_CARD, (card.body, card.model_dump_json()))
            connection.execute(sql.DROP_ALIASES, (card.body,))
            connection.executemany(sql.PUT_ALIAS, [(alias, card.body) for alias in card.aliases])
        connection.executemany(sql.PUT_FACT, _facts(about))
        self._has_aliases = _any_alias(connection)  # before others can see the aliases
        connection.execute("COMMIT")
        self.about = about


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
    connection.execute(sql.CACHE)
    return connection


def _any_alias(connection: sqlite3.Connection) -> bool:
    return connection.execute(sql.ANY_ALIAS).fetchone() is not None


def _facts(about: About) -> list[tuple[str, str]]:
    return [
        ("generation", about.generation),
        ("position", str(about.position)),
        ("cursor", about.cursor),
        ("at_ms", str(about.at_ms)),
        ("site", about.site),
        ("time_zone", about.time_zone),
        ("language", about.language),
        ("base_url", about.base_url),
        ("owner", about.owner),
        ("loaded", "1" if about.loaded else ""),
    ]


def _about(rows: Iterable[tuple[str, str]]) -> About:
    facts = dict(rows)
    return About(
        generation=facts.get("generation", ""),
        position=int(facts.get("position", "0")),
        cursor=facts.get("cursor", ""),
        at_ms=int(facts.get("at_ms", "0")),
        site=facts.get("site", ""),
        time_zone=facts.get("time_zone", ""),
        language=facts.get("language", ""),
        base_url=facts.get("base_url", ""),
        owner=facts.get("owner", ""),
        loaded=bool(facts.get("loaded")),
    )
