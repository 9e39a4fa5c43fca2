"""On PostgreSQL: counters of changes, and a trigram index for searches.

Revision 0015. SQLite has both already: `PRAGMA data_version` and the table `song_fts`.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WATCHED = ("songs", "song_search", "song_tags", "stems", "sound_links")
"""Tables that a search reads."""


def upgrade() -> None:
    """Count what is written from now on, and index the searched texts where that is allowed."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    op.execute("CREATE TABLE change_counts (name text PRIMARY KEY, n bigint NOT NULL)")
    op.execute("INSERT INTO change_counts VALUES ('all', 1), ('songs', 1)")
    op.execute(
        "CREATE FUNCTION count_change_of_songs() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE change_counts SET n = n + 1 WHERE name = 'songs'; RETURN NULL; END $$"
    )
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER count_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_change_of_songs()"
        )
    from utawaku.library.postgres import make_trigram_index

    make_trigram_index(connection)


def downgrade() -> None:
    """Drop them; the extension stays, as others may use it."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("DROP INDEX IF EXISTS ix_song_search_trigrams")
    for table in WATCHED:
        op.execute(f"DROP TRIGGER count_change ON {table}")
    op.execute("DROP FUNCTION count_change_of_songs()")
    op.execute("DROP TABLE change_counts")
