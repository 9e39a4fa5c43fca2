"""Run the unmodified Spleeter on samples, in its own environment (see README.md beside this file).

    python run.py --model-path MODELS mix.npy stems.npz
    python run.py --model-path MODELS --make-random 7

MODELS holds `2stems/model.index`, ... as Spleeter's archive has them. `mix.npy` is float32
(n_samples, 2) at 44.1 kHz; `stems.npz` gets `vocals` and `accompaniment` of that shape. Started by
Dagster Pipes it reports progress and metadata there, else one JSON object on standard output; with
--progress, one a line for each step before it.
"""

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

CHECKPOINT_BYTES = 78_000_000


def check(folder: Path) -> None:
    """Refuse a checkpoint that is not whole: Spleeter would fill up with random weights."""
    data = sorted(folder.glob("model.data-*"))
    n_bytes = sum(file.stat().st_size for file in data)
    if not (folder / "model.index").is_file() or n_bytes < CHECKPOINT_BYTES:
        sys.exit(f"{folder} holds no whole checkpoint of Spleeter's 2stems model")


def make_random(folder: Path, seed: int) -> None:
    """Write a checkpoint of the right shape with random values, for parity tests."""
    import numpy as np
    import tensorflow as tf
    from spleeter.model import model_fn
    from spleeter.utils.configuration import load_configuration

    tf.compat.v1.disable_eager_execution()
    parameters = load_configuration("spleeter:2stems")
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.train.get_or_create_global_step()
        features = {
            "waveform": v1.placeholder(tf.float32, (None, 2)),
            "audio_id": v1.placeholder(tf.string),
        }
        v1.set_random_seed(seed)
        model_fn(features, None, tf.estimator.ModeKeys.PREDICT, parameters)
        session.run(v1.global_variables_initializer())
        rng = np.random.default_rng(seed)
        for variable in v1.global_variables():
            part = variable.op.name.rpartition("/")[2]
            if part in ("gamma", "beta", "moving_mean", "moving_variance"):
                values = rng.normal(0, 0.2, variable.shape.as_list())
                if part in ("gamma", "moving_variance"):
                    values = 1 + np.abs(values)
                variable.load(values.astype(np.float32), session)
        folder.mkdir(parents=True, exist_ok=True)
        v1.train.Saver().save(session, str(folder / "model"))
    (folder / ".probe").write_text("OK")


def separate(arguments: argparse.Namespace, report) -> dict:
    """Separate one array; returns what it cost."""
    began = time.perf_counter()
    os.environ["MODEL_PATH"] = str(arguments.model_path)
    import numpy as np
    from spleeter.separator import Separator

    (arguments.model_path / "2stems" / ".probe").write_text("OK")
    separator = Separator("spleeter:2stems", multiprocess=False)
    separator._params["mask_extension"] = arguments.extension
    report(0.2, "loaded")
    mix = np.load(arguments.mix)
    stems = separator.separate(mix)
    report(0.9, "separated")
    np.savez(arguments.stems, **stems)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "n_samples": len(mix),
        "wall_s": time.perf_counter() - began,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mix", type=Path, nargs="?")
    parser.add_argument("stems", type=Path, nargs="?")
    parser.add_argument("--model-path", type=Path, required=True)
    parser.add_argument("--extension", choices=("zeros", "average"), default="zeros")
    parser.add_argument("--progress", action="store_true")
    parser.add_argument("--make-random", type=int, metavar="SEED")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if arguments.make_random is not None:
        make_random(arguments.model_path / "2stems", arguments.make_random)
        return 0
    check(arguments.model_path / "2stems")
    if "DAGSTER_PIPES_CONTEXT" not in os.environ:
        out, sys.stdout = sys.stdout, sys.stderr

        def tell(fraction: float, message: str) -> None:
            if arguments.progress:
                print(json.dumps({"fraction": fraction, "message": message}), file=out, flush=True)

        print(json.dumps(separate(arguments, tell)), file=out)
        return 0
    from dagster_pipes import open_dagster_pipes

    with open_dagster_pipes() as pipes:

        def report(fraction: float, message: str) -> None:
            pipes.report_custom_message({"fraction": fraction, "message": message})

        pipes.report_custom_message({"cost": separate(arguments, report)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
