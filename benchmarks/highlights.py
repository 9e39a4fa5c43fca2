"""How much chorus is in the best half minute: `python benchmarks/highlights.py [--songs N]`.

The shipped model, which has heard songs made by chance alone, beside picks that need no model, on

* composed songs that it has not heard: bands that it knows and bands that it does not, levels as
  rendered and with every section louder or softer by chance;
* the demo's songs, as rendered and with random levels: none of them was trained on;
* all of these with up to 20 s missing at the start or at the end, at random;
* with UTAWAKU_CORPUS, the songs of the corpus streams whose choruses are known;
* with --marked FOLDER, any songs with choruses or a curve (see `utawaku train highlight`).

gain = (coverage - random) / (oracle - random); IoU with the best window there is, and, as choruses
of a song are mostly as good as each other, with the nearest that reaches .95 of the best gain. What
knows every chorus tells how high both can get: the middle of any of them, and the best window by
edges that are a second off.
"""

import argparse
import itertools
import json
import os
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from utawaku.demo import SONGS, render_song
from utawaku.models.highlight import best_window, certainty, shipped_model
from utawaku.models.highlight.window import HIGHLIGHT_S
from utawaku.models.tempo import SAMPLE_RATE_HZ, listen, listen_file
from utawaku.models.tempo.features import FRAME_RATE_HZ, PITCH_RATE_HZ, Heard
from utawaku.models.training.highlight_baselines import BASELINES
from utawaku.models.training.highlights import (
    Example,
    composed_examples,
    demo_examples,
    judge_example,
    read_examples,
    targets,
)

Picker = Callable[[Example], tuple[float, float]]
FIRST_TEST_SONG = 100_000
GOOD = 0.6
"""Gain from which a highlight is a good one; see `certainty`."""


def shipped(example: Example) -> tuple[float, float]:
    return best_window(shipped_model().curve(example.heard), example.heard.duration_s)


def any_chorus(example: Example) -> tuple[float, float]:
    """The half minute around the middle of a chorus, whichever chance takes."""
    rng = np.random.default_rng(zlib.crc32(example.name.encode()))
    start_s, stop_s = example.chorus_spans[rng.integers(len(example.chorus_spans))]
    latest_s = max(0.0, example.heard.duration_s - HIGHLIGHT_S)
    at_s = min(max(0.0, (start_s + stop_s - HIGHLIGHT_S) / 2), latest_s)
    return at_s, min(at_s + HIGHLIGHT_S, example.heard.duration_s)


def second_off(example: Example) -> tuple[float, float]:
    """The best half minute by choruses whose edges lie a second off, either way by chance."""
    rng = np.random.default_rng(zlib.crc32(example.name.encode()))
    edges = np.array(example.chorus_spans) + rng.normal(0, 1, (len(example.chorus_spans), 2))
    spans = [(start_s, stop_s) for start_s, stop_s in edges.tolist() if stop_s > start_s]
    return best_window(targets(replace(example, chorus_spans=spans)), example.heard.duration_s)


KNOWING: dict[str, Picker] = {
    "any chorus, by the truth": any_chorus,
    "best by a truth 1 s off": second_off,
}
PICKERS: dict[str, Picker] = {
    **{name: lambda example, pick=pick: pick(example.heard) for name, pick in BASELINES.items()},
    "shipped model": shipped,
}


def report(title: str, examples: Sequence[Example]) -> None:
    heads = "Window | coverage | gain | IoU | IoU with a good one | CPU ms a song"
    print(f"\n{title}: {len(examples)} songs\n| {heads} |\n|---|---|---|---|---|---|")
    marked = all(example.chorus_spans for example in examples)
    for name, pick in (PICKERS | (KNOWING if marked else {})).items():
        started = time.process_time()
        windows = [pick(example) for example in examples]
        spent_ms = (time.process_time() - started) / len(examples) * 1e3
        found = [judge_example(e, window) for window, e in zip(windows, examples, strict=True)]
        rows = [[j.coverage, j.gain, j.iou, j.iou_of_good] for j in found]
        numbers = " | ".join(f"{number:.2f}" for number in np.mean(rows, axis=0))
        print(f"| {name} | {numbers} | {spent_ms:.0f} |", flush=True)


def shortened(example: Example, rng: np.random.Generator) -> Example:
    """The song without up to 20 s at one of its ends."""
    heard = example.heard
    lost_s, from_start = float(rng.uniform(0, 20)), rng.random() < 0.5
    n_bands, n_pitch = round(lost_s * FRAME_RATE_HZ), round(lost_s * PITCH_RATE_HZ)
    bands, chroma = heard.bands, heard.chroma
    cut = Heard(
        bands[n_bands:] if from_start else bands[: len(bands) - n_bands],
        chroma[n_pitch:] if from_start else chroma[: len(chroma) - n_pitch],
        heard.n_samples - round(lost_s * SAMPLE_RATE_HZ),
    )
    moved = lost_s if from_start else 0.0
    spans = [(max(0.0, a - moved), min(cut.duration_s, b - moved)) for a, b in example.chorus_spans]
    return Example(example.name, cut, [(a, b) for a, b in spans if b > a])


def plain_demo_examples() -> list[Example]:
    rendered = [
        render_song(name, seconds=seconds, sample_rate_hz=SAMPLE_RATE_HZ, seed=3)
        for name in SONGS
        for seconds in (100, 160)
    ]
    return [
        Example(song.name, listen(song.mix.mean(axis=0)), song.chorus_spans) for song in rendered
    ]


def report_certainty(examples: Sequence[Example]) -> None:
    """Print how often highlights are good that are said to be: a third of the songs a row."""
    rows = []
    for example in examples:
        curve = shipped_model().curve(example.heard)
        window = best_window(curve, example.heard.duration_s)
        said = certainty(curve, *window)
        if said is not None:
            rows.append((said, judge_example(example, window).gain >= GOOD))
    said, true = np.array(sorted(rows)).T
    print(f"\ncertainty of {len(rows)} songs: said | true (a gain of {GOOD} and more)")
    for third in np.array_split(np.arange(len(rows)), 3):
        print(f"{said[third].mean():.2f} | {true[third].mean():.2f}")


def corpus_examples(folder: Path) -> list[Example]:
    found = []
    for truth in sorted((folder / "streams").glob("*.truth.json")):
        media = next(
            path
            for path in truth.parent.glob(f"{truth.name.removesuffix('.truth.json')}.*")
            if path.suffix != ".json"
        )
        for number, song in enumerate(json.loads(truth.read_text())["songs"]):
            if song.get("chorus"):
                heard = listen_file(media, start_s=song["start"], stop_s=song["end"])
                spans = [(a - song["start"], b - song["start"]) for a, b in song["chorus"]]
                found.append(Example(f"{truth.name} {number}", heard, spans))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=int, default=40, help="composed songs of each kind")
    parser.add_argument("--marked", type=Path, help="folder of marked songs")
    arguments = parser.parse_args()
    rng = np.random.default_rng(5)
    every = []
    for unheard, levels in itertools.product((False, True), (False, True)):
        numbers = range(FIRST_TEST_SONG, FIRST_TEST_SONG + arguments.songs)
        examples = composed_examples(numbers, unheard=unheard, levels=levels)
        band = "bands and tempos not heard in training" if unheard else "bands heard in training"
        report(f"Composed, {band}, {'random levels' if levels else 'as rendered'}", examples)
        every += examples
    for title, examples in (
        ("Demo songs as rendered", plain_demo_examples()),
        ("Demo songs, random levels", demo_examples(2, seed=7)),
    ):
        report(title, examples)
        every += examples
    cut = [shortened(example, rng) for example in every]
    report("All of these, cut at one end", cut)
    report_certainty([*every, *cut])
    corpus = os.environ.get("UTAWAKU_CORPUS")
    if corpus and (examples := corpus_examples(Path(corpus))):
        report("Corpus", examples)
    if arguments.marked:
        examples, _ = read_examples(arguments.marked)
        report(f"Songs of {arguments.marked.name}", examples)
        if cut_ones := [shortened(one, rng) for one in examples if one.interest is None]:
            report("Those with choruses, cut at one end", cut_ones)


if __name__ == "__main__":
    main()
