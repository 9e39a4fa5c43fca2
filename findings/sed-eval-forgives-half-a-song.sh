#!/usr/bin/env bash
# sed_eval (event-based F1, as it stands): a song whose end is cut two minutes off counts as right.
# Most would expect: the collar of 0.2 s is that of starts and ends alike, so that F1 near 1 means clean cuts.
# What happens: an end may be off by 0.2 s or by half of the true length, whichever is more. Of a song of 240 s an
# end from 120 s early to 120 s late is right, while a start 0.3 s off is wrong. Set percentage_of_length=0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check sed_eval==0.2.1 dcase_util==0.2.20 "setuptools<81" ||
  { echo "cannot install sed_eval==0.2.1 dcase_util==0.2.20: nothing was tried" >&2; exit 2; }
venv/bin/python -W ignore - <<'PY'
import importlib.metadata, sys
import dcase_util, sed_eval

for name in ("sed_eval", "dcase_util"):
    print(name, importlib.metadata.version(name))

def one_song(start_s, stop_s):
    return dcase_util.containers.MetaDataContainer(
        [{"event_label": "song", "event_onset": start_s, "event_offset": stop_s, "file": "evening"}])

def f1(start_s, stop_s, **options):
    judged = sed_eval.sound_event.EventBasedMetrics(event_label_list=["song"], **options)
    judged.evaluate(reference_event_list=one_song(100.0, 340.0),
                    estimated_event_list=one_song(start_s, stop_s))
    return judged.results_overall_metrics()["f_measure"]["f_measure"]

seen = {(start, stop): (f1(start, stop), f1(start, stop, percentage_of_length=0.0))
        for start, stop in ((100.1, 340.1), (100.1, 225.0), (100.1, 455.0), (100.3, 340.0))}
print("a song from 100 s to 340 s; F1 as it stands, and with percentage_of_length=0:")
for (start, stop), both in seen.items():
    print(f"found from {start} s to {stop} s: {both[0]:.0f}, {both[1]:.0f}")
same = list(seen.values()) == [(1.0, 1.0), (1.0, 0.0), (1.0, 0.0), (0.0, 0.0)]
sys.exit(0 if same else "the behaviour has changed")
PY
