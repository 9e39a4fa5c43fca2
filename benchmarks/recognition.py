"""Recognition measured: signatures against ShazamAPI, covers against strangers.

    python benchmarks/recognition.py signatures [--song FILE]
    python benchmarks/recognition.py covers [--composed 30]

`signatures` compares CPU time and bytes on the same samples (medians). `covers` plays the
built-in demo songs and composed ones anew: other key, tempo and arrangement. Retrieval is in
`benchmarks/retrieval.py`, scale in `benchmarks/fingerprint_scale.py`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calibration import upper_bound
from benchmarks.composed_songs import compose, mono, play, styles
from benchmarks.damage import RATE, Audio, load
from utawaku.models.fingerprint import FingerprintIndex, find_covers, fingerprint, identify
from utawaku.models.labels import accepted, rank_candidates
from utawaku.services.recognizer.signature import iter_signatures, pcm_from_audio, signature_of


def cpu_s(work: Callable[[], Any], repeats: int) -> float:
    """Median CPU time of `work`."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return statistics.median(times)


# --- signatures -------------------------------------------------------------------------------


def signatures(song: Path | None) -> None:
    """CPU time of ShazamAPI's signature and of ours on the same samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ShazamAPI.algorithm import SignatureGenerator

    audio = load(song) if song else _made_up(240)
    pcm = pcm_from_audio(audio)
    excerpt = pcm[len(pcm) // 3 : len(pcm) // 3 + 12 * RATE]

    def theirs(samples: NDArray[np.int16], limit_s: float) -> list[bytes]:
        generator = SignatureGenerator()
        generator.MAX_TIME_SECONDS = limit_s
        generator.feed_input(samples.tolist())
        out = []
        while (message := generator.get_next_signature()) is not None:
            out.append(message.encode_to_binary())
        return out

    def ours(samples: NDArray[np.int16], limit_s: float) -> list[bytes]:
        return [made.to_bytes() for _, made in iter_signatures(samples, limit_s=limit_s)]

    rows = [
        ("12 s excerpt", excerpt, 12.0, 5, 15),
        (f"{len(pcm) / RATE:.0f} s song", pcm, 8.0, 1, 7),
    ]
    print(f"{'audio':16} {'ShazamAPI s':>12} {'ours s':>9} {'ratio':>7}  bytes")
    for label, samples, limit_s, slow, fast in rows:
        same = theirs(samples, limit_s) == ours(samples, limit_s)
        reference_s = cpu_s(lambda s=samples, t=limit_s: theirs(s, t), slow)  # type: ignore[misc]
        ours_s = cpu_s(lambda s=samples, t=limit_s: ours(s, t), fast)  # type: ignore[misc]
        verdict = "identical" if same else "DIFFERENT"
        print(
            f"{label:16} {reference_s:12.3f} {ours_s:9.4f} {reference_s / ours_s:6.1f}x  {verdict}"
        )
    assert signature_of(excerpt).to_bytes() == ours(excerpt, 12.0)[0]


def _made_up(seconds: int) -> Audio:
    rng = np.random.default_rng(0)
    t = np.arange(seconds * RATE) / RATE
    audio = rng.normal(0, 0.02, len(t))
    for hz, pulse in ((196, 2), (262, 1), (330, 1.5), (523, 3), (880, 2.3), (2093, 4), (3951, 5)):
        gate = np.sin(2 * np.pi * pulse * t) > 0
        audio += 0.08 * gate * np.sin(2 * np.pi * hz * t + 3 * np.sin(0.3 * t))
    return audio.astype(np.float32)


# --- covers -----------------------------------------------------------------------------------


def covers(n_composed: int) -> None:
    """Songs sung anew in another key, tempo and arrangement; the index has their backings."""
    from utawaku.demo.rendering import render_song
    from utawaku.demo.songbook import SONGS

    index_of: dict[str, Audio] = {}
    anew: dict[str, Audio] = {}
    for name in SONGS:
        plain = render_song(name, sample_rate_hz=RATE)
        index_of[name] = mono(plain.accompaniment)
        again = render_song(name, sample_rate_hz=RATE, transpose=3, tempo_factor=0.95, seed=7)
        anew[name] = mono(again.mix)
    for number in range(n_composed):
        key = f"composed-{number}"
        index_of[key] = mono(play(number).accompaniment)
        own = compose(number).style
        other = next(style for style in styles()[number % 3 :] if style != own)
        cover = play(number, transpose=-4, tempo_factor=1.06, style=other)
        anew[key] = mono(cover.mix)
    strangers = {
        f"stranger-{number}": mono(play(number).mix) for number in range(n_composed, 3 * n_composed)
    }
    with tempfile.TemporaryDirectory() as place, FingerprintIndex(Path(place)) as index:
        for key, audio in index_of.items():
            made = fingerprint(audio)
            index.add(key, made.peaks, made.chroma, title=key)
        print(f"{len(index)} recordings known")
        for kind, queries in (
            ("demo songs", {name: anew[name] for name in SONGS}),
            ("composed, other band", {k: v for k, v in anew.items() if k not in SONGS}),
            ("strangers", strangers),
        ):
            _judge_covers(index, kind, queries)


def _judge_covers(index: FingerprintIndex, kind: str, queries: dict[str, Audio]) -> None:
    first, shown, applied = [], [], []
    for key, audio in queries.items():
        matches = find_covers(index, fingerprint(audio).chroma)
        first.append(bool(matches) and matches[0].reference.key == key)
        guesses = [c for c in identify(index, audio, covers=True) if c.source == "cover"]
        shown.append(bool(guesses))
        named = accepted(rank_candidates(guesses), 0.0, margin=0.0)
        applied.append(named is not None)
        if any(not guess.evidence.get("guess") for guess in guesses):
            raise SystemExit(f"{key}: a cover is not marked as a guess")
    print(
        f"{kind:24} n {len(first):3}  first {np.mean(first):.3f}  a guess is shown"
        f" {np.mean(shown):.3f}  applied without asking {sum(applied)}"
        f" (95 % sure below {upper_bound(sum(applied), len(applied)):.3f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    part = commands.add_parser("signatures")
    part.add_argument("--song", type=Path)
    part = commands.add_parser("covers")
    part.add_argument("--composed", type=int, default=30)
    chosen = parser.parse_args()
    if chosen.command == "signatures":
        signatures(chosen.song)
    else:
        covers(chosen.composed)


if __name__ == "__main__":
    main()
