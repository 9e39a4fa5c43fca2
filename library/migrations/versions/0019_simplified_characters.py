"""Searched texts in simplified characters, and romaji as they are typed.

Revision 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the spellings that songs in kana and Chinese characters have by now."""
    from utawaku.library.romanize import variants

    connection = op.get_bind()
    search = sa.table(
        "song_search",
        sa.column("number", sa.Integer),
        *(sa.column(name, sa.Text) for name in ("title", "artist", "aliases", "everything")),
    )
    for row in connection.execute(sa.select(search)).mappings().all():
        known = row["aliases"].split("\n") if row["aliases"] else []
        texts = (row["title"], row["artist"], *known)
        if all(text.isascii() for text in texts):
            continue
        found = dict.fromkeys(one for text in texts for one in variants(text))
        fresh = [one for one in found if one not in known]
        if fresh:
            connection.execute(
                search.update()
                .where(search.c.number == row["number"])
                .values(
                    aliases="\n".join([*known, *fresh]),
                    everything="\n".join([row["everything"], *fresh]),
                )
            )


def downgrade() -> None:
    """Leave the spellings: a search that does not know them finds no less."""
