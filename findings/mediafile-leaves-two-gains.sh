#!/usr/bin/env bash
# mediafile (beets): a new ReplayGain on a tagged .m4a or .opus leaves the old one beside it.
# Most would expect: setting rg_track_gain replaces the gain that the file has.
# What happens: in MP4 it looks for the lower-case atom only, so a file with REPLAYGAIN_TRACK_GAIN gets a
# second atom replaygain_track_gain, and both stay with different numbers. In Opus it writes
# REPLAYGAIN_TRACK_GAIN and keeps R128_TRACK_GAIN, which Opus players obey. Which of two gains is
# played depends on the player. In FLAC and MP3 one gain is left, the new one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check mediafile==0.17.0 mutagen==1.48.1 imageio-ffmpeg==0.8.1 ||
  { echo "cannot install mediafile==0.17.0 mutagen==1.48.1 imageio-ffmpeg==0.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, subprocess, sys
import imageio_ffmpeg, mediafile, mutagen
from mutagen.id3 import TXXX

for name in ("mediafile", "mutagen"):
    print(name, importlib.metadata.version(name))
codecs = {"m4a": "aac", "opus": "libopus", "flac": "flac", "mp3": "libmp3lame"}
seen = {}
for kind, codec in codecs.items():
    path = f"song.{kind}"
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i",
                    "sine=440:d=1:r=48000", "-c:a", codec, path], check=True)
    song = mutagen.File(path)
    if song.tags is None:
        song.add_tags()
    if kind == "m4a":
        song["----:com.apple.iTunes:REPLAYGAIN_TRACK_GAIN"] = [b"-6.50 dB"]
    elif kind == "mp3":
        song.tags.add(TXXX(encoding=3, desc="REPLAYGAIN_TRACK_GAIN", text=["-6.50 dB"]))
    else:
        song["R128_TRACK_GAIN" if kind == "opus" else "REPLAYGAIN_TRACK_GAIN"] = (
            ["-2944"] if kind == "opus" else ["-6.50 dB"])
    song.save()
    edited = mediafile.MediaFile(path)
    edited.rg_track_gain = -3.0
    edited.save()
    tags = mutagen.File(path).tags
    gains = {}
    for key in tags.keys():
        if "TRACK_GAIN" in key.upper():
            value = tags[key][0]
            gains[key.split(":")[-1]] = value.decode() if isinstance(value, bytes) else str(value)
    seen[kind] = gains
    print(f"{kind}: {gains}")
same = {kind: len(gains) for kind, gains in seen.items()} == {"m4a": 2, "opus": 2, "flac": 1, "mp3": 1}
sys.exit(0 if same else "the behaviour has changed")
PY
