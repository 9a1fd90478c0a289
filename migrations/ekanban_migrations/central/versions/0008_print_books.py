"""The print book that each version in reserve was given to, and the one that each terminal is believed to have.

Revision: 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = sa.String(length=40)
EMPTY = sa.text("''")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("print_reserve", sa.Column("book", NAME, nullable=False, server_default=EMPTY))
    op.add_column("terminal", sa.Column("book", NAME, nullable=False, server_default=EMPTY))
    op.add_column("terminal", sa.Column("book_mark", NAME, nullable=False, server_default=EMPTY))


def downgrade() -> None:
    """Refuse, as ever."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")
