#!/usr/bin/env bash
# pysubs2: subtitles of a stream that is longer than ten hours, saved as ASS, pile up on one instant.
# Most would expect: times beyond 9:59:59.99 are written with two digits of hours, as SRT and WebVTT do,
# or refused.
# What happens: each later cue is clamped to 9:59:59.99, start and end alike, with one RuntimeWarning.
# Loaded again, all cues of hours 11 and 12 are empty cues at the same time. Through SRT, WebVTT or TTML
# they survive.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check pysubs2==1.8.1 ||
  { echo "cannot install pysubs2==1.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys, warnings
import pysubs2

warnings.simplefilter("ignore")
print("pysubs2", importlib.metadata.version("pysubs2"))
subtitles = pysubs2.SSAFile()
for hour in (9, 10, 11):
    start = pysubs2.make_time(h=hour, s=5)
    subtitles.append(pysubs2.SSAEvent(start=start, end=start + 2_000, text=f"hour {hour}"))
seen = {}
for kind in ("ass", "srt", "vtt", "ttml"):
    read = pysubs2.SSAFile.from_string(subtitles.to_string(kind), kind)
    seen[kind] = [(cue.start // 1000, cue.end // 1000) for cue in read]
    print(f"{kind:4} cues read back, seconds: {seen[kind]}")
whole = [(32405, 32407), (36005, 36007), (39605, 39607)]
same = seen["ass"] == [whole[0], (35999, 35999), (35999, 35999)] and all(
    seen[kind] == whole for kind in ("srt", "vtt", "ttml"))
sys.exit(0 if same else "the behaviour has changed")
PY
