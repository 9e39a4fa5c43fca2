#!/usr/bin/env bash
# mir_eval's karaoke_perceptual_metric (how well lyrics follow a song): words exactly on time do not score best.
# Most would expect: it is 1.0 for a perfect alignment and falls with the error, to either side.
# What happens: perfect alignment scores 0.96; all words a tenth of a second early 0.99, more than perfect. Early by
# 0.2 s is 0.85, late by 0.2 s 0.55. It follows a listening test; but "0.96" of two aligners may
# mean exact or early, and one that is tuned to it learns to show words too soon.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="mir_eval==0.8.2 numpy==2.3.5 scipy==1.16.3"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys
import mir_eval
import numpy as np

print("mir_eval", mir_eval.__version__)
words = np.arange(1.0, 61.0, 2.0)
scores = {
    shift: round(float(mir_eval.alignment.karaoke_perceptual_metric(words, words + shift)), 2)
    for shift in (-0.2, -0.1, 0.0, 0.1, 0.2)
}
for shift, score in scores.items():
    print(f"all words {shift:+.1f} s: {score}")
exact = mir_eval.alignment.percentage_correct(words, words, window=0.3)
print("percentage_correct of the exact ones:", float(exact))
same = list(scores.values()) == [0.85, 0.99, 0.96, 0.78, 0.55] and exact == 1.0
sys.exit(0 if same else "the behaviour has changed")
PY
