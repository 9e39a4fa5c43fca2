"""The form of what each command prints with `--json`, as types; `utawaku schema` prints them.

Records of the library stand for themselves; what a command puts together has a type here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from pydantic import ConfigDict
from typing_extensions import TypedDict

from utawaku.commands.outcome import Outcome
from utawaku.library.health import Finding
from utawaku.library.hosts import Host
from utawaku.library.metrics import Health
from utawaku.library.planned_pieces import PlannedPiece
from utawaku.library.publish.preflight import Finding as UploadFinding
from utawaku.library.publish.records import Account, QueueHold, Submission
from utawaku.library.records import (
    Candidate,
    Channel,
    ChannelEntry,
    LabelCandidate,
    Notice,
    Setlist,
    SetlistLine,
    Song,
)
from utawaku.library.service_status import GateState
from utawaku.library.staleness import Stale
from utawaku.library.store.taste_models import TasteModel
from utawaku.models.registry import WeightsStatus


@dataclass(frozen=True, slots=True)
class ListedSong(Song):
    """A song, and how often it was sung."""

    performances: int = 1


class SavedSearch(TypedDict):
    """A saved search and its playlist."""

    name: str
    query: str
    file: str


class Backing(TypedDict):
    """A karaoke backing, or why there is none."""

    id: str
    song: str
    file: NotRequired[str]
    error: NotRequired[str]


class Backings(TypedDict):
    """Of `backing`."""

    backings: list[Backing]


class Streams(TypedDict):
    """Of `ingest`."""

    streams: list[Outcome]


class DemoOutcome(TypedDict):
    """Of `demo`."""

    stream: Outcome
    true: list[tuple[float, float, str]]
    n_clean: int
    n_extra: int
    wall_s: float


class FollowedChannel(TypedDict):
    """A channel with its entries counted."""

    id: str
    url: str
    title: str
    followed: bool
    rules: Mapping[str, Any]
    last_look_at: float | None
    next_look_at: float | None
    last_error: str
    asked: int
    skipped: int


class FileHighlight(TypedDict):
    """The highlight of a file, or why there is none."""

    file: str
    error: NotRequired[str]
    start_s: NotRequired[float]
    stop_s: NotRequired[float]
    source: NotRequired[str]
    certainty: NotRequired[float | None]
    bpm: NotRequired[float | None]
    key: NotRequired[str]
    curve: NotRequired[list[float]]
    clip: NotRequired[str]


class Highlights(TypedDict):
    """Of `highlight`."""

    highlights: list[FileHighlight]


class Labelled(TypedDict):
    """Of `label`."""

    asked: int
    changed: list[Song]
    unknown: dict[str, str]
    shazam: GateState


class SetlistRead(TypedDict):
    """One line of `setlist --paste --dry-run`."""

    event: Literal["setlist"]
    lines: list[SetlistLine]


class LyricsFound(TypedDict):
    """One line of `lyrics`."""

    event: Literal["lyrics"]
    source: str
    synced: bool
    text: str


class PlaylistChapter(TypedDict):
    """A song in a joined file."""

    title: str
    start_s: float
    stop_s: float
    bpm: float | None
    length_s: float


class PlaylistOverlap(TypedDict):
    """A crossfade."""

    seconds: float
    beats_apart_s: float | None
    before_s: float | None


class TitleAndWhy(TypedDict):
    """A song, and a sentence about it."""

    title: str
    why: str


class MadePlaylist(TypedDict):
    """Of `playlist`."""

    file: str
    m3u8: str | None
    duration_s: float
    cue: str | None
    """CUE sheet, where the format has no chapters."""
    chapters: list[PlaylistChapter]
    overlaps: list[PlaylistOverlap]
    left_out: list[TitleAndWhy]
    notes: list[TitleAndWhy]


class Rematerialized(TypedDict):
    """Of `rematerialize`."""

    stale: list[Stale]
    n_dropped: int
    to_fetch: dict[str, str]
    request: int | None


class Scrobbled(TypedDict):
    """One line of `scrobble`."""

    event: Literal["scrobbled"]
    sent: int
    refused: int
    left_out: int
    grades: int
    grades_refused: int
    grades_waiting: int


SegmentRow = tuple[str, float, float]
"""Label, start and stop in seconds."""


class Segmented(TypedDict):
    """Of `segment` with one file."""

    file: str
    duration_s: float
    engine: str
    strategy: str
    truncated: bool
    timeline: dict[str, Any]
    segments: list[SegmentRow]
    slices: list[str]
    songs: list[tuple[float, float]]


class SegmentedFile(TypedDict):
    """One of several files, or why it could not be segmented."""

    file: str
    error: NotRequired[str]
    duration_s: NotRequired[float]
    speech_share: NotRequired[float]
    segments: NotRequired[list[SegmentRow]]


class SegmentedFiles(TypedDict):
    """Of `segment` with several files or a folder."""

    files: list[SegmentedFile]
    tsv: str | None


class Separated(TypedDict):
    """Of `separate`: `what`, `duration_s`, `files` or `error` of each."""

    separated: list[dict[str, Any]]


class PlannedPieces(TypedDict):
    """Of `separate --subtitles FILE --dry-run`."""

    event: Literal["pieces"]
    folder: str
    duration_s: float
    n_lines_left_out: int
    pieces: list[PlannedPiece]


class ServiceRow(TypedDict):
    """A source of titles."""

    name: str
    enabled: bool
    on_cooldown: bool
    until: float | None
    reason: str
    requests_left: float | None
    requests_per_minute: float
    answers: int
    state: str


class StreamRow(TypedDict):
    """A stream with the states of its artefacts."""

    id: str
    title: str
    channel: str
    duration_s: float
    n_songs: int
    assets: dict[str, dict[str, Any]]


class WaitingRequest(TypedDict):
    """A request on cooldown."""

    id: int
    kind: str
    target: str
    not_before: float | None
    reason: str


class RunningRequest(TypedDict):
    """A request that is worked on."""

    id: int
    kind: str
    target: str


class FailedChecks(TypedDict):
    """Checks of an artefact that failed."""

    stream: str
    asset: str
    checks: dict[str, Any]


class Status(TypedDict):
    """Of `status`."""

    library: str
    catalogue: str
    n_streams: int
    n_songs: int
    pipeline_running: bool
    health: Health
    hosts: list[Host]
    shazam: GateState
    song_network: Finding
    requests_waiting: list[WaitingRequest]
    requests_running: list[RunningRequest]
    failed_checks: list[FailedChecks]
    notices: list[Notice]
    streams: list[StreamRow]


class SimilarSong(TypedDict):
    """A song that sounds alike."""

    id: str
    likeness: float
    title: str
    artist: str
    singer: str


class ScoredSong(TypedDict):
    """A song with its taste score."""

    id: str
    taste: float | None
    title: str
    artist: str
    singer: str
    grade: int | None


class Taste(TypedDict):
    """Of `taste`."""

    model: TasteModel | None
    state: str
    chosen_because: str
    n_new_grades: int
    n_stale: int
    n_heard: int
    history: list[tuple[float, int, float | None]]
    liked_share: float | None
    songs: list[ScoredSong]


class TasteReasons(TypedDict):
    """Of `taste --why`."""

    id: str
    taste: float | None
    reasons: dict[str, Any]


class AskedSong(TypedDict):
    """A song that `taste --ask` would have graded."""

    id: str
    why: str
    title: str


class LogInCode(TypedDict):
    """One line of `login`: the code to scan."""

    event: Literal["code"]
    url: str
    drawn: str


class LoggedIn(TypedDict):
    """One line of `login`."""

    event: Literal["logged_in"]
    account: str
    expires_at: float | None


class Accounts(TypedDict):
    """Of `accounts`."""

    accounts: list[Account]


class UploadPlan(TypedDict):
    """Of `upload`: what would be sent."""

    queued: bool
    submissions: list[Submission]
    findings: dict[str, list[UploadFinding]] | list[Any]


class Uploaded(TypedDict):
    """Of `upload --now`: what was sent."""

    submissions: list[Submission]


class Submissions(TypedDict):
    """Of `submissions`."""

    submissions: list[Submission]
    holds: list[QueueHold]


class WatchEvent(TypedDict):
    """One line of `watch`."""

    event: Literal["asset", "request", "song", "notice"]
    at: float
    stream: NotRequired[str]
    asset: NotRequired[str]
    state: NotRequired[str]
    message: NotRequired[str]
    request: NotRequired[int]
    kind: NotRequired[str]
    target: NotRequired[str]
    song: NotRequired[Song]
    notice: NotRequired[Notice]


class CollectedSongs(TypedDict):
    """Of `train collect`."""

    songs: Sequence[Any]
    left_out: list[list[str]]


class FetchedFiles(TypedDict):
    """Of `train fma`."""

    folder: str
    n_files: int


class Facts(TypedDict):
    """Of a training: its own figures, and the files that were left out."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    left_out: list[str]


FORMS: dict[str, Any] = {
    "accounts": Accounts,
    "backing": Backings,
    "candidates": list[Candidate],
    "candidates-favourites": dict[str, Any],
    "candidates-teach": dict[str, Any],
    "channels": list[FollowedChannel],
    "channels-entries": list[ChannelEntry],
    "demo": DemoOutcome,
    "doctor": list[Finding],
    "follow": Channel,
    "highlight": Highlights,
    "identify": list[LabelCandidate],
    "ingest": Streams,
    "judgements-import": dict[str, int],
    "label": Labelled,
    "login": LogInCode | LoggedIn,
    "lyrics": LyricsFound,
    "models-list": list[WeightsStatus],
    "playlist": MadePlaylist,
    "rematerialize": Rematerialized,
    "scrobble": Scrobbled,
    "segment": Segmented | SegmentedFiles,
    "separate": Separated | PlannedPieces,
    "services": list[ServiceRow],
    "setlist": list[Setlist] | SetlistRead,
    "settings": dict[str, Any],
    "similar": list[SimilarSong],
    "songs": list[ListedSong] | list[SavedSearch],
    "status": Status,
    "submissions": Submissions,
    "taste": Taste | TasteReasons | list[AskedSong],
    "train-collect": CollectedSongs,
    "train-evaluate-highlight": Facts,
    "train-evaluate-segmenter": Facts,
    "train-fma": FetchedFiles,
    "train-highlight": Facts,
    "train-segmenter": Facts,
    "train-separator": Facts,
    "train-song-rules": dict[str, Any],
    "train-songs": dict[str, Any],
    "train-taste": dict[str, Any],
    "upload": UploadPlan | Uploaded,
    "watch": WatchEvent,
}
"""Form by command, its words joined by `-`; of one line where a command prints an object a line."""
