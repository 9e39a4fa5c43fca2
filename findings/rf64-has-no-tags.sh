#!/usr/bin/env bash
# A .wav of more than 4 GiB (a long stream saved as RF64): tag readers do not know it as a file of sound.
# Most would expect: what ffmpeg, Audacity and libsndfile write for long recordings (RF64, a standard of the
# EBU) is read by the tag libraries that read WAV: the length at least.
# What happens: mutagen raises ("Root chunk must be a RIFF chunk"), TinyTag raises ("Invalid WAV header"),
# Python's wave raises, TagLib opens it and says 0 seconds with no tags. libsndfile and FFmpeg
# say 13 hours. So a program that takes the length from the tags refuses, or drops, just the longest
# recordings. (The file here is sparse: it takes no space.)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check mutagen==1.48.1 tinytag==2.3.2 pytaglib==3.2.0 soundfile==0.14.0 av==18.1.0 ||
  { echo "cannot install mutagen==1.48.1 tinytag==2.3.2 pytaglib==3.2.0 soundfile==0.14.0 av==18.1.0: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, struct, sys, wave
import av, mutagen, soundfile, taglib, tinytag

for name in ("mutagen", "tinytag", "pytaglib", "soundfile", "av"):
    print(name, importlib.metadata.version(name))
RATE, HOURS = 48_000, 13
n_frames = HOURS * 3600 * RATE
size = n_frames * 4
header = (b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE"
          + b"ds64" + struct.pack("<IQQQI", 28, size + 72, size, n_frames, 0)
          + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16)
          + b"data" + struct.pack("<I", 0xFFFFFFFF))
with open("evening.wav", "wb") as out:
    out.write(header)
    out.truncate(len(header) + size)

def by_av():
    with av.open("evening.wav") as container:
        return container.duration / 1e6

readers = {
    "mutagen": lambda: mutagen.File("evening.wav").info.length,
    "tinytag": lambda: tinytag.TinyTag.get("evening.wav").duration,
    "wave": lambda: wave.open("evening.wav").getnframes() / RATE,
    "taglib": lambda: taglib.File("evening.wav").length,
    "soundfile": lambda: soundfile.info("evening.wav").duration,
    "av": by_av,
}
seen = {}
for name, length in readers.items():
    try:
        seen[name] = length() / 3600
    except Exception as error:
        seen[name] = f"{type(error).__name__}"
        print(f"{name}: {type(error).__name__}: {error}")
    else:
        print(f"{name}: {seen[name]:.1f} hours")
refused = [name for name, value in seen.items() if isinstance(value, str)]
same = (refused == ["mutagen", "tinytag", "wave"] and seen["taglib"] == 0
        and seen["soundfile"] == HOURS and abs(seen["av"] - HOURS) < 0.01)
sys.exit(0 if same else "the behaviour has changed")
PY
