"""Other spellings of titles and artists, found by searches.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OLD = ("title", "artist", "singer", "channel", "stream", "tags")
NEW = (*OLD, "aliases")


def upgrade() -> None:
    """Add the table and the searched column; kana are written in their other scripts."""
    op.create_table(
        "song_aliases",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["song_id"], ["songs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("song_id", "source", "kind", "text"),
    )
    op.add_column("song_search", sa.Column("aliases", sa.Text(), server_default="", nullable=False))
    _drop_index()
    _write_variants()
    _make_index(NEW)


def downgrade() -> None:
    """Forget the spellings."""
    _drop_index()
    op.drop_column("song_search", "aliases")
    _make_index(OLD)
    op.drop_table("song_aliases")


def _write_variants() -> None:
    """Fill the column for songs that are there already."""
    from utawaku.library.romanize import variants

    connection = op.get_bind()
    search = sa.table(
        "song_search",
        sa.column("number", sa.Integer),
        *(sa.column(name, sa.Text) for name in ("title", "artist", "aliases", "everything")),
    )
    rows = list(
        connection.execute(
            sa.select(search.c.number, search.c.title, search.c.artist, search.c.everything)
        )
    )
    for number, title, artist, everything in rows:
        found = [*variants(title), *variants(artist)]
        if not found:
            continue
        aliases = "\n".join(dict.fromkeys(found))
        connection.execute(
            search.update()
            .where(search.c.number == number)
            .values(aliases=aliases, everything=f"{everything}\n{aliases}")
        )


def _drop_index() -> None:
    if op.get_context().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER IF EXISTS song_search_{event}")
        op.execute("DROP TABLE IF EXISTS song_fts")


def _make_index(names: tuple[str, ...]) -> None:
    """Make the trigram index over these columns, with its triggers, from what is there."""
    if op.get_context().dialect.name != "sqlite":
        return
    listed = ", ".join(names)
    new, old = (", ".join(f"{row}.{name}" for name in names) for row in ("new", "old"))
    insert = f"INSERT INTO song_fts(rowid, {listed}) VALUES (new.number, {new});"
    delete = (
        f"INSERT INTO song_fts(song_fts, rowid, {listed}) VALUES ('delete', old.number, {old});"
    )
    op.execute(
        f"CREATE VIRTUAL TABLE song_fts USING fts5({listed}, content='song_search', "
        "content_rowid='number', tokenize='trigram')"
    )
    for event, body in (("insert", insert), ("delete", delete), ("update", delete + insert)):
        op.execute(
            f"CREATE TRIGGER song_search_{event} AFTER {event.upper()} ON song_search "
            f"BEGIN {body} END"
        )
    op.execute("INSERT INTO song_fts(song_fts) VALUES('rebuild')")
