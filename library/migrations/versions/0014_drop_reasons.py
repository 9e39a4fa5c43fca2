"""Reasons why songs were dropped: they are none, or they are not wanted.

Revision 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was dropped before nobody knows why."""
    op.add_column("songs", sa.Column("drop_reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Forget the reasons."""
    op.drop_column("songs", "drop_reason")
