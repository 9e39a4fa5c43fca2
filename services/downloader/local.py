"""Taking in recordings that already lie on this machine."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from utawaku.library.errors import MediaError, SetlistError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.library.subtitle_files import SUFFIXES
from utawaku.media.joined_mp4 import rewrite_if_mixed
from utawaku.media.probe import probe as probe_recording
from utawaku.models.chat import read_chat
from utawaku.services.downloader.container import Probe, probe
from utawaku.services.downloader.failures import disk_full
from utawaku.services.downloader.identity import FILE_PREFIX, stream_id_for_file
from utawaku.services.downloader.info import STREAM_ID_KEY, StreamInfo, keepable_info
from utawaku.services.downloader.pictures import picture_extension
from utawaku.services.downloader.recorder_facts import facts_of_chat, facts_of_name
from utawaku.services.downloader.result import FetchedRecording, recording_in, write_json

TakeMode = Literal["reference", "copy", "move", "hardlink"]

_COPY_BYTES = 4 * 1024 * 1024
_MAX_SIDECAR_BYTES = 512 * 1024 * 1024
_PICTURES = (".jpg", ".jpeg", ".webp", ".png")
_VAGUE_CHATS = (".json", ".json.gz", ".xml")
_CHATS = (
    ".live_chat.json", ".chat.json", "_chat.json", ".chat.json.gz", "_chat.json.gz",
    ".danmaku.xml", *_VAGUE_CHATS,
)  # fmt: skip
_TRACK_TAGS = {"artist": "channel", "comment": "description", "description": "description"}


def take_file(
    path: str | Path,
    folder: Path,
    *,
    mode: TakeMode = "reference",
    progress: Progress = silent,
    check: Callable[[], None] = lambda: None,
) -> FetchedRecording:
    """Take a local audio or video file of any container into the stream's `folder`.

    `reference` (the default) leaves the file where it is and keeps its absolute path: a recording
    may be gigabytes, and the songs are cut into files of their own anyway; a file on a disk that
    goes away is better copied. `copy` makes an independent copy, `hardlink` shares the bytes where
    the file system can and copies where it cannot, `move` is the only mode that touches the
    original, which disappears once its copy is complete. An MP4 whose joined parts differ in format
    is rewritten into the folder in every mode, because one header cannot fit all of its sound.

    What lies beside `X.mp4` comes along as copies: `X.info.json`, `X.jpg/.jpeg/.webp/.png`,
    `X.description`, subtitles (`X.srt`, `X.<language>.vtt`, .ass, .ssa, .lrc), and the chat:
    `X.live_chat.json` (yt-dlp), `X.chat.json`, `X_chat.json` or `X.json` (TwitchDownloader,
    chat-downloader; also packed as `.gz`), `X.danmaku.xml` or `X.xml` (Bilibili's recorders). Side
    files that cannot be read are listed in `warnings`, never fatal. Title, channel and day that no
    side file tells are read from the head of the chat, the tags and the name (`recorder_facts`).
    Taking the same file again changes nothing and is cheap.

    Raises MediaError, NotMediaError, TruncatedMediaError, NoAudioError, DiskFullError.
    """
    source = Path(path).absolute()
    if not source.is_file():
        raise MediaError(
            "a folder, not a file" if source.is_dir() else "there is no such file",
            subject=str(source),
            next_step="Give the path of an audio or video file",
        )
    progress(0.0, "reading the file")
    probed = probe(source)
    stream_id = stream_id_for_file(source)
    folder.mkdir(parents=True, exist_ok=True)
    warnings: list[str] = []
    try:
        sidecars = _take_sidecars(source, folder, stream_id, probed, warnings)
        kept = _rewritten(source, folder, mode, progress, check, warnings)
        if kept is None:
            kept = _keep(source, folder, probed, mode, progress, check, warnings)
        else:
            probed = probe(kept)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(str(folder)) from error
        raise MediaError(
            f"the file cannot be ingested ({error.strerror or error})",
            subject=str(source),
            next_step=f"Check that {folder} can be written to",
        ) from error
    progress(1.0, "ingested")
    info = StreamInfo.from_info(json.loads(sidecars["info"].read_text(encoding="utf-8")))
    return FetchedRecording(
        path=kept,
        info_path=sidecars["info"],
        info=info,
        duration_s=probed.duration_s,
        expected_duration_s=info.duration_s,
        has_video=probed.has_video,
        sample_rate_hz=probed.sample_rate_hz,
        n_channels=probed.n_channels,
        thumbnail_path=sidecars.get("thumbnail"),
        comments_path=sidecars.get("comments"),
        live_chat_path=sidecars.get("live_chat"),
        subtitle_paths=tuple(
            sidecars[name] for name in sorted(sidecars) if name.startswith("subtitles")
        ),
        warnings=tuple(warnings),
    )


def _rewritten(
    source: Path,
    folder: Path,
    mode: TakeMode,
    progress: Progress,
    check: Callable[[], None],
    warnings: list[str],
) -> Path | None:
    """Put an MP4 right whose joined parts differ in format; None for every other file."""
    target = folder / "recording.ts"
    if not rewrite_if_mixed(source, target, warnings, progress, check):
        return None
    if mode == "move":
        source.unlink()
    return target


def take_parts(path: Path, folder: Path, *, progress: Progress = silent) -> FetchedRecording:
    """Take a recording that lies in several files (`utawaku.media.joined`), which stay in place.

    What lies beside the first file comes along as with `take_file`.

    Raises MediaError, NotMediaError, TruncatedMediaError, NoAudioError.
    """
    progress(0.0, "reading the files")
    whole = probe_recording(path)
    first = whole.parts[0].path
    warnings: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    stream_id = folder.name
    sidecars = _take_sidecars(first, folder, stream_id, probe(first), warnings)
    info = StreamInfo.from_info(json.loads(sidecars["info"].read_text(encoding="utf-8")))
    progress(1.0, "ingested")
    return FetchedRecording(
        path=path,
        info_path=sidecars["info"],
        info=replace(info, duration_s=whole.duration_s),
        duration_s=whole.duration_s,
        expected_duration_s=whole.duration_s,
        has_video=False,
        sample_rate_hz=whole.sample_rate_hz,
        n_channels=whole.n_channels,
        thumbnail_path=sidecars.get("thumbnail"),
        comments_path=sidecars.get("comments"),
        live_chat_path=sidecars.get("live_chat"),
        subtitle_paths=tuple(
            sidecars[name] for name in sorted(sidecars) if name.startswith("subtitles")
        ),
        warnings=tuple(warnings),
    )


def _keep(
    source: Path,
    folder: Path,
    probed: Probe,
    mode: TakeMode,
    progress: Progress,
    check: Callable[[], None],
    warnings: list[str],
) -> Path:
    """Place the recording by `mode`; return where it is to be read from."""
    if mode == "reference" or source.parent == folder.absolute():
        return source
    suffix = probed.extension or source.suffix.lstrip(".").lower() or "bin"
    target = folder / f"recording.{suffix}"
    present = recording_in(folder)
    if present is not None and present.samefile(source):
        return present
    if present is not None and stream_id_for_file(present) == stream_id_for_file(source):
        if mode == "move":
            source.unlink()
        return present
    if mode == "move" and source.stat().st_dev == folder.stat().st_dev:
        source.replace(target)
        return target
    if mode == "hardlink":
        try:
            target.unlink(missing_ok=True)
            os.link(source, target)
            return target
        except OSError as error:
            warnings.append(
                f"copied, as this file system cannot share the file ({error.strerror or error})"
            )
    _copy(source, target, progress, check)
    if mode == "move":
        source.unlink()
    return target


def _copy(source: Path, target: Path, progress: Progress, check: Callable[[], None]) -> None:
    size = source.stat().st_size
    if shutil.disk_usage(target.parent).free < size:
        raise disk_full(str(target.parent))
    done = 0
    with atomic_path(target) as temporary, source.open("rb") as reader, temporary.open("wb") as out:
        while block := reader.read(_COPY_BYTES):
            check()
            out.write(block)
            done += len(block)
            progress(done / max(size, 1), f"copying {source.name}")
        if done != size:
            raise MediaError(
                "the file changed while it was copied",
                subject=str(source),
                next_step="Wait until nothing writes to it and try again",
            )


def _take_sidecars(
    source: Path, folder: Path, stream_id: str, probed: Probe, warnings: list[str]
) -> dict[str, Path]:
    """Copy what lies beside the file; return where each piece went. `info` is always there."""
    taken: dict[str, Path] = {}
    info = _read_json(source.with_name(f"{source.stem}.info.json"), dict, warnings) or {}
    description = source.with_name(f"{source.stem}.description")
    if not info.get("description") and _is_sidecar(description, warnings):
        info["description"] = description.read_text(encoding="utf-8", errors="replace")
    comments = info.get("comments")
    if isinstance(comments, list) and comments:
        taken["comments"] = write_json(folder / "comments.json", comments)
    chat = _chat_beside(source, warnings)
    taken["info"] = write_json(
        folder / "info.json",
        keepable_info(_completed(info, source, chat, probed, stream_id), stream_id),
    )
    for suffix in _PICTURES:
        picture = source.with_suffix(suffix)
        if picture != source and _is_sidecar(picture, warnings):
            extension = picture_extension(picture)
            if not extension:
                warnings.append(f"{picture.name} is no picture and was left out")
                continue
            taken["thumbnail"] = _copied(picture, folder / f"thumbnail.{extension}")
            break
    if chat is not None:
        ending = ".xml" if chat.suffix.lower() == ".xml" else ".json"
        packed = ".gz" if chat.suffix.lower() == ".gz" else ""
        taken["live_chat"] = _copied(chat, folder / f"live_chat{ending}{packed}")
    for text in sorted(source.parent.iterdir()):
        if not (text.suffix.lower() in SUFFIXES and _belongs(text, source)):
            continue
        if _is_sidecar(text, warnings):
            language = text.stem[len(source.stem) :].lower()
            safe = "".join(c for c in language if c.isascii() and (c.isalnum() or c in ".-"))
            name = f"subtitles{safe[:20]}{text.suffix.lower()}"
            taken[name] = _copied(text, folder / name)
    return taken


def _chat_beside(source: Path, warnings: list[str]) -> Path | None:
    """Return the chat that lies beside a recording; of a vague name its content decides."""
    for ending in _CHATS:
        chat = source.with_name(f"{source.stem}{ending}")
        if chat == source or not _is_sidecar(chat, warnings):
            continue
        if ending not in _VAGUE_CHATS:
            return chat
        try:
            read_chat(chat)
        except SetlistError as error:
            if chat.suffix == ".xml":  # of the others most are no chats
                warnings.append(f"{chat.name} was left out: {error.problem}")
            continue
        return chat
    return None


def _completed(
    info: Mapping[str, Any], source: Path, chat: Path | None, probed: Probe, stream_id: str
) -> dict[str, Any]:
    """Fill what the side file does not tell: from the chat's head, the media's tags, the name."""
    full: dict[str, Any] = dict(info)
    told = facts_of_chat(chat) if chat is not None else {}
    named = facts_of_name(source)
    for tag, key in _TRACK_TAGS.items():
        if probed.tags.get(tag) and not full.get(key):
            full[key] = told.get(key) or probed.tags[tag]
    title = told.get("title") or probed.tags.get("title") or named.get("title")
    full.setdefault("title", title or source.stem)
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
    full[STREAM_ID_KEY] = stream_id
    return full


def _belongs(text: Path, source: Path) -> bool:
    """`X.srt`, `X.ja.vtt`, `X.zh-Hans.srt` belong to `X.mp4`; `X2.srt` and `X.part.two.srt` not."""
    rest = text.stem[len(source.stem) :]
    return text.stem.startswith(source.stem) and (
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
