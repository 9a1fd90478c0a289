"""The yardstick of the intake benchmarks: pgbench does one scan's least work in one transaction.

It inserts a scan's identity (nothing on conflict), updates the card, and commits, on central's own tables with all
their indexes, in a second database of the same server, with 2,000 cards.
"""

from __future__ import annotations

import re
from pathlib import Path

from ekanban_cli.bench.intake_plant import CARDS
from ekanban_cli.bench.postgres import Cluster
from ekanban_migrations import upgrade

DATABASE = "yardstick"
_ANSWER = (
    '{"id": "019e0000-0000-7000-8000-000000000000", "card": "00000000", "facts": {"due_ms": 1780014400000}, "reason":'
    ' "opened", "signal": {"id": "019e0000-0000-7000-8000-000000000000", "state": "released", "due_ms": 1780014400000,'
    ' "urgent": false, "opened_ms": 1780000000000}, "message": "Ordered, due 18.40.", "outcome": "opened"}'
)
_EFFECT = (
    '{"before": null, "after_id": "019e0000-0000-7000-8000-000000000000", "withdrawn": false, "card_state": "active",'
    ' "after_state": "released", "last_closed": [1780000000000, 1780000000000, "019e0000-0000-7000-8000-000000000000"],'
    ' "last_signal": "019e0000-0000-7000-8000-000000000000", "after_card_state": "active", "after_last_signal":'
    ' "019e0000-0000-7000-8000-000000000000"}'
)
_SEED = f"""
INSERT INTO site VALUES (1, 'plant', 'Plant', 'UTC', 'en', 0);
INSERT INTO part VALUES (gen_random_uuid(), '4711', '', 'pcs', '');
INSERT INTO location VALUES (gen_random_uuid(), 1, 'A', 'line'), (gen_random_uuid(), 1, 'B', 'line');
INSERT INTO loop
    SELECT gen_random_uuid(), 1, part.id, a.id, b.id, '', 'withdrawal', 50, '', 14400, 60, 'two_scan', '', false,
        'warn', 0 FROM part, location a, location b WHERE a.name = 'A' AND b.name = 'B';
INSERT INTO card
    SELECT lpad(n::text, 8, '0'), 1, id, n, 'active', 1, 1, 0, false, null, null, null, null, null, null, 0
    FROM loop, generate_series(1, {CARDS}) n;
"""  # noqa: S608  # of this module's own words
_SCRIPT = f"""
\\set n random(1, {CARDS})
\\set seq :seq + 1
BEGIN;
INSERT INTO scan_identity VALUES (
    md5((:client_id)::text)::uuid, md5((:run)::text)::uuid, :seq,
    (lpad((:run)::text, 8, '0') || '-0000-7000-8' || lpad((:client_id)::text, 3, '0') || '-'
        || lpad(to_hex((:seq)::bigint), 12, '0'))::uuid,
    sha256((:seq)::text::bytea), 'opened', '{_ANSWER}', lpad((:n)::text, 8, '0'), '{_EFFECT}', :seq
) ON CONFLICT DO NOTHING;
UPDATE card SET last_scan_ms = 1780000000000 + :seq, last_scan_terminal = md5((:client_id)::text)::uuid,
    last_signal = md5((:client_id)::text)::uuid, changed = :seq WHERE body = lpad((:n)::text, 8, '0');
COMMIT;
"""  # noqa: S608  # of this module's own words


class Yardstick:
    """pgbench on tables of its own, beside central's database."""

    def __init__(self, server: Cluster) -> None:
        self._server = server
        self._runs = 0
        self._database("createdb")
        upgrade.central(server.url(DATABASE))
        self._database("psql", "-v", "ON_ERROR_STOP=1", "-q", "-c", _SEED)

    def per_s(self, clients: int, seconds: int) -> float:
        """Transactions per second with so many clients; statements are prepared once."""
        self._runs += 1
        script = self._server.folder / "scan.sql"
        script.write_text(_SCRIPT)
        said = self._database(
            "pgbench", "--no-vacuum", "--protocol", "prepared", "--file", script, "--define", "seq=0",
            "--define", f"run={self._runs}",
            "--client", str(clients), "--jobs", "1", "--time", str(seconds),
        )  # fmt: skip
        found = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
        if found is None or "failed transactions: 0 " not in said:
            raise AssertionError(f"pgbench: expected transactions without a failure, got {said}")
        return float(found[1])

    def _database(self, program: str, *arguments: str | Path) -> str:
        at = ("-h", self._server.folder, "-U", "ekanban")
        return self._server.run(self._server.programs / program, *at, *arguments, DATABASE)
