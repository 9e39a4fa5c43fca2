"""On SQLite: which songs were changed last, so that an order of all songs is brought up to date.

Revision 0022. Only the latest changes are kept: after more of them an order is read anew.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEPT = 1000
_LOG = (
    "INSERT INTO song_changes(number) VALUES ({row}.number); "
    f"DELETE FROM song_changes WHERE change <= last_insert_rowid() - {KEPT};"
)
_TRIGGERS = {"insert": "new", "update": "new", "delete": "old"}


def upgrade() -> None:
    """Write each song down that is added, changed or removed from now on."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("CREATE TABLE song_changes (change INTEGER PRIMARY KEY, number INTEGER NOT NULL)")
    for what, row in _TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER song_changes_{what} AFTER {what.upper()} ON songs "
            f"BEGIN {_LOG.format(row=row)} END"
        )


def downgrade() -> None:
    """Forget them."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for what in _TRIGGERS:
        op.execute(f"DROP TRIGGER song_changes_{what}")
    op.execute("DROP TABLE song_changes")
