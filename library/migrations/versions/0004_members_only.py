"""Entries of a channel say whether only its members may see them.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the next listing fills it."""
    op.add_column(
        "channel_entries", sa.Column("availability", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Forget who may see what."""
    op.drop_column("channel_entries", "availability")
