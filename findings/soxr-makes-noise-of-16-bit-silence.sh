#!/usr/bin/env bash
# soxr: digital silence does not stay silent when it is resampled as 16-bit numbers.
# Most would expect: zeros in, zeros out, as with ffmpeg and with float32.
# What happens: for int16 soxr adds dither, so about a fifth of the samples of a silent second become
# +1 or -1. A gate that looks for exact zeros (energy of a frame, "no sound at all", trimming of
# digital silence) sees noise. Float32 input of the same silence stays exactly zero. The dither is the
# same in each call, so that two runs compare equal and hide it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check soxr==1.1.0 numpy==2.4.6 ||
  { echo "cannot install soxr==1.1.0 numpy==2.4.6: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import importlib.metadata, sys
import numpy as np, soxr

print("soxr", importlib.metadata.version("soxr"))
silence = np.zeros(48_000, np.int16)
as_int = soxr.resample(silence, 48_000, 44_100)
as_float = soxr.resample(silence.astype(np.float32), 48_000, 44_100)
again = soxr.resample(silence, 48_000, 44_100)
n_noise = int(np.count_nonzero(as_int))
print(f"int16:   {n_noise} of {as_int.size} samples are not zero, values {sorted(set(as_int.tolist()))}")
print(f"float32: {int(np.count_nonzero(as_float))} of {as_float.size} samples are not zero")
print("two calls equal:", np.array_equal(as_int, again))
same = n_noise > as_int.size // 10 and not as_float.any() and np.array_equal(as_int, again)
sys.exit(0 if same else "the behaviour has changed")
PY
