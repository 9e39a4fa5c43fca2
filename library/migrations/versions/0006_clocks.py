"""Streams say whether their times count samples or are the recording's own.

Revision 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the times of every stream of before count samples."""
    op.add_column("streams", sa.Column("clock", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("streams", "clock")
