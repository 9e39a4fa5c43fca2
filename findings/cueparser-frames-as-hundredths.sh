#!/usr/bin/env bash
# CueParser: the lengths that it tells of a CUE sheet's tracks take frames for hundredths of a second.
# Most would expect: MM:SS:FF has 75 frames a second, as on a CD, so that from 00:10:37 (10 and 37/75 s) to 00:30:00 a
# track lasts 19.507 s, and one from 00:30:00 to 01:00:74 lasts 30.987 s.
# What happens: 19.63 and 30.74 s. A song that is cut by these lengths ends up to a quarter of a second off, and the
# sum of lengths is no length of the album. The INDEX itself comes back as it is written, as text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="CueParser==1.3.3"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
from cueparser import CueSheet

print("CueParser", importlib.metadata.version("CueParser"))
head = 'PERFORMER "Mio"\nTITLE "Evening"\nFILE "evening.wav" WAVE\n'
starts = ("00:10:37", "00:30:00", "01:00:74")
tracks = [f'  TRACK {n:02} AUDIO\n    TITLE "Song {n}"\n    PERFORMER "Mio"\n    INDEX 01 {start}\n'
          for n, start in enumerate(starts, 1)]
sheet = CueSheet()
sheet.setOutputFormat("%performer%", "%title%")
sheet.setData(head + "".join(tracks))
sheet.parse()
seconds = [sum(int(part) * size for part, size in zip(start.split(":"), (60, 1, 1 / 75))) for start in starts]
right = [after - before for before, after in zip(seconds, seconds[1:])]
told = [track.duration.total_seconds() for track in sheet.tracks[:2]]
print("by 75 frames a second:", [round(length, 3) for length in right])
print("told:                 ", told)
same = abs(told[0] - 19.63) < 0.001 and abs(told[1] - 30.74) < 0.001
sys.exit(0 if same else "the behaviour has changed")
PY
