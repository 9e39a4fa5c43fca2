"""The chance that each end of a song is right.

Revision 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("start_confidence", "stop_confidence")
INDEX = "ix_songs_state_confidence"


def upgrade() -> None:
    """Add the columns: what the user has cut is sure, of the rest nothing is known yet."""
    for name in COLUMNS:
        op.add_column("songs", sa.Column(name, sa.Float(), nullable=True))
    songs = sa.table(
        "songs", sa.column("boundary_source"), *(sa.column(name, sa.Float()) for name in COLUMNS)
    )
    op.execute(
        songs.update()
        .where(songs.c.boundary_source.in_(("user", "whole")))
        .values(dict.fromkeys(COLUMNS, 1.0))
    )
    op.create_index(INDEX, "songs", ["state", "confidence", "number"], unique=False)


def downgrade() -> None:
    """Forget it."""
    op.drop_index(INDEX, "songs")
    for name in COLUMNS:
        op.drop_column("songs", name)
