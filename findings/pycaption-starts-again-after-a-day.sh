#!/usr/bin/env bash
# Subtitles of an evening that goes on for more than a day (25:00:00, 101:00:00), read and written by pycaption.
# Most would expect: 25:00:00 in, 25:00:00 out, in every format that it writes.
# What happens: whole days are lost without an error. The SRT, WebVTT and DFXP that pycaption writes say 01:00:00
# and 05:00:00, so lines of the second day stand among those of the first; the caption objects themselves hold the
# right microseconds.
# utawaku reads and writes such times itself (models/setlist/subtitles.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="pycaption==2.3.14"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import re
import sys

import pycaption

print("pycaption", importlib.metadata.version("pycaption"))
text = (
    "1\n23:59:58,000 --> 23:59:59,000\none\n\n2\n25:00:00,000 --> 25:00:02,000\ntwo\n\n"
    "3\n101:00:00,000 --> 101:00:02,000\nthree\n"
)
captions = pycaption.SRTReader().read(text)
held = [caption.start // 3_600_000_000 for caption in captions.get_captions("en-US")]
print("hours in the caption objects:", held)
seen = {}
for writer in (pycaption.SRTWriter, pycaption.WebVTTWriter, pycaption.DFXPWriter):
    written = writer().write(captions)
    starts = re.findall(r"(\d+:\d\d:\d\d)[.,]\d+(?: -->|\" end)", written)
    seen[writer.__name__] = starts
    print(writer.__name__, starts)
as_described = held == [23, 25, 101] and all(s == ["23:59:58", "01:00:00", "05:00:00"] for s in seen.values())
sys.exit(0 if as_described else 1)
PY
