#!/usr/bin/env bash
# Dagster: a failed asset check of one partition is gone as soon as another partition passes.
# Most would expect: check results belong to the partition whose materialization they judge, as
# materializations do; so stream A stays red while stream B is green.
# What happens: a check made with AssetCheckSpec (or @asset_check) has no partition unless
# `partitions_def` is given to the check itself, though its asset has one: both results are recorded with
# partition None, and only the last one is the state of the check. With `partitions_def` (a
# preview in this version) both are kept by partition.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, logging, sys, tempfile, warnings
import dagster as dg

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)  # Dagster's own log of each run
print("dagster", importlib.metadata.version("dagster"))
streams = dg.DynamicPartitionsDefinition(name="stream")

def asset_with_check(name, **options):
    @dg.asset(name=name, partitions_def=streams,
              check_specs=[dg.AssetCheckSpec("is_whole", asset=name, **options)])
    def made(context):
        passed = context.partition_key != "broken"
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=passed)])
    return made

home = tempfile.mkdtemp(dir=".")
with open(f"{home}/dagster.yaml", "w") as out:
    out.write("telemetry: {enabled: false}\n")
seen = {}
with dg.DagsterInstance.from_config(home) as instance:
    instance.add_dynamic_partitions("stream", ["broken", "good"])
    for name, options in (("plain", {}), ("by_partition", {"partitions_def": streams})):
        made = asset_with_check(name, **options)
        for key in ("broken", "good"):
            dg.materialize([made], partition_key=key, instance=instance)
        check = dg.AssetCheckKey(dg.AssetKey(name), "is_whole")
        storage = instance.event_log_storage
        info = storage.get_asset_check_partition_info([check])
        seen[name] = {one.partition_key: one.latest_execution_status.value for one in info}
        print(f"{name:13} partitions of the asset: broken, good; state of the check: {seen[name]}")
same = seen == {"plain": {None: "SUCCEEDED"},
                "by_partition": {"broken": "FAILED", "good": "SUCCEEDED"}}
sys.exit(0 if same else "the behaviour has changed")
PY
