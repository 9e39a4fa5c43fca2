"""CUE sheets: a recording as an album, played from the one file."""

from collections.abc import Sequence

from utawaku.library.errors import LibraryFileError
from utawaku.library.exports.setlists import NamedSpan
from utawaku.library.records import Stream
from utawaku.library.text import clean_line

FRAMES_PER_SECOND = 75
MAX_TRACKS = 99
"""A CUE sheet numbers its tracks with two digits, as a CD does."""


def cue_time(time_s: float) -> str:
    """`MM:SS:FF` with 75 frames a second; minutes go beyond 99 where they must."""
    frames = round(max(0.0, time_s) * FRAMES_PER_SECOND)
    seconds = frames // FRAMES_PER_SECOND
    return f"{seconds // 60:02}:{seconds % 60:02}:{frames % FRAMES_PER_SECOND:02}"


def _quoted(text: str) -> str:
    # The format knows no escape for a quote; a curly one looks the same and closes nothing. Some
    # readers take a backslash before the closing quote for an escape, and read on.
    text = clean_line(text).replace('"', "\u201d")
    n_last = len(text) - len(text.rstrip("\\"))
    return '"' + text[: len(text) - n_last] + "\uff3c" * n_last + '"'


def cue_sheet(
    stream: Stream, songs: Sequence[NamedSpan], *, files: Sequence[tuple[str, float]] = ()
) -> str:
    """Return a CUE sheet (to be saved as UTF-8) that plays `songs` out of the recording.

    Each song plays from its start to the start of the next one. No INDEX 00 marks the talk between:
    MPD starts the first song there, and programs that split a recording at the marks trip over it.
    `files` are the recording's files as seen from where the sheet will lie, each with the second at
    which it begins; by default the recording's own name. A song belongs to the file that it starts
    in.

    Raises:
        LibraryFileError: a name with a quote or line break, or more than `MAX_TRACKS` songs, which
            the format cannot hold.
    """
    if len(songs) > MAX_TRACKS:
        raise LibraryFileError(
            f"a CUE sheet holds at most {MAX_TRACKS} songs, and this stream has {len(songs)}",
            subject=clean_line(stream.title),
            next_step="Export it as m3u8, audacity or list",
        )
    files = files or [(stream.recording_path.replace("\\", "/").rsplit("/", 1)[-1], 0.0)]
    lines = []
    if stream.uploaded_on:
        lines.append(f"REM DATE {clean_line(stream.uploaded_on)}")
    if stream.url:
        lines.append(f"REM COMMENT {_quoted(stream.url)}")
    if stream.channel:
        lines.append(f"PERFORMER {_quoted(stream.channel)}")
    lines.append(f"TITLE {_quoted(stream.title)}")
    named = ""
    for number, song in enumerate(songs, 1):
        name, begins_s = max((file for file in files if file[1] <= song.start_s), key=_begin)
        if name != named:
            lines.append(_file_line(name))
            named = name
        lines.append(f"  TRACK {number:02} AUDIO")
        lines.append(f"    TITLE {_quoted(song.title or f'Song {number}')}")
        if song.artist or stream.channel:
            lines.append(f"    PERFORMER {_quoted(song.artist or stream.channel)}")
        lines.append(f"    INDEX 01 {cue_time(song.start_s - begins_s)}")
    if not songs:
        lines.append(_file_line(files[0][0]))
    return "".join(f"{line}\r\n" for line in lines)


def _begin(file: tuple[str, float]) -> float:
    return file[1]


def _file_line(name: str) -> str:
    if '"' in name or any(ord(char) < 32 for char in name):
        raise LibraryFileError(
            "a CUE sheet cannot hold this file name",
            subject=name,
            next_step="Rename the recording without quotes",
        )
    return f'FILE "{name}" {"MP3" if name.lower().endswith(".mp3") else "WAVE"}'
