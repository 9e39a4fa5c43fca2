"""Which excerpts the fingerprint index finds, and how often it takes a stranger for a friend.

    python benchmarks/retrieval.py --corpus CORPUS --composed FOLDER [--per-song 3] [--rows FILE]

`FOLDER` holds what `benchmarks/composed_songs.py` wrote. The index knows the songs of the corpus
and the backing tracks of the first composed songs. Asked are excerpts of the corpus songs,
transposed (two ways), stretched, buried under voices and noise and encoded; and the composed
songs as sung, other key and tempo. Strangers are the composed songs that are not in the index,
all instrumental music, speech, singing and noise, plain and under a voice, and every corpus song
with itself taken out. chromaprint is asked the same when `pyacoustid` and its library are
installed. `--rows` keeps every answer's sigmas, for `benchmarks/calibration.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calibration import upper_bound
from benchmarks.damage import RATE, Audio, folder, load, over, variants, voiced
from utawaku.models.fingerprint import FingerprintIndex, find_matches, fingerprint
from utawaku.services.recognizer.signature import pcm_from_audio
from utawaku.services.recognizer.transpose import pitch_shift, time_stretch

ACCEPTED = 0.8
"""The setting `labels.accept`."""

TARGETS = {
    "+-3 semitones, voice 0 dB": ("-3, voice", "+3, voice", "-3 plain", "+3 plain"),
    "+-6 semitones, voice 0 dB": ("-6, voice", "+6, voice"),
    "tempo +-6 %, voice 0 dB": ("tempo",),
}


class Tally:
    """What came of the questions."""

    def __init__(self) -> None:
        self.right: dict[str, list[bool]] = defaultdict(list)
        self.accepted: dict[str, list[bool]] = defaultdict(list)
        self.chromaprint: dict[str, list[bool]] = defaultdict(list)
        self.false: dict[str, list[bool]] = defaultdict(list)
        self.rows: list[dict[str, object]] = []
        self.spent_s: list[float] = []

    def ask(self, index: FingerprintIndex, query: Audio, kind: str, song: str, true: str) -> None:
        """One excerpt; `true` is the key of its recording, empty for a stranger."""
        begin = time.process_time()
        found = find_matches(index, query)
        self.spent_s.append(time.process_time() - begin)
        hit = bool(found) and found[0].reference.key == true
        others = [match for match in found if match.reference.key != true]
        if true:
            self.right[kind].append(hit)
            self.accepted[kind].append(hit and found[0].probability >= ACCEPTED)
        for match, is_right in (
            (found[0] if hit else None, True),
            (next(iter(others), None), False),
        ):
            if match is not None:
                self.rows.append(
                    {
                        "song": song,
                        "right": is_right,
                        "sigmas": match.alignment.sigmas,
                        "n_recordings": len(index),
                    }
                )
        wrong = bool(others) and others[0].probability >= ACCEPTED
        self.false["the song taken out" if true else kind].append(wrong)


def retrieval(
    corpus: Path, composed: Path, per_song: int, seconds: float, rows: Path | None
) -> None:
    """Ask everything and print the table."""
    songs = folder(corpus, "songs")
    voices = [
        voiced(audio) for name in ("speech", "singing") for audio in folder(corpus, name).values()
    ]
    voices = [voice for voice in voices if len(voice) > 3 * RATE]
    rng = np.random.default_rng(1)
    chromaprint = Chromaprint(songs)
    tally = Tally()
    n_samples = round(seconds * RATE)
    numbers = sorted(path.name[:4] for path in composed.glob("*.mix.wav"))
    known, strangers = numbers[: len(numbers) // 3], numbers[len(numbers) // 3 :]

    def excerpt(audio: Audio, spare: float = 1.0) -> Audio:
        first = int(rng.uniform(0, max(1, len(audio) - spare * n_samples)))
        return audio[first : first + round(n_samples * spare)]

    def voice() -> Audio:
        return voices[int(rng.integers(len(voices)))]

    with tempfile.TemporaryDirectory() as place, FingerprintIndex(Path(place)) as index:
        for name, audio in songs.items():
            made = fingerprint(audio)
            index.add(name, made.peaks, made.chroma, title=name)
        for number in known:
            made = fingerprint(load(composed / f"{number}.backing.wav"))
            index.add(number, made.peaks, made.chroma, title=number)
        for name, audio in songs.items():
            for _ in range(per_song):
                for kind, query in variants(excerpt(audio, 1.07), voice(), rng):
                    tally.ask(index, query[:n_samples], kind, name, name)
                    tally.chromaprint[kind].append(chromaprint.best(query[:n_samples]) == name)
        for number in known:
            piece = excerpt(load(composed / f"{number}.mix.wav"), 1.07)
            semitones, tempo = int(rng.integers(-4, 5)), float(rng.uniform(0.96, 1.04))
            sung = pitch_shift(time_stretch(piece, 1 / tempo), semitones, RATE)[:n_samples]
            tally.ask(index, sung, "composed: sung over its backing, other key", number, number)
        for number in strangers:
            audio = load(composed / f"{number}.mix.wav")
            for _ in range(per_song):
                tally.ask(index, excerpt(audio), "composed songs", number, "")
                tally.ask(index, over(excerpt(audio), voice(), 0), "the same, voice", number, "")
        for name, audio in folder(corpus, "instrumental").items():
            for _ in range(per_song + 2):
                tally.ask(index, excerpt(audio), "instrumental music", name, "")
                tally.ask(index, over(excerpt(audio), voice(), 0), "the same, voice", name, "")
        for name, audio in folder(corpus, "noise").items():
            for _ in range(3 * per_song):
                tally.ask(index, excerpt(audio), "noise", name, "")
        for number_, audio in enumerate(voices):
            for _ in range(per_song):
                tally.ask(index, excerpt(audio), "speech and singing", f"voice {number_}", "")
        print(f"{len(index)} recordings; {index.size().bytes_per_recording / 1000:.0f} kB each")
    show(tally, seconds, usable=chromaprint.usable)
    if rows:
        rows.write_text(json.dumps(tally.rows))


def show(tally: Tally, seconds: float, *, usable: bool) -> None:
    """Print what came of it."""
    print(
        f"{f'{seconds:g} s excerpts':44} {'n':>4} {'top-1':>6} {'accepted':>9} {'chromaprint':>12}"
    )
    for kind, hits in tally.right.items():
        theirs = tally.chromaprint.get(kind)
        other = f"{np.mean(theirs):12.3f}" if theirs and usable else f"{'-':>12}"
        print(
            f"{kind:44} {len(hits):4} {np.mean(hits):6.3f}"
            f" {np.mean(tally.accepted[kind]):9.3f} {other}"
        )
    for target, kinds in TARGETS.items():
        hits = [hit for kind, some in tally.right.items() if kind.startswith(kinds) for hit in some]
        print(f"all {target:40} {len(hits):4} {np.mean(hits):6.3f}")
    print(f"{'strangers accepted':44} {'n':>4} {'share':>6} {'95% sure below':>15}")
    every: list[bool] = []
    for kind, wrong in tally.false.items():
        every += wrong
        show_share(kind, wrong)
    show_share("all", every)
    good = [float(str(row["sigmas"])) for row in tally.rows if row["right"]]
    bad = [float(str(row["sigmas"])) for row in tally.rows if not row["right"]]
    print(
        f"sigmas of right answers: 1% {np.percentile(good, 1):.1f},"
        f" 5% {np.percentile(good, 5):.1f}, median {np.median(good):.1f};"
        f" of wrong ones: median {np.median(bad):.1f},"
        f" 99% {np.percentile(bad, 99):.1f}, most {max(bad):.1f}"
    )
    print(f"{statistics.median(tally.spent_s) * 1000:.0f} CPU-ms a query")


def show_share(kind: str, wrong: list[bool]) -> None:
    """One line about strangers."""
    bound = upper_bound(sum(wrong), len(wrong))
    print(f"{kind:44} {len(wrong):4} {np.mean(wrong):6.4f} {bound:15.4f}")


class Chromaprint:
    """chromaprint's own fingerprints, matched by their best bit agreement over all offsets."""

    def __init__(self, songs: dict[str, Audio]) -> None:
        self._codes: dict[str, NDArray[np.uint32]] = {}
        try:
            import chromaprint
        except ImportError:
            self.usable = False
            print("chromaprint is not installed: pip install pyacoustid and libchromaprint")
            return
        self._library = chromaprint
        self.usable = True
        self._codes = {name: self._code(audio) for name, audio in songs.items()}

    def best(self, query: Audio) -> str:
        """The song whose codes agree best, at least 62 % of the bits."""
        if not self.usable:
            return ""
        asked = self._code(query)
        best = (0.62, "")
        for name, known in self._codes.items():
            if len(known) < len(asked) or len(asked) == 0:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(known, len(asked))
            wrong = np.bitwise_count(windows ^ asked).sum(axis=1).min()
            best = max(best, (1 - float(wrong) / (32 * len(asked)), name))
        return best[1]

    def _code(self, audio: Audio) -> NDArray[np.uint32]:
        maker = self._library.Fingerprinter()
        maker.start(RATE, 1)
        maker.feed(pcm_from_audio(audio).tobytes())
        codes, _ = self._library.decode_fingerprint(maker.finish())
        return np.array(codes, dtype=np.int64).astype(np.uint32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--composed", type=Path, required=True)
    parser.add_argument("--per-song", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rows", type=Path)
    chosen = parser.parse_args()
    retrieval(chosen.corpus, chosen.composed, chosen.per_song, chosen.seconds, chosen.rows)
