#!/usr/bin/env bash
# LRC: [offset:+500] is half a second earlier, half a second later, half a millisecond or nothing, by reader.
# Most would expect: the tag's meaning is settled (milliseconds, positive = lyrics earlier) and a reader
# either obeys it or leaves it out.
# What happens: pylrc adds it, so the lyrics come later: the wrong way round. FFmpeg (thus mpv) obeys it in
# microseconds: a shift of 0.5 ms, so that only offsets in the 100,000s are seen. lrcparser tells the number
# and applies it to no line. Whoever writes LRC must move the stamps themselves and write no offset.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check pylrc==0.1.2 lrcparser==0.2.0 imageio-ffmpeg==0.8.1 ||
  { echo "cannot install pylrc==0.1.2 lrcparser==0.2.0 imageio-ffmpeg==0.8.1: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, re, subprocess, sys
import imageio_ffmpeg, lrcparser, pylrc

for name in ("pylrc", "lrcparser"):
    print(name, importlib.metadata.version(name))
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version())

def by_ffmpeg(text):
    with open("song.lrc", "w") as out:
        out.write(text)
    made = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "song.lrc",
                           "-f", "srt", "-"], check=True, capture_output=True, text=True)
    minutes, seconds, ms = map(int, re.search(r"00:(\d+):(\d+),(\d+)", made.stdout).groups())
    return minutes * 60 + seconds + ms / 1000

seen = {}
for offset in ("+500", "-500", "+500000"):
    text = f"[offset:{offset}]\n[00:10.00]la\n[00:12.00]lu\n"
    parsed = lrcparser.LrcParser.parse(text)
    seen[offset] = {
        "pylrc": pylrc.parse(text)[0].time,
        "ffmpeg": by_ffmpeg(text),
        "lrcparser": f"{parsed['lrc_lines'][0].start_time} and offset {parsed['offset']}",
    }
    right = 10 - int(offset) / 1000
    print(f"[00:10.00] under [offset:{offset}] (meant: {right:g} s): {seen[offset]}")
same = ([seen[o]["pylrc"] for o in ("+500", "-500")] == [10.5, 9.5]
        and abs(seen["+500"]["ffmpeg"] - 10) < 0.002 and abs(seen["-500"]["ffmpeg"] - 10) < 0.002
        and abs(seen["+500000"]["ffmpeg"] - 9.5) < 0.002
        and seen["+500"]["lrcparser"].startswith("00:10.00"))
sys.exit(0 if same else "the behaviour has changed")
PY
