#!/usr/bin/env bash
# ONNX MelWeightMatrix, for a mel spectrogram inside the graph: not the filter bank that networks are trained on.
# Most would expect: it is the HTK bank of triangles without normalisation, librosa.filters.mel(htk=True, norm=None),
# but for rounding, so that features move into the graph unchanged.
# What happens: the operator (and its definition) parts the range into bands + 2 steps, where everybody else takes
# bands + 1, so all bands lie lower and the last ends before the upper edge: 80 bands up to 8 kHz have nothing above
# 7,680 Hz. Corners are whole bins, so that low bands have one bin each, and some neighbours are the same. Weights
# differ by up to 1.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
pins="onnxruntime==1.23.2 onnx==1.19.1 librosa==0.11.0 numpy==2.3.5"
venv/bin/pip install -qq --no-compile --disable-pip-version-check $pins ||
  { echo "cannot install $pins: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys
import librosa
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

for one in (onnxruntime, onnx, librosa):
    print(one.__name__, one.__version__)

BANDS, FFT, RATE = 80, 400, 16000
ints, floats = TensorProto.INT64, TensorProto.FLOAT
given = {"bands": (ints, BANDS), "fft": (ints, FFT), "rate": (ints, RATE),
         "low": (floats, 0.0), "high": (floats, 8000.0)}
nodes = [
    helper.make_node("Constant", [], [name], value=helper.make_tensor(name, kind, [], [value]))
    for name, (kind, value) in given.items()
]
nodes.append(helper.make_node("MelWeightMatrix", list(given), ["weights"]))
graph = helper.make_graph(nodes, "mel", [], [helper.make_tensor_value_info("weights", floats, None)])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
banks = {
    "ONNX Runtime": session.run(None, {})[0].T,
    "librosa": librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=BANDS, htk=True, norm=None),
}
facts = {}
for name, bank in banks.items():
    highest = int(np.nonzero(bank.sum(0))[0].max() * RATE / FFT)
    one_bin = int(((bank > 0).sum(1) == 1).sum())
    alike = sum(np.array_equal(a, b) for a, b in zip(bank, bank[1:]))
    facts[name] = (highest, one_bin, alike)
    print(f"{name:13} highest Hz {highest}, bands of one bin {one_bin}, neighbours alike {alike}")
apart = float(np.abs(banks["ONNX Runtime"] - banks["librosa"]).max())
print("weights differ by up to", round(apart, 2))
(low, single, twins), (high, few, none) = facts.values()
same = low < 7700 < 7900 < high and single > few and twins > none == 0 and apart > 0.9
sys.exit(0 if same else "the behaviour has changed")
PY
