#!/usr/bin/env bash
# ffmpeg -c copy: Opus that is moved from WebM to Ogg or MP4 gets longer; moved to Matroska it does not.
# Most would expect: a stream copy keeps the sound, so 10.000 s stay 480,000 samples in any container.
# What happens: WebM says how much of the last packet is padding (DiscardPadding). The Ogg and MP4
# muxers do not take that over: the copy plays the encoder's padding too, 24 samples as .opus and 624
# (13 ms) as .mp4 here; ffmpeg 5.1 added 648 in both. So "lossless" extraction of a site's WebM audio is not sample-exact, and
# a check "same sample count after the copy" fails for .opus and .mp4 only.
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
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version(), "PyAV", av.__version__)

def run(*arguments):
    subprocess.run([ffmpeg, "-v", "error", "-y", *arguments], check=True)

def n_samples(path):
    with av.open(path) as container:
        return sum(frame.samples for frame in container.decode(audio=0))

run("-f", "lavfi", "-i", "sine=440:d=10:r=48000", "-ac", "2", "-c:a", "libopus", "song.webm")
counts = {"song.webm": n_samples("song.webm")}
for name in ("copy.webm", "copy.mka", "copy.opus", "copy.mp4"):
    run("-i", "song.webm", "-c", "copy", name)
    counts[name] = n_samples(name)
for name, count in counts.items():
    print(f"{name:10} {count} samples")
exact = [name for name, count in counts.items() if count == 480_000]
longer = [name for name, count in counts.items() if count > 480_000]
same = exact == ["song.webm", "copy.webm", "copy.mka"] and longer == ["copy.opus", "copy.mp4"]
sys.exit(0 if same else "the behaviour has changed")
PY
