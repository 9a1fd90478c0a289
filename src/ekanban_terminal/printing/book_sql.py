"""The schema and the statements of the print book.

A file of its own, and a rollback journal instead of a log: a print happens some times a day, and then three flushes
more cost nothing, while a lost log would give a version to paper twice. EXTRA: the removal of the rollback journal, which
is the commit, is on the disk too before a byte goes to the printer.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

SCHEMA = (
    "CREATE TABLE reserve (body TEXT NOT NULL, version INTEGER NOT NULL, generation TEXT NOT NULL,"
    " PRIMARY KEY (body, version)) STRICT, WITHOUT ROWID",
    # The newest version of each card that was taken here, for ever: central may give it again until it hears of it
    "CREATE TABLE used (body TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE job (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, reason TEXT NOT NULL,"
    " state TEXT NOT NULL, at_ms INTEGER NOT NULL, version INTEGER, why TEXT NOT NULL DEFAULT '',"
    " facts TEXT NOT NULL DEFAULT '{}', told INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE INDEX job_to_tell ON job (number) WHERE told = 0",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
PRAGMAS = (
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cache_size = -100",  # kilobytes
)
USER_VERSION = "PRAGMA user_version"
CHECK = "PRAGMA quick_check(1)"

_JOB = "SELECT id, body, reason, state, at_ms, version, why, facts, told FROM job"
ONE = f"{_JOB} WHERE id = ?"
NEWEST = f"{_JOB} ORDER BY number DESC LIMIT ?"
UNFINISHED = (  # another print of the same card would be one too many
    f"{_JOB} WHERE body = ? AND (state IN ('queued', 'sending', 'unknown') OR state = 'asked' AND told = 0)"
    " ORDER BY number LIMIT 1"
)
UNKNOWN = f"{_JOB} WHERE state = 'unknown' ORDER BY number"
CUT_OFF = f"{_JOB} WHERE state IN ('queued', 'sending') ORDER BY number"  # by the end of the last process
TO_TELL = f"{_JOB} WHERE told = 0 AND state IN ('done', 'failed', 'asked') ORDER BY number LIMIT ?"
PAPER = (  # the newest print of each card that may lie on a bin, and whether it surely does
    "SELECT body, max(version), max(CASE state WHEN 'done' THEN version ELSE 0 END) FROM job"
    " WHERE version IS NOT NULL AND state <> 'failed' GROUP BY body"
)

ADD = "INSERT INTO job (id, body, reason, state, at_ms, version, why, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SET = "UPDATE job SET state = ?, why = ?, facts = ?, told = 0 WHERE id = ?"
START = "UPDATE job SET state = 'sending', version = ? WHERE id = ? AND state = 'queued'"
TOLD = "UPDATE job SET told = 1 WHERE id = ? AND state = ?"
FORGET = "DELETE FROM job WHERE told = 1 AND number <= (SELECT max(number) FROM job) - ?"

RESERVED = "SELECT version FROM reserve WHERE body = ? AND generation = ? AND version > ? ORDER BY version LIMIT 1"
ALL_RESERVED = "SELECT body, version, generation FROM reserve ORDER BY body, version"
DROP_ALL = "DELETE FROM reserve"
DROP = "DELETE FROM reserve WHERE body = ? AND version <= ?"
PUT = (
    "INSERT INTO reserve (body, version, generation) SELECT ?1, ?2, ?3"
    " WHERE NOT EXISTS (SELECT 1 FROM used WHERE body = ?1 AND version >= ?2)"
    " ON CONFLICT (body, version) DO UPDATE SET generation = excluded.generation"
)
USE = (
    "INSERT INTO used (body, version) VALUES (?, ?)"
    " ON CONFLICT (body) DO UPDATE SET version = max(version, excluded.version)"
)
USED = "SELECT version FROM used WHERE body = ?"
