"""Performances that are linked because they sound alike.

Revision 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing else changes."""
    op.create_table(
        "sound_links",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("semitones", sa.Float(), nullable=False),
        sa.Column("tempo", sa.Float(), nullable=False),
        sa.Column("engine_version", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["songs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["song_id"], ["songs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("song_id", "other_id"),
    )
    op.create_index("ix_sound_links_other_id", "sound_links", ["other_id"])


def downgrade() -> None:
    """Forget the links; the next look at the songs finds them again."""
    op.drop_index("ix_sound_links_other_id", table_name="sound_links")
    op.drop_table("sound_links")
