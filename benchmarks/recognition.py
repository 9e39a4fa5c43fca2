"""Recognition measured: signatures against ShazamAPI, retrieval against chromaprint.

    python benchmarks/recognition.py signatures [--song FILE]
    python benchmarks/recognition.py retrieval --corpus FOLDER [--per-song 3] [--seconds 15]
    python benchmarks/recognition.py lookup [--songs 30000]
    python benchmarks/recognition.py covers

`signatures` compares CPU time and bytes on the same samples (medians). `retrieval` indexes the
songs of a corpus folder and asks with excerpts that were transposed (two ways), stretched, buried
under voices and noise and encoded; negatives are recordings that are not in the index, and every
song with itself taken out. It prints the fitted curve from sigmas to probability. chromaprint is
asked the same when `pyacoustid` and the library are installed. `lookup` fills an index with made-up
songs and times one pair's lookup. `covers` plays the built-in demo songs anew.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.fingerprint import FingerprintIndex, find_matches, fingerprint
from models.fingerprint.constellation import FRAME_S, N_BINS, Constellation
from models.fingerprint.cover import compare
from models.fingerprint.pairs import (
    QUERY_PEAKS_PER_S,
    Pairs,
    affordable,
    build_postings,
    look_up,
    pairs_of,
)
from models.fingerprint.search import BUDGET
from models.recognizer.transpose import pitch_shift, time_stretch
from models.signature import iter_signatures, pcm_from_audio, signature_of

RATE = 16_000
Audio = NDArray[np.float32]


def load(path: Path) -> Audio:
    """A recording as mono float32 at 16 kHz."""
    import av

    pieces = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        pieces += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float32)


def folder(corpus: Path, name: str) -> dict[str, Audio]:
    """All recordings of a corpus folder by file name."""
    paths = [p for p in sorted((corpus / name).iterdir()) if p.suffix != ".json"]
    return {path.name: load(path) for path in paths}


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


# --- retrieval --------------------------------------------------------------------------------


def spectral_shift(audio: Audio, semitones: float) -> Audio:
    """Transposition of the other kind: a plain vocoder that moves bins, without phase locking."""
    n_fft, hop = 2048, 256
    window = np.hanning(n_fft + 1)[:-1]
    padded = np.pad(audio, (n_fft, n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * window, axis=1)
    magnitude, phase = np.abs(spectrum), np.angle(spectrum)
    bins = np.arange(n_fft // 2 + 1)
    advance = 2 * np.pi * bins * hop / n_fft
    drift = np.diff(phase, axis=0, prepend=phase[:1]) - advance
    drift -= 2 * np.pi * np.round(drift / 2 / np.pi)
    ratio = 2 ** (semitones / 12)
    target = np.round(bins * ratio).astype(int)
    moved, frequency = np.zeros_like(magnitude), np.zeros_like(magnitude)
    for source in bins[target <= n_fft // 2]:
        place = target[source]
        louder = magnitude[:, source] > moved[:, place]
        moved[:, place] = np.where(louder, magnitude[:, source], moved[:, place])
        frequency[:, place] = np.where(
            louder, (advance + drift)[:, source] * ratio, frequency[:, place]
        )
    turned = moved * np.exp(1j * np.cumsum(frequency, axis=0))
    out = np.zeros(len(padded) + n_fft)
    for index, frame in enumerate(np.fft.irfft(turned, n=n_fft, axis=1) * window):
        out[index * hop : index * hop + n_fft] += frame
    return (out[n_fft : n_fft + len(audio)] / 3).astype(np.float32)


def mp3(audio: Audio, kbps: int = 64) -> Audio:
    """Through a lossy encoder and back."""
    import av

    path = Path(tempfile.mkdtemp()) / "x.mp3"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libmp3lame", rate=RATE)
        stream.bit_rate = kbps * 1000
        stream.layout = "mono"
        samples = np.ascontiguousarray(pcm_from_audio(audio)[None])
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=RATE, frame_size=stream.frame_size or 1152
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return load(path)


def over(audio: Audio, other: Audio, level_db: float) -> Audio:
    """`other` on top of `audio`, `level_db` above it."""
    laid = np.resize(other, len(audio))
    ratio = math.sqrt(float(np.mean(audio**2)) / max(float(np.mean(laid**2)), 1e-12))
    mixed = audio + laid * np.float32(ratio * 10 ** (level_db / 20))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def variants(audio: Audio, voice: Audio, rng: np.random.Generator) -> Iterator[tuple[str, Audio]]:
    """What an excerpt may have gone through, by name."""
    noise = rng.normal(0, 1, len(audio)).astype(np.float32)
    yield "as it is", audio
    yield "mp3 64k", mp3(audio)
    yield "voice 0 dB", over(audio, voice, 0)
    yield "noise 0 dB", over(audio, noise, 0)
    for semitones in (-3, 3):
        yield f"{semitones:+d}, voice 0 dB", over(pitch_shift(audio, semitones, RATE), voice, 0)
        plain = spectral_shift(audio, semitones)
        yield f"{semitones:+d} plain vocoder, voice 0 dB, mp3", mp3(over(plain, voice, 0))
    yield "+0.5, voice 0 dB", over(pitch_shift(audio, 0.5, RATE), voice, 0)
    yield "tempo +5%, voice 0 dB", over(time_stretch(audio, 1 / 1.05), voice, 0)
    slow = pitch_shift(time_stretch(audio, 1 / 0.95), -3, RATE)
    yield "-3, tempo -5%, voice 0 dB", over(slow, voice, 0)


TARGET = ("-3, voice", "+3, voice", "-3 plain", "+3 plain")
"""The rows that the target (top-1 of 0.95 or better) speaks of."""


def retrieval(corpus: Path, per_song: int, seconds: float) -> None:
    """Top-1 by kind of damage, false accepts, and the curve that fits."""
    songs, others = folder(corpus, "songs"), folder(corpus, "instrumental")
    voices = [
        _voiced(audio) for name in ("speech", "singing") for audio in folder(corpus, name).values()
    ]
    voices = [voice for voice in voices if len(voice) > 3 * RATE]
    rng = np.random.default_rng(1)
    chromaprint = _Chromaprint(songs)
    with tempfile.TemporaryDirectory() as place, FingerprintIndex(Path(place)) as index:
        for name, audio in songs.items():
            made = fingerprint(audio)
            index.add(name, made.peaks, made.chroma, title=name)
        right: dict[str, list[bool]] = defaultdict(list)
        accepted: dict[str, list[bool]] = defaultdict(list)
        theirs: dict[str, list[bool]] = defaultdict(list)
        good, bad, false_accepts = [], [], []
        n_samples = round(seconds * RATE)
        spent_s: list[float] = []
        for name, audio in songs.items():
            for _ in range(per_song):
                first = int(rng.uniform(0, max(1, len(audio) - 1.06 * n_samples)))
                piece = audio[first : first + round(n_samples * 1.06)]
                voice = voices[rng.integers(len(voices))]
                for kind, query in variants(piece, voice, rng):
                    query = query[:n_samples]
                    begin = time.perf_counter()
                    found = find_matches(index, query)
                    spent_s.append(time.perf_counter() - begin)
                    hit = bool(found) and found[0].reference.key == name
                    right[kind].append(hit)
                    accepted[kind].append(hit and found[0].probability >= 0.8)
                    theirs[kind].append(chromaprint.best(query) == name)
                    if hit:
                        good.append(found[0].alignment.sigmas)
                    # The song itself taken out: the best of the others must not be accepted.
                    rest = [m for m in found if m.reference.key != name]
                    if rest:
                        bad.append(rest[0].alignment.sigmas)
                    false_accepts.append(bool(rest) and rest[0].probability >= 0.8)
        n_left_out = len(false_accepts)
        for audio in others.values():
            for _ in range(per_song + 1):
                first = int(rng.uniform(0, max(1, len(audio) - n_samples)))
                piece = audio[first : first + n_samples]
                for query in (piece, over(piece, voices[rng.integers(len(voices))], 0)):
                    found = find_matches(index, query)
                    bad += [found[0].alignment.sigmas] if found else []
                    false_accepts.append(bool(found) and found[0].probability >= 0.8)
        for voice in voices:
            found = find_matches(index, voice[:n_samples])
            bad += [found[0].alignment.sigmas] if found else []
            false_accepts.append(bool(found) and found[0].probability >= 0.8)
        size = index.size()
    title = f"{seconds:g} s excerpts"
    print(f"{title:44} {'top-1':>6} {'accepted':>9} {'chromaprint':>12}")
    for kind, hits in right.items():
        other = f"{np.mean(theirs[kind]):12.3f}" if chromaprint.usable else f"{'-':>12}"
        print(f"{kind:44} {np.mean(hits):6.3f} {np.mean(accepted[kind]):9.3f} {other}")
    target = [hit for kind, hits in right.items() if kind.startswith(TARGET) for hit in hits]
    print(f"{'+-3 semitones under a voice at 0 dB':44} {np.mean(target):6.3f} (n={len(target)})")
    print(
        f"false accepts {np.mean(false_accepts):.4f} of {len(false_accepts)}"
        f" ({n_left_out} with the song left out); right answers' sigmas: "
        f"5% {np.percentile(good, 5):.1f}, median {np.median(good):.1f}; wrong ones': "
        f"median {np.median(bad):.1f}, 99% {np.percentile(bad, 99):.1f}, most {max(bad):.1f}"
    )
    middle, steepness = _fit(np.array(good), np.array(bad))
    print(f"fitted curve: middle {middle:.2f}, steepness {steepness:.2f}")
    print(
        f"{statistics.median(spent_s) * 1000:.0f} ms a query, {size.bytes_per_recording:.0f} bytes"
        f" a recording of {np.mean([len(a) for a in songs.values()]) / RATE:.0f} s"
    )


def _voiced(audio: Audio) -> Audio:
    """Without its pauses, so that 0 dB means 0 dB."""
    energy = np.convolve(audio**2, np.ones(1600) / 1600, "same")
    return audio[energy > 0.05 * energy.mean()][: 30 * RATE]


def _fit(good: NDArray[np.float64], bad: NDArray[np.float64]) -> tuple[float, float]:
    """Logistic regression of right against wrong on sigmas."""
    from scipy.optimize import minimize

    x = np.concatenate([good, bad])
    y = np.concatenate([np.ones(len(good)), -np.ones(len(bad))])

    def loss(parameters: NDArray[np.float64]) -> float:
        middle, steepness = parameters
        return float(np.logaddexp(0, -y * steepness * (x - middle)).mean() + 1e-3 * steepness**2)

    best = minimize(loss, np.array([7.0, 1.0]), method="Nelder-Mead").x
    return float(best[0]), float(best[1])


class _Chromaprint:
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


# --- lookup -----------------------------------------------------------------------------------


def lookup(n_songs: int) -> None:
    """Time of one pair's lookup, all transpositions and tempos, in an index of made-up songs."""
    rng = np.random.default_rng(0)
    n_frames = round(240 / FRAME_S)

    def made(number: int) -> Constellation:
        n_peaks = 240 * 30
        return Constellation(
            np.sort(rng.integers(0, n_frames, n_peaks)).astype(np.uint16),
            rng.integers(0, N_BINS, n_peaks).astype(np.uint8),
            rng.integers(3, 60, n_peaks).astype(np.uint8),
            n_frames,
        )

    # Peaks of 200 songs, each under many numbers: making 30,000 would measure the random generator.
    some = [made(number) for number in range(min(n_songs, 200))]
    begin = time.perf_counter()
    one = build_postings(enumerate(some))
    built_s = time.perf_counter() - begin
    copies = math.ceil(n_songs / len(some))
    starts = one.starts * copies
    song = np.repeat(one.song, copies)
    frame = np.repeat(one.frame, copies)
    song += np.tile(np.arange(copies, dtype=np.uint32) * len(some), len(one.song))
    postings = type(one)(starts, song, frame)
    query = pairs_of(some[0], 10)
    times = []
    for place in rng.integers(0, len(query.frame), 300).tolist():
        pick = slice(place, place + 1)
        single = Pairs(
            query.interval[pick], query.distance[pick], query.bin[pick], query.frame[pick]
        )
        begin = time.perf_counter()
        for _ in look_up(postings, single, shift_bins=1, tempo=0.0):
            pass
        times.append(time.perf_counter() - begin)
    key = query.keys()
    begin = time.perf_counter()
    for value in key[:3000].tolist():
        span = slice(int(starts[value]), int(starts[value + 1]))
        int(np.count_nonzero(song[span]))
    plain_s = (time.perf_counter() - begin) / 3000
    n_bytes = len(song) * 6 / (copies * len(some))
    print(f"{copies * len(some)} songs of 240 s, {len(song):,} postings")
    print(f"one hash: {plain_s * 1e6:.1f} us")
    print(f"one pair in 3 keys and 3 distances (9 hashes): {statistics.median(times) * 1e6:.0f} us")
    excerpt = Constellation(
        *(part[: 15 * 30] for part in (some[0].frame, some[0].bin, some[0].strength)),
        round(15 / FRAME_S),
    )
    asked = pairs_of(excerpt, QUERY_PEAKS_PER_S)
    for label, shift_bins, tempo in (("as performed", 1, 0.0), ("+-6 semitones, +-6 %", 18, 0.06)):
        begin, n_met = time.perf_counter(), 0
        affords = affordable([postings], asked, shift_bins=shift_bins, budget=BUDGET)
        for met in look_up(postings, affords, shift_bins=shift_bins, tempo=tempo):
            n_met += len(met.song)
        spent_s = time.perf_counter() - begin
        per_pair_ms = spent_s / len(affords.frame) * 1000
        print(
            f"15 s query {label}:"
            f" {len(affords.frame)} of {len(asked.frame)} pairs, {n_met:,} postings,"
            f" {spent_s:.2f} s, {per_pair_ms:.2f} ms a pair"
        )
    print(f"postings {n_bytes:.0f} bytes a song, peaks {len(some[0].to_bytes())} bytes a song")
    print(f"indexing {built_s / len(some) * 1000:.1f} ms a song")


# --- covers -----------------------------------------------------------------------------------


def covers() -> None:
    """The demo songs sung anew: another key, tempo and arrangement, against their backing."""
    import soxr

    from models.demo.rendering import render_song
    from models.demo.songbook import songbook

    def mono(audio: NDArray[np.float32], rate: int) -> Audio:
        return np.asarray(soxr.resample(audio.mean(axis=0), rate, RATE), dtype=np.float32)

    backing, sung = {}, {}
    for name in songbook():
        plain = render_song(name, sample_rate_hz=22_050)
        again = render_song(name, sample_rate_hz=22_050, transpose=3, tempo_factor=0.95, seed=7)
        backing[name] = fingerprint(mono(plain.accompaniment, 22_050)).chroma
        sung[name] = fingerprint(mono(again.mix, 22_050)).chroma
    strangers, own = [], []
    for name, query in sung.items():
        scores = {other: compare(query, known)[0] for other, known in backing.items()}
        own.append((scores[name], max(scores, key=lambda other: scores[other]) == name))
        strangers += [score for other, score in scores.items() if other != name]
    print(f"top-1 {np.mean([hit for _, hit in own]):.3f} of {len(own)}")
    print(
        f"similarity: covers {min(s for s, _ in own):.2f} and more, strangers"
        f" median {np.median(strangers):.2f}, most {max(strangers):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    part = commands.add_parser("signatures")
    part.add_argument("--song", type=Path)
    part = commands.add_parser("retrieval")
    part.add_argument("--corpus", type=Path, required=True)
    part.add_argument("--per-song", type=int, default=3)
    part.add_argument("--seconds", type=float, default=15.0)
    part = commands.add_parser("lookup")
    part.add_argument("--songs", type=int, default=30_000)
    commands.add_parser("covers")
    chosen = parser.parse_args()
    if chosen.command == "signatures":
        signatures(chosen.song)
    elif chosen.command == "retrieval":
        retrieval(chosen.corpus, chosen.per_song, chosen.seconds)
    elif chosen.command == "lookup":
        lookup(chosen.songs)
    else:
        covers()


if __name__ == "__main__":
    main()
