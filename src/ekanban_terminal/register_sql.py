"""The register's schema and statements. It is a copy of central's: damaged or of another schema, it is made anew."""

from __future__ import annotations

SCHEMA_VERSION = 1

SCHEMA = (
    "CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE card (body TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT",
    "CREATE TABLE alias (text TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX alias_of_card ON alias (body)",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # a power cut may take the newest pages back; central gives them again
    "PRAGMA trusted_schema = OFF",
    "PRAGMA busy_timeout = 2000",
)
CACHE = "PRAGMA cache_size = -200"  # kilobytes, of each connection: a card is found in four pages
USER_VERSION = "PRAGMA user_version"
CHECK = "PRAGMA quick_check(1)"

CARD = "SELECT content FROM card WHERE body = ?"
ALIAS = "SELECT body FROM alias WHERE text = ?"
ANY_ALIAS = "SELECT 1 FROM alias LIMIT 1"
AT_PLACE = (
    "SELECT body, content ->> 'bin', content ->> 'part', content ->> 'description', content ->> 'destination',"
    " content ->> 'number' FROM card"
    " WHERE (content ->> 'destination' = ?1 OR ?1 = '') AND content ->> 'state' NOT IN ('retired', 'draft')"
    " ORDER BY 5, 2, 3, 6, 1"
)
COUNT = "SELECT count(*) FROM card"
FACTS = "SELECT key, value FROM fact"

FORGET = ("DELETE FROM card", "DELETE FROM alias", "DELETE FROM fact")
PUT_CARD = "INSERT INTO card (body, content) VALUES (?, ?) ON CONFLICT (body) DO UPDATE SET content = excluded.content"
DROP_ALIASES = "DELETE FROM alias WHERE body = ?"
PUT_ALIAS = "INSERT INTO alias (text, body) VALUES (?, ?) ON CONFLICT (text) DO UPDATE SET body = excluded.body"
PUT_FACT = "INSERT INTO fact (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
