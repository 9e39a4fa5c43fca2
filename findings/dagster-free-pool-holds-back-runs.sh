#!/usr/bin/env bash
# Dagster's run queue and a pool of one slot (granularity `op`): how soon the next run leaves the queue once the
# first step of the run before has given the slot back.
# Most would expect: at the queue's next look, since the slot is free and the run before has other work to do.
# What happens: the queue counts the slot as taken until 5 s after the run before began, free or not, so runs
# whose first step takes a moment begin more than 5 s apart. `op_granularity_run_buffer` (here 1) lifts that.
set -euo pipefail
dir=$(mktemp -d)
end() { kill -- "-$daemon" 2> /dev/null || true; wait "$daemon" 2> /dev/null || true; daemon=; }
cleanup() { [ -z "${daemon:-}" ] || end; sleep 3; rm -rf "$dir"; }
trap cleanup EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
export PATH="$dir/venv/bin:$PATH" PYTHONWARNINGS=ignore
cat > songs.py << 'PY'
import time
import dagster as dg

@dg.op(pool="door")
def enter() -> int:
    return 1

@dg.op
def work(_entered: int) -> None:
    time.sleep(25)

@dg.job(executor_def=dg.in_process_executor)
def evening():
    work(enter())

defs = dg.Definitions(jobs=[evening])
PY
for buffer in 0 1; do
  export DAGSTER_HOME="$dir/home$buffer"
  mkdir "$DAGSTER_HOME"
  cat > "$DAGSTER_HOME/dagster.yaml" << YAML
telemetry: {enabled: false}
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
concurrency:
  pools: {granularity: op, op_granularity_run_buffer: $buffer}
YAML
  dagster instance concurrency set door 1 > log 2>&1 || { tail -5 log >&2; exit 1; }
  for _ in 1 2; do dagster job launch -f songs.py -j evening > log 2>&1 || { tail -5 log >&2; exit 1; }; done
  setsid dagster-daemon run -f songs.py > daemon.log 2>&1 &
  daemon=$!
  python - "$buffer" << 'PY' || { tail -5 daemon.log >&2; exit 1; }
import sys
import time
import dagster as dg

instance = dg.DagsterInstance.get()
deadline = time.monotonic() + 120
while True:
    runs = instance.get_runs()
    stats = sorted((instance.get_run_stats(run.run_id).launch_time or 0, run.run_id) for run in runs)
    if all(launched for launched, _ in stats) or time.monotonic() > deadline:
        break
    time.sleep(0.5)
(_, first), (second_at, _) = stats
while not (steps := instance.get_run_step_stats(first, step_keys=["enter"])) or not steps[0].end_time:
    time.sleep(0.5)
waited_s = second_at - steps[0].end_time
print(f"dagster {dg.__version__}, buffer {sys.argv[1]}: the second run leaves the queue {waited_s:+.1f} s after the "
      "slot was free")
as_told = 3 < waited_s < 20 if sys.argv[1] == "0" else waited_s < 2.5
sys.exit(0 if as_told else "the behaviour has changed")
PY
  end
done
