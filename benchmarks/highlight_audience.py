"""Worth of viewers as evidence of highlights: `python benchmarks/highlight_audience.py`.

No audience of real streams can be had with choruses known, so one is simulated around composed
songs whose choruses are known and whose levels say nothing. It has the habits that people describe:

* chat: it comes a stream's delay and the time of typing late; many write at a song's end (half of
  them clap) and name it at its start; every second chorus moves them, and so does what is no chorus
  (a slip, a joke, a gift); few of those who are there write most of it;
* replays: 100 spans over the whole video, with the most at its start and fewer and fewer on the
  way; in an evening many jump to where a song starts, and hear it from there.

gain and IoU as in `benchmarks/highlights.py`, of songs of their own numbers.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from utawaku.models.chat import ChatMessage
from utawaku.models.highlight import (
    REPLAYS_WEIGHT,
    best_window,
    from_chat,
    from_heatmap,
    shipped_model,
    with_model,
)
from utawaku.models.highlight.crowd import WEIGHT
from utawaku.models.highlight.window import Curve
from utawaku.models.training.highlights import Example, composed_examples, judge_example

N_SPANS = 100
N_AUDIENCES = 3
"""Of each song."""
A_VIDEO = 10
"""Songs of an evening."""
FIRST_SONG = 100_000
SIZES = {"few": (3.0, 15), "some": (12.0, 60), "many": (60.0, 400)}
"""By name: messages a minute while nothing happens, and how many viewers write."""
WORDS = ("うまい", "すき", "かっこいい", "ww", "great", "好听", "声が良い", "!!")
CLAPS = ("8888888", "👏👏👏", "パチパチパチ")


@dataclass(frozen=True)
class Sung:
    """A song with the model's curve, at its place in a stream."""

    example: Example
    curve: Curve
    start_s: float

    @property
    def duration_s(self) -> float:
        return self.example.heard.duration_s

    @property
    def stop_s(self) -> float:
        return self.start_s + self.duration_s


def video(songs: Sequence[tuple[Example, Curve]], rng: np.random.Generator) -> list[Sung]:
    """Return songs one after another, with talk before each where there are several."""
    sung: list[Sung] = []
    at_s = 0.0
    for example, curve in songs:
        at_s += float(rng.uniform(30, 180)) if len(songs) > 1 else 0.0
        sung.append(Sung(example, curve, at_s))
        at_s = sung[-1].stop_s
    return sung


def chat_of(song: Sung, size: str, rng: np.random.Generator) -> list[ChatMessage]:
    """Return the messages around a song."""
    a_minute, n_viewers = SIZES[size]
    delay_s = float(rng.uniform(2, 10))
    # The few who write most: the chance of a viewer falls with the rank.
    below = np.cumsum(1 / np.arange(1, n_viewers + 1))
    found: list[ChatMessage] = []

    def write(n: float, first_s: float, last_s: float, words: Sequence[str]) -> None:
        n_written = rng.poisson(n)
        typing_s = rng.lognormal(np.log(3.5), 0.5, n_written)
        at_s = rng.uniform(first_s, last_s, n_written) + delay_s + typing_s
        authors = np.searchsorted(below, rng.uniform(0, below[-1], n_written))
        texts = rng.choice(words, n_written)
        found.extend(
            ChatMessage(float(at), f"viewer {author}", str(text))
            for at, author, text in zip(at_s, authors, texts, strict=True)
        )

    around_s = song.duration_s + 60
    write(a_minute * around_s / 60, song.start_s - 30, song.stop_s + 30, WORDS)
    write(a_minute / 2, song.start_s, song.start_s + 15, ("曲名", "この曲すき", "title"))
    write(a_minute, song.stop_s - 3, song.stop_s + 8, CLAPS)
    write(a_minute, song.stop_s - 6, song.stop_s + 8, WORDS)
    moments = [
        float(rng.uniform(begin, min(begin + 15, end)))
        for begin, end in song.example.chorus_spans
        if rng.random() < 0.5
    ]
    if rng.random() < 0.6:
        moments.append(float(rng.uniform(0, song.duration_s)))
    for moment_s in moments:
        at_s = song.start_s + moment_s
        write(a_minute * float(rng.lognormal(0, 0.6)), at_s, at_s + 6, WORDS)
    return sorted(found, key=lambda one: one.offset_s)


def heatmap_of(sung: Sequence[Sung], rng: np.random.Generator) -> list[dict[str, float]]:
    """Return replays of a video that ends with its last song."""
    end_s = sung[-1].stop_s
    edges = np.linspace(0, end_s, N_SPANS + 1)
    at_s = (edges[1:] + edges[:-1]) / 2
    replays = 0.4 + 0.6 * np.exp(-3 * at_s / end_s)  # fewer and fewer are still there
    replays += 2.0 * np.exp(-at_s / (0.02 * end_s))  # where all begin
    for song in sung:
        if len(sung) > 1:
            since_s = at_s - song.start_s
            jumps = np.exp(-np.maximum(since_s, 0) / 45) * (since_s > -edges[1])
            replays += float(rng.lognormal(-0.7, 0.6)) * jumps
        for begin, end in song.example.chorus_spans:
            if rng.random() < 0.6:
                inside = (at_s > song.start_s + begin - 4) & (at_s < song.start_s + end)
                replays += float(rng.lognormal(-1.2, 0.5)) * inside
    replays *= rng.lognormal(0, 0.08, N_SPANS)
    replays = np.convolve(np.pad(replays, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    replays = (replays - replays.min()) / np.ptp(replays)
    return [
        {"start_time": float(a), "end_time": float(b), "value": float(value)}
        for a, b, value in zip(edges[:-1], edges[1:], replays, strict=True)
    ]


Evidence = Callable[[Sung], Curve | None]


def report(title: str, songs: Sequence[Sung], evidence: Evidence, weight: float) -> None:
    """Print how good highlights are where there is evidence: without it, by it alone, by both."""
    told = [(song, curve) for song in songs if (curve := evidence(song)) is not None]
    cells = [f"{len(told)} of {len(songs)}"]
    curves = (
        [song.curve for song, _ in told],
        [viewers for _, viewers in told],
        [with_model(viewers, song.curve, weight) for song, viewers in told],
    )
    for way in curves:
        judged = [
            judge_example(song.example, best_window(curve, song.duration_s))
            for (song, _), curve in zip(told, way, strict=True)
        ]
        gain, iou = np.mean([[one.gain, one.iou] for one in judged], axis=0) if judged else (0, 0)
        cells.append(f"{gain:.2f} / {iou:.2f}")
    print(f"| {title} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=int, default=40, help="composed songs")
    arguments = parser.parse_args()
    half = arguments.songs // 2
    songs = []
    for unheard in (False, True):
        numbers = range(FIRST_SONG, FIRST_SONG + half)
        for example in composed_examples(numbers, unheard=unheard, levels=True):
            songs.append((example, shipped_model().curve(example.heard)))
    rng = np.random.default_rng(4)
    alone = [video([song], rng) for _ in range(N_AUDIENCES) for song in songs]
    evenings = [
        video(songs[first : first + A_VIDEO], rng)
        for _ in range(N_AUDIENCES)
        for first in range(0, len(songs), A_VIDEO)
    ]
    print("| gain / IoU | evidence | model | viewers alone | both |\n|---|---|---|---|---|")
    for size in SIZES:
        sung = [song for evening in evenings for song in evening]
        chats = {id(song): chat_of(song, size, rng) for song in sung}
        report(
            f"chat, {size} viewers",
            sung,
            lambda song, chats=chats: from_chat(chats[id(song)], song.start_s, song.stop_s),
            WEIGHT,
        )
    for title, videos in (("replays of a song", alone), (f"of {A_VIDEO} songs", evenings)):
        maps = {id(song): heatmap for sung in videos for heatmap in [heatmap_of(sung, rng)]
                for song in sung}  # fmt: skip
        report(
            title,
            [song for sung in videos for song in sung],
            lambda song, maps=maps: from_heatmap(maps[id(song)], song.start_s, song.stop_s),
            REPLAYS_WEIGHT,
        )


if __name__ == "__main__":
    main()
