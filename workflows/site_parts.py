"""A video in parts on a site (Bilibili's 分P) as one stream: its parts, fetched and joined."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from utawaku.library.errors import DownloadError, MediaError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part
from utawaku.library.records import Stream
from utawaku.media.joined import SUFFIX, Part, read_parts, write_parts
from utawaku.media.lengths import counted_s
from utawaku.media.probe import probe
from utawaku.models.chat import ChatMessage, read_chat
from utawaku.services.downloader import FetchedRecording, StreamInfo

FOLDER = "parts"
LIST_NAME = f"recording{SUFFIX}"
_SHARED = ("comments.json", "thumbnail.*")
"""Files that the site gives with every part, and that are the whole video's."""

Fetch = Callable[[str, Path, Progress], FetchedRecording]


def is_in_parts(info: StreamInfo) -> bool:
    """Return whether a list on a site is one video in parts: its entries differ in `?p=` alone."""
    page = urlsplit(info.url)
    parts = [urlsplit(entry.url) for entry in info.entries]
    return (
        info.is_playlist
        and len(parts) > 1
        and all((part.netloc, part.path) == (page.netloc, page.path) for part in parts)
        and all(part.query.startswith("p=") for part in parts)
    )


def fetch_parts(
    stream: Stream,
    folder: Path,
    resolve: Callable[[], StreamInfo],
    fetch: Fetch,
    progress: Progress,
) -> FetchedRecording:
    """Fetch every part of a video into `folder` and join them; what is there is not fetched again.

    `resolve` looks at the video's page, and is called where its parts are not known yet.

    Raises what `Downloader.resolve` and `Downloader.fetch` raise, and MediaError.
    """
    addresses = _known_addresses(folder)
    if not addresses:
        info = resolve()
        if not is_in_parts(info):
            raise DownloadError(
                "the site does not list it in parts any more",
                subject=stream.url,
                next_step="Ingest it without --as-one",
            )
        addresses = [entry.url for entry in info.entries]
    fetched = []
    for number, address in enumerate(addresses):
        share = part(progress, number / len(addresses), (number + 1) / len(addresses))
        fetched.append(fetch(address, folder / FOLDER / f"{number + 1:03}", share))
    _join(addresses, [one.path for one in fetched], folder)
    return _as_whole(stream, folder, fetched)


def chat_of_parts(folder: Path) -> list[ChatMessage]:
    """Return the chat of all parts on the timeline of the whole; raises SetlistError."""
    found: list[ChatMessage] = []
    for one in _parts_in(folder):
        for path in sorted(one.path.parent.glob("live_chat.*"))[:1]:
            found += [
                replace(message, offset_s=message.offset_s + one.start_s)
                for message in read_chat(path)
            ]
    return found


def _parts_in(folder: Path) -> Sequence[Part]:
    """Parts that were fetched into a stream's folder; none for any other stream."""
    try:
        parts = read_parts(folder / LIST_NAME)
    except MediaError:
        return ()
    inside = folder.absolute() / FOLDER
    return parts if all(one.path.is_relative_to(inside) for one in parts) else ()


def _known_addresses(folder: Path) -> list[str]:
    parts = _parts_in(folder)
    there = all(one.path.is_file() for one in parts)
    return [one.url for one in parts] if there else []


def _join(addresses: Sequence[str], paths: Sequence[Path], folder: Path) -> None:
    """Write the list, with lengths as they play: what a header guesses would move all behind it."""
    parts: list[Part] = []
    start_s = 0.0
    for address, path in zip(addresses, paths, strict=True):
        parts.append(Part(path.absolute(), start_s, counted_s(path), address))
        start_s = parts[-1].stop_s
    write_parts(folder / LIST_NAME, parts)


def _as_whole(
    stream: Stream, folder: Path, fetched: Sequence[FetchedRecording]
) -> FetchedRecording:
    """Return the whole recording: what the site tells of part 1, under the video's own title."""
    first = fetched[0]
    for pattern in _SHARED:
        for path in first.info_path.parent.glob(pattern):
            with atomic_path(folder / path.name) as temporary:
                shutil.copyfile(path, temporary)
    kept = json.loads(first.info_path.read_text("utf-8"))
    expected = [one.expected_duration_s for one in fetched]
    whole_s = sum(one for one in expected if one) if all(expected) else None
    kept |= {
        "id": stream.site_id,
        "title": stream.title or kept.get("title"),
        "webpage_url": stream.url,
        "duration": whole_s,
        "chapters": None,
        "utawaku_stream_id": stream.id,
    }
    info_path = folder / "info.json"
    with atomic_path(info_path) as temporary:
        temporary.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    info = probe(folder / LIST_NAME)
    return replace(
        first,
        path=folder / LIST_NAME,
        info_path=info_path,
        info=StreamInfo.from_info(kept),
        duration_s=info.duration_s,
        expected_duration_s=whole_s,
        has_video=info.video_codec is not None,
        sample_rate_hz=info.sample_rate_hz,
        n_channels=info.n_channels,
        thumbnail_path=next(iter(sorted(folder.glob("thumbnail.*"))), None),
        comments_path=next(iter(sorted(folder.glob("comments.json"))), None),
        live_chat_path=None,
        warnings=tuple(text for one in fetched for text in one.warnings),
        from_cache=all(one.from_cache for one in fetched),
    )
