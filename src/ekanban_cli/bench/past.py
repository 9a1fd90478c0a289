"""A plant with a long past: so many closed signals, so many open ones, written by the database itself within a minute.

200 parts, 40 lines, 400 loops of 50 cards each, 20 terminals. Cards circulate in turn over two years; the newest of
them are open, in all states, some past their time.
"""

from __future__ import annotations

import os
import time

import psycopg

from ekanban_central import master, people, sessions
from ekanban_central.database import Database
from ekanban_central.inputs import NewSite
from ekanban_central.ledger import SYSTEM
from ekanban_core.states import Role
from ekanban_migrations import upgrade

YEARS_MS = 2 * 365 * 24 * 3_600_000
CARDS = 20_000

MASTER_DATA = (
    """INSERT INTO part (id, number, description, unit, revision)
       SELECT gen_random_uuid(), 'P-' || (100000 + n * 37), 'Bearing bracket, left, variant ' || n, 'pcs', 'B'
       FROM generate_series(1, 200) n""",
    """INSERT INTO location (id, site_id, name, kind)
       SELECT gen_random_uuid(), 1, 'Line ' || n, 'line' FROM generate_series(1, 40) n
       UNION ALL SELECT gen_random_uuid(), 1, 'Supplier ' || n, 'supplier' FROM generate_series(1, 30) n""",
    """INSERT INTO loop (id, site_id, part_id, source_id, destination_id, bin, kind, quantity, container, lead_time_s,
                         min_cycle_s, closing, states, holds_back, out_of_sequence, changed)
       SELECT gen_random_uuid(), 1, part.id, source.id, destination.id, 'B-' || n, 'supplier', 40, 'KLT 4315',
              3600 * (2 + n %% 70), 600, 'two_scan', 'acknowledged,in_transit', false, 'warn', 1
       FROM generate_series(0, 399) n
       JOIN (SELECT id, row_number() OVER (ORDER BY number) - 1 AS place FROM part) part ON part.place = n %% 200
       JOIN location source ON source.name = 'Supplier ' || (1 + n %% 30)
       JOIN location destination ON destination.name = 'Line ' || (1 + n * 7 %% 40)""",
    """INSERT INTO card (body, site_id, loop_id, number, state, print_version, pending_version, quantity_version,
                         one_off, changed)
       SELECT upper(substr(md5(n::text), 1, 8)), 1, loop.id, 1 + n / 400, 'active', 1, 1, 1, false, 1
       FROM generate_series(1, %(cards)s + 20) n
       JOIN (SELECT id, row_number() OVER (ORDER BY bin) - 1 AS place FROM loop) loop ON loop.place = n %% 400
       ON CONFLICT DO NOTHING""",
    """INSERT INTO terminal (id, site_id, name, public_key, state, enrolled_ms, seen_ms, release, stored, scanners)
       SELECT gen_random_uuid(), 1, 'Terminal ' || n, decode(md5(n::text) || md5(n::text), 'hex'), 'enrolled',
              %(now)s, %(now)s, '0.1.0', 0, '{}' FROM generate_series(1, 20) n""",
)
# A signal's id is its opening scan's UUIDv7: it begins with the moment.
SIGNALS = """
    INSERT INTO signal (id, site_id, body, loop_id, state, urgent, quantity, opened_earliest_ms, opened_latest_ms,
                        opened_terminal, released_earliest_ms, released_latest_ms, due_ms, acknowledged_ms,
                        closed_earliest_ms, closed_latest_ms, closed_how, closed_reason, changed)
    SELECT (lpad(to_hex(at), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
           1, card.body, card.loop_id,
           CASE WHEN past THEN 'received' ELSE (ARRAY['released', 'acknowledged', 'in_transit'])[1 + n %% 3] END,
           n %% 50 = 0, 40, at, at, terminal.id, at, at, at + loop.lead_time_s * 1000, at + 600000,
           CASE WHEN past THEN at + loop.lead_time_s * 900 END, CASE WHEN past THEN at + loop.lead_time_s * 900 END,
           CASE WHEN past THEN 'received' END, '', n
    FROM (SELECT n, n <= %(past)s AS past,
                 CASE WHEN n <= %(past)s THEN %(now)s - %(span)s + n * (%(span)s / (%(past)s + 1))
                      ELSE %(now)s - (%(past)s + %(open)s - n) * 20000 END AS at
          FROM generate_series(1, %(past)s + %(open)s) n) numbers
    JOIN (SELECT body, loop_id, row_number() OVER (ORDER BY body) - 1 AS place FROM card) card
      ON card.place = n %% %(cards)s
    JOIN loop ON loop.id = card.loop_id
    JOIN (SELECT id, row_number() OVER (ORDER BY name) - 1 AS place FROM terminal) terminal
      ON terminal.place = n %% 20
    ORDER BY n"""


def fill(url: str, past: int, still_open: int) -> str:
    """Make the schema and the plant; returns the word of a signed-in supervisor's session cookie."""
    upgrade.central(url)
    database = Database(url)
    now_ms = time.time_ns() // 1_000_000
    try:
        with database.transaction() as connection:
            desk = master.Desk(connection, 0, SYSTEM, now_ms, os.urandom)
            master.create_site(desk, NewSite(code="plant", name="Riverside Works", time_zone="Europe/Berlin"))
        with database.session() as session:
            person = people.create(session, "erika", Role.SUPERVISOR, SYSTEM, now_ms, os.urandom)
        with database.transaction() as connection:
            word = sessions.begin(connection, person.id, now_ms, os.urandom).word
    finally:
        database.close()
    plain = url.replace("postgresql+psycopg:", "postgresql:", 1)
    numbers = {"past": past, "open": still_open, "cards": CARDS, "now": now_ms, "span": YEARS_MS}
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in (*MASTER_DATA, SIGNALS):
            connection.execute(statement, numbers)
        connection.execute("UPDATE site SET head = (SELECT max(changed) FROM signal)")
        connection.execute("VACUUM ANALYZE")
    return word
