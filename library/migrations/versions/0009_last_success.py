"""The last success of an artefact is kept apart from the last attempt.

Revision 0009. Until now an attempt that failed took the place of what was made before: engine,
versions and metadata told of the failure. They tell of the last success now, `made_at` and
`made_by_run` when it was and in which run; `trouble` tells of the attempt.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

states = sa.table(
    "asset_states",
    *(
        sa.column(name)
        for name in ("state", "started_at", "finished_at", "made_at", "run_id", "made_by_run")
    ),
    sa.column("metadata", sa.JSON),
    sa.column("trouble", sa.JSON),
)


def upgrade() -> None:
    """Add the columns, and tell successes from attempts."""
    op.add_column("asset_states", sa.Column("made_at", sa.Float(), nullable=True))
    op.add_column(
        "asset_states", sa.Column("trouble", sa.JSON(), server_default="{}", nullable=False)
    )
    op.add_column(
        "asset_states", sa.Column("made_by_run", sa.Text(), server_default="", nullable=False)
    )
    connection = op.get_bind()
    connection.execute(
        states.update()
        .where(states.c.state == "done")
        .values(made_at=states.c.finished_at, made_by_run=states.c.run_id)
    )
    # An attempt that was going on had left alone what the success before it wrote.
    connection.execute(
        states.update()
        .where(
            states.c.state == "running",
            states.c.metadata["data_version"].as_string().is_not(None),
        )
        .values(made_at=states.c.started_at)
    )
    # A failure wrote over what was made before: that is lost.
    connection.execute(
        states.update()
        .where(states.c.state == "failed")
        .values(trouble=states.c.metadata, metadata={})
    )


def downgrade() -> None:
    """Forget which success an attempt followed."""
    connection = op.get_bind()
    connection.execute(
        states.update().where(states.c.state == "failed").values(metadata=states.c.trouble)
    )
    op.drop_column("asset_states", "made_by_run")
    op.drop_column("asset_states", "trouble")
    op.drop_column("asset_states", "made_at")
