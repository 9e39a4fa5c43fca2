"""The user's choice of what a recording holds: one song as a whole, or songs to be found.

Revision 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the streams that are there the rules decide."""
    op.add_column("streams", sa.Column("holds", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Forget the choices."""
    op.drop_column("streams", "holds")
