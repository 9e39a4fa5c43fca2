#!/usr/bin/env bash
# The same MP3, with its encoder delay told in the LAME header, read by pedalboard, by libsndfile (soundfile) and
# by FFmpeg (PyAV).
# Most would expect: pedalboard, which is made for sample-exact work, gives the samples that went in, as the other
# two do.
# What happens: pedalboard keeps the delay and the padding of the encoder: its samples are 1,105 late (23 ms at 48
# kHz) and 1,920 more, while its exact_duration_known says True. Stems, beats or lyrics that were timed with
# another reader are off by that much.
# utawaku reads by FFmpeg alone.
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pkgs="pedalboard==0.9.26 soundfile==0.14.0 av==18.1.0 numpy==2.3.5"
# shellcheck disable=SC2086
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pkgs ||
  { echo "cannot install $pkgs: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata
import sys

import av
import numpy as np
import soundfile as sf
from pedalboard.io import AudioFile

for name in ("pedalboard", "soundfile", "av"):
    print(name, importlib.metadata.version(name))
RATE = 48_000
noise = np.cumsum(np.random.default_rng(0).standard_normal(20 * RATE))
noise -= np.convolve(noise, np.ones(200) / 200, "same")
noise = (0.3 * noise / np.abs(noise).max()).astype(np.float32)
sf.write("a.mp3", noise, RATE, format="MP3", subtype="MPEG_LAYER_III")


def late(read: np.ndarray) -> int:
    n = 10 * RATE
    match = np.fft.irfft(np.fft.rfft(read[:n], 2 * n) * np.conj(np.fft.rfft(noise[:n], 2 * n)))
    at = int(np.argmax(match))
    return at if at < n else at - 2 * n


with AudioFile("a.mp3") as file:
    exact = file.exact_duration_known
    by_pedalboard = file.read(file.frames)[0]
by_soundfile, _ = sf.read("a.mp3", dtype="float32")
with av.open("a.mp3") as container:
    by_ffmpeg = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
seen = {}
for name, read in (("pedalboard", by_pedalboard), ("libsndfile", by_soundfile), ("FFmpeg", by_ffmpeg)):
    seen[name] = (late(read), len(read) - len(noise))
    print(f"{name}: {seen[name][0]} samples late, {seen[name][1]} samples more than were written")
print("pedalboard exact_duration_known:", exact)
others = seen["libsndfile"] == seen["FFmpeg"] == (0, 0)
sys.exit(0 if others and exact and seen["pedalboard"][0] > 1000 and seen["pedalboard"][1] > 1000 else 1)
PY
