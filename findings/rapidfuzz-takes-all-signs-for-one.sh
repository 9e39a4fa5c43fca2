#!/usr/bin/env bash
# Names that are all signs ("!!!", "+/-", "∞") compared by rapidfuzz and thefuzz after the usual preparation.
# Most would expect: what is left of both is nothing, so they are not comparable: 0 by every scorer, or the same by all.
# What happens: rapidfuzz with default_process (thefuzz does it unasked) finds "!!!" and "+/-" 100 alike by
# token_sort_ratio, ratio and partial_ratio, and 0 by WRatio and token_set_ratio. So bands and songs that are named
# by signs are merged, or never found, by the scorer, and a threshold keeps neither off.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="rapidfuzz==3.14.3 thefuzz==0.22.1"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import thefuzz.fuzz
from rapidfuzz import fuzz, utils

for name in ("rapidfuzz", "thefuzz"):
    print(name, importlib.metadata.version(name))
seen = {}
for scorer in ("ratio", "partial_ratio", "token_sort_ratio", "WRatio", "token_set_ratio"):
    compare = getattr(fuzz, scorer)
    seen[scorer] = [int(compare(one, other, processor=utils.default_process))
                    for one, other in (("!!!", "+/-"), ("∞", "♪"), ("!!!", "Harbour"))]
    print(f"{scorer:17}", dict(zip(("!!! and +/-", "∞ and ♪", "!!! and Harbour"), seen[scorer])))
fuzzy = thefuzz.fuzz.token_sort_ratio("!!!", "+/-"), thefuzz.fuzz.WRatio("!!!", "+/-")
print("thefuzz: token_sort_ratio, WRatio of !!! and +/-:", fuzzy)
same = list(seen.values()) == [[100, 100, 0]] * 3 + [[0, 0, 0]] * 2 and fuzzy == (100, 0)
sys.exit(0 if same else "the behaviour has changed")
PY
