#!/usr/bin/env bash
# pedalboard: time_stretch in its better mode (the default) moves a song against itself when it only transposes.
# Most would expect: with stretch_factor 1 and a pitch shift, as for a karaoke backing in another key, length and
# times stay; a delay, if any, is the same from the first bar to the last.
# What happens: the length stays within 2 ms, but the beats wander. Down three semitones they are a tenth of a second
# early after a minute, up three 140 ms late after two, so that a transposed backing and the voice fall apart.
# With high_quality=False, and with the plug-in PitchShift, they stay within 8 ms throughout.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="pedalboard==0.9.26 numpy==2.3.5"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import numpy as np
import pedalboard

print("pedalboard", importlib.metadata.version("pedalboard"))
RATE, SECONDS, PLACES = 44100, 120, (2, 30, 60, 90, 108)
rng = np.random.default_rng(1)
song = np.zeros(RATE * SECONDS)
time = np.arange(RATE // 4) / RATE
for beat in range(SECONDS * 2):  # a note of three harmonics each half second, a drum each second
    hz, at = 220 * 2 ** (rng.integers(0, 25) / 12), beat * RATE // 2
    note = sum(np.sin(2 * np.pi * hz * h * time) / h for h in (1, 2, 3)) * np.exp(-time / 0.12)
    drum = rng.normal(0, 0.3, len(time)) * np.exp(-time / 0.02) * (beat % 2 == 0)
    song[at : at + len(time)] += note + drum
song = (song / np.abs(song).max() * 0.7).astype("f4")


def rises(sound):
    level = np.abs(np.asarray(sound).reshape(-1))
    return np.maximum(np.diff(level[: len(level) // 44 * 44].reshape(-1, 44).mean(1)), 0)


def late_ms(sound):
    """By how many ms the beats of eight seconds are late, at five places, by correlation."""
    before, after, found = rises(song), rises(sound), []
    for place in PLACES:
        first, last = place * 1002, (place + 8) * 1002
        sums = [before[first:last] @ after[first + k : last + k] for k in range(-300, 301)]
        found.append(int(np.argmax(sums)) - 300)
    return found


seen = {}
for semitones in (-3.0, 3.0):
    for better in (True, False):
        moved = pedalboard.time_stretch(song, RATE, 1.0, semitones, high_quality=better)
        seen[semitones, better] = late_ms(moved)
        print(f"{semitones:+.0f} semitones, high_quality={better}: {moved.shape[-1] - len(song)} samples longer;",
              "late by", seen[semitones, better], "ms at", PLACES, "s")
plug_in = late_ms(pedalboard.Pedalboard([pedalboard.PitchShift(-3)])(song, RATE))
print("plug-in PitchShift, -3 semitones: late by", plug_in, "ms")
steady = [*seen[-3.0, False], *seen[3.0, False], *plug_in]
same = min(seen[-3.0, True]) < -80 and max(seen[3.0, True]) > 100 and max(map(abs, steady)) <= 8
sys.exit(0 if same else "the behaviour has changed")
PY
