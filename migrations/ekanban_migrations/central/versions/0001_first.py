"""The first schema: master data, cards and signals, terminals and their scans, ledger, reviews, people.

Revision: 0001. `ekanban_central.tables` says what the columns mean.
"""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
OPEN: dict[str, Any] = {f"{name}_where": sa.text("closed_how IS NULL") for name in ("sqlite", "postgresql")}
REFUSAL = "the ledger is append-only"


def upgrade() -> None:
    """Make everything."""
    _meta()
    _site()
    _part()
    _location()
    _loop()
    _card()
    _alias()
    _signal()
    _terminal()
    _terminal_epoch()
    _terminal_boot()
    _enrolment_code()
    _scan_identity()
    _scan_aside()
    _ledger()
    _review()
    _person()
    _sign_in_link()
    _web_session()
    _api_token()
    _protect_ledger()
    generation = sa.table("meta", sa.column("key", sa.String), sa.column("value", sa.String))
    op.bulk_insert(generation, [{"key": "generation", "value": secrets.token_hex(8)}])


def downgrade() -> None:
    """Refuse: going back would drop the ledger; restore a backup instead."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _site() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )


def _part() -> None:
    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )


def _location() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "name"),
    )


def _loop() -> None:
    op.create_table(
        "loop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("bin", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("lead_time_s", sa.Integer(), nullable=False),
        sa.Column("min_cycle_s", sa.Integer(), nullable=False),
        sa.Column("closing", sa.String(), nullable=False),
        sa.Column("states", sa.String(), nullable=False),
        sa.Column("holds_back", sa.Boolean(), nullable=False),
        sa.Column("out_of_sequence", sa.String(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["destination_id"], ["location.id"]),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["source_id"], ["location.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("part_id", "source_id", "destination_id", "bin"),
    )
    op.create_index("ix_loop_changed", "loop", ["changed"])
    op.create_index("ix_loop_destination_id", "loop", ["destination_id"])
    op.create_index("ix_loop_site_id", "loop", ["site_id"])
    op.create_index("ix_loop_source_id", "loop", ["source_id"])


def _card() -> None:
    op.create_table(
        "card",
        sa.Column("body", sa.String(8), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("loop_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("print_version", sa.Integer(), nullable=False),
        sa.Column("pending_version", sa.Integer(), nullable=False),
        sa.Column("quantity_version", sa.Integer(), nullable=False),
        sa.Column("one_off", sa.Boolean(), nullable=False),
        sa.Column("last_signal", sa.Uuid(), nullable=True),
        sa.Column("last_closed_earliest_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_closed_latest_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_closed_terminal", sa.Uuid(), nullable=True),
        sa.Column("last_scan_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_scan_terminal", sa.Uuid(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("body"),
    )
    op.create_index("ix_card_loop_id", "card", ["loop_id"])
    op.create_index("ix_card_register", "card", ["site_id", "changed", "body"])


def _alias() -> None:
    op.create_table(
        "alias",
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["card.body"]),
        sa.PrimaryKeyConstraint("text"),
    )
    op.create_index("ix_alias_body", "alias", ["body"])


def _signal() -> None:
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("loop_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("opened_earliest_ms", sa.BigInteger(), nullable=False),
        sa.Column("opened_latest_ms", sa.BigInteger(), nullable=False),
        sa.Column("opened_terminal", sa.Uuid(), nullable=True),
        sa.Column("released_earliest_ms", sa.BigInteger(), nullable=True),
        sa.Column("released_latest_ms", sa.BigInteger(), nullable=True),
        sa.Column("released_terminal", sa.Uuid(), nullable=True),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("ready_ms", sa.BigInteger(), nullable=True),
        sa.Column("shipped_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_earliest_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_latest_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_how", sa.String(), nullable=True),
        sa.Column("closed_reason", sa.String(), nullable=False),
        sa.Column("last_scan", sa.Uuid(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["body"], ["card.body"]),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_signal_card", "signal", ["body", "opened_latest_ms"])
    op.create_index("ix_signal_changed", "signal", ["site_id", "changed"])
    op.create_index("ix_signal_closed", "signal", ["site_id", "closed_latest_ms", "id"])
    op.create_index("ix_signal_open_age", "signal", ["site_id", "opened_latest_ms", "id"], **OPEN)
    op.create_index("ix_signal_open_due", "signal", ["site_id", "due_ms", "id"], **OPEN)
    op.create_index("one_open_signal_per_card", "signal", ["body"], unique=True, **OPEN)


def _terminal() -> None:
    op.create_table(
        "terminal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("head_epoch", sa.Uuid(), nullable=True),
        sa.Column("floor_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("release", sa.String(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("scanners", JSON, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )


def _terminal_epoch() -> None:
    op.create_table(
        "terminal_epoch",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("previous", sa.Uuid(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=True),
        sa.Column("forked", sa.Boolean(), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"]),
        sa.PrimaryKeyConstraint("terminal_id", "epoch"),
    )


def _terminal_boot() -> None:
    op.create_table(
        "terminal_boot",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.String(64), nullable=False),
        sa.Column("offset_low_ms", sa.BigInteger(), nullable=True),
        sa.Column("offset_high_ms", sa.BigInteger(), nullable=True),
        sa.Column("measured_boottime_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"]),
        sa.PrimaryKeyConstraint("terminal_id", "boot_id"),
    )


def _enrolment_code() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("mac_key", sa.LargeBinary(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )


def _scan_identity() -> None:
    op.create_table(
        "scan_identity",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("body", sa.String(8), nullable=True),
        sa.Column("effect", JSON, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "epoch", "seq"),
        sa.UniqueConstraint("scan_id"),
    )


def _scan_aside() -> None:
    op.create_table(
        "scan_aside",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "content_hash"),
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(8), nullable=True),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("loop_id", sa.Uuid(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("site_id", "position"),
    )
    op.create_index("ix_ledger_card", "ledger", ["body", "position"])
    op.create_index("ix_ledger_signal", "ledger", ["signal_id"])


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(8), nullable=True),
        sa.Column("signal_id", sa.Uuid(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("scan_id", "kind"),
    )
    op.create_index("ix_review_open", "review", ["site_id", "decided_ms", "raised_ms"])


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _sign_in_link() -> None:
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )


def _web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_web_session_person_id", "web_session", ["person_id"])


def _api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )


def _protect_ledger() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_no_{act.lower()} BEFORE {act} ON ledger"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )
