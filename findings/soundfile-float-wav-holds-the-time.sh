#!/usr/bin/env bash
# soundfile (libsndfile): the same float samples written as .wav twice are two different files.
# Most would expect: WAV has no date, so the same samples give the same bytes, as they do with 16 and 24 bit, and a
# hash of the file knows stems and cuts that did not change.
# What happens: for float samples libsndfile adds a PEAK chunk, which holds the time of writing in whole seconds.
# Two files of one second are equal, so a test that writes twice in a row passes. FLAC is equal always.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="soundfile==0.13.1 numpy==2.3.5"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys, time
from pathlib import Path
import numpy as np
import soundfile

print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__)
sound = np.sin(np.arange(44100) / 20).astype("float32") / 2
kinds = {"wav 16 bit": ("wav", "PCM_16"), "wav 24 bit": ("wav", "PCM_24"),
         "wav float": ("wav", "FLOAT"), "flac": ("flac", "PCM_16")}


def written(number):
    for ending, kind in kinds.values():
        soundfile.write(f"{number}-{kind}.{ending}", sound, 44100, subtype=kind)


written(1)
time.sleep(1.1)
written(2)
equal = {}
for name, (ending, kind) in kinds.items():
    first, second = (Path(f"{number}-{kind}.{ending}").read_bytes() for number in (1, 2))
    equal[name] = first == second
    apart = [at for at, (a, b) in enumerate(zip(first, second)) if a != b]
    inside = f"differs at bytes {apart}, behind PEAK at {first.find(b'PEAK')}" if apart else "equal"
    print(f"{name:11} {inside}")
same = equal == {"wav 16 bit": True, "wav 24 bit": True, "wav float": False, "flac": True}
sys.exit(0 if same else "the behaviour has changed")
PY
