#!/usr/bin/env bash
# shazamio-core: the signature of a file is of ten seconds in its middle, whatever is before and after.
# Most would expect: the signature is of the first seconds, or of the whole file, so that of a recording of two
# songs the first is found.
# What happens: of a file of a minute that sounds different in its first 20 s, or in its last 20 s, the
# signature is the same; one that differs in the middle 20 s has another. Of a recording that holds several
# songs, or ends in talk, only what happens to be in the middle is asked about: cut it first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check shazamio_core==2.0.0 numpy ||
  { echo "cannot install shazamio_core==2.0.0: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import asyncio, importlib.metadata, sys, wave
import numpy as np
import shazamio_core

print("shazamio_core", importlib.metadata.version("shazamio_core"))
RATE = 16000

def music(seconds, seed):
    notes = np.random.default_rng(seed)
    at = np.arange(RATE // 4) / RATE
    return np.concatenate([sum(np.sin(2 * np.pi * hz * at) for hz in notes.uniform(300, 4000, 4))
                           for _ in range(4 * seconds)]) * 0.1

async def signature(samples):
    with wave.open("heard.wav", "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return (await shazamio_core.Recognizer().recognize_path("heard.wav")).signature

async def main():
    whole = music(60, 1)
    heard = await signature(whole)
    print(f"a file of 60 s: a signature of {heard.samples} ms")
    same = {}
    for name, start_s in (("first", 0), ("middle", 20), ("last", 40)):
        other = whole.copy()
        other[start_s * RATE : (start_s + 20) * RATE] = music(20, 2)
        same[name] = (await signature(other)).uri == heard.uri
        print(f"other music in the {name} 20 s: {'the same' if same[name] else 'another'} signature")
    return heard.samples == 10_000 and same == {"first": True, "middle": False, "last": True}

sys.exit(0 if asyncio.run(main()) else "the behaviour has changed")
PY
