"""JSON that PostgreSQL keeps as it was written: nothing asks it for parts, and taking it apart cost a fifth of a scan.

Revision: 0003. PostgreSQL writes the tables anew once, and central waits for it; SQLite keeps text anyway.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("scan_identity", "answer"), ("scan_identity", "effect"), ("scan_aside", "answer"), ("ledger", "data"),
    ("review", "facts"), ("terminal", "scanners"),
)  # fmt: skip


def upgrade() -> None:
    """Change the columns' type."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in COLUMNS:
            op.alter_column(table, column, type_=sa.JSON(), postgresql_using=f"{column}::json")


def downgrade() -> None:
    """Refuse, as ever."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")
