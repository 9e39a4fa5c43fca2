"""Tempo and key of demo songs whose truth is known: `python benchmarks/tempo.py [--clips N]`.

acc1: within 4 %; acc2: also at a half, a third, twice or three times the tempo. With
UTAWAKU_LIBROSA_PYTHON naming an interpreter that has librosa, its `beat_track` hears the same
clips in the same run. Then: how far the beats of two songs of about one tempo lie apart in a
crossfade of a playlist, by their true beats, before and after they are put together.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATE = 22_050


def with_librosa(folder: Path) -> None:
    """Runs in librosa's own environment: prints {clip: [bpm, cpu_s]}."""
    import librosa

    paths = sorted(folder.glob("*.npy"))
    librosa.beat.beat_track(y=np.load(paths[0])[: RATE * 10], sr=RATE)  # compile once, unmeasured
    found = {}
    for path in paths:
        samples = np.load(path)
        began = time.process_time()
        tempo, _ = librosa.beat.beat_track(y=samples, sr=RATE)
        found[path.stem] = [float(np.ravel(tempo)[0]), time.process_time() - began]
    print(json.dumps(found))


def right(found: float | None, bpm: float, factors: tuple[float, ...]) -> bool:
    return found is not None and any(abs(found / (bpm * f) - 1) <= 0.04 for f in factors)


def report(name: str, rows: list[tuple[float | None, float, float]], seconds: float) -> None:
    n = len(rows)
    one = sum(right(found, bpm, (1,)) for found, bpm, _ in rows) / n
    two = sum(right(found, bpm, (1, 2, 3, 1 / 2, 1 / 3)) for found, bpm, _ in rows) / n
    cpu_s = sum(cost for *_, cost in rows) / seconds * 240
    print(f"| {name} | {one:.2f} | {two:.2f} | {cpu_s:.3f} |")


def crossfades(n_pairs: int) -> None:
    """Half minutes of two songs whose tempi differ by up to 2 %, joined with 4 s of overlap."""
    import soxr

    from utawaku.demo import SONGS, render_song
    from utawaku.models.playlist.beats import LISTEN_S, aligned_overlap, pulse_of
    from utawaku.models.playlist.mix import fades
    from utawaku.models.tempo import SAMPLE_RATE_HZ, listen

    rng = np.random.default_rng(7)
    names = list(SONGS)
    wanted_s, length_s = 4.0, 30.0
    before, after, aligned = [], [], 0
    for _ in range(n_pairs):
        ends, truths = [], []
        bpm = float(rng.uniform(85, 130))
        for side in range(2):
            name = names[rng.integers(len(names))]
            own = render_song(name, seconds=10, sample_rate_hz=8_000).bpm
            factor = bpm * float(rng.uniform(0.98, 1.02)) / own
            song = render_song(name, seconds=45, tempo_factor=factor, sample_rate_hz=RATE)
            start_s = float(rng.uniform(0, max(0.0, song.duration_s - length_s - 2)))
            cut = song.mix.mean(axis=0)[round(start_s * RATE) : round((start_s + length_s) * RATE)]
            beats = song.first_beat_s + np.arange(400) * 60 / song.bpm - start_s
            truths.append(beats[(beats >= 0) & (beats < len(cut) / RATE)])
            half = cut[-round(LISTEN_S * RATE) :] if side == 0 else cut[: round(LISTEN_S * RATE)]
            heard = listen(soxr.resample(half, RATE, SAMPLE_RATE_HZ).astype(np.float32))
            ends.append((pulse_of(heard), len(half) / RATE, len(cut) / RATE))
        (ending, stretch_s, whole_s), (starting, _, _) = ends
        found = aligned_overlap(ending, starting, stretch_s, wanted_s, length_s / 3, fades)
        aligned += found.apart_s is not None
        for seconds, told in ((wanted_s, before), (found.seconds, after)):
            falling = truths[0] - (whole_s - seconds)
            falling = falling[(falling > seconds / 4) & (falling < 3 * seconds / 4)]
            told.append(float(np.abs(falling[:, None] - truths[1][None]).min(axis=1).mean()))
    quartiles = [np.percentile(told, (50, 75)) for told in (before, after)]
    print(f"{n_pairs} crossfades, {aligned} aligned; true beats apart, median and third quartile: "
          f"{quartiles[0][0] * 1000:.0f} and {quartiles[0][1] * 1000:.0f} ms as asked, "
          f"{quartiles[1][0] * 1000:.0f} and {quartiles[1][1] * 1000:.0f} ms aligned")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=33)
    parser.add_argument("--crossfades", type=int, default=30)
    parser.add_argument("--librosa", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.librosa:
        with_librosa(arguments.librosa)
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import soxr

    from utawaku.demo import SONGS, render_song
    from utawaku.models.tempo import SAMPLE_RATE_HZ, estimate_key, estimate_tempo, listen
    from utawaku.models.tempo.key import key_place

    rng = np.random.default_rng(2024)
    ours: list[tuple[float | None, float, float]] = []
    truth: dict[str, float] = {}
    seconds = 0.0
    n_keys = n_places = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(arguments.clips):
            song = render_song(
                list(SONGS)[number % len(SONGS)],
                seconds=60,
                tempo_factor=float(rng.uniform(0.8, 1.2)),
                transpose=int(rng.integers(-5, 6)),
                sample_rate_hz=RATE,
                seed=number,
            )
            samples = song.mix.mean(axis=0)
            np.save(folder / f"{number:03}.npy", samples)
            truth[f"{number:03}"] = song.bpm
            seconds += song.duration_s
            began = time.process_time()
            low = soxr.resample(samples, RATE, SAMPLE_RATE_HZ).astype(np.float32)
            found = estimate_tempo(listen(low, with_pitch=False))
            ours.append((found.bpm, song.bpm, time.process_time() - began))
            key = estimate_key(listen(low)).name
            n_keys += key == song.key
            n_places += key_place(key) == key_place(song.key)
        print(f"{arguments.clips} clips of demo songs, {seconds / 60:.0f} minutes")
        print("| Estimator | acc1 | acc2 | CPU s per 4 min |")
        print("|---|---|---|---|")
        report("ours (with resampling from 22.05 kHz)", ours, seconds)
        python = os.environ.get("UTAWAKU_LIBROSA_PYTHON")
        if python:
            command = [python, __file__, "--librosa", name]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            rows = [(bpm, truth[clip], cost) for clip, (bpm, cost) in answer.items()]
            report("librosa beat_track", rows, seconds)
    print(f"keys: {n_keys / arguments.clips:.2f} exact, {n_places / arguments.clips:.2f} exact "
          "or the relative key")  # fmt: skip
    crossfades(arguments.crossfades)


if __name__ == "__main__":
    main()
