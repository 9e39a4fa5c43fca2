"""A folder of songs with what is known of each: choruses, or a curve of interest.

NAME.mp3 (or any other audio)
NAME.chorus.csv      start,stop of a chorus in seconds a line, or
NAME.curve.csv       time,interest a line, seconds and 0 to 1, or
NAME.curve.json      [interest, ...] one a second, or yt-dlp's heatmap
                     [{"start_time": 0, "end_time": 2, "value": 0.7}, ...]
"""

import glob
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import ConfigError, MediaError
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode
from utawaku.models.highlight.deepchorus.architecture import N_MELS
from utawaku.models.highlight.deepchorus.mel import SAMPLE_RATE_HZ, MelStream
from utawaku.models.highlight.window import n_seconds
from utawaku.models.training.feature_cache import kept_features

Array = npt.NDArray[np.float32]

_KINDS = (".chorus.csv", ".curve.csv", ".curve.json")


@dataclass(frozen=True)
class MarkedSong:
    """A song, its spectrogram and what it is to be told."""

    name: str
    mel: Array
    """float32 (n_frames, 128), see `utawaku.models.highlight.deepchorus.mel`."""
    interest: Array
    """float32 (n_seconds,) in [0, 1]."""


def marked_songs(folder: Path) -> list[tuple[str, Path, Path]]:
    """(name, song, what is known of it) of every marked song of a folder.

    Raises:
        ConfigError: there is none, or one has marks but no audio, or marks of two kinds.
    """
    found: dict[str, tuple[Path, Path]] = {}
    for kind in _KINDS:
        for marks in sorted(folder.glob(f"*{kind}")):
            name = marks.name.removesuffix(kind)
            if name in found:
                raise ConfigError("a song is marked twice", subject=str(marks))
            beside = sorted(folder.glob(f"{glob.escape(name)}.*"))
            audio = [path for path in beside if not path.name.endswith(_KINDS)]
            if not audio:
                raise ConfigError("there is no song of this name", subject=str(marks))
            found[name] = (audio[0], marks)
    if not found:
        raise ConfigError(
            "no song is marked",
            subject=str(folder),
            next_step="Write NAME.chorus.csv beside each song: start,stop in seconds a line",
        )
    return [(name, song, marks) for name, (song, marks) in sorted(found.items())]


LeftOut = tuple[str, str]
"""Name of a song that cannot be read, and why."""


def read_songs(
    folder: Path, cache: Path, progress: Progress = silent
) -> tuple[list[MarkedSong], list[LeftOut]]:
    """Every marked song that can be read; spectrograms are kept in `cache` until a song changes.

    Raises:
        ConfigError: see `marked_songs` and `read_interest`.
    """
    cache.mkdir(parents=True, exist_ok=True)
    songs: list[MarkedSong] = []
    left_out: list[LeftOut] = []
    listed = marked_songs(folder)
    for number, (name, song, marks) in enumerate(listed):
        progress(number / len(listed), f"listening to {song.name}")
        try:
            mel = _mel(song, cache)
        except MediaError as error:
            left_out.append((song.name, str(error)))
            continue
        songs.append(MarkedSong(name, mel, read_interest(marks, len(mel) * 512 / SAMPLE_RATE_HZ)))
    return songs, left_out


def read_interest(marks: Path, duration_s: float) -> Array:
    """Interest of every second, float32 (n_seconds,) in [0, 1].

    Raises:
        ConfigError: a line is not what it should be, or a value lies outside 0 and 1.
    """
    try:
        text = marks.read_text("utf-8")
        if marks.name.endswith(".curve.json"):
            return _checked(_from_json(json.loads(text), duration_s), marks)
        pairs = _pairs(text)
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"a line is not as it should be ({error})", subject=str(marks)) from error
    if marks.name.endswith(".chorus.csv"):
        return _checked(share_inside(pairs, duration_s), marks)
    return _checked(_interpolated(pairs, duration_s), marks)


def read_spans(marks: Path) -> list[tuple[float, float]]:
    """(start_s, stop_s) of each chorus; raises ConfigError where a line is no span."""
    try:
        return _pairs(marks.read_text("utf-8"))
    except ValueError as error:
        raise ConfigError("a line is not `start,stop` in seconds", subject=str(marks)) from error


def _pairs(text: str) -> list[tuple[float, float]]:
    return [(float(first), float(second)) for first, second in
            (line.split(",") for line in text.split())]  # fmt: skip


def share_inside(spans: Sequence[tuple[float, float]], duration_s: float) -> Array:
    """Share of each second that lies inside spans: float32 (n_seconds,)."""
    seconds = np.arange(n_seconds(duration_s))
    share = np.zeros(len(seconds))
    for start, stop in spans:
        share += np.clip(np.minimum(seconds + 1, stop) - np.maximum(seconds, start), 0, 1)
    return np.minimum(share, 1).astype(np.float32)


def _from_json(told: object, duration_s: float) -> Array:
    if not isinstance(told, list) or not told:
        raise ValueError("not a list")
    if isinstance(told[0], dict):
        pairs = [
            ((float(row["start_time"]) + float(row["end_time"])) / 2, float(row["value"]))
            for row in told
        ]
    else:
        pairs = [(second + 0.5, float(value)) for second, value in enumerate(told)]
    return _interpolated(pairs, duration_s)


def _interpolated(pairs: Sequence[tuple[float, float]], duration_s: float) -> Array:
    if not pairs:
        raise ValueError("empty")
    at, values = np.array(sorted(pairs)).T
    result: Array = np.interp(np.arange(n_seconds(duration_s)) + 0.5, at, values).astype(np.float32)
    return result


def _checked(interest: Array, marks: Path) -> Array:
    if not np.isfinite(interest).all() or interest.min() < 0 or interest.max() > 1:
        raise ConfigError("interest lies outside 0 and 1", subject=str(marks))
    if np.ptp(interest) == 0:
        raise ConfigError("nothing of the song is of more interest than the rest",
                          subject=str(marks))  # fmt: skip
    return interest


def _mel(song: Path, cache: Path) -> Array:
    kept = kept_features(
        song, cache, _mel_of, fits=lambda kept: kept.ndim == 2 and kept.shape[1] == N_MELS
    )
    return np.asarray(kept, np.float32)


def _mel_of(song: Path) -> Array:
    stream = MelStream()
    parts = [stream.add(chunk) for chunk in decode(song, sample_rate_hz=SAMPLE_RATE_HZ,
                                                   n_channels=1)]  # fmt: skip
    return np.concatenate([*parts, stream.end()])
