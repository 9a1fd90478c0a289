# ruff: noqa: S608  # statements are put together from the constants of this file alone
"""The journal's schema and every statement on it, by name.

A scan's row is written once, with its commit before any feedback. Afterwards only `state`, `answer`, `answered_ms` and
the stand-in change; the rest are facts and never do. `checksum` (journal_checksum.py) tells whether all is still what
was stored. Recovery of a process killed between any two statements: rows are whole or absent (one transaction each),
`waiting` rows are sent again, and central answers repetitions with its first answer.

States: `waiting` to be sent; `taken`: central has committed it; `refused`: taken, but shown green here and not carried
out there, until somebody has seen it; `dead`: central could not take it and has a stand-in in its place.
"""

from __future__ import annotations

SCHEMA_VERSION = 2
APPLICATION = 0x656B6E6A  # "eknj": whose file it is; 0 in the first ones

SCHEMA = (
    """CREATE TABLE fact (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        checksum INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE epoch (
        ordinal INTEGER PRIMARY KEY,
        epoch TEXT NOT NULL UNIQUE,
        previous TEXT,
        previous_seq INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        checksum INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE scan (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        epoch INTEGER NOT NULL REFERENCES epoch (ordinal),
        seq INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'refused', 'dead')),
        green INTEGER NOT NULL,
        body TEXT,
        message TEXT NOT NULL,
        shown TEXT NOT NULL,
        after TEXT,
        answer TEXT,
        answered_ms INTEGER,
        seen TEXT,
        stand_in_id TEXT UNIQUE,
        stand_in TEXT,
        stands_in INTEGER NOT NULL DEFAULT 0,
        checksum INTEGER NOT NULL DEFAULT 0,
        UNIQUE (epoch, seq)
    ) STRICT""",
    "CREATE INDEX scan_waiting ON scan (n) WHERE state = 'waiting'",
    "CREATE INDEX scan_for_people ON scan (n) WHERE state IN ('refused', 'dead')",
    "CREATE INDEX scan_taken ON scan (answered_ms) WHERE state = 'taken'",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

# What made one schema the next; crc is journal_checksum.crc.
UPGRADES = {
    1: (
        "INSERT INTO fact VALUES ('probe', '0') ON CONFLICT (key) DO UPDATE SET value = '0'",
        "ALTER TABLE fact ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE epoch ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE scan ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0",
        "UPDATE fact SET checksum = crc(key, value)",
        "UPDATE epoch SET checksum = crc(ordinal, epoch, previous, previous_seq) + last_seq",
        """UPDATE scan SET checksum =
            crc(id, epoch, seq, green, body, message, shown, after) + crc(answer) + crc(stand_in)""",
        "PRAGMA user_version = 2",
    )
}

# Opening. FULL: every commit is one fdatasync. The one writer also checkpoints, so that SQLite's WAL-reset error
# (before 3.51.3; it needs two connections that write or checkpoint) cannot strike.
PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA wal_autocheckpoint = 0",  # JournalFile moves the log, for it must know when that fails
    "PRAGMA cache_size = -200",
    "PRAGMA busy_timeout = 2000",
)
USER_VERSION = "PRAGMA user_version"
TABLES = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('fact', 'epoch', 'scan')"
TO_WAL = "PRAGMA journal_mode = WAL"
CHECK = "PRAGMA integrity_check(3)"
CHECK_QUICKLY = "PRAGMA quick_check(3)"
MOVE_WAL = "PRAGMA wal_checkpoint(PASSIVE)"
EMPTY_WAL = "PRAGMA wal_checkpoint(TRUNCATE)"

# Facts: generation, position, mark, contact, offset, central, probe.
GET_FACT = "SELECT key, value, checksum FROM fact WHERE key = ?"
SET_FACT = """INSERT INTO fact (key, value, checksum) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, checksum = excluded.checksum"""
ALL_FACTS = "SELECT key, value, checksum FROM fact"

# Epochs. How far one has counted its newest scan says; `last_seq` is kept only for scans that are forgotten, so that a
# scan writes no page but its own. A checksum goes on with it.
EPOCH = "ordinal, epoch, previous, previous_seq, last_seq, checksum"
ALL_EPOCHS = f"SELECT {EPOCH} FROM epoch ORDER BY ordinal"
_COUNTED = "(SELECT coalesce(max(seq), 0) FROM scan WHERE scan.epoch = epoch.ordinal)"
LAST_EPOCH = f"SELECT epoch, max(last_seq, {_COUNTED}) FROM epoch ORDER BY ordinal DESC LIMIT 1"
BEFORE = "SELECT previous, previous_seq FROM epoch WHERE ordinal = ?"
NEXT_ORDINAL = "SELECT coalesce(max(ordinal), 0) + 1 FROM epoch"
EPOCH_BY_NAME = f"SELECT ordinal, max(last_seq, {_COUNTED}) FROM epoch WHERE epoch = ?"
COUNTED_BY_NEXT = "SELECT max(previous_seq) FROM epoch WHERE previous = ?"
ADD_EPOCH = "INSERT INTO epoch (ordinal, epoch, previous, previous_seq, last_seq, checksum) VALUES (?, ?, ?, ?, 0, ?)"
KEEP_COUNT = f"""UPDATE epoch SET checksum = checksum - last_seq + {_COUNTED}, last_seq = {_COUNTED}
    WHERE last_seq < {_COUNTED}"""
EPOCHS = f"SELECT {EPOCH} FROM epoch WHERE ordinal BETWEEN ? AND ? ORDER BY ordinal"

# A scan comes in.
ADD_SCAN = """INSERT INTO scan (id, epoch, seq, state, green, body, message, shown, after, checksum)
    VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)"""
REPLAYED = "UPDATE scan SET state = 'taken' WHERE id = ? AND state = 'dead'"
CORRECT = """UPDATE scan SET green = 0, message = ?, shown = ?, after = NULL, checksum = ?
    WHERE id = ? AND answer IS NULL"""

# All of a scan that its checksum covers, and that; further columns follow.
SOUND = "id, epoch, seq, green, body, message, shown, after, answer, stand_in, checksum"
ALL_SCANS = f"SELECT {SOUND} FROM scan"
ALL_WAITING = f"SELECT {SOUND} FROM scan WHERE state = 'waiting'"

# Sending.
WAITING = f"""SELECT {SOUND}, stands_in FROM scan
    WHERE state = 'waiting' ORDER BY n LIMIT ?"""
OLDEST = "SELECT min(seq), count(*) FROM scan WHERE epoch = ? AND seq <= ?"
COUNT_BETWEEN = "SELECT count(*) FROM scan WHERE epoch = ? AND seq > ? AND seq <= ?"
AFTER_THE_LAST_HOLE = """SELECT max(seq) FROM (
        SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM scan WHERE epoch = ? AND seq <= ?
    ) WHERE before IS NULL OR before < seq - 1"""
TAKEN_LAST = f"""SELECT {SOUND}, stands_in FROM scan
    WHERE state IN ('taken', 'refused') ORDER BY n DESC LIMIT 1"""

# Settling. By id, or by the stand-in's.
FIND = f"SELECT {SOUND}, n, state, seen FROM scan WHERE id = ?"
FIND_STAND_IN = f"SELECT {SOUND}, n, state, seen FROM scan WHERE stand_in_id = ?"
SETTLE = """UPDATE scan SET state = ?, answer = ?, answered_ms = ?, stands_in = ?, checksum = checksum + ?
    WHERE n = ?"""
STAND_IN = """UPDATE scan SET stand_in_id = ?, stand_in = ?, checksum = checksum + ?
    WHERE id = ? AND stand_in IS NULL"""
GET_STAND_IN = "SELECT stand_in FROM scan WHERE id = ?"
RESEND_ALL = "UPDATE scan SET state = 'waiting' WHERE state <> 'waiting'"
RESEND_FROM = "UPDATE scan SET state = 'waiting' WHERE epoch = ? AND seq >= ? AND state <> 'waiting'"
HAS = "SELECT 1 FROM scan WHERE epoch = ? AND seq = ?"
NEXT_KEPT = "SELECT min(seq) FROM scan WHERE epoch = ? AND seq >= ?"
FORGET = """DELETE FROM scan WHERE n IN (
    SELECT n FROM scan WHERE state = 'taken' AND answered_ms < ? ORDER BY answered_ms LIMIT ?)"""

# For people.
COUNT = "SELECT count(*) FILTER (WHERE answer IS NULL), count(*) FROM scan WHERE state = 'waiting'"
COUNT_DEAD = "SELECT count(*) FROM scan WHERE state = 'dead'"
OVERLAYS = """SELECT body, id, after FROM scan WHERE n IN (
        SELECT max(n) FROM scan WHERE state = 'waiting' AND answer IS NULL AND after IS NOT NULL GROUP BY body
    ) ORDER BY n"""
LAST = f"SELECT {SOUND}, state FROM scan ORDER BY n DESC LIMIT ?"
REFUSED = f"SELECT {SOUND}, state FROM scan WHERE state = 'refused' ORDER BY n DESC LIMIT ?"
DEAD = f"SELECT {SOUND}, state FROM scan WHERE state = 'dead' ORDER BY n DESC LIMIT ?"
ONE = f"SELECT {SOUND}, state FROM scan WHERE id = ?"
ACKNOWLEDGE = "UPDATE scan SET state = 'taken', seen = ? WHERE id = ? AND state = 'refused'"

# For other processes, which read only.
SINCE = f"SELECT {SOUND}, n, state, stands_in FROM scan WHERE n > ? ORDER BY n LIMIT ?"
AT = f"SELECT {SOUND}, n, state, stands_in FROM scan WHERE n = ?"
COUNTED = f"SELECT {EPOCH}, max(last_seq, {_COUNTED}) FROM epoch ORDER BY ordinal"
HIGHEST = "SELECT coalesce(max(n), 0) FROM scan"
