#!/usr/bin/env bash
# Ten seconds of Ogg Opus as a capture of a station has them: its granule positions go on from when the station
# began, an hour before.
# Most would expect: every reader of tags says 10 s, as every player plays 10 s.
# What happens: mutagen and tinytag take the last granule for the length and say 3610 s; so does the length that
# FFmpeg gives for the container (through PyAV), though it knows that the first packet stands at 3600 s.
# libsndfile (through soundfile) says 10 s.
# RFC 7845 (section 4.5) allows such a first position, as of a stream that was joined late. utawaku takes off where
# it begins (media/probe.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 soundfile==0.14.0 numpy==2.3.5"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys
from fractions import Fraction

import av
import numpy as np
import soundfile
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus
from tinytag import TinyTag

for name in ("mutagen", "tinytag", "av", "soundfile"):
    print(name, importlib.metadata.version(name))
RATE = 48_000
with av.open("song.opus", "w", format="ogg") as out:
    stream = out.add_stream("libopus", rate=RATE, layout="mono")
    for number in range(10 * 50):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * 960, Fraction(1, RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
pages = []
with open("song.opus", "rb") as file:
    while file.peek(1):
        pages.append(OggPage(file))
with open("capture.opus", "wb") as file:
    for page in pages:
        if page.position > 0:
            page.position += 3600 * RATE
        file.write(page.write())
lengths = {}
for path in ("song.opus", "capture.opus"):
    with av.open(path) as container:
        played_s = sum(frame.samples for frame in container.decode(audio=0)) / RATE
        told_s, start_s = container.duration / 1e6, container.start_time / 1e6
    lengths[path] = [OggOpus(path).info.length, TinyTag.get(path).duration, told_s, soundfile.info(path).duration]
    print(f"{path}: plays {played_s:.1f} s, first packet at {start_s:.1f} s; mutagen, tinytag, FFmpeg, libsndfile say",
          [round(one, 1) for one in lengths[path]])
right = all(abs(one - 10) < 0.1 for one in lengths["song.opus"] + lengths["capture.opus"][3:])
sys.exit(0 if right and all(abs(one - 3610) < 0.1 for one in lengths["capture.opus"][:3]) else 1)
PY
