#!/usr/bin/env bash
# A mix of 300 songs with a chapter for each, written as .mp3 and .m4a by FFmpeg's muxers (through PyAV).
# Most would expect: 300 chapters for every reader, or an error.
# What happens: no error. FFmpeg itself reads 300 of both. In the .mp3 the table of contents (CTOC) counts its entries in one byte,
# which wraps: it lists 44 of the 300 CHAP frames, and a player that goes by the table shows 44. In the .m4a the list of Nero's form
# (chpl), which mutagen and others read, ends after 255; only the QuickTime text track has all.
# Matroska and Opus hold all 300.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check av==18.1.0 mutagen==1.48.1 numpy==2.3.5 ||
  { echo "cannot install av==18.1.0 mutagen==1.48.1 numpy==2.3.5: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys
from fractions import Fraction

import av
import numpy as np
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus

for name in ("av", "mutagen"):
    print(name, importlib.metadata.version(name), av.library_versions["libavformat"] if name == "av" else "")
N, RATE = 300, 48_000


def write(path: str, codec: str) -> None:
    tone = (np.sin(np.arange(30 * RATE) / 20) * 8000).astype(np.int16)
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.codec_context.layout = "stereo"
        container.set_chapters([
            {"id": number, "start": number * 100, "end": number * 100 + 100,
             "time_base": Fraction(1, 1000), "metadata": {"title": f"song {number + 1}"}}
            for number in range(N)
        ])
        frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="s16p", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        context = stream.codec_context
        resampler = av.AudioResampler(context.format or "s16", "stereo", RATE, context.frame_size or 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(piece))


def by_ffmpeg(path: str) -> int:
    with av.open(path) as container:
        return len(container.chapters())


for path, codec in (("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.mka", "libopus"), ("a.opus", "libopus")):
    write(path, codec)
tags = ID3("a.mp3")
seen = {
    "mp3, FFmpeg": by_ffmpeg("a.mp3"),
    "mp3, CHAP frames": len(tags.getall("CHAP")),
    "mp3, entries of its CTOC": [len(table.child_element_ids) for table in tags.getall("CTOC")],
    "m4a, FFmpeg": by_ffmpeg("a.m4a"),
    "m4a, mutagen": len(MP4("a.m4a").chapters),
    "mka, FFmpeg": by_ffmpeg("a.mka"),
    "opus, comments": sum(key.upper().endswith("NAME") for key in OggOpus("a.opus").tags.keys() if key.upper().startswith("CHAPTER")),
}
for name, number in seen.items():
    print(f"{name:26} {number}")
if list(seen.values()) != [300, 300, [44], 300, 255, 300, 300]:
    print("the behaviour has changed", file=sys.stderr)
    sys.exit(1)
PY
