#!/usr/bin/env bash
# soundfile.read(path, start=n) of an MP3 that soundfile itself wrote, compared with the same samples of the whole
# file.
# Most would expect: the same samples, as of FLAC, Vorbis and Opus, or at worst a few at the seam.
# What happens: of a pure tone the first 60 to 90 ms after the seek are wrong by more than half of full scale,
# without an error: the frames need bits of frames before them, which are not read. Of Vorbis and Opus files,
# every sample is right.
# Who cuts songs, windows or training pieces out of MP3s by start= has noise at each beginning.
# utawaku reads by FFmpeg.
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="soundfile==0.14.0 numpy==2.3.5"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys

import numpy as np
import soundfile as sf

print("soundfile", sf.__version__, sf.__libsndfile_version__)
RATE = 48_000
tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(20 * RATE) / RATE)).astype(np.float32)
wrong = {}
for name, kind, subtype in (("a.mp3", "MP3", "MPEG_LAYER_III"), ("a.ogg", "OGG", "VORBIS"), ("a.opus", "OGG", "OPUS")):
    sf.write(name, tone, RATE, format=kind, subtype=subtype)
    whole, _ = sf.read(name, dtype="float32")
    worst, until_ms = [], []
    for start in (48_000, 123_456, 500_000):
        part, _ = sf.read(name, start=start, frames=2 * RATE, dtype="float32")
        apart = np.abs(part - whole[start : start + 2 * RATE])
        worst.append(float(apart.max()))
        until_ms.append(1000 * float(np.flatnonzero(apart > 0.01)[-1:].sum()) / RATE)
    wrong[name] = (worst, until_ms)
    print(name, "differs by up to", [round(one, 2) for one in worst], "until ms", [round(one) for one in until_ms])
mp3 = all(one > 0.3 for one in wrong["a.mp3"][0]) and all(40 < one < 150 for one in wrong["a.mp3"][1])
sys.exit(0 if mp3 and all(one < 1e-4 for name in ("a.ogg", "a.opus") for one in wrong[name][0]) else 1)
PY
