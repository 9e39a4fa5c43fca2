"""The best half minute of a song, with its tempo and key."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import soxr

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import SetlistError, UtawakuError
from utawaku.library.records import Song, Stream
from utawaku.library.store.highlights import SongHighlight
from utawaku.library.subtitle_files import SUBSTATION, subtitle_files
from utawaku.media.decode import decode
from utawaku.media.pcm_cache import SAMPLE_RATE_HZ as SOUND_RATE_HZ
from utawaku.models.chat import ChatMessage
from utawaku.models.highlight import (
    REPLAYS_WEIGHT,
    VERSION,
    best_curve,
    best_window,
    certainty,
    from_chat,
    from_heatmap,
    from_lyrics,
    from_plays,
    with_model,
)
from utawaku.models.highlight.engine import InterestEngine, Sound
from utawaku.models.setlist.find import section_start_s
from utawaku.models.setlist.subtitles import TimedText, read_subtitles, shift_text, slice_text
from utawaku.models.tempo import (
    SAMPLE_RATE_HZ,
    Heard,
    estimate_key,
    estimate_tempo,
    listen,
    listen_file,
)
from utawaku.models.tempo import VERSION as TEMPO_VERSION
from utawaku.workflows.model_versions import highlight_version
from utawaku.workflows.pcm_sharing import kept_sound
from utawaku.workflows.stems import source_of

CODE_VERSION = f"{VERSION}.{TEMPO_VERSION}"


CHAT_VERSION = "1"
"""Of what is made of a chat; streams without one are not concerned."""


AT_ONCE = 2
"""Songs listened to side by side."""


_LONGEST_AT_ONCE_S = 1_200.0


_STEADY = 0.08
"""Strength of a pulse below which no tempo is recorded."""


def made_with(settings: Settings, stream: Stream | None = None) -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again."""
    told = {"version": CODE_VERSION, "model": highlight_version(settings)}
    if stream is not None and any(settings.stream_dir(stream.id).glob("live_chat.*")):
        told["chat"] = CHAT_VERSION
    return told


def heatmap_of(stream: Stream, settings: Settings) -> list[dict[str, Any]]:
    """The site's most-replayed curve of the whole stream; empty where it has none."""
    info = _page_of(stream, settings)
    found, since_s = info.get("heatmap"), section_start_s(info)
    rows = found if isinstance(found, list) else []
    return [_moved(row, since_s) for row in rows] if since_s else rows


def lyrics_of(stream: Stream, settings: Settings) -> list[TimedText]:
    """Subtitles that lie in the stream's folder, timed from the start of the stream.

    SubStation files are left out: beside a recording they often hold the chat.
    """
    for path in subtitle_files(stream.id, settings):
        if path.suffix.lower() in SUBSTATION:
            continue
        try:
            return shift_text(read_subtitles(path), -section_start_s(_page_of(stream, settings)))
        except SetlistError:
            continue
    return []


def _page_of(stream: Stream, settings: Settings) -> dict[str, Any]:
    """Return what the site told; nothing of a file of the user's own, which has no page."""
    path = settings.stream_dir(stream.id) / "info.json"
    try:
        info = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return info if isinstance(info, dict) else {}


def _moved(row: Any, since_s: float) -> Any:
    """Return a row of the curve, timed from the start of a section of the video."""
    if not isinstance(row, dict):
        return row
    times = {key: row.get(key) for key in ("start_time", "end_time")}
    return row | {
        key: at_s - since_s for key, at_s in times.items() if isinstance(at_s, int | float)
    }


def find_highlight(
    song: Song, heard: Heard, sound: Sound, engine: InterestEngine, catalogue: Catalogue,
    heatmap: list[dict[str, Any]], lyrics: list[TimedText], chat: Sequence[ChatMessage] = (),
) -> SongHighlight:  # fmt: skip
    """Record the highlight, tempo and key of a song that was listened to.

    What viewers replayed counts beside the model, and so does what they wrote, where there is
    nothing better.

    Raises:
        MediaError: the engine listens again, and the song cannot be read any more.
    """
    duration_s = song.duration_s
    evidence = best_curve(
        heatmap=from_heatmap(heatmap, song.start_s, song.stop_s),
        lyrics=from_lyrics(slice_text(lyrics, song.start_s, song.stop_s), duration_s),
        plays=from_plays(catalogue.highlights.plays_of(song.id), duration_s),
    )
    by_model = evidence is None or evidence[1] == "heatmap"
    if evidence is None:
        curve, origin = engine.curve(heard, sound), "model"
        crowd = from_chat(chat, song.start_s, song.stop_s)
        if crowd is not None:
            curve, origin = with_model(crowd, curve), "chat"
    else:
        curve, origin = evidence
        if by_model:
            curve = with_model(curve, engine.curve(heard, sound), REPLAYS_WEIGHT)
    begin, end = best_window(curve, min(duration_s, max(heard.duration_s, 1.0)))
    is_measured = origin == "model" and engine.is_measured
    found = SongHighlight(
        song.id,
        begin,
        end,
        curve,
        origin,
        CODE_VERSION,
        engine.version if by_model else "",
        certainty=certainty(curve, begin, end) if is_measured else None,
    )
    tempo = estimate_tempo(heard)
    catalogue.highlights.put(
        found,
        bpm=round(tempo.bpm, 1) if tempo.bpm and tempo.strength >= _STEADY else None,
        key=estimate_key(heard).name or None,
    )
    return found


def listen_to_songs(
    songs: Sequence[Song], stream: Stream, settings: Settings
) -> Iterator[tuple[Song, Heard | str]]:
    """Each song with what was heard of it, or why it could not be listened to."""

    def hear(song: Song) -> Heard | str:
        try:
            return heard_of(song, stream, settings)
        except UtawakuError as error:
            return str(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(songs, pool.map(hear, songs), strict=True)


def heard_of(song: Song, stream: Stream, settings: Settings) -> Heard:
    """The song's sound as it was kept when the recording was segmented, else its file's."""
    kept = _kept(song, stream, settings)
    if kept is not None:
        return listen(soxr.resample(kept, SOUND_RATE_HZ, SAMPLE_RATE_HZ, quality="MQ"))
    source, start_s, stop_s = source_of(song, stream, settings)
    return listen_file(source, start_s=start_s, stop_s=stop_s)


def sound_of(song: Song, stream: Stream, settings: Settings) -> Sound:
    """The song's sound, from where `heard_of` has it, at any rate."""

    def sound(sample_rate_hz: int) -> Iterator[np.ndarray]:
        kept = _kept(song, stream, settings)
        if kept is not None:
            yield soxr.resample(kept, SOUND_RATE_HZ, sample_rate_hz, quality="MQ")
            return
        source, start_s, stop_s = source_of(song, stream, settings)
        yield from decode(
            source, sample_rate_hz=sample_rate_hz, n_channels=1, start_s=start_s, stop_s=stop_s
        )

    return sound


def _kept(song: Song, stream: Stream, settings: Settings) -> np.ndarray | None:
    """Return what is kept of the song, unless it is so long that it is better read piece by
    piece.
    """
    return kept_sound(song, stream, settings) if song.duration_s <= _LONGEST_AT_ONCE_S else None


def lies_inside(found: SongHighlight, song: Song) -> bool:
    """Return True where a highlight lies inside its song, to 0.1 s."""
    return 0 <= found.start_s < found.stop_s <= song.duration_s + 0.1
