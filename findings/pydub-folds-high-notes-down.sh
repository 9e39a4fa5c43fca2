#!/usr/bin/env bash
# pydub: set_frame_rate to a lower rate filters nothing, and what is too high for it comes back as a wrong tone.
# Most would expect: a change of rate takes off what the new rate cannot hold, as ffmpeg, soxr and librosa do, so
# that a 12 kHz tone of 44.1 kHz sound is gone at 16 kHz.
# What happens: it is there as 4 kHz, at four fifths of its strength: samples are joined by straight lines
# (audioop.ratecv). Cymbals and sibilants of a song that is made small for a recogniser or a network (16 kHz, mono)
# are thus laid over the voice. No warning is given.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="pydub==0.25.1 soxr==1.1.0 numpy==2.3.5"
newer="audioop-lts==0.2.2; python_version >= '3.13'"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins "$newer" ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys, warnings
import numpy as np

warnings.simplefilter("ignore")  # pydub looks for ffmpeg, which is not needed here
import soxr
from pydub import AudioSegment

for name in ("pydub", "soxr"):
    print(name, importlib.metadata.version(name))


def loudest(sound):
    """Hz of the strongest tone of 16 kHz sound, and its level against the input in dB."""
    whole = sound[1000:17000].astype(float)
    level = 20 * np.log10(max(whole.std(), 1e-9) / tone.astype(float).std())
    return int(np.abs(np.fft.rfft(whole * np.hanning(16000))).argmax()), round(float(level), 1)


tone = (16000 * np.sin(2 * np.pi * 12000 * np.arange(88200) / 44100)).astype("<i2")
segment = AudioSegment(tone.tobytes(), sample_width=2, frame_rate=44100, channels=1)
small = np.frombuffer(segment.set_frame_rate(16000).raw_data, "<i2")
by_pydub, by_soxr = loudest(small), loudest(soxr.resample(tone.astype("f4"), 44100, 16000))
print("12 kHz at 16 kHz: pydub", by_pydub, "(Hz, dB); soxr", by_soxr[1], "dB")
same = by_pydub[0] == 4000 and by_pydub[1] > -3 and by_soxr[1] < -60
sys.exit(0 if same else "the behaviour has changed")
PY
