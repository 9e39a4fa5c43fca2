#!/usr/bin/env bash
# LRC of a whole karaoke stream: after the first hour, lines vanish or jump back by more than an hour.
# Most would expect: [75:10.00] (minutes go on) is read by all, [01:15:10.00] (hours) by most, and a reader
# that cannot says so.
# What happens: pylrc drops every line from 60:00.00 on. FFmpeg (thus mpv) takes the hours for minutes and
# the minutes for seconds: a line of 1:15:10 is shown at 1 min 15 s. lrcparser reads [75:10.00], and takes
# [01:15:10.00] for a tag named "01". None warns. Minutes that go on are the safer form.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check pylrc==0.1.2 lrcparser==0.2.0 imageio-ffmpeg==0.8.1 ||
  { echo "cannot install pylrc==0.1.2 lrcparser==0.2.0 imageio-ffmpeg==0.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, subprocess, sys
import imageio_ffmpeg, lrcparser, pylrc

for name in ("pylrc", "lrcparser"):
    print(name, importlib.metadata.version(name))
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version())

def by_ffmpeg(text):
    with open("stream.lrc", "w") as out:
        out.write(text)
    made = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "stream.lrc",
                           "-f", "srt", "-"], check=True, capture_output=True, text=True)
    return [line[:12] for line in made.stdout.splitlines() if "-->" in line]

seen = {}
for stamp in ("59:59.00", "75:10.00", "01:15:10.00"):
    text = f"[00:01.00]first\n[{stamp}]late\n"
    lines = lrcparser.LrcParser.parse(text)["lrc_lines"]
    seen[stamp] = {"pylrc": [line.time for line in pylrc.parse(text)][1:],
                   "ffmpeg": by_ffmpeg(text)[1:],
                   "lrcparser": [str(line.start_time) for line in lines][1:]}
    print(f"[{stamp}]: {seen[stamp]}")
same = seen == {
    "59:59.00": {"pylrc": [3599.0], "ffmpeg": ["00:59:59,000"], "lrcparser": ["59:59.00"]},
    "75:10.00": {"pylrc": [], "ffmpeg": ["01:15:10,000"], "lrcparser": ["75:10.00"]},
    "01:15:10.00": {"pylrc": [], "ffmpeg": ["00:01:15,000"], "lrcparser": []},
}
sys.exit(0 if same else "the behaviour has changed")
PY
