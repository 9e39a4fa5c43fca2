#!/usr/bin/env bash
# A local HLS playlist of thirteen segments that a recorder left without its last line, #EXT-X-ENDLIST, read by
# FFmpeg (through PyAV).
# Most would expect: all segments on the disk are read from the first one on, as they are with that line, and then
# it ends.
# What happens: FFmpeg takes the file on the disk for a broadcast that goes on. It begins at the third segment from
# the end, so that of 48 s the first 40 are never read, without an error; the length is unknown. Behind the last
# segment it reads the list again after each pause of a segment's length, up to max_reload times, before it ends
# (here once; the default waits far longer).
# utawaku says that the list has no end, and which line to add (media/hls.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="av==18.1.0 numpy==2.3.5"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

print("av", importlib.metadata.version("av"), "libavformat", av.library_versions["libavformat"])
RATE = 48_000
options = {"hls_time": "4", "hls_list_size": "0", "hls_segment_filename": "seg%03d.ts"}
with av.open("whole.m3u8", "w", format="hls", options=options) as out:
    stream = out.add_stream("aac", rate=RATE, layout="mono")
    tone = (np.sin(np.arange(1024) / 20) * 0.3).astype(np.float32)[None]
    for number in range(48 * RATE // 1024):
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * 1024, Fraction(1, RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
text = Path("whole.m3u8").read_text()
Path("cut.m3u8").write_text(text.replace("#EXT-X-ENDLIST\n", ""))
print("segments:", text.count("#EXTINF"))


def heard_s(name: str) -> tuple[float, bool]:
    with av.open(name, options={"max_reload": "1"}) as container:
        packets = [p for p in container.demux(audio=0) if p.pts is not None]
        known = container.duration is not None
        return float(sum(p.duration * p.time_base for p in packets)), known


whole_s, whole_known = heard_s("whole.m3u8")
cut_s, cut_known = heard_s("cut.m3u8")
print(f"with ENDLIST: {whole_s:.1f} s are read, length known: {whole_known}")
print(f"without it:   {cut_s:.1f} s are read, length known: {cut_known}")
sys.exit(0 if whole_s > 47 and whole_known and 7 < cut_s < 17 and not cut_known else 1)
PY
