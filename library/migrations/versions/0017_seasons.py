"""The season that a submission is added to, and whether it is in it.

Revision 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was sent before has no season."""
    op.add_column("submissions", sa.Column("season", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "submissions",
        sa.Column("season_done", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Forget the seasons."""
    op.drop_column("submissions", "season_done")
    op.drop_column("submissions", "season")
