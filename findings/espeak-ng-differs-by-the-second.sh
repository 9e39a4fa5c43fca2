#!/usr/bin/env bash
# eSpeak NG: the same sentence by the same voice comes out different in the next second of the clock.
# Most would expect: a formant synthesiser without options gives the same samples in each new process, so that
# what is made of it (test recordings, fixtures) can be compared byte for byte.
# What happens: since 1.52 the library seeds its random numbers with the time in whole seconds when it is
# initialised. Two processes within one second agree, two in different seconds do not, and a test that speaks
# twice in a row passes. espeak_ng_SetRandSeed after each espeak_Initialize makes them agree.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check espeakng-loader==0.2.4 ||
  { echo "cannot install espeakng-loader==0.2.4: nothing was tried" >&2; exit 2; }
cat > speak.py <<'PY'
import ctypes, hashlib, sys
import espeakng_loader

library = ctypes.CDLL(espeakng_loader.get_library_path())
heard = hashlib.sha256()

@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def take(samples, count, _events):
    if samples and count > 0:
        heard.update(ctypes.string_at(samples, 2 * count))
    return 0

library.espeak_Info.restype = ctypes.c_char_p
if sys.argv[1:] == ["version"]:
    sys.exit(print("eSpeak NG", library.espeak_Info(None).decode()))
library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0x8000)
if sys.argv[1:] == ["seeded"]:
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
library.espeak_SetSynthCallback(take)
library.espeak_SetVoiceByName(b"ja+f2")
text = "みなさん、こんばんは。".encode() + b"\0"
library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, 1, None, None)
library.espeak_Synchronize()
print(heard.hexdigest()[:12])
PY
venv/bin/python speak.py version
spoken() { for _ in 1 2 3; do venv/bin/python speak.py "$@"; sleep 1.1; done | sort -u | wc -l; }
plain=$(spoken)
seeded=$(spoken seeded)
echo "three processes, a second apart: $plain different results; with a seed: $seeded"
[ "$plain" = 3 ] && [ "$seeded" = 1 ] || { echo "the behaviour has changed" >&2; exit 1; }
