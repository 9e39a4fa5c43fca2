#!/usr/bin/env bash
# kaldi-native-fbank: the same sound gives other numbers each time, by default.
# Most would expect: features of one recording are the same on each run, as librosa, torchaudio and SciPy give them, so
# that they can be cached, compared by a checksum, and scores of a network be made again.
# What happens: noise is added to the samples (dither of 3e-5; torchaudio's port of the same features adds none). Bands
# in which a tone or a quiet passage has next to nothing differ by over 1 (in natural logarithms) from run to run.
# With frame_opts.dither = 0 both runs are equal, bit by bit.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="kaldi-native-fbank==1.23.0 numpy==2.3.5"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import kaldi_native_fbank as knf
import numpy as np

print("kaldi-native-fbank", importlib.metadata.version("kaldi-native-fbank"))
RATE = 16000
tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)


def features(dither=None):
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.mel_opts.num_bins = 80
    if dither is not None:
        options.frame_opts.dither = dither
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(RATE, tone.tolist())
    bank.input_finished()
    return np.stack([bank.get_frame(n) for n in range(bank.num_frames_ready)])


default, none = np.abs(features() - features()), np.abs(features(0) - features(0))
print("default dither:", knf.FbankOptions().frame_opts.dither)
print(f"two runs differ by up to {default.max():.2f}, by {default.mean():.3f} on average")
print("without dither by up to", float(none.max()))
same = default.max() > 1 and none.max() == 0
sys.exit(0 if same else "the behaviour has changed")
PY
