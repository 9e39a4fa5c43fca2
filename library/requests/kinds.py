"""Kinds of request: one frozen dataclass each, with its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from utawaku.library.artefacts import ARTEFACTS
from utawaku.library.playlists import PlaylistOptions
from utawaku.library.requests.base import RequestKind

if TYPE_CHECKING:  # its model needs pydantic, and the first screen waits for this module
    from utawaku.library.subscriptions.rules import ChannelRules


@dataclass(frozen=True, kw_only=True)
class Ingest(RequestKind):
    """Resolve a source and ingest the streams behind it."""

    kind: ClassVar[str] = "ingest"
    target_field: ClassVar[str] = "source"

    source: str
    """An address, or the absolute path of a file."""
    channel: str = ""
    """Id of the subscription that found it."""
    entry: str = ""
    """Key of the channel's entry."""
    parts: tuple[str, ...] = ()
    """Files that follow each other and are one stream; the first of them is the source."""
    as_one: bool = False
    """Take a video in parts on a site as one stream."""
    candidate: int | None = None
    """Number of the crawl candidate that the user graded."""
    take_incomplete: bool = False
    """Take an archive that its site has not completed."""


@dataclass(frozen=True, kw_only=True)
class IngestStream(RequestKind):
    """Make the pending artefacts of a stream."""

    kind: ClassVar[str] = "ingest_stream"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str
    again: tuple[str, ...] = ()
    """Artefacts to make again, with what follows them."""
    take_incomplete: bool = False
    rematerialize: int | None = None
    """Number of the `Rematerialize` request that it is part of."""


@dataclass(frozen=True, kw_only=True)
class Recut(RequestKind):
    """Bring a stream's files up to date after an edit of the user."""

    kind: ClassVar[str] = "recut"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str
    again: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecheckLength(RequestKind):
    """Compare a recording that was taken incomplete with the length that its page tells now."""

    kind: ClassVar[str] = "recheck_length"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str


@dataclass(frozen=True, kw_only=True)
class Retag(RequestKind):
    """Write a song's tags and file name again."""

    kind: ClassVar[str] = "retag"
    target_field: ClassVar[str] = "song_id"

    song_id: str


@dataclass(frozen=True, kw_only=True)
class Label(RequestKind):
    """Look for titles and artists again, waiting for rate limits."""

    kind: ClassVar[str] = "label"
    target_field: ClassVar[str] = "song_or_stream_id"

    song_or_stream_id: str
    """A song stands for all songs of its stream."""


@dataclass(frozen=True, kw_only=True)
class Separate(RequestKind):
    """Make the stems of a song."""

    kind: ClassVar[str] = "separate"
    target_field: ClassVar[str] = "song_id"

    song_id: str
    rematerialize: int | None = None


@dataclass(frozen=True, kw_only=True)
class SeparatePieces(RequestKind):
    """Cut a recording at subtitles and make the stems of each piece; times in seconds."""

    kind: ClassVar[str] = "pieces"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str
    subtitles: str = ""
    """A file of subtitles, or the name of one in the stream's folder; empty brings all that was
    cut before up to date."""
    shift_s: float = 0.0
    start_s: float = 0.0
    stop_s: float | None = None
    file_format: Literal["flac", "wav"] = "flac"
    names: str = "{number:04}"
    """Template of the names of pieces: number, start, stop, words, hash."""
    sounds: bool = False
    """Also the sound of each piece itself."""
    rematerialize: int | None = None


@dataclass(frozen=True, kw_only=True)
class Train(RequestKind):
    """Train a model on the user's grades."""

    kind: ClassVar[str] = "train"
    target_field: ClassVar[str] = "model"

    model: Literal["taste"] = "taste"


@dataclass(frozen=True, kw_only=True)
class Upload(RequestKind):
    """Work on a queued submission now."""

    kind: ClassVar[str] = "upload"
    target_field: ClassVar[str] = "submission_id"

    submission_id: int


@dataclass(frozen=True, kw_only=True)
class MakePlaylist(RequestKind):
    """Join songs into one file."""

    kind: ClassVar[str] = "playlist"
    target_field: ClassVar[str] = "file"

    options: PlaylistOptions

    @property
    def target(self) -> str:
        """The file."""
        return self.options.file

    def arguments(self) -> dict[str, Any]:
        """The options."""
        return self.options.arguments()

    @classmethod
    def read(cls, target: str, arguments: Mapping[str, Any]) -> Self:
        """Build the request that a row stores.

        Raises:
            PlaylistError: the options cannot be right.
        """
        return cls(options=PlaylistOptions.read({"file": target, **arguments}))


@dataclass(frozen=True, kw_only=True)
class Follow(RequestKind):
    """Subscribe to a channel, playlist or feed, or change the rules of a subscription."""

    kind: ClassVar[str] = "follow"
    target_field: ClassVar[str] = "url"

    url: str
    rules: "ChannelRules" = field(default_factory=lambda: _default_rules())

    def arguments(self) -> dict[str, Any]:
        """The rules that differ from the defaults."""
        return self.rules.plain()

    @classmethod
    def read(cls, target: str, arguments: Mapping[str, Any]) -> Self:
        """Build the request that a row stores.

        Raises:
            ConfigError: an unknown rule, or a value out of range.
        """
        from utawaku.library.subscriptions.rules import ChannelRules

        return cls(url=target, rules=ChannelRules.read(arguments, subject=target))


def _default_rules() -> "ChannelRules":
    from utawaku.library.subscriptions.rules import ChannelRules

    return ChannelRules()


@dataclass(frozen=True, kw_only=True)
class Unfollow(RequestKind):
    """End a subscription; its streams and songs stay."""

    kind: ClassVar[str] = "unfollow"
    target_field: ClassVar[str] = "channel"

    channel: str
    """Address or id of the channel."""


@dataclass(frozen=True, kw_only=True)
class LaySetlist(RequestKind):
    """Cut and label a stream by a setlist that the user pasted."""

    kind: ClassVar[str] = "setlist"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str
    text: str


ALL = "all"
"""As the artefact of `Rematerialize`: every one."""


def _check_artefacts(*names: str) -> None:
    """Raise ValueError where a name is no artefact's."""
    for name in names:
        if name not in ARTEFACTS:
            raise ValueError(f"no such artefact: {name!r}")


@dataclass(frozen=True, kw_only=True)
class Rematerialize(RequestKind):
    """Bring stale artefacts up to date, a few streams at a time."""

    kind: ClassVar[str] = "rematerialize"
    target_field: ClassVar[str] = "asset"

    asset: str = ALL
    """Only this artefact and what follows it."""
    n_streams: int = 0
    """Streams to bring up to date in all, as far as known."""

    def __post_init__(self) -> None:
        """Raise ValueError where the artefact does not exist."""
        if self.asset != ALL:
            _check_artefacts(self.asset)


@dataclass(frozen=True, kw_only=True)
class RematerializeStream(RequestKind):
    """Make artefacts of one stream again, stale or not."""

    kind: ClassVar[str] = "rematerialize_stream"
    target_field: ClassVar[str] = "stream_id"

    stream_id: str
    assets: tuple[str, ...] = ()
    """Empty for everything that is made from its recording."""

    def __post_init__(self) -> None:
        """Raise ValueError where an artefact does not exist."""
        _check_artefacts(*self.assets)
