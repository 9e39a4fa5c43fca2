#!/usr/bin/env bash
# Fragmented MP4 whose parts were joined byte by byte: after a change of format the rest plays too fast.
# Most would expect: a recorder's join (init segment, fragments, new init segment, fragments: what HLS and
# DASH recorders write when an advert or a restart changes the sound) is refused, or plays as a change
# of format, as it does in MPEG-TS.
# What happens: FFmpeg skips the second init segment ("Found duplicated MOOV Atom", a warning), decodes
# the 44.1 kHz stereo fragments under the 48 kHz mono header and labels them so: 880 Hz sounds as 958 Hz,
# a semitone and a half higher. Part of it is dropped, since its clock restarts: 16 s become 13.5 s. No
# error is raised, so song recognition, key and length of all that follows are wrong.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check imageio-ffmpeg==0.8.1 numpy==2.4.6 ||
  { echo "cannot install imageio-ffmpeg==0.8.1 numpy==2.4.6: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import pathlib, subprocess, sys
import imageio_ffmpeg
import numpy as np

ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
print("ffmpeg", imageio_ffmpeg.get_ffmpeg_version())

def run(*arguments):
    return subprocess.run([ffmpeg, "-v", "warning", "-y", *arguments], check=True, capture_output=True)

def fragments(name, tone_hz, rate_hz, n_channels):
    run("-f", "lavfi", "-i", f"sine={tone_hz}:d=8:r={rate_hz}", "-ac", str(n_channels), "-c:a", "aac",
        "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
        "-hls_fmp4_init_filename", f"{name}.mp4", "-hls_segment_filename", f"{name}%d.m4s", f"{name}.m3u8")
    parts = [pathlib.Path(f"{name}.mp4"), *sorted(pathlib.Path().glob(f"{name}?.m4s"))]
    return b"".join(part.read_bytes() for part in parts)

joined = fragments("evening", 440, 48_000, 1) + fragments("restart", 880, 44_100, 2)
pathlib.Path("joined.mp4").write_bytes(joined)
made = run("-i", "joined.mp4", "-f", "f32le", "-ac", "1", "-ar", "48000", "-")
sound = np.frombuffer(made.stdout, "<f4")

def tone_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(spectrum.argmax() * 48_000 / samples.size)

first, last = tone_hz(sound[48_000:144_000]), tone_hz(sound[-144_000:-48_000])
duplicate = b"duplicated MOOV" in made.stderr
print(f"written: 8 s of 440 Hz, 8 s of 880 Hz; read: {sound.size / 48_000:.1f} s,"
      f" {first:.0f} Hz, then {last:.0f} Hz; warned: {duplicate}")
same = abs(first - 440) < 2 and abs(last - 958) < 3 and sound.size < 15 * 48_000 and duplicate
sys.exit(0 if same else "the behaviour has changed")
PY
