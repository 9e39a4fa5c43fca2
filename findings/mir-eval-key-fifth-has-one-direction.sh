#!/usr/bin/env bash
# mir_eval.key: naming the dominant is half right, naming the subdominant is plain wrong.
# Most would expect: the MIREX score gives 0.5 for an estimate "a perfect fifth" from the truth, so G and F
# are equally far from C.
# What happens: only the fifth above counts. G for C scores 0.5, F for C scores 0.0, as bad as F sharp. So
# a key finder that errs toward the subdominant (common for songs whose bridge modulates down) loses to
# one that errs as often toward the dominant.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check mir_eval==0.8.2 ||
  { echo "cannot install mir_eval==0.8.2: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import mir_eval

print("mir_eval", importlib.metadata.version("mir_eval"))
guesses = ("C major", "G major", "F major", "F# major", "A minor")
seen = {guess: mir_eval.key.weighted_score("C major", guess) for guess in guesses}
for guess, score in seen.items():
    print(f"truth C major, guess {guess}: {score}")
same = list(seen.values()) == [1.0, 0.5, 0.0, 0.0, 0.3]
sys.exit(0 if same else "the behaviour has changed")
PY
