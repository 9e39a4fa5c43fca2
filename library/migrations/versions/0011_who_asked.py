"""The one who filed a request: screen, command, a sensor, a subscription.

Revision 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the requests that are there nobody knows."""
    op.add_column("requests", sa.Column("asked_by", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Forget who asked."""
    op.drop_column("requests", "asked_by")
