#!/usr/bin/env bash
# Opus files joined by `cat` (a chained Ogg stream, which RFC 3533 allows and recorders that reconnect leave):
# each reader says another length.
# Most would expect: 5 s and 8 s joined are 13 s, as `opusinfo` and players have it.
# What happens: mutagen and tinytag say 5 s, the first link. FFmpeg (PyAV) plays 13 s, but knows no length
# beforehand, and its timestamps begin at zero again in the second link. soundfile says 2**63 - 1 frames, and
# cannot read them at once.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="mutagen==1.48.1 tinytag==2.3.2 soundfile==0.14.0 av==18.1.0"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import av, mutagen, numpy as np, soundfile, tinytag

for name in ("mutagen", "tinytag", "soundfile", "av"):
    print(name, importlib.metadata.version(name))

def link(path, seconds, tone_hz):
    at = np.arange(seconds * 48000) / 48000
    sound = (0.3 * np.sin(2 * np.pi * tone_hz * at)).astype(np.float32)[None]
    with av.open(path, "w") as out:
        stream = out.add_stream("libopus", rate=48000, layout="mono")
        for first in range(0, sound.shape[1], 960):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, first : first + 960]), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, first
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return open(path, "rb").read()

with open("joined.opus", "wb") as out:
    out.write(link("a.opus", 5, 440) + link("b.opus", 8, 660))
said = {
    "mutagen": mutagen.File("joined.opus").info.length,
    "tinytag": tinytag.TinyTag.get("joined.opus").duration,
    "soundfile, frames": soundfile.info("joined.opus").frames,
}
with av.open("joined.opus") as opened:
    said["FFmpeg, before"] = opened.duration
    frames = [(frame.pts, frame.samples) for frame in opened.decode(audio=0)]
said["FFmpeg, played"] = sum(samples for _, samples in frames) / 48000
said["FFmpeg, times go back"] = sum(b[0] < a[0] for a, b in zip(frames, frames[1:]))
for reader, value in said.items():
    print(f"{reader}: {value}")
same = said == {"mutagen": 5.0, "tinytag": 5.0, "soundfile, frames": 2**63 - 1,
                "FFmpeg, before": None, "FFmpeg, played": 13.0, "FFmpeg, times go back": 1}
sys.exit(0 if same else "the behaviour has changed")
PY
