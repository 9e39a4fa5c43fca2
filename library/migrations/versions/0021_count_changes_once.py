"""On PostgreSQL: a transaction counts as one change of the songs, however many statements it has.

Revision 0021. Each count left a dead version of one row until the transaction ended, which the next
count had to go past: a move of 200,000 songs took longer with each row.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_FUNCTION = (
    "CREATE OR REPLACE FUNCTION count_change_of_songs() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN {body} RETURN NULL; END $$"
)
_COUNT = "UPDATE change_counts SET n = n + 1 WHERE name = 'songs';"
_ONCE = (
    "IF current_setting('utawaku.counted', true) IS DISTINCT FROM txid_current()::text THEN "
    f"{_COUNT} PERFORM set_config('utawaku.counted', txid_current()::text, true); END IF;"
)


def upgrade() -> None:
    """Count once; readers see the count when they see the change."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(_FUNCTION.format(body=_ONCE))


def downgrade() -> None:
    """Count each statement."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(_FUNCTION.format(body=_COUNT))
