"""The records that travel between engines, catalogue and screen. All immutable.

Times are float seconds from the start of the recording unless the name says otherwise; dates in
`*_at` fields are seconds since the epoch (UTC).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SegmentLabel = Literal["speech", "music", "noEnergy", "noise"]
DropReason = Literal["no_song", "unwanted"]
"""Reason of the user to drop a song: it is none, or it is one that nobody wants to keep."""
SEGMENT_LABELS: tuple[SegmentLabel, ...] = ("speech", "music", "noEnergy", "noise")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a recording of one class."""

    label: str
    """One of `SEGMENT_LABELS`."""
    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True, slots=True)
class SetlistLine:
    """A timestamp that a person left: where a song starts and what it is called."""

    start_s: float
    title: str
    artist: str = ""
    stop_s: float | None = None
    raw: str = ""
    """The line as it was written."""
    is_song: bool = True
    """False for talk, opening, announcements."""
    is_cut: bool = False
    """True where both ends were set on the sound, as in an editor: the song is cut just there."""


@dataclass(frozen=True, slots=True)
class Setlist:
    """Timestamped lines of one source, with how far they are trusted."""

    lines: tuple[SetlistLine, ...]
    source: str
    """`user`, `comment`, `description`, `chapters`, `live_chat`, `subtitles`, `holodex`,
    `sponsorblock` or `merged`."""
    score: float
    """In [0, 1]; 1 is what the user pasted."""
    author: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Likes, pinned, by the channel, agreement with others."""


@dataclass(frozen=True, slots=True)
class SongSpan:
    """The span of a song in its recording, as found by a strategy, a setlist or the user."""

    index: int
    """0-based order in the stream."""
    start_s: float
    stop_s: float
    source: str
    """`smart`, `classic`, `whole`, `setlist` or `user`."""
    confidence: float
    """In [0, 1]: the chance that both ends are right."""
    flags: tuple[str, ...] = ()
    """`long`, `short`, `fade_in`, `fade_out`, `touches_end`, ..."""
    title: str = ""
    """From the setlist line that it was matched to, if any."""
    artist: str = ""
    start_confidence: float | None = None
    """The chance, in [0, 1], that it starts within 3 s of the truth; None where nobody knows."""
    stop_confidence: float | None = None
    """The chance, in [0, 1], that it ends within 5 s of the truth."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True, slots=True)
class LabelCandidate:
    """One guess of what a song is."""

    title: str
    artist: str
    source: str
    """`user`, `setlist`, `shazam`, `reference` (own index), `tags`, or a guess that names nothing
    alone: `cover`, `acoustid`, `background_music`."""
    score: float
    """Calibrated probability of being right, in [0, 1]."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """The windows, offsets, transposition, comment line."""
    isrc: str = ""
    cover_url: str = ""


@dataclass(frozen=True, slots=True)
class SoundLink:
    """Two performances over one backing, whatever they are called and whoever sings."""

    song_id: str
    other_id: str
    score: float
    """Calibrated probability that the backing is the same, in [0, 1]."""
    semitones: float = 0.0
    """Semitones by which `song_id` lies above `other_id`."""
    tempo: float = 1.0
    """Tempo of `song_id` over that of `other_id`: 1.05 is 5 % faster."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One archived broadcast."""

    id: str
    """Stable, `[A-Za-z0-9_-]+`: folder name and Dagster partition key."""
    url: str
    """Web address, or the absolute path of a local file."""
    title: str = ""
    site: str = ""
    """yt-dlp extractor key in lower case; `file` for local files."""
    site_id: str = ""
    channel_id: str = ""
    channel: str = ""
    """The channel's name as shown."""
    uploaded_on: str = ""
    """ISO date, empty when unknown."""
    duration_s: float = 0.0
    description: str = ""
    recording_path: str = ""
    """Relative to the library root, or absolute for a file left where it was."""
    has_video: bool = False
    sample_rate_hz: int = 0
    n_channels: int = 0
    thumbnail_path: str = ""
    info_path: str = ""
    added_at: float = 0.0
    dropped_at: float | None = None
    """The time when the recording was deleted to make room; its songs stay."""
    track: str = ""
    """The sound track that was chosen: a number counted from 0, or a language; empty is the one
    flagged as default."""
    as_one: bool = False
    """True for a list of parts on a site that is one stream."""
    holds: str = ""
    """The user's choice: `song` where the recording is one song as a whole, `songs` where songs are
    to be found in it; empty leaves it to the rules."""


@dataclass(frozen=True, slots=True)
class Song:
    """A kept cut: a row of the catalogue."""

    id: str
    """`<stream id>@<start in ms at first sight>`."""
    stream_id: str
    position: int
    """0-based order in the stream."""
    start_s: float
    stop_s: float
    boundary_source: str
    confidence: float
    """The chance, in [0, 1], that both ends are right; 1 where the user says so."""
    flags: tuple[str, ...] = ()
    title: str = ""
    artist: str = ""
    label_source: str = ""
    """Source of title and artist; `user` is never overwritten; empty is unknown."""
    singer: str = ""
    """The singer here; the channel unless the user says otherwise."""
    state: str = "kept"
    """`kept`, or `dropped` by the user or because a re-cut no longer finds it."""
    drop_reason: str = ""
    """Word of the user about a dropped song: `no_song`, `unwanted` (a song all the same), `merged`
    (into its neighbour); empty where nobody said why."""
    file_path: str = ""
    """Relative to the library root; empty until cut."""
    file_start_s: float | None = None
    """Span that the file holds; differs from `start_s` while a re-cut is due."""
    file_stop_s: float | None = None
    video_path: str = ""
    loudness_lufs: float | None = None
    true_peak_db: float | None = None
    grade: int | None = None
    """-1, 0 or +1."""
    stars: int | None = None
    """1 to 5."""
    play_count: int = 0
    last_played_at: float | None = None
    bpm: float | None = None
    key: str = ""
    highlight_start_s: float | None = None
    """From the start of the song."""
    highlight_stop_s: float | None = None
    highlight_certainty: float | None = None
    """Chance that it is a good one; None where the shipped model did not choose it."""
    taste: float | None = None
    """p(like) in [0, 1]."""
    made_by: str = ""
    """Engine and model version that placed the boundaries."""
    added_at: float = 0.0
    stream_title: str = ""
    channel: str = ""
    stream_url: str = ""
    uploaded_on: str = ""
    start_confidence: float | None = None
    """The chance, in [0, 1], that it starts within 3 s of the truth; None where nobody knows."""
    stop_confidence: float | None = None
    """The chance, in [0, 1], that it ends within 5 s of the truth."""
    tags: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.stop_s - self.start_s


@dataclass(frozen=True, slots=True)
class AssetState:
    """One artefact of one stream: its last success, and how the last attempt went."""

    stream_id: str
    asset: str
    """`recordings`, `segments`, `songs`, `labels`, `library_files`, ..."""
    state: str
    """Of the last attempt: `running`, `done`, `failed`."""
    progress: float = 0.0
    message: str = ""
    """Its present step, or why it failed and what to do next."""
    engine: str = ""
    engine_version: str = ""
    model_version: str = ""
    """sha256 of the model file, where there is one."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    made_at: float | None = None
    """Time of the last success; engine, versions and metadata are of it. None without one."""
    made_by_run: str = ""
    run_id: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    trouble: Mapping[str, Any] = field(default_factory=dict)
    """Of a last attempt that failed: `error`, `exit_code`, `retry_after_s`."""

    @property
    def is_made(self) -> bool:
        """True where there is a success, whatever became of an attempt since."""
        return self.made_at is not None


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the user to the pipeline."""

    id: int
    kind: str
    """`ingest`, `recut`, `label`, `separate`, `rematerialize`, `upload`, `train`, ..."""
    target: str
    """A URL, path, stream id, song id or query; which one follows from the kind."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    state: str = "queued"
    """`queued`, `running`, `done`, `failed`, `cancelled`."""
    progress: float = 0.0
    message: str = ""
    run_id: str = ""
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    not_before: float | None = None
    """A queued request is on cooldown until then; `message` says why."""
    attempts: int = 0
    """Number of times that it was put back into the queue."""
    asked_by: str = ""
    """`screen`, `command`, `subscription`, `candidate`, `sensor NAME`; empty where not known."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know, kept until read."""

    id: int
    level: str
    """`info`, `warning` or `error`."""
    title: str
    body: str = ""
    next_step: str = ""
    stream_id: str = ""
    created_at: float = 0.0
    read_at: float | None = None


@dataclass(frozen=True, slots=True)
class SongEdit:
    """One step of the user's boundary or name editing, kept so that it can be undone."""

    id: int
    stream_id: str
    kind: str
    before: Sequence[Mapping[str, Any]]
    """The affected song rows before the edit."""
    after: Sequence[Mapping[str, Any]]
    at: float
    undone_at: float | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """Somebody whose streams the user follows, or has streams of."""

    id: str
    """`<site>:<the site's id>`."""
    url: str
    title: str = ""
    site: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Settings of this channel over the general ones."""
    cursor: Mapping[str, Any] = field(default_factory=dict)
    """Entries that the last poll saw."""
    followed: bool = True
    followed_at: float | None = None
    last_look_at: float | None = None
    next_look_at: float | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """A line that a followed channel has listed, and what was decided about it."""

    channel_id: str
    key: str
    """The stream id, or the address where only a look at the stream tells its id."""
    url: str
    title: str = ""
    duration_s: float | None = None
    live_status: str = ""
    uploaded_at: float | None = None
    availability: str = ""
    """yt-dlp's word: `subscriber_only` and such; empty where the listing does not say."""
    state: str = "skipped"
    """`asked` (a request was filed) or `skipped` (the rules did not let it through)."""
    reason: str = ""
    request_id: int | None = None
    first_seen_at: float = 0.0
    last_seen_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SiteCooldown:
    """A site that refused us, and until when it is on cooldown."""

    site: str
    refusals: int
    """In a row."""
    reason: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stream that the crawler came across."""

    id: int
    key: str
    """The stream id, or the address where the site's id is not known yet."""
    url: str
    title: str = ""
    channel: str = ""
    duration_s: float | None = None
    source: str = ""
    """The search or channel that led to it."""
    state: str = "found"
    """`found`, `previewed`, `scored`, `accepted`, `rejected` or `failed`."""
    preview_path: str = ""
    """Relative to the cache folder."""
    score: float | None = None
    """p(like) of the preview, in [0, 1]."""
    model_version: str = ""
    grade: int | None = None
    message: str = ""
    found_at: float = 0.0
    changed_at: float = 0.0
