"""Evidence from people: replays of the stream, repeated lyrics, the listener's own replays.

What a site counts as replays is mostly where people begin, and how many of them are still there.
Alone it is worse than chance (`benchmarks/highlight_audience.py`); what rises above that, beside
the model, is better than the model.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.highlight.window import Curve, n_seconds, normalised, smoothed
from utawaku.models.setlist.subtitles import TimedText

REPLAYS_WEIGHT = 0.15
"""Share of the site's replays in the curve that is made of theirs and the model's: more of
it made highlights of evenings worse."""

_BEGINNING_S = 40.0
"""From a song's start, where people begin to listen, or jump to: no more than usual counts."""
_MIN_PLAYS = 4
_LYRIC_HOLD_S = 8.0
_SMOOTH_S = 5


def from_heatmap(
    heatmap: Sequence[Mapping[str, Any]] | None, start_s: float, stop_s: float
) -> Curve | None:
    """Curve of a song at [start_s, stop_s) of a stream, from yt-dlp's `heatmap`.

    The peak where people begin, and the fall while they leave, are taken out. None where there is
    none, or where it is too coarse or flat over the song to tell a part from another.
    """
    points = []
    for row in heatmap or ():
        try:
            begin, end, value = (float(row[key]) for key in ("start_time", "end_time", "value"))
        except (KeyError, TypeError, ValueError):
            continue
        if end > start_s and begin < stop_s and np.isfinite([begin, end, value]).all():
            points.append(((begin + end) / 2, end - begin, value))
    if len(points) < 4:
        return None
    points.sort()
    at, widths, values = np.array(points).T
    if np.median(widths) > (stop_s - start_s) / 4 or np.ptp(values) < 0.02:
        return None
    seconds = start_s + np.arange(n_seconds(stop_s - start_s)) + 0.5
    return normalised(_without_beginning(np.interp(seconds, at, values)))


def _without_beginning(replays: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Take the line through what comes after the beginning out of float (n_seconds,), and what is
    above the usual out of the beginning.
    """
    n_beginning = min(round(_BEGINNING_S), len(replays) // 3)
    seconds = np.arange(len(replays))
    line = np.polynomial.Polynomial.fit(seconds[n_beginning:], replays[n_beginning:], 1)
    rest = replays - line(seconds)
    rest[:n_beginning] = np.minimum(rest[:n_beginning], np.median(rest[n_beginning:]))
    return rest


def from_plays(plays: Sequence[tuple[float, float]], duration_s: float) -> Curve | None:
    """Curve of how often each second was heard; None after few plays, or only whole ones.

    Plays of the whole song, and a start that was given up at once, tell nothing.
    """
    counts = np.zeros(n_seconds(duration_s))
    n_told = 0
    for start_s, stop_s in plays:
        length_s = stop_s - start_s
        if length_s < 3 or length_s > 0.9 * duration_s:
            continue
        n_told += 1
        counts[max(0, int(start_s)) : int(np.ceil(stop_s))] += 1
    if n_told < _MIN_PLAYS or np.ptp(counts) < 2:
        return None
    return normalised(smoothed(counts, _SMOOTH_S))


def from_lyrics(cues: Sequence[TimedText], duration_s: float) -> Curve | None:
    """Curve of how often each line sung is sung in the song; None where few lines come twice.

    `cues` count from the start of the song. A chorus is what comes back with the same words.
    """
    lines = [(cue, _plain(cue.text)) for cue in cues if 0 <= cue.start_s < duration_s]
    lines = [(cue, text) for cue, text in lines if len(text) >= 4]
    counts = Counter(text for _, text in lines)
    repeated = [text for text, n in counts.items() if n > 1]
    if len(lines) < 6 or len(repeated) < 2:
        return None
    curve = np.zeros(n_seconds(duration_s))
    for number, (cue, text) in enumerate(lines):
        begins_next_s = lines[number + 1][0].start_s if number + 1 < len(lines) else duration_s
        stop_s = max(cue.stop_s, min(begins_next_s, cue.start_s + _LYRIC_HOLD_S))
        span = slice(int(cue.start_s), max(int(cue.start_s) + 1, int(np.ceil(stop_s))))
        curve[span] = np.maximum(curve[span], min(counts[text], 4))
    return normalised(smoothed(curve, _SMOOTH_S))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def best_curve(
    *,
    heatmap: Curve | None,
    lyrics: Curve | None,
    plays: Curve | None,
) -> tuple[Curve, str] | None:
    """The curve of the best evidence there is, and its name; None where there is none."""
    for curve, name in ((lyrics, "lyrics"), (plays, "plays"), (heatmap, "heatmap")):
        if curve is not None:
            return curve, name
    return None
