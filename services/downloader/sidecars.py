"""Files beside a recording on this machine: facts, picture, chat and subtitles."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.library.files import atomic_path
from utawaku.library.subtitle_files import SUFFIXES
from utawaku.media.probe import Chapter as ContainerChapter
from utawaku.models.chat import check_chat
from utawaku.models.setlist import read_markers
from utawaku.models.setlist.encodings import read_text
from utawaku.services.downloader.container import Probe
from utawaku.services.downloader.identity import FILE_PREFIX
from utawaku.services.downloader.info import STREAM_ID_KEY, StreamInfo, keepable_info
from utawaku.services.downloader.nfo import facts_of_nfo
from utawaku.services.downloader.pictures import picture_extension
from utawaku.services.downloader.recorder_facts import (
    facts_of_chat,
    facts_of_name,
    name_of,
    start_in_name,
)
from utawaku.services.downloader.result import FetchedRecording, write_json

_MAX_SIDECAR_BYTES = 512 * 1024 * 1024
_PICTURES = (".jpg", ".jpeg", ".webp", ".png", ".cover.jpg", ".cover.png", ".cover.webp")
"""BililiveRecorder calls the picture of a broadcast its cover."""
_VAGUE_CHATS = (".comments.json", ".json", ".jsonl", ".json.gz", ".xml", ".html", ".txt", ".log")
_CHATS = (
    ".live_chat.json", ".chat.json", "_chat.json", ".chat.jsonl", "_chat.jsonl", ".chat.json.gz",
    "_chat.json.gz", ".danmaku.xml", ".live_chat.json.part", ".chat.html", "_chat.html",
    ".chat.txt", "_chat.txt", ".chat.log", "_chat.log", *_VAGUE_CHATS,
)  # fmt: skip
_KEPT_AS = (".xml", ".html", ".txt", ".log")
"""Endings of chats that stay; all others are JSON."""
_MARKERS = (".cue", "-proj.llc", ".pbf", ".chapters.txt", ".chapters.xml", "_chapters.xml")
"""Markers that a player or an editor keeps beside a recording (`models.setlist.markers`)."""
_TRACK_TAGS = (
    ("artist", "channel"),
    ("description", "description"),
    ("synopsis", "description"),
    ("comment", "description"),
)
"""Tag and what it tells, the likelier first: yt-dlp puts the address into the comment."""


def take_sidecars(
    source: Path,
    folder: Path,
    stream_id: str,
    probed: Probe,
    warnings: list[str],
    *,
    marks: Sequence[ContainerChapter] = (),
) -> dict[str, Path]:
    """Copy what lies beside the file; return where each piece went. `info` is always there.

    Args:
        marks: chapters inside of the recording, which count where no file beside it has any.
    """
    taken: dict[str, Path] = {}
    beside = _beside(source)
    info = _read_json(beside(".info.json"), dict, warnings) or {}
    description = beside(".description")
    if not info.get("description") and _is_sidecar(description, warnings):
        info["description"] = description.read_text(encoding="utf-8", errors="replace")
    nfo = beside(".nfo")
    archived = facts_of_nfo(nfo) if _is_sidecar(nfo, warnings) else {}
    # Of a section of a video, chapters of the page count from the start of the whole.
    if not info.get("chapters") and not info.get("section_start"):
        info["chapters"] = _markers_beside(beside, warnings) or [
            {"start_time": mark.start_s, "end_time": mark.stop_s, "title": mark.title}
            for mark in marks
        ]
    comments = info.get("comments")
    if isinstance(comments, list) and comments:
        taken["comments"] = write_json(folder / "comments.json", comments)
    chat = chat_beside(source, warnings)
    taken["info"] = write_json(
        folder / "info.json",
        keepable_info(_completed(info, source, chat, archived, probed, stream_id), stream_id),
    )
    for suffix in _PICTURES:
        picture = beside(suffix)
        if picture != source and _is_sidecar(picture, warnings):
            extension = picture_extension(picture)
            if not extension:
                warnings.append(f"{picture.name} is no picture and was left out")
                continue
            taken["thumbnail"] = _copied(picture, folder / f"thumbnail.{extension}")
            break
    if chat is not None:
        ending = chat.suffix.lower() if chat.suffix.lower() in _KEPT_AS else ".json"
        packed = ".gz" if chat.suffix.lower() == ".gz" else ""
        taken["live_chat"] = _copied(chat, folder / f"live_chat{ending}{packed}")
    for name, text in subtitles_beside(source, warnings).items():
        taken[name] = _copied(text, folder / name)
    return taken


def with_sidecars(
    sidecars: Mapping[str, Path],
    warnings: Sequence[str],
    *,
    path: Path,
    duration_s: float,
    expected_duration_s: float | None,
    has_video: bool,
    sample_rate_hz: int,
    n_channels: int,
) -> FetchedRecording:
    """Return a recording with what was taken of what lies beside it (`take_sidecars`).

    Args:
        expected_duration_s: stands for the length that the facts tell; None takes theirs.
    """
    info = StreamInfo.from_info(json.loads(sidecars["info"].read_text(encoding="utf-8")))
    if expected_duration_s is not None:
        info = replace(info, duration_s=expected_duration_s)
    return FetchedRecording(
        path=path,
        info_path=sidecars["info"],
        info=info,
        duration_s=duration_s,
        expected_duration_s=info.duration_s,
        has_video=has_video,
        sample_rate_hz=sample_rate_hz,
        n_channels=n_channels,
        thumbnail_path=sidecars.get("thumbnail"),
        comments_path=sidecars.get("comments"),
        live_chat_path=sidecars.get("live_chat"),
        subtitle_paths=tuple(
            sidecars[name] for name in sorted(sidecars) if name.startswith("subtitles")
        ),
        warnings=tuple(warnings),
    )


def _markers_beside(
    beside: Callable[[str], Path], warnings: list[str]
) -> list[dict[str, float | str | None]]:
    """Return the named markers of the first such file beside a recording, as chapters."""
    for path in map(beside, _MARKERS):
        if not _is_sidecar(path, warnings):
            continue
        try:
            found = read_markers(read_text(path)) or ()
        except SetlistError as error:
            warnings.append(f"{path.name} was left out: {error.problem}")
            continue
        return [
            {
                "start_time": one.start_s,
                "end_time": one.stop_s,
                "title": " / ".join(filter(None, (one.name, one.artist))),
            }
            for one in found
            if one.name
        ]
    return []


def subtitles_beside(source: Path, warnings: list[str]) -> dict[str, Path]:
    """Return the subtitles that lie beside a recording, by `subtitles`, language and suffix."""
    found: dict[str, Path] = {}
    for text in sorted(source.parent.iterdir()):
        if not (text.suffix.lower() in SUFFIXES and _belongs(text, source)):
            continue
        if _is_sidecar(text, warnings):
            language = text.stem[len(name_of(source)) :].lower()
            safe = "".join(c for c in language if c.isascii() and (c.isalnum() or c in ".-"))
            found[f"subtitles{safe[:20]}{text.suffix.lower()}"] = text
    return found


def chat_beside(source: Path, warnings: list[str]) -> Path | None:
    """Return the chat that lies beside a recording; of a vague name its content decides."""
    beside = _beside(source)
    for ending in _CHATS:
        chat = beside(ending)
        if chat == source or not _is_sidecar(chat, warnings):
            continue
        if ending not in _VAGUE_CHATS:
            return chat
        try:
            check_chat(chat)
        except SetlistError as error:
            if ending == ".xml":  # of the others most are no chats
                warnings.append(f"{chat.name} was left out: {error.problem}")
            continue
        return chat
    return None


def _beside(source: Path) -> Callable[[str], Path]:
    """Return what gives the path of the side file with an ending, in capitals or not.

    Cameras and older programs write EVENING.JPG.
    """
    endings: dict[str, Path] = {}
    name = name_of(source)
    for path in sorted(source.parent.iterdir()):
        if path.name.startswith(name):
            ending = path.name[len(name) :]
            endings[ending.lower()] = path  # of two, the one in small letters comes last
    return lambda ending: endings.get(ending, source.with_name(f"{name}{ending}"))


def _completed(
    info: Mapping[str, Any],
    source: Path,
    chat: Path | None,
    archived: Mapping[str, str],
    probed: Probe,
    stream_id: str,
) -> dict[str, Any]:
    """Fill what the side file does not tell: from the chat's head, the .nfo, the tags, the name."""
    full: dict[str, Any] = dict(info)
    told = {**archived, **(facts_of_chat(chat) if chat is not None else {})}
    if archived.get("description") and not full.get("description"):
        full["description"] = archived["description"]
    named = facts_of_name(source)
    for tag, key in _TRACK_TAGS:
        if probed.tags.get(tag) and not full.get(key):
            full[key] = told.get(key) or probed.tags[tag]
    title = told.get("title") or probed.tags.get("title") or named.get("title")
    full.setdefault("title", title or name_of(source))
    full.setdefault("id", stream_id.removeprefix(f"{FILE_PREFIX}-"))
    if not full.get("extractor_key"):
        full["extractor_key"] = FILE_PREFIX
    full.setdefault("webpage_url", str(source))
    if not full.get("duration") and probed.duration_s:
        full["duration"] = probed.duration_s
    digits = "".join(c for c in probed.tags.get("date", "") if c.isdigit())[:8]
    day = told.get("upload_date") or (digits if len(digits) == 8 else named.get("upload_date"))
    for key, value in (
        ("upload_date", day),
        ("channel", told.get("channel") or named.get("channel")),
    ):
        if value and not full.get(key):
            full[key] = value
    started_at = start_in_name(source)
    if started_at is not None and not (full.get("release_timestamp") or full.get("timestamp")):
        full["release_timestamp"] = started_at
    full[STREAM_ID_KEY] = stream_id
    return full


def _belongs(text: Path, source: Path) -> bool:
    """`X.srt`, `X.ja.vtt`, `X.zh-Hans.srt` belong to `X.mp4`; `X2.srt` and `X.part.two.srt` not."""
    name = name_of(source)
    rest = text.stem[len(name) :]
    return text.stem.startswith(name) and (
        rest == "" or (rest.startswith(".") and "." not in rest[1:])
    )


def _is_sidecar(path: Path, warnings: list[str]) -> bool:
    try:
        if not path.is_file():
            return False
        if path.stat().st_size > _MAX_SIDECAR_BYTES:
            warnings.append(f"{path.name} is too large for what its name says and was left out")
            return False
        with path.open("rb"):
            return True
    except OSError as error:
        warnings.append(f"{path.name} cannot be read ({error.strerror or error})")
        return False


def _read_json(path: Path, kind: type, warnings: list[str]) -> Any:
    if not _is_sidecar(path, warnings):
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, RecursionError):
        warnings.append(f"{path.name} is not valid JSON and was left out")
        return None
    if not isinstance(content, kind):
        warnings.append(f"{path.name} does not hold what its name says and was left out")
        return None
    return content


def _copied(source: Path, target: Path) -> Path:
    if not (target.exists() and target.samefile(source)):
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    return target
