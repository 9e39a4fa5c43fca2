"""Tags of song files as they were written last, to tell what other programs change.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing else changes."""
    op.create_table(
        "song_files",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("written", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("edits", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["song_id"], ["songs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("song_id"),
    )


def downgrade() -> None:
    """Forget what the files said."""
    op.drop_table("song_files")
