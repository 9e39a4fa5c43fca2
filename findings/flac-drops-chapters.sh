#!/usr/bin/env bash
# Chapters written to .flac (an evening, or a mix with a chapter for each song): FFmpeg's muxer drops them.
# Most would expect: a .flac keeps chapters as an .opus does. Both hold them as the comments CHAPTER000=... of Vorbis, the
# muxer of Ogg writes these, and the demuxer of FLAC reads them.
# What happens: PyAV's `set_chapters` is accepted and the file has none: no error, no warning, no comment. The same file
# with the same comments added by mutagen shows all of its chapters to the same FFmpeg.
# FLAC inside Ogg (.oga) loses them as well; .opus, .mka, .m4a and .mp3 keep them.
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
import mutagen.flac
import numpy as np

for name in ("av", "mutagen"):
    print(name, importlib.metadata.version(name), av.library_versions["libavformat"] if name == "av" else "")
NAMES = ["talk", "first song", "second song"]
RATE = 48_000
CODECS = {"mka": "flac", "m4a": "aac", "mp3": "libmp3lame", "opus": "libopus", "flac": "flac", "oga": "flac"}


def write(path: str, codec: str) -> None:
    tone = (np.sin(np.arange(6 * RATE) * 2 * np.pi * 440 / RATE) * 8000).astype(np.int16)
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.codec_context.layout = "stereo"
        container.set_chapters([
            {"id": number, "start": number * 2000, "end": number * 2000 + 2000,
             "time_base": Fraction(1, 1000), "metadata": {"title": title}}
            for number, title in enumerate(NAMES)
        ])
        frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="s16p", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        resampler = av.AudioResampler(stream.codec_context.format or "s16", "stereo", RATE,
                                      stream.codec_context.frame_size or 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            container.mux(stream.encode(piece))


def titles(path: str) -> list[str]:
    with av.open(path) as container:
        return [chapter["metadata"]["title"] for chapter in container.chapters()]


seen = {}
for ending, codec in CODECS.items():
    write(f"mix.{ending}", codec)
    seen[ending] = titles(f"mix.{ending}")
    print(f"{ending:5} {seen[ending]}")
file = mutagen.flac.FLAC("mix.flac")
for number, title in enumerate(NAMES):
    file[f"CHAPTER{number:03}"] = f"00:00:{2 * number:02}.000"
    file[f"CHAPTER{number:03}NAME"] = title
file.save()
by_hand = titles("mix.flac")
print("flac, comments added by mutagen:", by_hand)
kept = all(seen[ending] == NAMES for ending in ("mka", "m4a", "mp3", "opus"))
same = kept and seen["flac"] == seen["oga"] == [] and by_hand == NAMES
sys.exit(0 if same else "the behaviour has changed")
PY
