"""Taking in a recording that lies in several files on this machine."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from utawaku.library.errors import SetlistError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.joined import Part
from utawaku.media.probe import probe as probe_recording
from utawaku.models.chat import ChatMessage, chat_lines, read_chat
from utawaku.models.setlist.subtitles import TimedText, read_subtitles, shift_text, to_srt
from utawaku.services.downloader.container import probe
from utawaku.services.downloader.recorder_facts import facts_of_name, start_in_name
from utawaku.services.downloader.result import FetchedRecording, write_json
from utawaku.services.downloader.sidecars import (
    chat_beside,
    subtitles_beside,
    take_sidecars,
    with_sidecars,
)

_FIRST_PART = re.compile(
    r"[\s_.#(（【\[-]+(?:(?:p|pt|part|disc|cd|パート|その|分P)[\s_.#-]*)?0*[01][)）】\]]*$",
    re.IGNORECASE,
)


def take_parts(path: Path, folder: Path, *, progress: Progress = silent) -> FetchedRecording:
    """Take a recording that lies in several files (`utawaku.media.joined`), which stay in place.

    What lies beside the first file comes along as with `take_file`; chats and subtitles of all
    files are joined on the recording's timeline.

    Raises MediaError, NotMediaError, TruncatedMediaError, NoAudioError.
    """
    progress(0.0, "reading the files")
    whole = probe_recording(path)
    first = whole.parts[0].path
    warnings: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    stream_id = folder.name
    sidecars = take_sidecars(first, folder, stream_id, probe(first), warnings, marks=whole.chapters)
    _name_whole(sidecars["info"], [part.path for part in whole.parts])
    sidecars |= _joined_chat(whole.parts, folder, warnings)
    sidecars |= _joined_subtitles(whole.parts, folder, warnings)
    sidecars = {name: path for name, path in sidecars.items() if path.exists()}
    progress(1.0, "ingested")
    return with_sidecars(
        sidecars,
        warnings,
        path=path,
        duration_s=whole.duration_s,
        expected_duration_s=whole.duration_s,
        has_video=False,
        sample_rate_hz=whole.sample_rate_hz,
        n_channels=whole.n_channels,
    )


def _name_whole(info_path: Path, files: Sequence[Path]) -> None:
    """Take the first part's number off a title that its name gave: "Night P1", "Night_part001"."""
    info = json.loads(info_path.read_text("utf-8"))
    named = facts_of_name(files[0]).get("title", "")
    alike = len({re.sub(r"\d+", "#", file.stem) for file in files}) == 1
    whole = _FIRST_PART.sub("", named)
    if alike and whole and info.get("title") == named:
        write_json(info_path, {**info, "title": whole})


def _joined_chat(parts: Sequence[Part], folder: Path, warnings: list[str]) -> dict[str, Path]:
    """Join the chats beside the parts; nothing where only the first has one, which is taken."""
    chats = [chat_beside(part.path, warnings) for part in parts]
    if not any(chats[1:]):
        return {}
    messages: list[ChatMessage] = []
    for part, chat in zip(parts, chats, strict=True):
        if chat is None:
            continue
        try:
            found = read_chat(chat, length_s=part.duration_s, started_at=start_in_name(part.path))
        except SetlistError as error:
            warnings.append(f"{chat.name} was left out: {error.problem}")
            continue
        messages += [replace(one, offset_s=one.offset_s + part.start_s) for one in found]
    for earlier in folder.glob("live_chat.*"):
        earlier.unlink()
    target = folder / "live_chat.json"
    with atomic_path(target) as temporary:
        temporary.write_text(chat_lines(messages), "utf-8")
    return {"live_chat": target}


def _joined_subtitles(parts: Sequence[Part], folder: Path, warnings: list[str]) -> dict[str, Path]:
    """Join the subtitles of each language; those that only the first part has are taken."""
    beside = [subtitles_beside(part.path, warnings) for part in parts]
    cues: dict[str, list[TimedText]] = defaultdict(list)
    for part, texts in zip(parts, beside, strict=True):
        for name, text in texts.items():
            try:
                cues[Path(name).stem] += shift_text(read_subtitles(text), part.start_s)
            except SetlistError as error:
                warnings.append(f"{text.name} was left out: {error.problem}")
    joined: dict[str, Path] = {}
    for stem in {Path(name).stem for texts in beside[1:] for name in texts}:
        for earlier in folder.glob(f"{stem}.*"):
            if Path(earlier.name).stem == stem:
                earlier.unlink()
        target = folder / f"{stem}.srt"
        with atomic_path(target) as temporary:
            temporary.write_text(to_srt(cues[stem]), "utf-8")
        joined[target.name] = target
    return joined
