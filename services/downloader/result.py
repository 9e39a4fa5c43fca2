"""The files of a fetched recording."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from utawaku.library.errors import MediaError
from utawaku.library.files import atomic_path
from utawaku.services.downloader.container import probe
from utawaku.services.downloader.info import StreamInfo
from utawaku.services.downloader.redaction import without_secrets


@dataclass(frozen=True, slots=True)
class FetchedRecording:
    """A complete recording and everything that came with it."""

    path: Path
    """The media file: in the stream's folder, or the user's own file taken by reference."""
    info_path: Path
    """info.json: yt-dlp's keys without anything secret; `StreamInfo.from_info` reads it."""
    info: StreamInfo
    duration_s: float
    """The container's value; 0.0 where it says nothing."""
    expected_duration_s: float | None
    """The page's value."""
    has_video: bool
    sample_rate_hz: int
    n_channels: int
    thumbnail_path: Path | None = None
    comments_path: Path | None = None
    """JSON list of yt-dlp comments: id, parent, text, like_count, author, is_pinned, timestamp."""
    live_chat_path: Path | None = None
    """In the form of its site or recorder; `utawaku.models.chat.read_chat` reads it."""
    subtitle_paths: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    """Extras that are missing or odd though the recording itself is fine."""
    from_cache: bool = False
    """True if everything was there already and the site was not asked."""

    @property
    def shortfall_s(self) -> float:
        """Seconds that the recording lacks of what the page says; 0.0 if none, or unknown."""
        if not self.expected_duration_s or not self.duration_s:
            return 0.0
        return max(0.0, self.expected_duration_s - self.duration_s)

    def fresh(self) -> "FetchedRecording":
        """Return the same, told as fetched just now."""
        return replace(self, from_cache=False)


def read_finished(
    folder: Path, url: str, stream_id: str | None, want: str
) -> FetchedRecording | None:
    """Return what a folder holds if it is the finished recording of this stream, else None.

    The stream is told by `stream_id` or, where that is None, by the folder's name or `url`.
    """
    recording = recording_in(folder)
    info_path = folder / "info.json"
    if recording is None:
        return None
    try:
        kept = json.loads(info_path.read_text(encoding="utf-8"))
        info = StreamInfo.from_info(kept)
        probed = probe(recording)
    except (OSError, ValueError, MediaError):
        return None
    if stream_id is not None:
        same = info.stream_id == stream_id
    else:
        addresses = (info.url, kept.get("utawaku_requested_url"))
        same = info.stream_id == folder.name or without_secrets(url) in addresses
    # A site that has sound only was asked for its video already: that is all there is.
    enough = want == "audio" or probed.has_video or kept.get("utawaku_wanted") == want
    if not same or not enough:
        return None
    return FetchedRecording(
        path=recording,
        info_path=info_path,
        info=info,
        duration_s=float(kept.get("utawaku_counted_s") or probed.duration_s),
        expected_duration_s=info.duration_s,
        has_video=probed.has_video,
        sample_rate_hz=probed.sample_rate_hz,
        n_channels=probed.n_channels,
        thumbnail_path=_first(folder, "thumbnail.*"),
        comments_path=_first(folder, "comments.json"),
        live_chat_path=_first(folder, "live_chat.*"),
        subtitle_paths=tuple(sorted(folder.glob("subtitles*"))),
        warnings=tuple(str(text) for text in kept.get("utawaku_warnings") or ()),
        from_cache=True,
    )


def _first(folder: Path, pattern: str) -> Path | None:
    return next(iter(sorted(folder.glob(pattern))), None)


def recording_in(folder: Path) -> Path | None:
    """Return the finished recording in a stream's folder, if there is one."""
    return next(iter(sorted(folder.glob("recording.*"))), None)


def write_json(path: Path, content: Any) -> Path:
    """Write `content` as UTF-8 JSON in one step; return `path`."""
    with atomic_path(path) as temporary:
        text = json.dumps(content, ensure_ascii=False, indent=1)
        temporary.write_text(text, encoding="utf-8", errors="replace")
    return path
