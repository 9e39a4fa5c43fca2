"""How much chorus is in the best half minute: `python benchmarks/highlights.py [--rounds N]`.

Demo songs, each judged by a model that never heard its melody, with the levels of their parts
changed at random (`random levels`) and as rendered; with UTAWAKU_CORPUS also the corpus streams'
songs with known choruses, by the shipped model, which was trained on demo songs alone.

gain = (coverage - random) / (oracle - random).
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import itertools

from models.demo import SONGS, render_song
from models.highlight import best_window, shipped_model
from models.highlight.window import n_seconds, smoothed
from models.tempo import SAMPLE_RATE_HZ, listen, listen_file
from models.training.highlights import Example, demo_examples, judge, train

Picker = Callable[[Example], tuple[float, float]]


def middle(example: Example) -> tuple[float, float]:
    start = max(0.0, (example.heard.duration_s - 30) / 2)
    return start, start + 30


def start_at_30(example: Example) -> tuple[float, float]:
    start = max(0.0, min(30.0, example.heard.duration_s - 30))
    return start, start + 30


def loudest(example: Example) -> tuple[float, float]:
    level = example.heard.bands.sum(axis=1)
    rate = SAMPLE_RATE_HZ / 128
    edges = (np.arange(n_seconds(example.heard.duration_s) + 1) * rate).astype(int)
    curve = [level[a:b].mean() if b > a else 0 for a, b in itertools.pairwise(edges)]
    return best_window(smoothed(np.array(curve), 3).astype(np.float32), example.heard.duration_s)


def report(title: str, examples: Sequence[Example], pickers: dict[str, Picker]) -> None:
    print(
        f"\n{title}: {len(examples)} songs\n| Window | coverage | gain | IoU |\n|---|---|---|---|"
    )
    for name, pick in pickers.items():
        found = [judge(pick(e), e.heard.duration_s, e.chorus_spans) for e in examples]
        coverage, gain, iou = np.mean([[j.coverage, j.gain, j.iou] for j in found], axis=0)
        print(f"| {name} | {coverage:.2f} | {gain:.2f} | {iou:.2f} |", flush=True)


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    simple: dict[str, Picker] = {
        "middle": middle,
        "start at 30 s": start_at_30,
        "loudest": loudest,
    }
    changed = demo_examples(arguments.rounds, seed=7)
    plain = []
    for name in SONGS:
        song = render_song(name, seconds=100, sample_rate_hz=SAMPLE_RATE_HZ, seed=3)
        plain.append(Example(name, listen(song.mix.mean(axis=0)), song.chorus_spans))
    models = {name: train([e for e in changed if e.name != name]) for name in SONGS}

    def learned(example: Example) -> tuple[float, float]:
        return best_window(models[example.name].curve(example.heard), example.heard.duration_s)

    report("Demo songs, random levels", changed, {**simple, "model, song held out": learned})
    report("Demo songs as rendered", plain, {**simple, "model, song held out": learned})
    corpus = os.environ.get("UTAWAKU_CORPUS")
    if corpus and (examples := corpus_examples(Path(corpus))):

        def shipped(example: Example) -> tuple[float, float]:
            return best_window(shipped_model().curve(example.heard), example.heard.duration_s)

        report("Corpus", examples, {**simple, "shipped model": shipped})


if __name__ == "__main__":
    main()
