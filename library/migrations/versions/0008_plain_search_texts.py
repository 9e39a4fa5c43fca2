"""Searched texts without accents.

Revision 0008. Cafe finds Café; the songs themselves keep their accents.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXTS = ("title", "artist", "singer", "channel", "stream", "tags", "everything", "aliases")


def upgrade() -> None:
    """Take the accents off the texts that searches look into."""
    from utawaku.library.folding import search_fold

    connection = op.get_bind()
    search = sa.table(
        "song_search", sa.column("number", sa.Integer), *(sa.column(n, sa.Text) for n in TEXTS)
    )
    for row in connection.execute(sa.select(search)).mappings().all():
        changed = {
            name: plain
            for name in TEXTS
            if not row[name].isascii()
            # Line by line: a line break parts two texts.
            and (plain := "\n".join(map(search_fold, row[name].split("\n")))) != row[name]
        }
        if changed:
            connection.execute(
                search.update().where(search.c.number == row["number"]).values(**changed)
            )


def downgrade() -> None:
    """Leave the texts: what wrote them before writes accents again with the next change."""
