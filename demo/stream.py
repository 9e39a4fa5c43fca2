"""A whole karaoke stream, made from nothing: jingles, talk, songs, pauses, applause."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.demo.container import format_of, open_stream
from utawaku.demo.cover import draw_cover
from utawaku.demo.rendering import RenderedSong, planned_seconds, render_song
from utawaku.demo.songbook import SONGS
from utawaku.demo.talk import applause, at_loudness, floor_noise, jingle, talk
from utawaku.demo.truth import DemoTruth, TrueRegion, TrueSong, write_truth
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent

Audio = NDArray[np.float32]

_SHORTEST_SONG_S = 85.0
_SONG_SHARE = 0.81
_USUAL_SONG_S = 96.0
_BED_UNDER_TALK_DB = -22.0
_CHANNEL = "歌音ねこ Utane Neko (synthetic)"


@dataclass(frozen=True, slots=True)
class Cue:
    """One song as planned."""

    name: str
    transpose: int
    seconds: float
    repeats: int | None


@dataclass(frozen=True, slots=True)
class _Part:
    """One region as rendered."""

    label: str
    audio: Audio
    detail: str
    background: str = ""
    cue: Cue | None = None
    song: RenderedSong | None = None


def make_demo_stream(
    target: Path,
    *,
    seed: int = 0,
    minutes: float = 7.5,
    video: bool = False,
    info_json: bool = True,
    progress: Progress = silent,
) -> DemoTruth:
    """Make a karaoke stream of about `minutes` and write it to `target`.

    The suffix picks the codec (.opus .ogg .webm .mkv .mp4 .m4a .mp3 .flac .wav; .webm .mkv .mp4
    take `video`: a small picture track). Beside it go ``<target>.truth.json`` and, unless
    `info_json` is false, ``<target without suffix>.info.json`` as yt-dlp would leave it, with a
    setlist among the comments, and its thumbnail as ``.jpg``. Every song is 85 to 150 s long; from
    three songs on the last repeats the first in another key. The same arguments give the same
    samples. Raises EncodeError for a file that cannot be written.
    """
    chosen = format_of(target, video=video)
    cues = plan(minutes, np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    regions: list[TrueRegion] = []
    songs: list[TrueSong] = []
    title = _title(seed)
    n_parts = 5 * len(cues) + 5
    with (
        atomic_path(target) as temporary,
        open_stream(temporary, chosen, {"title": title, "artist": _CHANNEL}, video=video) as writer,
    ):
        for part in _parts(cues, chosen.sample_rate_hz, seed, rng):
            start_s = writer.position_s
            progress(min(len(regions) / n_parts, 0.99), part.detail)
            writer.write(part.audio, part.label)
            regions.append(
                TrueRegion(part.label, start_s, writer.position_s, part.detail, part.background)
            )
            if part.song is not None and part.cue is not None:
                songs.append(_true_song(part.cue, part.song, start_s, writer.position_s))
        duration_s = writer.position_s
    truth = DemoTruth(duration_s, chosen.sample_rate_hz, seed, tuple(regions), tuple(songs))
    write_truth(truth, target)
    if info_json:
        _write_info(truth, target, title)
        with atomic_path(target.with_suffix(".jpg")) as temporary:
            temporary.write_bytes(draw_cover(seed))
    progress(1.0, "written")
    return truth


def plan(minutes: float, rng: np.random.Generator) -> list[Cue]:
    """Return which songs, how long and in which key."""
    sung_s = minutes * 60.0 * _SONG_SHARE
    n_songs = max(2, round(sung_s / _USUAL_SONG_S))
    seconds = float(np.clip(sung_s / n_songs, _SHORTEST_SONG_S - 6.0, 140.0))
    n_new = n_songs - 1 if n_songs >= 3 else n_songs
    cues: list[Cue] = []
    while len(cues) < n_new:
        for name in rng.permutation(SONGS)[: n_new - len(cues)]:
            cues.append(Cue(str(name), 0, _long_enough(str(name), seconds), None))
    if n_songs >= 3:
        transpose = int(rng.choice([2, -3]))
        cues.append(Cue(cues[0].name, transpose, _long_enough(cues[0].name, seconds), 0))
    return cues


def _long_enough(name: str, seconds: float) -> float:
    """The form nearest to `seconds` that the 80 s rule keeps with a margin."""
    while planned_seconds(name, seconds) < _SHORTEST_SONG_S:
        seconds += 2.0
    return seconds


def _parts(cues: list[Cue], rate: int, seed: int, rng: np.random.Generator) -> Iterator[_Part]:
    """The stream from its first to its last sample, one part at a time."""
    short = len(cues) < 3
    yield _Part("music", jingle(4.5 if short else 6.0, rate, rng), "opening jingle")
    yield _silence(1.2, rate)
    spoken, languages = talk(6.0 if short else 16.0, rate, rng)
    yield _with_floor("speech", spoken, f"talk ({languages})", rate, rng)
    for index, cue in enumerate(cues):
        yield _pause(float(rng.uniform(0.9, 1.6)), rate, rng)
        song = render_song(
            cue.name, sample_rate_hz=rate, transpose=cue.transpose, seconds=cue.seconds,
            seed=seed * 100 + index,
        )  # fmt: skip
        yield _Part("music", song.mix, f"song {index + 1}: {song.title}", cue=cue, song=song)
        yield _pause(float(rng.uniform(0.9, 1.6)), rate, rng)
        yield from _between(index, cues, rate, rng)
    yield _silence(1.5, rate)
    yield _Part(
        "music", jingle(4.5 if short else 5.5, rate, np.random.default_rng(seed)), "closing jingle"
    )
    yield _silence(0.6, rate)


def _between(index: int, cues: list[Cue], rate: int, rng: np.random.Generator) -> Iterator[_Part]:
    short = len(cues) < 3
    last = index == len(cues) - 1
    spoken, languages = talk(5.0 if short else float(rng.uniform(8.0, 12.0)), rate, rng)
    if index % 2 == 0 and not last:
        sung = {cue.name for cue in cues}
        bed_name = next((name for name in SONGS if name not in sung), SONGS[-1])
        yield _with_floor(
            "speech",
            _over_bed(spoken, bed_name, rate),
            f"talk over music ({languages})",
            rate,
            rng,
            "music",
        )
        if not short:
            spoken, languages = talk(4.0, rate, rng)
            yield _with_floor("speech", spoken, f"talk ({languages})", rate, rng)
        return
    yield _with_floor("speech", spoken, f"talk ({languages})", rate, rng)
    if not short:
        yield _with_floor("noise", applause(3.0, rate, rng), "applause", rate, rng)
        spoken, languages = talk(6.0, rate, rng)
        yield _with_floor("speech", spoken, f"talk ({languages})", rate, rng)


def _over_bed(spoken: Audio, bed_name: str, rate: int) -> Audio:
    """Talk with a band playing softly behind it, faded in and out under the talk."""
    n = spoken.shape[1]
    bed = render_song(bed_name, sample_rate_hz=rate, seconds=n / rate).accompaniment
    bed = np.tile(bed, (1, -(-n // bed.shape[1])))[:, :n]
    bed = at_loudness(bed, rate, -18.0 + _BED_UNDER_TALK_DB)
    n_fade = min(int(1.5 * rate), n // 3)
    fade = np.ones(n, np.float32)
    fade[:n_fade] = np.linspace(0.0, 1.0, n_fade)
    fade[-n_fade:] = np.linspace(1.0, 0.0, n_fade)
    return np.asarray(spoken + bed * fade, np.float32)


def _silence(seconds: float, rate: int) -> _Part:
    return _Part("noEnergy", np.zeros((2, int(seconds * rate)), np.float32), "digital silence")


def _pause(seconds: float, rate: int, rng: np.random.Generator) -> _Part:
    return _Part("noEnergy", floor_noise(int(seconds * rate), rate, rng), "open microphone")


def _with_floor(
    label: str, audio: Audio, detail: str, rate: int, rng: np.random.Generator, background: str = ""
) -> _Part:
    return _Part(label, audio + floor_noise(audio.shape[1], rate, rng), detail, background)


def _true_song(cue: Cue, song: RenderedSong, start_s: float, stop_s: float) -> TrueSong:
    return TrueSong(
        name=song.name,
        title=song.title,
        artist=song.artist,
        start_s=start_s,
        stop_s=stop_s,
        transposition_semitones=cue.transpose,
        repeats=cue.repeats,
        bpm=song.bpm,
        key=song.key,
        chorus_spans=tuple((start_s + a, start_s + b) for a, b in song.chorus_spans),
    )


def _title(seed: int) -> str:
    return f"【歌枠】懐かしい歌をうたいます！ Singing old songs #{seed + 1}【歌音ねこ】"


def _write_info(truth: DemoTruth, target: Path, title: str) -> Path:
    """An info.json as yt-dlp leaves it beside a recording, with only invented people in it."""
    comments = [
        ("ねこの耳", "今日もかわいい歌声でした！", 41),
        ("setlist_kun", f"セトリ\n{truth.setlist}\n抜けてたらごめんなさい", 128),
        ("late_listener", "I slept through it again, thanks for the timestamps :)", 7),
        ("のど飴", "2:00 からの音量ちょっと小さいかも？", 3),
    ]
    document: dict[str, Any] = {
        "id": f"demo-{truth.seed}",
        "title": title,
        "fulltitle": title,
        "uploader": _CHANNEL,
        "channel": _CHANNEL,
        "channel_id": "utawaku-demo",
        "uploader_id": "@utane-neko-demo",
        "upload_date": "20240203",
        "timestamp": 1706958000,
        "duration": round(truth.duration_s),
        "description": (
            "A karaoke stream that a program sang to itself. Melodies are in the public domain.\n"
            "歌枠です。ゆっくりしていってね。"
        ),
        "tags": ["歌枠", "karaoke", "singing"],
        "categories": ["Music"],
        "language": "ja",
        "was_live": True,
        "live_status": "was_live",
        "chapters": None,
        "extractor": "generic",
        "extractor_key": "Generic",
        "webpage_url": f"https://demo.invalid/watch/demo-{truth.seed}",
        "original_url": f"https://demo.invalid/watch/demo-{truth.seed}",
        "ext": target.suffix.lstrip("."),
        "comment_count": len(comments),
        "comments": [
            {
                "id": f"comment-{number}",
                "parent": "root",
                "text": text,
                "author": author,
                "author_id": f"@{author}",
                "like_count": likes,
                "timestamp": 1706961600 + 600 * number,
            }
            for number, (author, text, likes) in enumerate(comments, start=1)
        ],
        "_type": "video",
    }
    path = target.with_suffix(".info.json")
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
