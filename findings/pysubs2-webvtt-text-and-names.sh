#!/usr/bin/env bash
# Captions in WebVTT (YouTube's, fans') read by pysubs2: what belongs to no cue becomes its words, and words become numbering.
# Most would expect: a cue is what stands between its line of times and the next empty line, as the format says; a name of a cue
# and a NOTE are no text, and a sung number is.
# What happens: pysubs2 reads WebVTT by its rules for SubRip. The name of the next cue and any NOTE are appended to the cue before,
# and a last line that is a number is dropped for the numbering that WebVTT need not have: "Live in / 1999" is shown as "Live in".
# An entity such as &amp; stays as it is. No error, no warning.
# A numbered .srt loses the number only in its last cue.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check pysubs2==1.8.1 ||
  { echo "cannot install pysubs2==1.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys

import pysubs2

print("pysubs2", importlib.metadata.version("pysubs2"))


def texts(form: str, body: str) -> list[str]:
    return [event.plaintext for event in pysubs2.SSAFile.from_string(body, format_=form)]


CUES = """verse
00:01.000 --> 00:02.000
Live in
1999

chorus
00:03.000 --> 00:04.000
Tom &amp; Ann

NOTE checked by ear

00:05.000 --> 00:06.000
one more
7
"""
SRT = """1
00:00:01,000 --> 00:00:02,000
Live in
1999

2
00:00:03,000 --> 00:00:04,000
one more
7
"""
plain = CUES.replace("verse\n", "").replace("chorus\n", "").replace("NOTE checked by ear\n\n", "")
seen = {
    "vtt, no names": texts("vtt", "WEBVTT\n\n" + plain),
    "vtt, names and a note": texts("vtt", "WEBVTT\n\n" + CUES),
    "srt": texts("srt", SRT),
}
for name, found in seen.items():
    print(f"{name:22} {found}")
expected = {
    "vtt, no names": ["Live in", "Tom &amp; Ann", "one more"],
    "vtt, names and a note": ["Live in\n1999\n\nchorus", "Tom &amp; Ann\n\nNOTE checked by ear", "one more"],
    "srt": ["Live in\n1999", "one more"],
}
if seen != expected:
    print("the behaviour has changed", file=sys.stderr)
    sys.exit(1)
PY
