#!/usr/bin/env bash
# mutagen: a smaller picture in an Ogg file costs hundreds of writes of the file, a larger one two.
# Most would expect: replacing the picture in an Ogg Opus file by a smaller one costs mutagen about
# one write of the file, as a larger picture does.
# What happens: for every page that the old comment had more than the new one, the rest of the file
# is moved by itself: with a picture of 0.7 MB over a hundred times the size of the file is written.
# utawaku changes the header pages in memory and writes the file once (library/tag_formats/ogg_headers.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had. Counts bytes as Linux tells them in /proc/self/io.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check mutagen==1.47.0 av==16.0.1 numpy ||
  { echo "cannot install mutagen==1.47.0 av==16.0.1 numpy: nothing was tried" >&2; exit 2; }
cd "$folder" && "$folder/venv/bin/python" - <<'P'
import base64, os
import av, mutagen, numpy as np
from mutagen.flac import Picture
from mutagen.oggopus import OggOpus

print("mutagen", mutagen.version_string)
with av.open("song.opus", "w") as container:
    stream = container.add_stream("libopus", rate=48_000, layout="stereo")
    stream.bit_rate = 128_000
    noise = np.random.default_rng(1).standard_normal((2, 48_000)).astype(np.float32) * 0.1
    for second in range(120):
        frame = av.AudioFrame.from_ndarray(np.roll(noise, second * 7, 1).copy(), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, second * 48_000
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))

def written() -> int:
    return int(dict(line.split(": ") for line in open("/proc/self/io").read().splitlines())["wchar"])

times = []
for size in (700_000, 20_000):
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/jpeg", os.urandom(size)
    file, before = OggOpus("song.opus"), written()
    file["METADATA_BLOCK_PICTURE"] = [base64.b64encode(picture.write()).decode()]
    file.save()
    times.append((written() - before) / os.path.getsize("song.opus"))
    print(f"a picture of {size} bytes: {times[-1]:.1f} times the file was written")
raise SystemExit(0 if times[0] < 5 and times[1] > 50 else 1)
P
