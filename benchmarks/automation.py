"""CPU time of a tick of declarative automation over a library of N streams.

    python benchmarks/automation.py 600

Every artefact of every stream is recorded as made, then ticks are evaluated: quiet ones, and one in
which the segments of a stream were made again.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    """Read the command line, record the library, time the ticks."""
    import dagster as dg
    from dagster._core.definitions.data_version import (
        DATA_VERSION_IS_USER_PROVIDED_TAG,
        DATA_VERSION_TAG,
    )

    from utawaku.definitions import defs
    from utawaku.library.artefacts import CHAIN
    from utawaku.orchestration.automation import FOLLOWERS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_streams", type=int)
    keys = [f"stream-{n}" for n in range(parser.parse_args().n_streams)]
    definitions = defs()
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", keys)

        def made(name: str, key: str, version: str) -> None:
            tags = {DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"}
            event = dg.AssetMaterialization(name, partition=key, tags=tags)
            instance.report_runless_asset_event(event)

        for name in CHAIN:
            for key in keys:
                made(name, key, "1")
        cursor = None
        for tick in ("first", "quiet", "quiet", "segments made again", "quiet"):
            if tick == "segments made again":
                made("segments", keys[0], "2")
            began = time.process_time()
            found = dg.evaluate_automation_conditions(
                definitions,
                instance,
                asset_selection=dg.AssetSelection.assets(*FOLLOWERS),
                cursor=cursor,
            )
            cursor = found.cursor
            took_s = time.process_time() - began
            print(f"{tick}: {found.total_requested} requested, {took_s:.2f} CPU-s")


if __name__ == "__main__":
    main()
