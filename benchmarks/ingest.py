"""The whole default chain on one long stream: how many times real time, and where the time goes.

    python benchmarks/ingest.py                      # makes an hour-long stream first
    python benchmarks/ingest.py --file evening.webm --rounds 3

Each round is a new library and a new process, start-up included; weights are fetched before.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from utawaku.demo import make_demo_stream
from utawaku.library.artefacts import CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.media.probe import probe
from utawaku.models.registry import pull

STEPS = CHAIN


def one_round(file: Path, weights: Path, home: Path, songs_codec: str) -> dict[str, float]:
    """Ingest into an empty library; seconds of each step, wall, CPU, and peak memory in MB."""
    environment = {
        **os.environ,
        "UTAWAKU_HOME": str(home),
        "UTAWAKU_CUT__CODEC": songs_codec,
    }
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "weights").symlink_to(weights, target_is_directory=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "utawaku", "ingest", str(file)],
        cwd=Path(__file__).parent.parent,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall_s = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.environ["UTAWAKU_HOME"] = str(home)
    catalogue = Catalogue.open(load_settings())
    (stream,) = catalogue.streams.all()
    states = catalogue.assets.of(stream.id)
    steps = {
        name: (states[name].finished_at or 0.0) - (states[name].started_at or 0.0) for name in STEPS
    }
    n_songs = len(catalogue.songs.of_stream(stream.id))
    catalogue.close()
    return {
        **steps,
        "start-up and rest": wall_s - sum(steps.values()),
        "wall": wall_s,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": after.ru_maxrss / 1024,
        "n_songs": n_songs,
    }


def main() -> None:
    """Print the medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, help="recording; default: a generated hour")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--codec", default="auto", help="codec of the songs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        file = options.file
        if file is None:
            file = folder / "hour.opus"
            make_demo_stream(file, minutes=options.minutes, seed=1)
        pull("sm", folder / "weights")
        duration_s = probe(file).duration_s
        rounds = [
            one_round(file, folder / "weights", folder / f"round{n}", options.codec)
            for n in range(options.rounds)
        ]
    medians = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    print(
        f"{file.name}: {duration_s / 60:.1f} min, {medians['n_songs']:.0f} songs, "
        f"median of {options.rounds}"
    )
    print(f"{'step':<20}{'s':>8}{'share':>8}{'x real time':>13}")
    for name in (*STEPS, "start-up and rest", "wall"):
        seconds = medians[name]
        share = seconds / medians["wall"]
        print(f"{name:<20}{seconds:>8.2f}{share:>8.0%}{duration_s / max(seconds, 1e-3):>13.0f}")
    print(f"{'CPU seconds':<20}{medians['cpu']:>8.2f}")
    print(f"{'peak memory MB':<20}{medians['peak_mb']:>8.0f}")


if __name__ == "__main__":
    main()
