"""The chance that a song's highlight is a good one.

Revision 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is filled when a highlight is found again."""
    op.add_column("songs", sa.Column("highlight_certainty", sa.Float(), nullable=True))


def downgrade() -> None:
    """Forget the chances."""
    op.drop_column("songs", "highlight_certainty")
