"""Segmentation against the unmodified inaSpeechSegmenter, side by side, in turn, on the same files.

    UTAWAKU_INASPEECH_PYTHON=/path/to/its/python \\
        python benchmarks/segmentation.py --rounds 3 recording.webm ...

Each run is a fresh process (so that peak memory is its own), with the weights already fetched. Wall
and CPU time leave out loading the network and the libraries on both sides, and count the ffmpeg
process that the package starts. Medians over the rounds, per hour of sound.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNNER = ROOT / "models" / "reference" / "inaspeech" / "run.py"
SLOT_S = 0.02


def main() -> int:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=("sm", "smn"), default="sm")
    parser.add_argument("--energy-ratio", type=float, default=0.02)
    parser.add_argument("--batch-size", type=int, default=32, help="of the package")
    parser.add_argument("--weights", type=Path, default=None, help="folder of converted weights")
    parser.add_argument("--one", choices=("exact", "fast"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.weights is None:
        from utawaku.library.config import load_settings

        options.weights = load_settings().weights_dir
    if options.one:
        print(json.dumps(_run_ours(options, options.files[0])))
        return 0
    _fetch_weights(options)
    _print_table(_all_rounds(options))
    return 0


def _fetch_weights(options: argparse.Namespace) -> None:
    from utawaku.models import registry

    registry.pull(options.engine, options.weights)


def _run_ours(options: argparse.Namespace, path: Path) -> dict:
    from utawaku.models.segmenter import Segmenter

    segmenter = Segmenter.from_registry(
        options.weights,
        engine=options.engine,
        mode=options.one,
        energy_ratio=options.energy_ratio,
    )
    wall, cpu = time.perf_counter(), time.process_time()
    found = segmenter.analyse(path)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "segments": [[s.label, s.start_s, s.stop_s] for s in found.segments],
        "duration_s": found.duration_s,
    }


def _all_rounds(options: argparse.Namespace) -> dict[str, dict[Path, list[dict]]]:
    common = ["--engine", options.engine, "--energy-ratio", str(options.energy_ratio)]
    ours = [sys.executable, __file__, *common, "--weights", str(options.weights)]
    commands = {"fast": [*ours, "--one", "fast"], "exact": [*ours, "--one", "exact"]}
    oracle = os.environ.get("UTAWAKU_INASPEECH_PYTHON")
    if oracle:
        batch = ["--batch-size", str(options.batch_size)]
        commands["inaSpeechSegmenter"] = [oracle, str(RUNNER), *common, *batch]
    else:
        print("UTAWAKU_INASPEECH_PYTHON is not set: the package itself is left out")
    results: dict[str, dict[Path, list[dict]]] = {name: {} for name in commands}
    for _ in range(options.rounds):
        for path in options.files:
            for name, command in commands.items():
                done = subprocess.run(
                    [*command, str(path)],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                    stderr=subprocess.DEVNULL,
                )
                results[name].setdefault(path, []).append(json.loads(done.stdout.splitlines()[-1]))
    return results


def _print_table(results: dict[str, dict[Path, list[dict]]]) -> None:
    reference = "inaSpeechSegmenter" if "inaSpeechSegmenter" in results else "exact"
    print(
        f"{'file':28} {'engine':20} {'wall s/h':>9} {'CPU s/h':>8} {'peak MB':>8} "
        f"{'faster':>7} {'agree %':>9} {'moved s':>8}  segments"
    )
    for path in results["fast"]:
        duration_s = results["fast"][path][0]["duration_s"]
        base = results[reference][path]
        for name, by_path in results.items():
            runs = by_path[path]
            hour = 3600 / duration_s
            wall = statistics.median(run["wall_s"] for run in runs) * hour
            cpu = statistics.median(run["cpu_s"] for run in runs) * hour
            peak = statistics.median(run["peak_mb"] for run in runs)
            faster = statistics.median(run["wall_s"] for run in base) * hour / wall
            agreement, moved = _compare(runs[0]["segments"], base[0]["segments"], duration_s)
            print(
                f"{path.name[:28]:28} {name:20} {wall:9.1f} {cpu:8.1f} {peak:8.0f} "
                f"{faster:6.1f}x {100 * agreement:9.3f} {moved:>8}  {len(runs[0]['segments'])}"
            )


def _compare(found: list, expected: list, duration_s: float) -> tuple[float, str]:
    """Share of equal slots, and the largest shift of a boundary where the labels run alike."""
    n = int(duration_s / SLOT_S)
    same = sum(a == b for a, b in zip(_slots(found, n), _slots(expected, n), strict=True)) / n
    if [row[0] for row in found] != [row[0] for row in expected]:
        return same, "labels"
    shifts = [abs(a[1] - b[1]) for a, b in zip(found, expected, strict=True)]
    return same, f"{max(shifts):.2f}"


def _slots(segments: list, n: int) -> list[str]:
    labels = [""] * n
    for label, start, stop in segments:
        first, last = round(start / SLOT_S), min(round(stop / SLOT_S), n)
        labels[first:last] = [label] * (last - first)
    # The package ends with its last whole slot, we with the recording.
    return [*labels[: n - 2], "", ""]


if __name__ == "__main__":
    raise SystemExit(main())
