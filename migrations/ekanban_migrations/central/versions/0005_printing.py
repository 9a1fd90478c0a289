"""Printers, print jobs, pictures of parts, and what else a card's paper says.

Revision: 0005. Loops and sites that an earlier release made say nothing of it: empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make tables and columns."""
    op.add_column("site", _text("base_url", 200))
    op.add_column("site", _text("owner", 200))
    op.add_column("part", sa.Column("picture", sa.String(64), nullable=True))
    op.add_column("loop", _text("supplier_part", 60))
    op.add_column("loop", _text("remark", 200))
    op.add_column("loop", _text("layout", 40))
    op.create_table(
        "picture",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    _printer()
    _print_job()
    op.create_table(
        "print_job_item",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("face", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["print_job.id"]),
        sa.ForeignKeyConstraint(["body"], ["card.body"]),
        sa.PrimaryKeyConstraint("job_id", "place"),
    )
    op.create_index("ix_print_job_item_body", "print_job_item", ["body", "version"])


def _printer() -> None:
    op.create_table(
        "printer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("dialect", sa.String(20), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(80), nullable=False),
        sa.Column("offset_x", sa.Float(), nullable=False),
        sa.Column("offset_y", sa.Float(), nullable=False),
        sa.Column("scale_x", sa.Float(), nullable=False),
        sa.Column("scale_y", sa.Float(), nullable=False),
        sa.Column("inset", sa.Float(), nullable=False),
        sa.Column("answers_status", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("layout", sa.String(40), nullable=False),
        sa.Column("sheet", sa.String(40), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "name"),
    )


def _print_job() -> None:
    op.create_table(
        "print_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=True),
        sa.Column("printer", sa.String(80), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("layout", sa.String(40), nullable=False),
        sa.Column("sheet", sa.String(40), nullable=False),
        sa.Column("skip", sa.Integer(), nullable=False),
        sa.Column("duplex", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("repeats", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("said", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "request_id"),
    )
    sending = sa.text("state = 'sending'")
    op.create_index(
        "one_sending_job_per_printer", "print_job", ["printer_id"], unique=True,
        sqlite_where=sending, postgresql_where=sending,
    )  # fmt: skip
    op.create_index("ix_print_job_state", "print_job", ["state", "id"])


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default=sa.text("''"))


def downgrade() -> None:
    """Refuse, as ever."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")
