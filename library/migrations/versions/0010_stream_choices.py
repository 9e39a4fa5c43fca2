"""Choices of the user that are kept with a stream: its sound track, and parts that are one.

Revision 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the streams that are there keep the default track."""
    op.add_column("streams", sa.Column("track", sa.Text(), server_default="", nullable=False))
    op.add_column("streams", sa.Column("as_one", sa.Boolean(), server_default="0", nullable=False))


def downgrade() -> None:
    """Forget the choices."""
    op.drop_column("streams", "as_one")
    op.drop_column("streams", "track")
