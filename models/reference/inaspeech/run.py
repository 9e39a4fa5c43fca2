"""Run the unmodified inaSpeechSegmenter and print what it says as JSON.

Runs in its own environment (see README.md beside this file), never in utawaku's. One process takes
any number of files, so that loading TensorFlow and the network is paid once and reported apart.

    python run.py --engine sm --energy-ratio 0.03 recording.webm
"""

import argparse
import json
import resource
import sys
import time


def main() -> int:
    """Segment each file; one JSON object a line on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--engine", choices=("sm", "smn"), default="sm")
    parser.add_argument("--energy-ratio", type=float, default=0.03)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    arguments = parser.parse_args()

    began = time.perf_counter()
    from inaSpeechSegmenter import Segmenter

    segmenter = Segmenter(
        vad_engine=arguments.engine,
        detect_gender=False,
        energy_ratio=arguments.energy_ratio,
        batch_size=arguments.batch_size,
    )
    load_s = time.perf_counter() - began
    # Keras prints its progress on standard output, which carries the result here.
    out, sys.stdout = sys.stdout, sys.stderr
    for path in arguments.files:
        began, began_cpu = time.perf_counter(), _cpu_s()
        segments = [[label, float(start), float(stop)] for label, start, stop in segmenter(path)]
        if arguments.format == "csv":
            print("labels\tstart\tstop", file=out)
            for label, start, stop in segments:
                print(f"{label}\t{start}\t{stop}", file=out)
            continue
        result = {
            "file": path,
            "engine": arguments.engine,
            "energy_ratio": arguments.energy_ratio,
            "segments": segments,
            "wall_s": time.perf_counter() - began,
            "cpu_s": _cpu_s() - began_cpu,
            "load_s": load_s,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(result), file=out, flush=True)
    return 0


def _cpu_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
