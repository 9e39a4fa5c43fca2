"""The catalogue's tables (SQLAlchemy Core); the same on SQLite and PostgreSQL.

Derived rows carry the engine and model version that made them. What the user made (grades, tags,
chosen labels, edits, submissions) has tables or `user` sources of its own that no
re-materialization rewrites.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only makes an INTEGER primary key an alias of its rowid.
_Number = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str, *, index: bool = False) -> "Column[str]":
    return Column(name, Text, nullable=False, server_default="", index=index)


def _song_id(*, primary_key: bool = False) -> "Column[str]":
    return Column(
        "song_id",
        Text,
        ForeignKey("songs.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def _stream_id(*, primary_key: bool = False) -> "Column[str]":
    return Column(
        "stream_id",
        Text,
        ForeignKey("streams.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


channels = Table(
    "channels",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    _text("title"),
    _text("site"),
    Column("rules", JSON, nullable=False, server_default="{}"),
    Column("cursor", JSON, nullable=False, server_default="{}"),
    Column("followed", Boolean, nullable=False, server_default="1"),
    Column("followed_at", Float),
    Column("last_look_at", Float),
    Column("next_look_at", Float),
    _text("last_error"),
)

channel_entries = Table(
    "channel_entries",
    metadata,
    Column(
        "channel_id",
        Text,
        ForeignKey("channels.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    _text("title"),
    Column("duration_s", Float),
    _text("live_status"),
    Column("uploaded_at", Float),
    _text("availability"),
    Column("state", Text, nullable=False),
    _text("reason"),
    Column("request_id", _Number),
    Column("first_seen_at", Float, nullable=False),
    Column("last_seen_at", Float, nullable=False),
)
Index("ix_channel_entries_key", channel_entries.c.key)
"""Entries that a subscription has listed so far, and the decision on each. `key` is the stream
id, or the address where only a look at the stream tells its id."""

site_events = Table(
    "site_events",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _text("stream_id"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("at", Float, nullable=False),
)
Index("ix_site_events_site_kind_at", site_events.c.site, site_events.c.kind, site_events.c.at)
"""Events that the daily quotas count."""

site_rests = Table(
    "site_rests",
    metadata,
    Column("site", Text, primary_key=True),
    Column("refusals", Integer, nullable=False),
    _text("reason"),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
)
"""Sites that asked for a cooldown, and until when they are."""

candidates = Table(
    "candidates",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    _text("title"),
    _text("channel"),
    Column("duration_s", Float),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="found"),
    _text("preview_path"),
    Column("score", Float),
    _text("model_version"),
    Column("grade", Integer),
    _text("message"),
    Column("found_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
)
Index("ix_candidates_state_score", candidates.c.state, candidates.c.score)
"""Streams that the crawler came across and the user has not asked for (yet)."""

memories = Table(
    "memories",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", Float, nullable=False),
)
"""Values that the pipeline's schedules keep from one run to the next."""

streams = Table(
    "streams",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    _text("title"),
    _text("site"),
    _text("site_id"),
    _text("channel_id", index=True),
    _text("channel"),
    _text("uploaded_on", index=True),
    Column("duration_s", Float, nullable=False, server_default="0"),
    _text("description"),
    _text("recording_path"),
    Column("has_video", Boolean, nullable=False, server_default="0"),
    Column("sample_rate_hz", Integer, nullable=False, server_default="0"),
    Column("n_channels", Integer, nullable=False, server_default="0"),
    _text("thumbnail_path"),
    _text("info_path"),
    Column("added_at", Float, nullable=False, index=True),
    Column("dropped_at", Float),
    # 0: the times of its songs count decoded samples; 1: they are the recording's own.
    Column("clock", Integer, nullable=False, server_default="0"),
    _text("track"),
    Column("as_one", Boolean, nullable=False, server_default="0"),
    _text("holds"),
)
Index("ix_streams_url", streams.c.url)

asset_states = Table(
    "asset_states",
    metadata,
    _stream_id(primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("progress", Float, nullable=False, server_default="0"),
    _text("message"),
    _text("engine"),
    _text("engine_version"),
    _text("model_version"),
    Column("metadata", JSON, nullable=False, server_default="{}"),
    Column("made_at", Float),
    _text("made_by_run"),
    _text("run_id"),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("trouble", JSON, nullable=False, server_default="{}"),
)
Index("ix_asset_states_asset_state", asset_states.c.asset, asset_states.c.state)
Index("ix_asset_states_asset_versions", asset_states.c.asset, asset_states.c.model_version)

segments = Table(
    "segments",
    metadata,
    _stream_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("start_s", Float, nullable=False),
    Column("stop_s", Float, nullable=False),
)

songs = Table(
    "songs",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _stream_id(),
    Column("position", Integer, nullable=False),
    Column("start_s", Float, nullable=False),
    Column("stop_s", Float, nullable=False),
    Column("boundary_source", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("start_confidence", Float),
    Column("stop_confidence", Float),
    Column("flags", JSON, nullable=False, server_default="[]"),
    _text("title"),
    _text("artist"),
    _text("label_source"),
    _text("singer"),
    Column("state", Text, nullable=False, server_default="kept"),
    _text("drop_reason"),
    _text("file_path"),
    Column("file_start_s", Float),
    Column("file_stop_s", Float),
    _text("video_path"),
    Column("loudness_lufs", Float),
    Column("true_peak_db", Float),
    Column("grade", Integer),
    Column("stars", Integer),
    Column("play_count", Integer, nullable=False, server_default="0"),
    Column("last_played_at", Float),
    Column("bpm", Float),
    _text("key"),
    Column("highlight_start_s", Float),
    Column("highlight_stop_s", Float),
    Column("highlight_certainty", Float),
    Column("taste", Float),
    _text("made_by"),
    Column("added_at", Float, nullable=False),
    # Copies of the stream's facts, so that 100,000 songs sort by an index and without a join.
    _text("stream_title"),
    _text("channel"),
    _text("stream_url"),
    _text("uploaded_on"),
)
Index("ix_songs_stream_id_position", songs.c.stream_id, songs.c.position)
for _sorted_by in (
    "title",
    "artist",
    "singer",
    "channel",
    "uploaded_on",
    "added_at",
    "taste",
    "bpm",
    "grade",
    "stars",
    "play_count",
    "last_played_at",
    "file_path",
    "confidence",
):
    Index(f"ix_songs_state_{_sorted_by}", songs.c.state, songs.c[_sorted_by], songs.c.number)

song_tags = Table(
    "song_tags",
    metadata,
    _song_id(primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("score", Float, nullable=False, server_default="1"),
)
Index("ix_song_tags_tag", song_tags.c.tag)

song_aliases = Table(
    "song_aliases",
    metadata,
    _song_id(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("text", Text, primary_key=True),
)
"""Other spellings of a song's title and artist (`kind`), by who told them."""

SEARCHED = ("title", "artist", "singer", "channel", "stream", "tags", "aliases")
"""Fields of a song that a search looks into."""

song_search = Table(
    "song_search",
    metadata,
    Column(
        "number",
        _Number,
        ForeignKey("songs.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    *(_text(name) for name in SEARCHED[:-1]),
    _text("everything"),
    _text(SEARCHED[-1]),
)
"""Folded texts of each song, same `number` as in `songs`; on SQLite mirrored by the FTS5 trigram
table `song_fts` through triggers. `everything` is all of them in lines: words that are too short
for trigrams are looked for in it."""

grades = Table(
    "grades",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    _song_id(),
    Column("grade", Integer),
    Column("stars", Integer),
    Column("context", JSON, nullable=False, server_default="{}"),
    Column("at", Float, nullable=False),
)
Index("ix_grades_song_id_at", grades.c.song_id, grades.c.at)

plays = Table(
    "plays",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    _song_id(),
    Column("start_s", Float, nullable=False),
    Column("stop_s", Float, nullable=False),
    Column("at", Float, nullable=False),
)
Index("ix_plays_song_id", plays.c.song_id)

labels = Table(
    "labels",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    _song_id(),
    Column("title", Text, nullable=False),
    _text("artist"),
    Column("source", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", JSON, nullable=False, server_default="{}"),
    _text("isrc"),
    _text("cover_url"),
    _text("chosen_by"),
    _text("engine_version"),
    Column("at", Float, nullable=False),
    UniqueConstraint("song_id", "source", "title", "artist"),
)

sound_links = Table(
    "sound_links",
    metadata,
    _song_id(primary_key=True),
    Column(
        "other_id",
        Text,
        ForeignKey("songs.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("score", Float, nullable=False),
    Column("semitones", Float, nullable=False),
    Column("tempo", Float, nullable=False),
    _text("engine_version"),
    Column("at", Float, nullable=False),
)
Index("ix_sound_links_other_id", sound_links.c.other_id)

song_files = Table(
    "song_files",
    metadata,
    _song_id(primary_key=True),
    Column("written", JSON, nullable=False, server_default="{}"),
    Column("edits", JSON, nullable=False, server_default="{}"),
    Column("modified_ns", BigInteger, nullable=False, server_default="0"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
)
"""Tags of each song's file as utawaku wrote them last, what the user changed in them with another
program and the catalogue has no place for, and the state of the file then."""

setlists = Table(
    "setlists",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    _stream_id(),
    Column("source", Text, nullable=False),
    Column("score", Float, nullable=False),
    _text("author"),
    Column("lines", JSON, nullable=False),
    Column("evidence", JSON, nullable=False, server_default="{}"),
    Column("at", Float, nullable=False),
)
Index("ix_setlists_stream_id", setlists.c.stream_id)

song_edits = Table(
    "song_edits",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    _stream_id(),
    Column("kind", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("at", Float, nullable=False),
    Column("undone_at", Float),
)
Index("ix_song_edits_stream_id", song_edits.c.stream_id)

requests = Table(
    "requests",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("arguments", JSON, nullable=False, server_default="{}"),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("progress", Float, nullable=False, server_default="0"),
    _text("message"),
    _text("run_id"),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("not_before", Float),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("asked_by"),
)
Index("ix_requests_state_id", requests.c.state, requests.c.id)

notices = Table(
    "notices",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("level", Text, nullable=False),
    Column("title", Text, nullable=False),
    _text("body"),
    _text("next_step"),
    _text("stream_id"),
    Column("created_at", Float, nullable=False),
    Column("read_at", Float),
)

saved_queries = Table(
    "saved_queries",
    metadata,
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    _text("name"),
    Column("cookies_path", Text, nullable=False),
    Column("expires_at", Float),
    Column("checked_at", Float),
    _text("state"),
    Column("secret", LargeBinary),
)
"""`secret`: the log-in, encrypted with `cluster.key`, where several machines share it."""

submissions = Table(
    "submissions",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    _text("account"),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="draft", index=True),
    _text("description"),
    Column("tags", JSON, nullable=False, server_default="[]"),
    _text("source_url"),
    Column("copyright", Integer, nullable=False, server_default="2"),
    Column("category", Integer, nullable=False, server_default="31"),
    _text("cover_path"),
    Column("publish_at", Float),
    _text("append_to"),
    _text("stream_id"),
    _text("remote_id"),
    Column("remote_number", BigInteger, nullable=False, server_default="0"),
    Column("submit_sent_at", Float),
    Column("not_before", Float),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("hold_code"),
    _text("message"),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("published_at", Float),
    _text("candidate_id"),
    Column("confirmed_new", Boolean, nullable=False, server_default="0"),
    _text("season"),
    Column("season_done", Boolean, nullable=False, server_default="0"),
)
"""`library.publish.records.Submission`. No key to streams: what was published stays on record."""

submission_parts = Table(
    "submission_parts",
    metadata,
    Column(
        "submission_id",
        _Number,
        ForeignKey("submissions.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("position", Integer, primary_key=True),
    _text("song_id", index=True),
    Column("title", Text, nullable=False),
    _text("path"),
    Column("state", Text, nullable=False, server_default="waiting"),
    _text("remote_name"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    _text("sha256"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("bytes_sent", BigInteger, nullable=False, server_default="0"),
    _text("message"),
    Column("uploaded_at", Float),
    Column("open_target", Text),
)
Index(
    "uq_submission_parts_open_target_song_id",
    submission_parts.c.open_target,
    submission_parts.c.song_id,
    unique=True,
)
"""`open_target`: the submission's target until it is published, then NULL; NULL, too, where the
part has no song. So a song is in one open submission of a target, whoever writes."""

upload_events = Table(
    "upload_events",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
)
Index(
    "ix_upload_events_target_account_at",
    upload_events.c.target,
    upload_events.c.account,
    upload_events.c.at,
)
"""Events that the hourly and daily quotas count."""

upload_holds = Table(
    "upload_holds",
    metadata,
    Column("target", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("since", Float, nullable=False),
)
"""Queues that rest until a human releases them."""

stems = Table(
    "stems",
    metadata,
    _song_id(primary_key=True),
    Column("engine", Text, primary_key=True),
    Column("vocals_path", Text, nullable=False),
    Column("accompaniment_path", Text, nullable=False),
    _text("model_version"),
    Column("at", Float, nullable=False),
)

highlights = Table(
    "highlights",
    metadata,
    _song_id(primary_key=True),
    Column("start_s", Float, nullable=False),
    Column("stop_s", Float, nullable=False),
    Column("curve", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    _text("engine_version"),
    _text("model_version"),
    Column("at", Float, nullable=False),
)
"""`curve`: float32 little endian, one value a second of the song, in [0, 1]."""

embeddings = Table(
    "embeddings",
    metadata,
    _song_id(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    _text("model_version"),
    Column("start_s", Float, nullable=False, server_default="0"),
    Column("stop_s", Float, nullable=False, server_default="0"),
    Column("at", Float, nullable=False),
)
"""`vector`: float16 little endian; made of the song as it lay between `start_s` and `stop_s`."""

taste_models = Table(
    "taste_models",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("version", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("n_liked", Integer, nullable=False),
    Column("n_disliked", Integer, nullable=False),
    Column("n_neutral", Integer, nullable=False, server_default="0"),
    Column("last_grade_id", BigInteger, nullable=False, server_default="0"),
    Column("auc", Float),
    Column("ece", Float),
    Column("brier", Float),
    Column("facts", JSON, nullable=False, server_default="{}"),
    Column("at", Float, nullable=False),
)
Index("ix_taste_models_version", taste_models.c.version)
"""One row a training, the latest last; out-of-fold figures. The weights lie in `taste/`."""

taste_scores = Table(
    "taste_scores",
    metadata,
    _song_id(primary_key=True),
    Column("score", Float, nullable=False),
    Column("model_version", Text, nullable=False, index=True),
    Column("at", Float, nullable=False),
)

review_queue = Table(
    "review_queue",
    metadata,
    _song_id(primary_key=True),
    Column("position", Integer, nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("at", Float, nullable=False),
)
"""Songs to ask the user about, in order: chosen again with every taste model."""

review_skips = Table(
    "review_skips",
    metadata,
    _song_id(primary_key=True),
    Column("at", Float, nullable=False),
)
"""Songs that the user would not judge; not asked about again."""

service_gates = Table(
    "service_gates",
    metadata,
    Column("service", Text, primary_key=True),
    Column("record", JSON, nullable=False, server_default="{}"),
)
"""Rate limits and circuit breakers of outside services, on PostgreSQL; on SQLite they have files of
their own. See `library.service_records`."""

service_answers = Table(
    "service_answers",
    metadata,
    Column("service", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("answer", JSON, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("expires_at", Float),
)
"""Answers of outside services, for all machines."""

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("key", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("format", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    _text("title"),
    _text("artist"),
    _text("isrc"),
    Column("duration_s", Float, nullable=False),
    Column("digest", Text, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("chroma", LargeBinary, nullable=False),
)
"""Recordings by their sound, on PostgreSQL; each machine keeps an index of them. `revision` counts
the changes of all rows."""

leases = Table(
    "leases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    _text("stream_id"),
    _text("host"),
    _text("place"),
    _text("process"),
    Column("facts", JSON, nullable=False, server_default="{}"),
    Column("taken_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("suspected_at", Float),
)
# An index WHERE there is a stream would do the same, but to declare one imports every dialect: a
# fifth of the time in which a command starts.
Index("ix_leases_stream_id", func.nullif(leases.c.stream_id, ""), unique=True)
"""One row for each at work, and the stream that only one works on. Times are the database server's.
See `library.store.leases`."""
