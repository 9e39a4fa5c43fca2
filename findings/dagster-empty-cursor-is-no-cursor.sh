#!/usr/bin/env bash
# Dagster: a sensor cannot set its cursor back to the empty text by SensorResult(cursor="").
# Most would expect: what SensorResult names is what is stored; "" starts over, None leaves it.
# What happens: "" counts as "not given" and the old cursor stays, so a sensor that says "start again
# from the beginning" goes on from the old place, without a word. context.update_cursor("") in the same
# sensor does empty it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import dagster as dg

print("dagster", importlib.metadata.version("dagster"))

@dg.op
def nothing(): ...

@dg.job
def job():
    nothing()

@dg.sensor(job=job)
def by_result(context):
    return dg.SensorResult(skip_reason="start over", cursor="")

@dg.sensor(job=job)
def by_call(context):
    context.update_cursor("")
    return dg.SkipReason("start over")

seen = {}
with dg.DagsterInstance.ephemeral() as instance:
    for sensor in (by_result, by_call):
        with dg.build_sensor_context(instance=instance, cursor="page 7") as context:
            seen[sensor.name] = sensor.evaluate_tick(context).cursor
        print(f"{sensor.name}: cursor 'page 7' -> {seen[sensor.name]!r}")
sys.exit(0 if seen == {"by_result": "page 7", "by_call": ""} else "the behaviour has changed")
PY
