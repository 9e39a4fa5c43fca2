#!/usr/bin/env bash
# Praat's pitch (parselmouth, Sound.to_pitch() as it stands): high sung notes come an octave too low, and
# nothing says that they are out of range.
# Most would expect: a note above the default ceiling of 600 Hz has no pitch (unvoiced), so that one sees that
# the range must be raised.
# What happens: every frame of F5 and above is voiced, at half its frequency, so that F5, A5 and C6, which
# singers of karaoke reach, are F4, A4 and C5. With pitch_ceiling=1400 they are right.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check praat-parselmouth==0.4.7 ||
  { echo "cannot install praat-parselmouth==0.4.7: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys
import numpy as np
import parselmouth

print("parselmouth", parselmouth.__version__, "Praat", parselmouth.PRAAT_VERSION)
at = np.arange(2 * 44100) / 44100

def pitch_of(note_hz, **range_hz):
    vibrato = 2 * np.pi * note_hz * at + 3.0 * np.sin(2 * np.pi * 5.5 * at)
    voice = sum(np.sin(number * vibrato) / number for number in range(1, 8)) * 0.1
    heard = parselmouth.Sound(voice, 44100).to_pitch(**range_hz).selected_array["frequency"]
    return round(float((heard > 0).mean()), 2), float(np.median(heard[heard > 0])) / note_hz

same = True
for note_hz, ratio in ((440.0, 1.0), (523.3, 1.0), (698.5, 0.5), (880.0, 0.5), (1046.5, 0.5)):
    voiced, heard = pitch_of(note_hz)
    raised = pitch_of(note_hz, pitch_ceiling=1400.0)[1]
    print(f"sung {note_hz:6.1f} Hz: {voiced:.0%} voiced, heard x {heard:.2f}; ceiling 1400 Hz: x {raised:.2f}")
    same &= voiced > 0.9 and abs(heard - ratio) < 0.03 and abs(raised - 1.0) < 0.03
sys.exit(0 if same else "the behaviour has changed")
PY
