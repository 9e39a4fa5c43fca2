#!/usr/bin/env bash
# mutagen: the length of an M4A file counts the run-up that its edit list leaves out.
# Most would expect: mutagen's length of an M4A file is how long it plays.
# What happens: it is the length of the media, with the encoder's run-up that the file's edit list
# tells players to leave out. A file of 8 kHz AAC that FFmpeg cuts behind two packets of run-up is told
# 0.26 s too long; FFmpeg (PyAV) tells the time that plays. utawaku asks FFmpeg (media/probe.py).
# Exits 0 while this is so, 1 once it changed, 2 when the packages cannot be had.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check mutagen==1.47.0 av==16.0.1 numpy ||
  { echo "cannot install mutagen==1.47.0 av==16.0.1 numpy: nothing was tried" >&2; exit 2; }
cd "$folder" && "$folder/venv/bin/python" - <<'P'
import av, mutagen, numpy as np
from mutagen.mp4 import MP4

RATE = 8_000
print("mutagen", mutagen.version_string, "av", av.__version__)
with av.open("whole.m4a", "w", format="ipod") as container:
    stream = container.add_stream("aac", rate=RATE, layout="mono")
    noise = np.random.default_rng(1).standard_normal((1, RATE * 10)).astype(np.float32) * 0.1
    frame = av.AudioFrame.from_ndarray(noise, "fltp", "mono")
    frame.sample_rate, frame.pts = RATE, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
with av.open("whole.m4a") as source, av.open(
    "cut.m4a", "w", format="ipod", options={"movie_timescale": str(RATE)}
) as target:
    output = target.add_stream_from_template(source.streams.audio[0])
    for number, packet in enumerate(p for p in source.demux(audio=0) if p.size):
        if 10 <= number < 40:  # two packets of run-up, then 28 that play
            packet.pts = packet.dts = (number - 12) * 1024
            packet.stream = output
            target.mux(packet)
with av.open("cut.m4a") as container:
    stream = container.streams.audio[0]
    plays_s = float(stream.duration * stream.time_base)
told_s = MP4("cut.m4a").info.length
print(f"plays {plays_s:.3f} s; mutagen tells {told_s:.3f} s")
raise SystemExit(0 if abs(plays_s - 28 * 1024 / RATE) < 0.01 and told_s - plays_s > 0.2 else 1)
P
