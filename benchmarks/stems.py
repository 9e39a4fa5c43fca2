"""How well and how fast songs are taken apart: `python benchmarks/stems.py [--seconds N]`.

Quality of the shipped engine on demo songs, whose stems are known exactly, and on the corpus pairs
(UTAWAKU_CORPUS). Spleeter's rebuild against the unmodified package (UTAWAKU_SPLEETER_PYTHON) on one
random checkpoint and the same audio: equality, seconds and memory in one run; each engine runs in a
process of its own, so that its memory is its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

RATE = 44_100


def sdr_db(truth: np.ndarray, found: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(truth**2) / max(float(np.sum((truth - found) ** 2)), 1e-20)))


def peak_mb() -> float:
    """This process's own peak; `ru_maxrss` would be the parent's where that was larger."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def run_engine(name: str, weights: Path, mix_file: Path, out: Path) -> None:
    """In a process of its own: separate in a stream, write the stems and what they cost.

    The mix is raw float32 pairs, and so are the stems, one file each: mapped files would count as
    memory.
    """
    from utawaku.models.separator.builtin.engine import BuiltinSeparator
    from utawaku.models.separator.spleeter.engine import SpleeterSeparator

    began = time.perf_counter()
    engine = (BuiltinSeparator if name == "builtin" else SpleeterSeparator)(weights)
    with ExitStack() as stack:
        mix = stack.enter_context(mix_file.open("rb"))
        files = [stack.enter_context(stem_file(out, i).open("wb")) for i in (0, 1)]
        for stems in engine.stream(chunks_of(mix), RATE):
            for file, samples in zip(files, stems, strict=True):
                np.ascontiguousarray(samples.T).tofile(file)
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "wall_s": time.perf_counter() - began,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(facts))


def chunks_of(file: BinaryIO) -> Iterator[np.ndarray]:
    while len(data := file.read(10 * RATE * 2 * 4)):
        yield np.frombuffer(data, np.float32).reshape(-1, 2).T


def stem_file(out: Path, number: int) -> Path:
    return out.with_name(f"{out.name}.{number}")


def own_process(name: str, weights: Path, mix: Path, out: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--engine", name, str(weights), str(mix), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def quality(weights: Path) -> None:
    from utawaku.demo import SONGS, render_song
    from utawaku.media.decode import load
    from utawaku.models.separator import separate
    from utawaku.models.separator.builtin.engine import BuiltinSeparator

    engine = BuiltinSeparator(weights)
    print("| Audio | vocals dB (mix) | accompaniment dB (mix) |\n|---|---|---|")
    rows = []
    for name in SONGS:
        song = render_song(name, seconds=30)
        rows.append((name, song.mix, song.vocals, song.accompaniment, RATE))
    corpus = os.environ.get("UTAWAKU_CORPUS")
    for mix_file in sorted(Path(corpus, "separation").glob("*.mix.flac")) if corpus else ():
        name = mix_file.name.removesuffix(".mix.flac")
        (mix, rate), (vocals, _), (band, _) = (
            load(mix_file.with_name(f"{name}.{part}.flac"))
            for part in ("mix", "vocals", "accompaniment")
        )
        rows.append((name, mix, vocals, band, rate))
    for name, mix, vocals, band, rate in rows:
        stems = separate(engine, mix, rate)
        print(
            f"| {name} | {sdr_db(vocals, stems.vocals):.2f} ({sdr_db(vocals, mix):.2f}) "
            f"| {sdr_db(band, stems.accompaniment):.2f} ({sdr_db(band, mix):.2f}) |",
            flush=True,
        )


def against_spleeter(python: str, seconds: float, builtin: Path) -> None:
    from utawaku.models.registry.tf_checkpoint import open_checkpoint
    from utawaku.models.separator.spleeter.network import build

    script = ROOT / "models" / "reference" / "spleeter" / "run.py"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = [python, str(script), "--model-path", name]
        subprocess.run([*base, "--make-random", "7"], check=True, capture_output=True)
        weights = folder / "spleeter.onnx"
        model = build(open_checkpoint(folder / "2stems" / "model"))
        weights.write_bytes(model.SerializeToString(deterministic=True))
        rng = np.random.default_rng(1)
        mix = (0.1 * rng.standard_normal((round(seconds * RATE), 2))).astype(np.float32)
        np.save(folder / "mix.npy", mix)
        mix.tofile(folder / "mix.raw")
        files = [str(folder / "mix.npy"), str(folder / "ref.npz")]
        done = subprocess.run([*base, *files], check=True, capture_output=True, text=True)
        rows = {"Spleeter 2.4.2, cold": json.loads(done.stdout)}
        rows["ours (spleeter)"] = own_process(
            "spleeter", weights, folder / "mix.raw", folder / "ours"
        )
        rows["ours (builtin)"] = own_process(
            "builtin", builtin, folder / "mix.raw", folder / "small"
        )
        print(
            f"\n{seconds:.0f} s of stereo\n| Engine | wall s | CPU s | peak MB |\n|---|---|---|---|"
        )
        for engine, facts in rows.items():
            costs = " | ".join(f"{facts[key]:.1f}" for key in ("wall_s", "cpu_s"))
            print(f"| {engine} | {costs} | {facts['peak_mb']:.0f} |")
        with np.load(folder / "ref.npz") as reference:
            for index, stem in enumerate(("vocals", "accompaniment")):
                ours = np.fromfile(stem_file(folder / "ours", index), np.float32).reshape(-1, 2)
                print(f"{stem}: SDR {sdr_db(reference[stem], ours):.1f} dB against Spleeter")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--no-quality", action="store_true")
    parser.add_argument("--engine", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        name, *paths = arguments.engine
        run_engine(name, *map(Path, paths))
        return
    builtin = ROOT / "models" / "separator" / "builtin" / "vocal_unet_16k.onnx"
    if not arguments.no_quality:
        quality(builtin)
    python = os.environ.get("UTAWAKU_SPLEETER_PYTHON")
    if python:
        against_spleeter(python, arguments.seconds, builtin)


if __name__ == "__main__":
    main()
