#!/usr/bin/env bash
# Dagster: Ctrl-C or SIGTERM does not end a run whose step has a RetryPolicy: the step starts over.
# Most would expect: a retry policy is for errors of the step; an interrupt from outside (Ctrl-C, `kill`, a
# service manager that stops the machine) ends the run as cancelled or failed, without a new try.
# What happens: the interrupt reaches the step as an exception and counts as one more failed try. The step
# starts again at once, the run ends as SUCCESS, and the program lives on as if nobody had asked it to
# stop: with max_retries=3 it takes four signals. Without a policy the same signal ends the run.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check dagster==1.13.27 ||
  { echo "cannot install dagster==1.13.27: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, logging, os, signal, sys, tempfile, threading, time, warnings
import dagster as dg

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)  # Dagster's own log of each run
print("dagster", importlib.metadata.version("dagster"))
tries = []

def work():
    tries.append(1)
    if len(tries) == 1:
        threading.Timer(0.5, os.kill, (os.getpid(), wanted)).start()
        time.sleep(20)

@dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
def with_policy():
    work()

@dg.asset
def without_policy():
    work()

home = tempfile.mkdtemp(dir=".")
with open(f"{home}/dagster.yaml", "w") as out:
    out.write("telemetry: {enabled: false}\n")
seen = {}
with dg.DagsterInstance.from_config(home) as instance:
    for asset in (without_policy, with_policy):
        for wanted in (signal.SIGINT, signal.SIGTERM):
            tries.clear()
            try:
                dg.materialize([asset], instance=instance, raise_on_error=False)
            except BaseException as error:
                print(f"(raised {type(error).__name__})")
            status = instance.get_run_records(limit=1)[0].dagster_run.status.value
            seen[asset.key.to_user_string(), wanted.name] = (len(tries), status)
            print(f"{asset.key.to_user_string()}, {wanted.name}: {len(tries)} tries, run {status}")
same = all(n_tries == 2 and status == "SUCCESS" if name == "with_policy" else n_tries == 1 and status != "SUCCESS"
           for (name, _), (n_tries, status) in seen.items())
sys.exit(0 if same else "the behaviour has changed")
PY
