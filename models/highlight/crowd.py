"""Density of viewers' messages as evidence of a song's highlight.

The count of messages is evidence for a highlight, never for a name. Applause and titles are left
out: the one comes when a song is over, the other when it begins. A viewer counts once in a while,
so that one who writes all the time decides nothing.
"""

import re
from collections.abc import Sequence

import numpy as np

from utawaku.models.chat import ChatMessage
from utawaku.models.highlight.window import Curve, n_seconds, normalised, smoothed

LAG_S = 6.0
"""Delay after which viewers write about a moment: they hear, then type. Assumed, not measured."""
WEIGHT = 0.3
"""Share of the viewers in the curve that is made of theirs and the model's: more of it made
highlights worse (`benchmarks/highlight_audience.py`)."""

_ONCE_IN_S = 10.0
_SMOOTH_S = 15
_EDGE_S = 12.0
_LEAST_MESSAGES = 40
"""With fewer, highlights got worse."""
_LEAST_AUTHORS = 5
_LEAST_CONTRAST = 2.0
"""The busiest second, smoothed, over the median one: below, they chat as ever."""
_APPLAUSE = re.compile(
    r"[8８]{2,}|[👏🎉]+|パチパチ.*|拍手.*|ぱちぱち.*|おつ.*|お疲れ.*|ありがと.*|辛苦了?|鼓掌|짝+|수고.*"
    r"|(clap|gg|thank(s| you)|nice song|bravo)[\s!~]*",
    re.IGNORECASE,
)


def from_chat(chat: Sequence[ChatMessage], start_s: float, stop_s: float) -> Curve | None:
    """Return the curve of how much was written about each second of a song.

    Args:
        chat: messages of the whole stream.
        start_s: where the song starts in the stream.
        stop_s: where it stops.

    Returns float32 (n_seconds,) in [0, 1]; None where too few wrote too little, or all alike.
    """
    times_s, authors = _moments(chat, start_s, stop_s)
    if len(times_s) < _LEAST_MESSAGES or len(authors) < _LEAST_AUTHORS:
        return None
    length = n_seconds(stop_s - start_s)
    counts = np.bincount(np.asarray(times_s, np.int64), minlength=length)[:length]
    density = smoothed(counts.astype(np.float64), _SMOOTH_S)
    if density.max() < _LEAST_CONTRAST * max(float(np.median(density)), 1 / _SMOOTH_S):
        return None
    return normalised(density)


def with_model(viewers: Curve, model: Curve, weight: float = WEIGHT) -> Curve:
    """Return the mean of the viewers' curve and the model's, both (n_seconds,), by `weight`."""
    length = min(len(viewers), len(model))
    mixed = weight * viewers[:length] + (1 - weight) * model[:length]
    return normalised(np.concatenate([mixed, model[length:] * (1 - weight)]))


def _moments(
    chat: Sequence[ChatMessage], start_s: float, stop_s: float
) -> tuple[list[float], set[str]]:
    """Seconds of the song that messages are about, and who wrote them."""
    first_s, last_s = start_s + _EDGE_S, stop_s - _EDGE_S
    times_s: list[float] = []
    counted: dict[str, float] = {}
    for number, message in enumerate(chat):
        at_s = message.offset_s - LAG_S
        if not first_s <= at_s < last_s or _APPLAUSE.fullmatch(message.text):
            continue
        # Where the form tells no author, each message counts as another viewer's.
        author = message.author or f"#{number}"
        if at_s - counted.get(author, -_ONCE_IN_S) < _ONCE_IN_S:
            continue
        counted[author] = at_s
        times_s.append(at_s - start_s)
    return times_s, set(counted)
