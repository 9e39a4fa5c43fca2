"""What followed channels listed, sites' budgets and rests, candidates, requests that wait.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.add_column("requests", sa.Column("not_before", sa.Float(), nullable=True))
    op.add_column(
        "requests", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_table(
        "channel_entries",
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        _text("title"),
        sa.Column("duration_s", sa.Float(), nullable=True),
        _text("live_status"),
        sa.Column("uploaded_at", sa.Float(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        _text("reason"),
        sa.Column("request_id", _number(), nullable=True),
        sa.Column("first_seen_at", sa.Float(), nullable=False),
        sa.Column("last_seen_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_channel_entries_channel_id_channels"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel_id", "key", name=op.f("pk_channel_entries")),
    )
    op.create_index("ix_channel_entries_key", "channel_entries", ["key"])
    op.create_table(
        "site_events",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _text("stream_id"),
        sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_events")),
    )
    op.create_index("ix_site_events_site_kind_at", "site_events", ["site", "kind", "at"])
    op.create_table(
        "site_rests",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        _text("reason"),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_rests")),
    )
    op.create_table(
        "candidates",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        _text("title"),
        _text("channel"),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="found", nullable=False),
        _text("preview_path"),
        sa.Column("score", sa.Float(), nullable=True),
        _text("model_version"),
        sa.Column("grade", sa.Integer(), nullable=True),
        _text("message"),
        sa.Column("found_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("key", name=op.f("uq_candidates_key")),
    )
    op.create_index("ix_candidates_state_score", "candidates", ["state", "score"])
    op.create_table(
        "memories",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_memories")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy in backups/ that was made before the upgrade")
