#!/usr/bin/env bash
# FFmpeg 9: the same .m4a has fewer samples than with FFmpeg 8.
# Most would expect: the count of decoded samples of one file is a fact of the file.
# What happens: the edit list of an .m4a says how much of the last AAC frame is padding. Up to FFmpeg 8
# (inside PyAV 18) only the priming at the start is cut and the padding at the end is played: 441,344
# samples for a song of exactly 10 s at 44.1 kHz. FFmpeg 9 cuts both: 441,000. A stored sample count,
# "stems are as long as their source" or a hash of decoded sound changes with the update, for AAC in MP4
# only; and with the older one two joined songs have up to 23 ms of silence between them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check imageio-ffmpeg==0.8.1 av==18.1.0 ||
  { echo "cannot install imageio-ffmpeg==0.8.1 av==18.1.0: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import subprocess, sys
import av, imageio_ffmpeg

ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
newer = imageio_ffmpeg.get_ffmpeg_version()
print("ffmpeg program", newer, "| inside PyAV", av.__version__, "FFmpeg", av.ffmpeg_version_info)
subprocess.run([ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", "sine=440:d=10:r=44100",
                "-ac", "2", "-c:a", "aac", "song.m4a"], check=True)
raw = subprocess.run([ffmpeg, "-v", "error", "-i", "song.m4a", "-f", "s16le", "-"],
                     check=True, capture_output=True).stdout
by_newer = len(raw) // 4
with av.open("song.m4a") as container:
    by_older = sum(frame.samples for frame in container.decode(audio=0))
print("written: 441000 samples (10 s)")
print("FFmpeg", newer.split("-")[0], "decodes", by_newer)
print("FFmpeg", av.ffmpeg_version_info, "decodes", by_older)
sys.exit(0 if (by_newer, by_older) == (441_000, 441_344) else "the behaviour has changed")
PY
