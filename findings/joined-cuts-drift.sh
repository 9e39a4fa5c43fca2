#!/usr/bin/env bash
# ffmpeg's concat demuxer with -c copy: each lossy song that is appended starts later than it should.
# Most would expect: the files know their own priming and padding, so two cuts of 5.0 s joined without
# re-encoding last 10.0 s and the second one starts at 5.0 s.
# What happens: the joined file keeps what is hidden at each seam. The second part is late by 2,565
# samples (53 ms) in .m4a, 1,797 in .mp3, 837 in .opus, by less in Matroska; FLAC is exact. In .m4a even
# the first part moves by 1,024. The same list decoded (without -c copy) is exact. An album of 20
# songs that is joined so is a second late at its end, and chapter marks made of the songs' lengths are
# wrong by as much.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check imageio-ffmpeg==0.8.1 numpy==2.4.6 ||
  { echo "cannot install imageio-ffmpeg==0.8.1 numpy==2.4.6: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import subprocess, sys, wave
import imageio_ffmpeg
import numpy as np

ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version())
RATE, CUT = 48_000, 240_123
noise = np.random.default_rng(0).standard_normal(10 * RATE)
smooth = np.convolve(noise, np.ones(8) / 8, "same")
signal = np.clip(smooth * 8_000, -32_000, 32_000)

def run(*arguments):
    made = subprocess.run([ffmpeg, "-v", "error", "-y", *arguments], check=True, capture_output=True)
    return np.frombuffer(made.stdout, "<i2").astype(float)

def write(name, samples):
    with wave.open(name, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples.astype("<i2").tobytes())

def delay(samples, at):
    """How much later than `at` the signal's 4000 samples from there lie."""
    found = np.correlate(samples[at - 6_000 : at + 10_000], signal[at : at + 4_000])
    return int(np.argmax(found)) - 6_000

write("1.wav", signal[:CUT])
write("2.wav", signal[CUT:])
seen = {}
codecs = {"m4a": ["aac", "-b:a", "192k"], "mp3": ["libmp3lame", "-b:a", "256k"],
          "opus": ["libopus", "-b:a", "160k"], "flac": ["flac"]}
for kind, codec in codecs.items():
    for part in "12":
        run("-i", f"{part}.wav", "-c:a", *codec, f"{part}.{kind}")
    with open("list.txt", "w") as out:
        out.write(f"file 1.{kind}\nfile 2.{kind}\n")
    joined = ["-f", "concat", "-safe", "0", "-i", "list.txt"]
    decode = ["-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    run(*joined, "-c", "copy", f"joined.{kind}")
    copied, decoded = run("-i", f"joined.{kind}", *decode), run(*joined, *decode)
    seen[kind] = (delay(copied, 100_000), delay(copied, 300_000), delay(decoded, 300_000))
    print(f"{kind:5} copied: part 1 late by {seen[kind][0]}, part 2 by {seen[kind][1]} samples;"
          f" decoded: part 2 by {seen[kind][2]}")
same = seen == {"m4a": (1024, 2565, 0), "mp3": (0, 1797, 0), "opus": (0, 837, 0), "flac": (0, 0, 0)}
sys.exit(0 if same else "the behaviour has changed")
PY
