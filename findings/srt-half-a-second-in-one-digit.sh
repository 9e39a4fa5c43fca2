#!/usr/bin/env bash
# SubRip whose fractions have one or two digits ("00:00:01,5", "00:00:01,50"), as scripts and ASS converters write it.
# Most would expect: a fraction is a fraction: both are one second and a half, as the same stamps are in WebVTT and ASS.
# What happens: srt, pysrt and webvtt-py's from_srt take the digits for a count of milliseconds: 1.005 s and 1.050 s.
# pysubs2 reads 1.5 s of both. webvtt-py itself reads 1.5 s of the same stamps with a point, in WebVTT. Every line
# comes up to a second early, by another amount each, and nothing is refused.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="srt==3.5.3 pysrt==1.1.2 pysubs2==1.8.1 webvtt-py==0.6.0"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins setuptools==80.9.0 ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python -W ignore - <<'PY'
import importlib.metadata, io, sys
import pysrt, pysubs2, srt, webvtt

for name in ("srt", "pysrt", "pysubs2", "webvtt-py"):
    print(name, importlib.metadata.version(name))

text = "1\n00:00:01,5 --> 00:00:09,000\nla\n\n2\n00:00:01,50 --> 00:00:09,000\nlu\n"


def by_webvtt(captions):
    return [caption.start_in_seconds + caption.start_time.milliseconds / 1000 for caption in captions]


seen = {
    "srt": [cue.start.total_seconds() for cue in srt.parse(text)],
    "pysrt": [cue.start.ordinal / 1000 for cue in pysrt.from_string(text)],
    "webvtt-py, SubRip": by_webvtt(webvtt.from_buffer(io.StringIO(text), format="srt")),
    "pysubs2": [cue.start / 1000 for cue in pysubs2.SSAFile.from_string(text, format_="srt")],
    "webvtt-py, WebVTT": by_webvtt(webvtt.from_string("WEBVTT\n\n" + text.replace(",", "."))),
}
for reader, starts in seen.items():
    print(f"{reader:18}", starts)
early, right = [1.005, 1.05], [1.5, 1.5]
sys.exit(0 if list(seen.values()) == [early] * 3 + [right] * 2 else "the behaviour has changed")
PY
