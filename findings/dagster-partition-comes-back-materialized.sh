#!/usr/bin/env bash
# Dagster: a dynamic partition that is deleted and added again is materialized from the start.
# Most would expect: the new partition is missing, so that automation makes it.
# What happens: deleting the key takes it off the list only; its materializations stay, and once the key is
# added again they count: AutomationCondition.eager() and .missing() ask for nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
mkdir home
DAGSTER_HOME="$dir/home" venv/bin/python - 2> log <<'PY' || { tail -5 log >&2; exit 1; }
import sys
import dagster as dg

print("dagster", dg.__version__)
streams = dg.DynamicPartitionsDefinition(name="streams")

@dg.asset(partitions_def=streams, automation_condition=dg.AutomationCondition.missing())
def songs() -> None:
    pass

defs = dg.Definitions(assets=[songs])
instance = dg.DagsterInstance.get()

def asked_for(cursor=None):
    found = dg.evaluate_automation_conditions(defs, instance=instance, cursor=cursor)
    return found.get_num_requested(songs.key)

instance.add_dynamic_partitions("streams", ["night"])
first = asked_for()
dg.materialize([songs], instance=instance, partition_key="night")
instance.delete_dynamic_partition("streams", "night")
instance.add_dynamic_partitions("streams", ["night", "other"])
again = asked_for()
kept = sorted(instance.get_materialized_partitions(songs.key))
print(f"missing before: {first} of 1; after it was deleted and added again, beside a new one: {again} of 2")
print("materialized:", kept)
sys.exit(0 if (first, again, kept) == (1, 1, ["night"]) else "the behaviour has changed")
PY
