"""The fingerprint index as large as a library of 30,000 songs: how long, how much, how right.

    python benchmarks/fingerprint_scale.py --corpus CORPUS --index FOLDER [--songs 30000]
        [--composed FOLDER] [--rows FILE]

Fills the real index in `FOLDER` (kept, so that a second run starts at once) with made-up songs
out of pieces of real instrumental music and the demo's songs (`benchmarks/mosaics.py`) besides
the songs of the corpus, then asks: excerpts of the corpus songs under voices and in other keys,
whole songs as the pipeline asks (`identify`), and songs that nobody knows.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calibration import upper_bound
from benchmarks.damage import RATE, Audio, folder, load, over, variants, voiced
from benchmarks.mosaics import mosaic
from utawaku.models.fingerprint import (
    Fingerprint,
    FingerprintIndex,
    find_matches,
    fingerprint,
    identify,
)
from utawaku.models.fingerprint.triples import triples_of
from utawaku.services.recognizer.transpose import pitch_shift

ACCEPTED = 0.8
KINDS = ("as it is", "voice 0 dB", "-3, voice", "+3, voice", "-6, voice", "+6, voice", "tempo")


def fill(index: FingerprintIndex, songs: dict[str, Audio], pool: list[Fingerprint], n: int) -> None:
    """Add what is missing of the corpus songs and `n` recordings in all; print what it took."""
    for name, audio in songs.items():
        if name not in index:
            made = fingerprint(audio)
            index.add(name, made.peaks, made.chroma, title=name)
    numbers = range(len(index) - len(songs), n - len(songs))
    begin, cpu = time.perf_counter(), time.process_time()
    for number in numbers:
        made = mosaic(number, pool)
        index.add(f"mosaic-{number}", made.peaks, made.chroma, title=f"mosaic {number}")
    added_s = time.perf_counter() - begin
    begin = time.process_time()
    index.postings()
    if numbers:
        print(
            f"added {len(numbers)}: {added_s / len(numbers) * 1000:.1f} ms each with composing,"
            f" {(time.process_time() - begin) / len(numbers) * 1000:.1f} CPU-ms each to index"
            f" ({time.process_time() - cpu:.0f} CPU-s in all)"
        )


def start_up(place: Path) -> None:
    """A fresh process's first question, and a song added to the full index."""
    begin = time.perf_counter()
    with FingerprintIndex(place) as index:
        parts = index.postings()
        print(f"opened in {time.perf_counter() - begin:.3f} s, {len(parts)} part(s)")
        size = index.size()
        print(
            f"{size.n_recordings} recordings, {size.n_postings:,} postings, "
            f"{size.n_bytes / 1e9:.2f} GB, {size.bytes_per_recording / 1000:.1f} kB each"
        )
        keys = parts[0].keys[:: max(len(parts[0].keys) // 3000, 1)].astype(np.int64)
        begin = time.process_time()
        for key in keys:
            for part in parts:
                starts, counts = part.span(np.array([key]), np.array([key + 1]))
                part.where[int(starts[0]) : int(starts[0] + counts[0])].sum()
        spent_us = (time.process_time() - begin) / len(keys) * 1e6
        print(f"one hash looked up with its postings: {spent_us:.0f} CPU-us")
        made = fingerprint(np.random.default_rng(0).normal(0, 0.1, 60 * RATE).astype(np.float32))
        begin = time.perf_counter()
        index.add("added", made.peaks, made.chroma, title="added")
        index.postings()
        print(f"one more recording, ready to be found: {time.perf_counter() - begin:.3f} s")
        index.remove("added")


def ask(
    place: Path, songs: dict[str, Audio], voices: list[Audio], strangers: dict[str, Audio]
) -> list[dict[str, object]]:
    """Excerpts and whole songs; the rows for `benchmarks/calibration.py`."""
    rng = np.random.default_rng(1)
    right: dict[str, list[bool]] = defaultdict(list)
    spent: dict[str, list[float]] = defaultdict(list)
    wrong: list[bool] = []
    rows: list[dict[str, object]] = []
    n_samples = 15 * RATE
    with FingerprintIndex(place) as index:
        n_recordings = len(index)

        def note(found: list, true: str, song: str) -> bool:  # type: ignore[type-arg]
            others = [match for match in found if match.reference.key != true]
            hit = bool(found) and found[0].reference.key == true
            for match, is_right in ((found[:1], hit), (others[:1], False)):
                if match and (is_right or match is not found[:1]):
                    rows.append(
                        {
                            "song": song,
                            "right": is_right,
                            "sigmas": match[0].alignment.sigmas,
                            "n_recordings": n_recordings,
                        }
                    )
            wrong.append(bool(others) and others[0].probability >= ACCEPTED)
            return hit

        for name, audio in songs.items():
            for _ in range(2):
                first = int(rng.uniform(0, max(1, len(audio) - 1.07 * n_samples)))
                piece = audio[first : first + round(1.07 * n_samples)]
                for kind, query in variants(piece, voices[int(rng.integers(len(voices)))], rng):
                    if not kind.startswith(KINDS):
                        continue
                    begin = time.process_time()
                    found = find_matches(index, query[:n_samples])
                    spent["excerpt"].append(time.process_time() - begin)
                    right[kind].append(note(found, name, name))
            voice = np.resize(voices[int(rng.integers(len(voices)))], len(audio))
            semitones = int(rng.choice([-3, -2, 2, 3]))
            sung = over(pitch_shift(audio, semitones, RATE), voice, 0)
            begin = time.process_time()
            named = identify(index, sung, covers=False)
            spent["whole song, known"].append(time.process_time() - begin)
            hit = bool(named) and named[0].title == name and named[0].score >= ACCEPTED
            right["whole song, other key, voice 0 dB: named"].append(hit)
        for name, audio in strangers.items():
            found = find_matches(index, audio[len(audio) // 3 : len(audio) // 3 + n_samples])
            note(found, "", name)
            begin = time.process_time()
            named = identify(index, audio, covers=False)
            spent["whole song, unknown"].append(time.process_time() - begin)
            wrong.append(bool(named) and named[0].score >= ACCEPTED)
        query = triples_of(fingerprint(audio[:n_samples]).peaks, 30)
    for kind, hits in right.items():
        print(f"{kind:44} {len(hits):4} {np.mean(hits):6.3f}")
    bound = upper_bound(sum(wrong), len(wrong))
    print(f"strangers accepted {sum(wrong)} of {len(wrong)} (95 % sure below {bound:.4f})")
    for what, times in spent.items():
        middle, most = np.median(times), max(times)
        print(f"{what}: median {middle:.2f} CPU-s, most {most:.2f} (n={len(times)})")
    print(f"{len(query)} triples in the last excerpt")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak memory {peak:.0f} MB, mapped pages of the index included")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=30_000)
    parser.add_argument("--composed", type=Path)
    parser.add_argument("--strangers", type=int, default=60)
    parser.add_argument("--rows", type=Path)
    chosen = parser.parse_args()
    songs = folder(chosen.corpus, "songs")
    voices = [
        voiced(audio)
        for name in ("speech", "singing")
        for audio in folder(chosen.corpus, name).values()
    ]
    with FingerprintIndex(chosen.index) as index:
        if len(index) < chosen.songs:
            from utawaku.demo.rendering import render_song
            from utawaku.demo.songbook import SONGS

            made = [fingerprint(audio) for audio in folder(chosen.corpus, "instrumental").values()]
            for name in SONGS:
                mix = render_song(name, sample_rate_hz=RATE).mix.mean(axis=0)
                made.append(fingerprint(mix.astype(np.float32)))
            fill(index, songs, made, chosen.songs)
    start_up(chosen.index)
    strangers = {}
    if chosen.composed:
        paths = sorted(chosen.composed.glob("*.mix.wav"))[: chosen.strangers]
        strangers = {path.name: load(path) for path in paths}
    rows = ask(chosen.index, songs, [v for v in voices if len(v) > 3 * RATE], strangers)
    if chosen.rows:
        chosen.rows.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
