#!/usr/bin/env bash
# libebur128 (as pyebur128): the side channels of 7.1 do not count unless each channel is named.
# Most would expect: eight channels are measured as 7.1, as ffmpeg's ebur128 filter measures the same file.
# What happens: the seventh and eighth channel have no place of their own by default and are not counted,
# without a word (nor is the fourth, the LFE, which is right): -inf where only they sound. pyloudnorm
# refuses more than five channels; with four, the fourth counts as a surround of +1.5 dB there, the third
# and fourth in libebur128.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check pyebur128==0.1.1 pyloudnorm==0.2.0 numpy==2.4.6 ||
  { echo "cannot install pyebur128==0.1.1 pyloudnorm==0.2.0 numpy==2.4.6: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import numpy as np, pyebur128, pyloudnorm

for name in ("pyebur128", "pyloudnorm"):
    print(name, importlib.metadata.version(name))
RATE = 48_000
tone = (0.1 * np.sin(2 * np.pi * 997 * np.arange(4 * RATE) / RATE)).astype(np.float32)

def by_libebur128(n_channels, sounding):
    state = pyebur128.R128State(n_channels, RATE, pyebur128.MeasurementMode.MODE_I)
    samples = np.zeros((tone.size, n_channels), np.float32)
    samples[:, sounding] = tone
    state.add_frames(samples.reshape(-1), tone.size)
    return round(float(pyebur128.get_loudness_global(state)), 1)

def by_pyloudnorm(n_channels, sounding):
    samples = np.zeros((tone.size, n_channels))
    samples[:, sounding] = tone
    try:
        return round(float(pyloudnorm.Meter(RATE).integrated_loudness(samples)), 1)
    except ValueError as error:
        return str(error)

eight = [by_libebur128(8, channel) for channel in range(8)]
four = [by_libebur128(4, channel) for channel in range(4)]
other = [by_pyloudnorm(4, channel) for channel in range(4)]
print("one tone in one of 8 channels, libebur128:", eight)
print("one tone in one of 4 channels, libebur128:", four)
print("one tone in one of 4 channels, pyloudnorm:", other)
print("one tone in one of 8 channels, pyloudnorm:", by_pyloudnorm(8, 0))
silent = [channel for channel, loudness in enumerate(eight) if loudness == -np.inf]
same = silent == [3, 6, 7] and four[2] - four[0] == four[3] - four[0] > 1 and other[2] == other[0] < other[3]
sys.exit(0 if same else "the behaviour has changed")
PY
