"""Tables that several machines share: rate limits, answers of services, fingerprints, log-ins.

Revision 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the column; on SQLite they stay empty."""
    op.create_table(
        "service_gates",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("service", name="pk_service_gates"),
    )
    op.create_table(
        "service_answers",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float()),
        sa.PrimaryKeyConstraint("service", "question", name="pk_service_answers"),
    )
    op.create_table(
        "fingerprints",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("artist", sa.Text(), server_default="", nullable=False),
        sa.Column("isrc", sa.Text(), server_default="", nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("chroma", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_fingerprints"),
    )
    op.create_index("ix_fingerprints_revision", "fingerprints", ["revision"])
    op.add_column("accounts", sa.Column("secret", sa.LargeBinary()))


def downgrade() -> None:
    """Forget what was shared."""
    op.drop_column("accounts", "secret")
    op.drop_table("fingerprints")
    op.drop_table("service_answers")
    op.drop_table("service_gates")
