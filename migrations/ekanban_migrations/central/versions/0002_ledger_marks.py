"""Marks of the ledger, by which a central that was restored from a backup is recognised.

Revision: 0002. `ekanban_central.ledger` says what they are. What was written before has none: 0.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; neither database rewrites its rows for it."""
    for table in ("site", "ledger"):
        op.add_column(table, sa.Column("mark", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Refuse, as ever."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")
