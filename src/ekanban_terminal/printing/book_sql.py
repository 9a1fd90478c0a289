"""The schema and the statements of the print book.

A file of its own, and a rollback journal instead of a log: a print happens some times a day, and then three flushes
more cost nothing, while a lost log would give a version to paper twice. EXTRA: the removal of the rollback journal,
which is the commit, is on the disk too before a byte goes to the printer.
"""
# ruff: noqa: S608  # only names of columns are put together here

from __future__ import annotations

SCHEMA_VERSION = 1

SCHEMA = (
    "CREATE TABLE reserve (body TEXT NOT NULL, version INTEGER NOT NULL, generation TEXT NOT NULL,"
    " PRIMARY KEY (body, version)) STRICT, WITHOUT ROWID",
    # The newest version of each card that was taken here, for ever: central may give it again until it hears of it
    "CREATE TABLE used (body TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE job (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, reason TEXT NOT NULL,"
    " state TEXT NOT NULL, at_ms INTEGER NOT NULL, version INTEGER, why TEXT NOT NULL DEFAULT '',"
    " facts TEXT NOT NULL DEFAULT '{}', said INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE report (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, ending TEXT NOT NULL,"
    " at TEXT NOT NULL, boot_id TEXT NOT NULL, boottime_ms INTEGER NOT NULL, quantity INTEGER, detail TEXT NOT NULL)"
    " STRICT",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
# Tables that came later and are only added: an earlier release of this program does not look at them, and prints from
# this book as ever.
ADDED = {
    # Bins that stood empty without their card. `job`: the print that replaces the card; `told`: the life of central's
    # ledger that has acknowledged it, so that a central that was restored hears of it again
    "missing": (
        "CREATE TABLE missing (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,"
        " job TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, boot_id TEXT NOT NULL,"
        " boottime_ms INTEGER NOT NULL, cursor TEXT, told TEXT NOT NULL DEFAULT '',"
        " answer TEXT NOT NULL DEFAULT '') STRICT",
    ),
    # What the paper of a print shows, for its report: by then the register may say otherwise
    "drawn": ("CREATE TABLE drawn (job TEXT PRIMARY KEY, quantity INTEGER NOT NULL) STRICT, WITHOUT ROWID",),
    # One row: the opening of this file that wrote down a reserve last, central's mark of that, on which device it was,
    # and how many versions were ever used up here, which `book_witness` has too
    "self": (
        "CREATE TABLE self (opening TEXT NOT NULL, mark TEXT NOT NULL, device TEXT NOT NULL, uses INTEGER NOT NULL)"
        " STRICT",
        "INSERT INTO self (opening, mark, device, uses) VALUES ('', '', '', 0)",
    ),
}
HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
PRAGMAS = (
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cache_size = -100",  # kilobytes
)
USER_VERSION = "PRAGMA user_version"
CHECK = "PRAGMA quick_check(1)"

JOB = (
    "job.id, job.body, job.reason, job.state, job.at_ms, job.version, job.why, job.facts, job.said,"
    " (SELECT answer FROM missing WHERE missing.job = job.id ORDER BY missing.number DESC LIMIT 1)"
)
ONE = f"SELECT {JOB} FROM job WHERE id = ?"
NEWEST = f"SELECT {JOB} FROM job ORDER BY number DESC LIMIT ?"
UNFINISHED = (  # another print of the same card would be one too many
    f"SELECT {JOB} FROM job WHERE body = ?"
    " AND (state IN ('queued', 'sending', 'unknown') OR state = 'asked' AND said = 0) ORDER BY number LIMIT 1"
)
UNKNOWN = f"SELECT {JOB} FROM job WHERE state = 'unknown' ORDER BY number"
ASKED = f"SELECT {JOB} FROM job WHERE state = 'asked' AND said = 0 ORDER BY number"
CUT_OFF = f"SELECT {JOB} FROM job WHERE state IN ('queued', 'sending') ORDER BY number"
PAPER = (  # the newest print of each card that may lie on a bin, and the newest that surely does
    "SELECT body, max(version), max(CASE state WHEN 'done' THEN version ELSE 0 END) FROM job"
    " WHERE version IS NOT NULL AND state <> 'failed' GROUP BY body"
)

ADD = "INSERT INTO job (id, body, reason, state, at_ms, version, why, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SET = "UPDATE job SET state = ?, version = ?, why = ?, facts = ?, said = ? WHERE id = ?"
END = f"{SET} AND state = ?"  # unless somebody else has said meanwhile what became of it
START = "UPDATE job SET state = 'sending', version = ? WHERE id = ? AND state = 'queued'"
FORGET = (
    "DELETE FROM job WHERE number <= (SELECT max(number) FROM job) - ?"
    " AND (state IN ('done', 'void', 'failed') OR state = 'asked' AND said = 1)"
    " AND NOT EXISTS (SELECT 1 FROM report WHERE report.job = job.id)"
)
DRAW = "INSERT INTO drawn (job, quantity) VALUES (?, ?)"
DRAWN = "SELECT quantity FROM drawn WHERE job = ?"
FORGET_DRAWN = "DELETE FROM drawn WHERE job NOT IN (SELECT id FROM job)"

# Reports wait here until central has acknowledged them, in the order of what happened.
REPORT = (
    "INSERT INTO report (id, job, ending, at, boot_id, boottime_ms, quantity, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
TO_TELL = (
    f"SELECT {JOB}, report.ending, report.id, report.at, report.boot_id, report.boottime_ms, report.quantity,"
    " report.detail FROM report JOIN job ON job.id = report.job ORDER BY report.number LIMIT ?"
)
TOLD = "DELETE FROM report WHERE id = ?"

# So do bins without a card; those that were told stay for a while, so that the same wish again tells nothing new.
ADD_MISSING = (
    "INSERT INTO missing (id, body, job, version, at, boot_id, boottime_ms, cursor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
MISSING_TO_TELL = (
    "SELECT id, body, version, at, boot_id, boottime_ms, cursor FROM missing WHERE told <> ? ORDER BY number LIMIT ?"
)
MISSING_TOLD = "UPDATE missing SET told = ?, answer = ? WHERE id = ?"
MISSING_JOB = "SELECT job FROM missing WHERE id = ?"
MISSING_UNTOLD = "SELECT count(*) FROM missing WHERE told = ''"
FORGET_MISSING = "DELETE FROM missing WHERE told <> '' AND number <= (SELECT max(number) FROM missing) - ?"

OPENED = "SELECT opening, mark, device, uses FROM self"
DOUBTED = "UPDATE self SET opening = '', mark = '', device = '', uses = ?"
USED_ONE = "UPDATE self SET uses = uses + 1 RETURNING uses"
GIVEN = "UPDATE self SET opening = ?, mark = ?, device = ?"
RESERVED = "SELECT version FROM reserve WHERE body = ? AND generation = ? AND version > ? ORDER BY version DESC LIMIT 1"
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
