"""Sound tracks of a recording: which there are, and a list that says which one is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from utawaku.library.errors import NoAudioError
from utawaku.media.joined import SUFFIX, Part, is_joined, read_parts, write_parts
from utawaku.media.probe import default_track, open_media

TRACK_LIST = f"track{SUFFIX}"
"""Name of the list, in the stream's folder."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One sound track of a file."""

    number: int
    """Counted from 0 over the sound tracks alone."""
    language: str
    """Tag of the container, such as `jpn` or `ja`; empty where it says nothing."""
    title: str
    is_default: bool
    """True for the one that is read where none is chosen."""


def sound_tracks(path: Path) -> list[SoundTrack]:
    """Return the sound tracks of a file; raises as `open_media`."""
    with open_media(path) as container:
        default = default_track(container)
        return [
            SoundTrack(
                number,
                stream.metadata.get("language", ""),
                stream.metadata.get("title", ""),
                default is not None and stream.index == default.index,
            )
            for number, stream in enumerate(container.streams.audio)
        ]


def track_of(path: Path, wanted: str, same_language: Callable[[str, str], bool]) -> SoundTrack:
    """Return the track that a number or a language means.

    `same_language` compares the wanted language with a track's tag. The only track of a file that
    does not tell its language is taken for the wanted one.

    Raises:
        NoAudioError: there is none; the message lists those that are there.
    """
    tracks = sound_tracks(path)
    if wanted.isascii() and wanted.isdecimal():
        found = [track for track in tracks if track.number == int(wanted)]
    else:
        found = [track for track in tracks if same_language(wanted, track.language)]
        found.sort(key=lambda track: not track.is_default)
        if not found and len(tracks) == 1 and tracks[0].language in ("", "und"):
            found = tracks  # the only one, and it does not say what it is
    if found:
        return found[0]
    there = ", ".join(_named(track) for track in tracks) or "none"
    raise NoAudioError(
        f"there is no sound track {wanted!r} in it",
        subject=str(path),
        next_step=f"Choose one of those that are there: {there}",
    )


def _named(track: SoundTrack) -> str:
    words = [str(track.number), track.language, track.title, "(default)" * track.is_default]
    return " ".join(word for word in words if word)


def with_track(
    recording: Path, wanted: str, folder: Path, same_language: Callable[[str, str], bool]
) -> Path:
    """Return what to read so that `wanted` is heard: the recording, or a list of parts in `folder`.

    An empty `wanted` is the default track. Raises NoAudioError as `track_of`, and OSError.
    """
    listed = folder / TRACK_LIST
    parts = (
        read_parts(recording) if is_joined(recording) else (Part(recording.absolute(), 0.0, 0.0),)
    )
    chosen = []
    for part in parts if wanted else ():
        track = track_of(part.path, wanted, same_language)
        chosen.append(replace(part, track=None if track.is_default else track.number))
    if all(part.track is None for part in chosen):
        listed.unlink(missing_ok=True)
        return recording
    write_parts(listed, chosen)
    return listed
