#!/usr/bin/env bash
# tinytag: a recording in bare AAC (.aac, as radios and recorders of audio rooms write) lasts a fraction of a second.
# Most would expect: no length where a format tells none, or an estimate from the size, as mutagen has it (one per cent
# off for the same file).
# What happens: ten seconds of ADTS frames are .06 s, two minutes .12 s: the file is read as an MP3 of a few frames, and
# nothing warns. A library that leaves out what is shorter than a song leaves out the evening.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="tinytag==2.3.2 mutagen==1.48.1 imageio-ffmpeg==0.8.1"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, subprocess, sys
import imageio_ffmpeg, mutagen, tinytag

for name in ("tinytag", "mutagen"):
    print(name, importlib.metadata.version(name))
told = {}
for seconds in (10, 120):
    tone = ["-f", "lavfi", "-i", f"sine=440:d={seconds}:r=48000", "-c:a", "aac", "tone.aac"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *tone], check=True)
    told[seconds] = tinytag.TinyTag.get("tone.aac").duration, mutagen.File("tone.aac").info.length
    print(f"{seconds} s of bare AAC: tinytag {told[seconds][0]} s, mutagen {told[seconds][1]:.2f} s")
same = all(short < 1 and abs(right / seconds - 1) < 0.05 for seconds, (short, right) in told.items())
sys.exit(0 if same else "the behaviour has changed")
PY
