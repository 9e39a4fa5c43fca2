"""A song is in one open submission of a target.

Revision 0007. A catalogue that breaks the rule already is put right so: the submission that has
come furthest keeps its songs (where two are as far, the older one). Another that waits to be sent
is held, for the human to drop it or to send it when the first is done; drafts and failed ones stay
as they are, and cannot be queued while the first is open. Nothing is deleted.
"""

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FURTHEST_FIRST = ("submitting", "uploading", "held", "queued", "failed", "draft")
RULE = "uq_submission_parts_open_target_song_id"

submissions = sa.table(
    "submissions",
    *(sa.column(name) for name in ("id", "target", "state", "title", "submit_sent_at")),
    *(sa.column(name) for name in ("hold_code", "message", "updated_at")),
)
parts = sa.table(
    "submission_parts",
    *(sa.column(name) for name in ("submission_id", "song_id", "open_target")),
)
notices = sa.table(
    "notices",
    *(sa.column(name) for name in ("level", "title", "body", "next_step", "created_at")),
)


def upgrade() -> None:
    """Add the columns, give each song to one submission, then make that the rule."""
    op.add_column(
        "submissions", sa.Column("candidate_id", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "submissions", sa.Column("confirmed_new", sa.Boolean(), server_default="0", nullable=False)
    )
    op.add_column("submission_parts", sa.Column("open_target", sa.Text(), nullable=True))
    connection = op.get_bind()
    taken: dict[tuple[str, str], int] = {}
    for one in _open_submissions(connection):
        _claim(connection, one, taken)
    op.create_index(RULE, "submission_parts", ["open_target", "song_id"], unique=True)


def downgrade() -> None:
    """Drop the rule and its columns."""
    op.drop_index(RULE, table_name="submission_parts")
    op.drop_column("submission_parts", "open_target")
    op.drop_column("submissions", "confirmed_new")
    op.drop_column("submissions", "candidate_id")


def _open_submissions(connection: sa.Connection) -> Sequence[Any]:
    rows = connection.execute(sa.select(submissions).where(submissions.c.state != "published"))
    return sorted(
        rows,
        key=lambda row: (row.submit_sent_at is None, FURTHEST_FIRST.index(row.state), row.id),
    )


def _claim(connection: sa.Connection, one: Any, taken: dict[tuple[str, str], int]) -> None:
    """Give a submission those of its songs that no other has; hold it where it would send one."""
    songs = connection.scalars(
        sa.select(parts.c.song_id).where(parts.c.submission_id == one.id, parts.c.song_id != "")
    ).all()
    others = {taken[one.target, song] for song in songs if (one.target, song) in taken}
    if not others and len(set(songs)) == len(songs):
        taken.update({(one.target, song): one.id for song in songs})
        connection.execute(
            parts.update()
            .where(parts.c.submission_id == one.id, parts.c.song_id != "")
            .values(open_target=one.target)
        )
        return
    if one.state not in ("queued", "uploading") or one.submit_sent_at is not None:
        return
    told = ", ".join(map(str, sorted(others))) or "itself, twice"
    message = f"its songs are in submission {told}, too"
    connection.execute(
        submissions.update()
        .where(submissions.c.id == one.id)
        .values(state="held", hold_code="same_songs", message=message, updated_at=time.time())
    )
    connection.execute(
        notices.insert().values(
            level="warning",
            title=f"Submission {one.id} is held: it would publish songs twice",
            body=f"{one.title}: {message}",
            next_step=f"Drop it: utawaku submissions --drop {one.id}",
            created_at=time.time(),
        )
    )
