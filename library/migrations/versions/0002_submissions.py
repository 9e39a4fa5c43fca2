"""Submissions with their queue, budgets and holds. The older tables were never filled.

Revision 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _count(name: str, default: str = "0", *, big: bool = False) -> "sa.Column[int]":
    kind = sa.BigInteger() if big else sa.Integer()
    return sa.Column(name, kind, server_default=default, nullable=False)


def upgrade() -> None:
    op.drop_index(op.f("ix_submission_parts_song_id"), table_name="submission_parts")
    op.drop_table("submission_parts")
    op.drop_index(op.f("ix_submissions_state"), table_name="submissions")
    op.drop_table("submissions")
    op.create_table(
        "submissions",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        _text("account"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        _text("description"),
        sa.Column("tags", sa.JSON(), server_default="[]", nullable=False),
        _text("source_url"),
        _count("copyright", "2"),
        _count("category", "31"),
        _text("cover_path"),
        sa.Column("publish_at", sa.Float(), nullable=True),
        _text("append_to"),
        _text("stream_id"),
        _text("remote_id"),
        _count("remote_number", big=True),
        sa.Column("submit_sent_at", sa.Float(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=True),
        _count("attempts"),
        _text("hold_code"),
        _text("message"),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("published_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_state"), "submissions", ["state"], unique=False)
    op.create_table(
        "submission_parts",
        sa.Column("submission_id", _number(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("song_id"),
        sa.Column("title", sa.Text(), nullable=False),
        _text("path"),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        _text("remote_name"),
        _count("size_bytes", big=True),
        _text("sha256"),
        _count("attempts"),
        _count("bytes_sent", big=True),
        _text("message"),
        sa.Column("uploaded_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_submission_parts_submission_id_submissions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "position", name=op.f("pk_submission_parts")),
    )
    op.create_index(
        op.f("ix_submission_parts_song_id"), "submission_parts", ["song_id"], unique=False
    )
    op.create_table(
        "upload_events",
        sa.Column("id", _number(), autoincrement=True, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        _count("size_bytes", big=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_events")),
    )
    op.create_index(
        "ix_upload_events_target_account_at",
        "upload_events",
        ["target", "account", "at"],
        unique=False,
    )
    op.create_table(
        "upload_holds",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("target", "account", name=op.f("pk_upload_holds")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy in backups/ that was made before the upgrade")
