"""CPU time of the ticks of Dagster's sensors over a library of N streams.

    python benchmarks/automation.py 3000
    python benchmarks/automation.py 3000 --profile first.prof
    python benchmarks/automation.py 3000 --sensors

Every artefact of every stream is recorded as made, then ticks of declarative automation are
evaluated: quiet ones, and one in which the segments of a stream were made again. `--sensors` times
two ticks of each other sensor over a made-up catalogue of as many streams.
"""

import argparse
import cProfile
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
SONGS_A_STREAM = 15


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_streams", type=int)
    parser.add_argument("--sensors", action="store_true", help="the other sensors")
    parser.add_argument("--profile", type=Path, help="write a profile of a quiet tick")
    arguments = parser.parse_args()
    if arguments.sensors:
        time_sensors(arguments.n_streams)
    else:
        time_automation(arguments.n_streams, arguments.profile)


@contextmanager
def told_cpu_s(what: str) -> Iterator[Callable[[str], None]]:
    """Print the CPU time of a block, and what the block says about itself."""
    words: list[str] = []
    began = time.process_time()
    yield words.append
    print(f"{what}: {time.process_time() - began:.2f} CPU-s  {' '.join(words)}", flush=True)


def time_automation(n_streams: int, profile: Path | None) -> None:
    """Record the library in Dagster, then time ticks of `remake_followers`."""
    import dagster as dg
    from dagster._core.definitions.data_version import (
        DATA_VERSION_IS_USER_PROVIDED_TAG,
        DATA_VERSION_TAG,
    )

    from utawaku.definitions import defs
    from utawaku.library.artefacts import CHAIN

    keys = [f"stream-{n}" for n in range(n_streams)]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", keys)

        def made(name: str, key: str, version: str) -> None:
            tags = {DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"}
            event = dg.AssetMaterialization(name, partition=key, tags=tags)
            instance.report_runless_asset_event(event)

        for name in CHAIN:
            for key in keys:
                made(name, key, "1")
        graph, cursor = defs().resolve_asset_graph(), None
        for tick in ("first", "quiet", "quiet", "segments made again", "quiet"):
            if tick == "segments made again":
                made("segments", keys[0], "2")
            profiler = cProfile.Profile()
            with told_cpu_s(tick) as say:
                if profile and tick == "quiet":
                    profiler.enable()
                n_requested, cursor = evaluate(instance, graph, cursor)
                profiler.disable()
                say(f"{n_requested} run(s) requested, cursor of {len(cursor) / 1000:.0f} kB")
            if profile and tick == "quiet":
                profiler.dump_stats(profile)


def evaluate(instance: Any, graph: Any, cursor: str | None) -> tuple[int, str]:
    """A tick as Dagster's daemon makes it: how many runs are requested, and the cursor to keep."""
    from dagster._core.definitions.automation_tick_evaluation_context import (
        AutomationTickEvaluationContext,
    )
    from dagster._daemon.asset_daemon import (
        asset_daemon_cursor_from_instigator_serialized_cursor,
        asset_daemon_cursor_to_instigator_serialized_cursor,
    )

    from utawaku.sensors.remake_followers import remake_followers

    known = asset_daemon_cursor_from_instigator_serialized_cursor(cursor, graph)
    runs, kept, _ = AutomationTickEvaluationContext(
        evaluation_id=known.evaluation_id + 1,
        instance=instance,
        asset_graph=graph,
        cursor=known,
        materialize_run_tags=remake_followers.run_tags,
        observe_run_tags={},
        auto_observe_asset_keys=set(),
        asset_selection=remake_followers.asset_selection,
        emit_backfills=remake_followers.emit_backfills,
        logger=logging.getLogger("dagster.automation"),
    ).evaluate()
    return len(runs), asset_daemon_cursor_to_instigator_serialized_cursor(kept)


def time_sensors(n_streams: int) -> None:
    """Time two ticks of each sensor that our own code evaluates."""
    import dagster as dg

    with tempfile.TemporaryDirectory() as home:
        os.environ["UTAWAKU_HOME"] = home
        from benchmarks.fake_catalogue import made_once
        from utawaku.library.catalogue import Catalogue
        from utawaku.library.config import load_settings
        from utawaku.orchestration.partitions import partitions_in_step

        Path(home, "data").mkdir()
        made_once(Path(home), n_streams * SONGS_A_STREAM)
        with dg.DagsterInstance.ephemeral() as instance:
            catalogue = Catalogue.open(load_settings())
            partitions_in_step(instance, catalogue, fix=True)
            catalogue.close()
            tick_sensors(instance)


def tick_sensors(instance: Any, n_ticks: int = 2) -> dict[str, list[float]]:
    """Evaluate each sensor over the catalogue of the settings; wall seconds of each tick."""
    import dagster as dg

    from utawaku.definitions import defs

    definitions = defs()
    took: dict[str, list[float]] = {}
    for sensor in definitions.sensors or ():
        if isinstance(sensor, dg.AutomationConditionSensorDefinition):
            continue
        for _ in range(n_ticks):
            began = time.perf_counter()
            with (
                dg.build_sensor_context(
                    instance=instance, resources=definitions.resources
                ) as context,
                told_cpu_s(sensor.name) as say,
            ):
                say((sensor.evaluate_tick(context).skip_message or "")[:60])
            took.setdefault(sensor.name, []).append(time.perf_counter() - began)
    return took


if __name__ == "__main__":
    main()
