"""The first schema.

Revision 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_FTS = (
    "CREATE VIRTUAL TABLE song_fts USING fts5(title, artist, singer, channel, stream, "
    "tags, content='song_search', content_rowid='number', tokenize='trigram')",
    "CREATE TRIGGER song_search_insert AFTER INSERT ON song_search BEGIN INSERT INTO "
    "song_fts(rowid, title, artist, singer, channel, stream, tags) VALUES (new.number, "
    "new.title, new.artist, new.singer, new.channel, new.stream, new.tags); END",
    "CREATE TRIGGER song_search_delete AFTER DELETE ON song_search BEGIN INSERT INTO "
    "song_fts(song_fts, rowid, title, artist, singer, channel, stream, tags) VALUES "
    "('delete', old.number, old.title, old.artist, old.singer, old.channel, old.stream, "
    "old.tags); END",
    "CREATE TRIGGER song_search_update AFTER UPDATE ON song_search BEGIN INSERT INTO "
    "song_fts(song_fts, rowid, title, artist, singer, channel, stream, tags) VALUES "
    "('delete', old.number, old.title, old.artist, old.singer, old.channel, old.stream, "
    "old.tags); INSERT INTO song_fts(rowid, title, artist, singer, channel, stream, tags)"
    " VALUES (new.number, new.title, new.artist, new.singer, new.channel, new.stream, "
    "new.tags); END",
)
"""The trigram index over `song_search`, kept in step by triggers."""


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("cookies_path", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("checked_at", sa.Float(), nullable=True),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "candidates",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="found", nullable=False),
        sa.Column("preview_path", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("key", name=op.f("uq_candidates_key")),
    )
    op.create_index("ix_candidates_state_score", "candidates", ["state", "score"], unique=False)
    op.create_table(
        "channels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("site", sa.Text(), server_default="", nullable=False),
        sa.Column("rules", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("cursor", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("followed", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("followed_at", sa.Float(), nullable=True),
        sa.Column("last_look_at", sa.Float(), nullable=True),
        sa.Column("next_look_at", sa.Float(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("url", name=op.f("uq_channels_url")),
    )
    op.create_table(
        "memories",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_memories")),
    )
    op.create_table(
        "notices",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("next_step", sa.Text(), server_default="", nullable=False),
        sa.Column("stream_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_table(
        "requests",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_state_id", "requests", ["state", "id"], unique=False)
    op.create_table(
        "saved_queries",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_saved_queries")),
    )
    op.create_table(
        "site_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), server_default="", nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_events")),
    )
    op.create_index(
        "ix_site_events_site_kind_at", "site_events", ["site", "kind", "at"], unique=False
    )
    op.create_table(
        "site_rests",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_rests")),
    )
    op.create_table(
        "streams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("site", sa.Text(), server_default="", nullable=False),
        sa.Column("site_id", sa.Text(), server_default="", nullable=False),
        sa.Column("channel_id", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("uploaded_on", sa.Text(), server_default="", nullable=False),
        sa.Column("duration_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("recording_path", sa.Text(), server_default="", nullable=False),
        sa.Column("has_video", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("sample_rate_hz", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_channels", sa.Integer(), server_default="0", nullable=False),
        sa.Column("thumbnail_path", sa.Text(), server_default="", nullable=False),
        sa.Column("info_path", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("dropped_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
    )
    op.create_index(op.f("ix_streams_added_at"), "streams", ["added_at"], unique=False)
    op.create_index(op.f("ix_streams_channel_id"), "streams", ["channel_id"], unique=False)
    op.create_index(op.f("ix_streams_uploaded_on"), "streams", ["uploaded_on"], unique=False)
    op.create_index("ix_streams_url", "streams", ["url"], unique=False)
    op.create_table(
        "submissions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("source_url", sa.Text(), server_default="", nullable=False),
        sa.Column("copyright", sa.Integer(), server_default="2", nullable=False),
        sa.Column("category", sa.Integer(), server_default="31", nullable=False),
        sa.Column("cover_path", sa.Text(), server_default="", nullable=False),
        sa.Column("publish_at", sa.Float(), nullable=True),
        sa.Column("append_to", sa.Text(), server_default="", nullable=False),
        sa.Column("stream_id", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("submit_sent_at", sa.Float(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hold_code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("published_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_state"), "submissions", ["state"], unique=False)
    op.create_table(
        "taste_models",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("n_liked", sa.Integer(), nullable=False),
        sa.Column("n_disliked", sa.Integer(), nullable=False),
        sa.Column("n_neutral", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_grade_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("auc", sa.Float(), nullable=True),
        sa.Column("ece", sa.Float(), nullable=True),
        sa.Column("brier", sa.Float(), nullable=True),
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taste_models")),
    )
    op.create_index("ix_taste_models_version", "taste_models", ["version"], unique=False)
    op.create_table(
        "upload_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_events")),
    )
    op.create_index(
        "ix_upload_events_target_account_at",
        "upload_events",
        ["target", "account", "at"],
        unique=False,
    )
    op.create_table(
        "upload_holds",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("target", "account", name=op.f("pk_upload_holds")),
    )
    op.create_table(
        "asset_states",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("engine", sa.Text(), server_default="", nullable=False),
        sa.Column("engine_version", sa.Text(), server_default="", nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("metadata", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.id"],
            name=op.f("fk_asset_states_stream_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("stream_id", "asset", name=op.f("pk_asset_states")),
    )
    op.create_index("ix_asset_states_asset_state", "asset_states", ["asset", "state"], unique=False)
    op.create_index(
        "ix_asset_states_asset_versions", "asset_states", ["asset", "model_version"], unique=False
    )
    op.create_table(
        "channel_entries",
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("live_status", sa.Text(), server_default="", nullable=False),
        sa.Column("uploaded_at", sa.Float(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("first_seen_at", sa.Float(), nullable=False),
        sa.Column("last_seen_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_channel_entries_channel_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel_id", "key", name=op.f("pk_channel_entries")),
    )
    op.create_index("ix_channel_entries_key", "channel_entries", ["key"], unique=False)
    op.create_table(
        "segments",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Float(), nullable=False),
        sa.Column("stop_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_segments_stream_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "position", name=op.f("pk_segments")),
    )
    op.create_table(
        "setlists",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_setlists_stream_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setlists")),
    )
    op.create_index("ix_setlists_stream_id", "setlists", ["stream_id"], unique=False)
    op.create_table(
        "song_edits",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("undone_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_song_edits_stream_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_song_edits")),
    )
    op.create_index("ix_song_edits_stream_id", "song_edits", ["stream_id"], unique=False)
    op.create_table(
        "songs",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.Float(), nullable=False),
        sa.Column("stop_s", sa.Float(), nullable=False),
        sa.Column("boundary_source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("flags", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("artist", sa.Text(), server_default="", nullable=False),
        sa.Column("label_source", sa.Text(), server_default="", nullable=False),
        sa.Column("singer", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="kept", nullable=False),
        sa.Column("file_path", sa.Text(), server_default="", nullable=False),
        sa.Column("file_start_s", sa.Float(), nullable=True),
        sa.Column("file_stop_s", sa.Float(), nullable=True),
        sa.Column("video_path", sa.Text(), server_default="", nullable=False),
        sa.Column("loudness_lufs", sa.Float(), nullable=True),
        sa.Column("true_peak_db", sa.Float(), nullable=True),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("play_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_played_at", sa.Float(), nullable=True),
        sa.Column("bpm", sa.Float(), nullable=True),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("highlight_start_s", sa.Float(), nullable=True),
        sa.Column("highlight_stop_s", sa.Float(), nullable=True),
        sa.Column("taste", sa.Float(), nullable=True),
        sa.Column("made_by", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("stream_title", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("stream_url", sa.Text(), server_default="", nullable=False),
        sa.Column("uploaded_on", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_songs_stream_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_songs")),
        sa.UniqueConstraint("id", name=op.f("uq_songs_id")),
    )
    op.create_index(
        "ix_songs_state_added_at", "songs", ["state", "added_at", "number"], unique=False
    )
    op.create_index("ix_songs_state_artist", "songs", ["state", "artist", "number"], unique=False)
    op.create_index("ix_songs_state_bpm", "songs", ["state", "bpm", "number"], unique=False)
    op.create_index("ix_songs_state_channel", "songs", ["state", "channel", "number"], unique=False)
    op.create_index(
        "ix_songs_state_file_path", "songs", ["state", "file_path", "number"], unique=False
    )
    op.create_index("ix_songs_state_grade", "songs", ["state", "grade", "number"], unique=False)
    op.create_index(
        "ix_songs_state_last_played_at",
        "songs",
        ["state", "last_played_at", "number"],
        unique=False,
    )
    op.create_index(
        "ix_songs_state_play_count", "songs", ["state", "play_count", "number"], unique=False
    )
    op.create_index("ix_songs_state_singer", "songs", ["state", "singer", "number"], unique=False)
    op.create_index("ix_songs_state_stars", "songs", ["state", "stars", "number"], unique=False)
    op.create_index("ix_songs_state_taste", "songs", ["state", "taste", "number"], unique=False)
    op.create_index("ix_songs_state_title", "songs", ["state", "title", "number"], unique=False)
    op.create_index(
        "ix_songs_state_uploaded_on", "songs", ["state", "uploaded_on", "number"], unique=False
    )
    op.create_index("ix_songs_stream_id_position", "songs", ["stream_id", "position"], unique=False)
    op.create_table(
        "submission_parts",
        sa.Column(
            "submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("song_id", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("remote_name", sa.Text(), server_default="", nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes_sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("uploaded_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_submission_parts_submission_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "position", name=op.f("pk_submission_parts")),
    )
    op.create_index(
        op.f("ix_submission_parts_song_id"), "submission_parts", ["song_id"], unique=False
    )
    op.create_table(
        "embeddings",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("start_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("stop_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_embeddings_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", "kind", name=op.f("pk_embeddings")),
    )
    op.create_table(
        "grades",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("context", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_grades_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grades")),
    )
    op.create_index("ix_grades_song_id_at", "grades", ["song_id", "at"], unique=False)
    op.create_table(
        "highlights",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Float(), nullable=False),
        sa.Column("stop_s", sa.Float(), nullable=False),
        sa.Column("curve", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.Text(), server_default="", nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_highlights_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", name=op.f("pk_highlights")),
    )
    op.create_table(
        "labels",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("isrc", sa.Text(), server_default="", nullable=False),
        sa.Column("cover_url", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen_by", sa.Text(), server_default="", nullable=False),
        sa.Column("engine_version", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_labels_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint(
            "song_id",
            "source",
            "title",
            "artist",
            name=op.f("uq_labels_song_id_source_title_artist"),
        ),
    )
    op.create_table(
        "plays",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("start_s", sa.Float(), nullable=False),
        sa.Column("stop_s", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_plays_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plays")),
    )
    op.create_index("ix_plays_song_id", "plays", ["song_id"], unique=False)
    op.create_table(
        "review_queue",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_review_queue_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", name=op.f("pk_review_queue")),
    )
    op.create_index(op.f("ix_review_queue_position"), "review_queue", ["position"], unique=False)
    op.create_table(
        "review_skips",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_review_skips_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", name=op.f("pk_review_skips")),
    )
    op.create_table(
        "song_search",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("artist", sa.Text(), server_default="", nullable=False),
        sa.Column("singer", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("stream", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.Text(), server_default="", nullable=False),
        sa.Column("everything", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["songs.number"], name=op.f("fk_song_search_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_song_search")),
    )
    op.create_table(
        "song_tags",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_song_tags_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", "tag", "source", name=op.f("pk_song_tags")),
    )
    op.create_index("ix_song_tags_tag", "song_tags", ["tag"], unique=False)
    op.create_table(
        "stems",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("vocals_path", sa.Text(), nullable=False),
        sa.Column("accompaniment_path", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_stems_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", "engine", name=op.f("pk_stems")),
    )
    op.create_table(
        "taste_scores",
        sa.Column("song_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["song_id"], ["songs.id"], name=op.f("fk_taste_scores_song_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("song_id", name=op.f("pk_taste_scores")),
    )
    op.create_index(
        op.f("ix_taste_scores_model_version"), "taste_scores", ["model_version"], unique=False
    )
    if op.get_context().dialect.name == "sqlite":
        for statement in SQLITE_FTS:
            op.execute(statement)


def downgrade() -> None:
    """Drop all tables."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE song_fts")
    op.drop_index(op.f("ix_taste_scores_model_version"), table_name="taste_scores")
    op.drop_table("taste_scores")
    op.drop_table("stems")
    op.drop_index("ix_song_tags_tag", table_name="song_tags")
    op.drop_table("song_tags")
    op.drop_table("song_search")
    op.drop_table("review_skips")
    op.drop_index(op.f("ix_review_queue_position"), table_name="review_queue")
    op.drop_table("review_queue")
    op.drop_index("ix_plays_song_id", table_name="plays")
    op.drop_table("plays")
    op.drop_table("labels")
    op.drop_table("highlights")
    op.drop_index("ix_grades_song_id_at", table_name="grades")
    op.drop_table("grades")
    op.drop_table("embeddings")
    op.drop_index(op.f("ix_submission_parts_song_id"), table_name="submission_parts")
    op.drop_table("submission_parts")
    op.drop_index("ix_songs_stream_id_position", table_name="songs")
    op.drop_index("ix_songs_state_uploaded_on", table_name="songs")
    op.drop_index("ix_songs_state_title", table_name="songs")
    op.drop_index("ix_songs_state_taste", table_name="songs")
    op.drop_index("ix_songs_state_stars", table_name="songs")
    op.drop_index("ix_songs_state_singer", table_name="songs")
    op.drop_index("ix_songs_state_play_count", table_name="songs")
    op.drop_index("ix_songs_state_last_played_at", table_name="songs")
    op.drop_index("ix_songs_state_grade", table_name="songs")
    op.drop_index("ix_songs_state_file_path", table_name="songs")
    op.drop_index("ix_songs_state_channel", table_name="songs")
    op.drop_index("ix_songs_state_bpm", table_name="songs")
    op.drop_index("ix_songs_state_artist", table_name="songs")
    op.drop_index("ix_songs_state_added_at", table_name="songs")
    op.drop_table("songs")
    op.drop_index("ix_song_edits_stream_id", table_name="song_edits")
    op.drop_table("song_edits")
    op.drop_index("ix_setlists_stream_id", table_name="setlists")
    op.drop_table("setlists")
    op.drop_table("segments")
    op.drop_index("ix_channel_entries_key", table_name="channel_entries")
    op.drop_table("channel_entries")
    op.drop_index("ix_asset_states_asset_versions", table_name="asset_states")
    op.drop_index("ix_asset_states_asset_state", table_name="asset_states")
    op.drop_table("asset_states")
    op.drop_table("upload_holds")
    op.drop_index("ix_upload_events_target_account_at", table_name="upload_events")
    op.drop_table("upload_events")
    op.drop_index("ix_taste_models_version", table_name="taste_models")
    op.drop_table("taste_models")
    op.drop_index(op.f("ix_submissions_state"), table_name="submissions")
    op.drop_table("submissions")
    op.drop_index("ix_streams_url", table_name="streams")
    op.drop_index(op.f("ix_streams_uploaded_on"), table_name="streams")
    op.drop_index(op.f("ix_streams_channel_id"), table_name="streams")
    op.drop_index(op.f("ix_streams_added_at"), table_name="streams")
    op.drop_table("streams")
    op.drop_table("site_rests")
    op.drop_index("ix_site_events_site_kind_at", table_name="site_events")
    op.drop_table("site_events")
    op.drop_table("saved_queries")
    op.drop_index("ix_requests_state_id", table_name="requests")
    op.drop_table("requests")
    op.drop_table("notices")
    op.drop_table("memories")
    op.drop_table("channels")
    op.drop_index("ix_candidates_state_score", table_name="candidates")
    op.drop_table("candidates")
    op.drop_table("accounts")
