#!/usr/bin/env bash
# Subtitles that are shifted to an earlier time: three libraries treat a cue that then begins before zero in
# two ways, and none as an editor would.
# Most would expect: a cue that ends before zero goes, one that begins before zero is cut to begin at zero.
# What happens: srt drops both, also the cue that is still shown for two seconds, and with reindex=False it
# writes times such as -1:59:59,000, which it cannot read itself. Files of pysrt and pysubs2 have both: the
# second cut, the first as a cue from zero to zero.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check srt==3.5.3 pysrt==1.1.2 pysubs2==1.8.1 ||
  { echo "cannot install srt==3.5.3 pysrt==1.1.2 pysubs2==1.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import datetime, importlib.metadata, sys
import pysrt, pysubs2, srt

for name in ("srt", "pysrt", "pysubs2"):
    print(name, importlib.metadata.version(name))
TEXT = """1
00:00:01,000 --> 00:00:02,000
gone

2
00:00:02,000 --> 00:00:05,000
shown

3
00:00:08,000 --> 00:00:09,000
later
"""
cues = list(srt.parse(TEXT))
back = datetime.timedelta(seconds=3)
for cue in cues:
    cue.start, cue.end = cue.start - back, cue.end - back
kept = [(c.start.total_seconds(), c.end.total_seconds(), c.content) for c in srt.parse(srt.compose(cues))]
try:
    list(srt.parse(srt.compose(cues, reindex=False)))
    reread = "read back"
except srt.SRTParseError:
    reread = "not readable"
shifted = pysrt.from_string(TEXT)
shifted.shift(seconds=-3)
by_pysrt = [(c.start.ordinal / 1000, c.end.ordinal / 1000, c.text)
            for c in pysrt.from_string("".join(f"{c}\n" for c in shifted))]
file = pysubs2.SSAFile.from_string(TEXT)
file.shift(s=-3)
by_pysubs2 = [(c.start / 1000, c.end / 1000, c.text) for c in pysubs2.SSAFile.from_string(file.to_string("srt"))]
print("srt:", kept, "| all cues:", reread)
print("pysrt:", by_pysrt)
print("pysubs2:", by_pysubs2)
both = [(0.0, 0.0, "gone"), (0.0, 2.0, "shown"), (5.0, 6.0, "later")]
same = (kept == [(5.0, 6.0, "later")] and reread == "not readable"
        and by_pysrt == both and by_pysubs2 == both)
sys.exit(0 if same else "the behaviour has changed")
PY
