#!/usr/bin/env bash
# ONNX Runtime: a NaN in the input can vanish inside a pooling network, so a check of the output for NaN
# finds nothing.
# Most would expect: NaN spreads, as in numpy (np.max([1, nan, 2]) is nan), so "is the result finite?" at
# the end guards the whole network.
# What happens: MaxPool, GlobalMaxPool, ReduceMax and ArgMax on the CPU keep the other number where the NaN
# is not first: max(1, nan) = 1, but max(nan, 1) = nan for ReduceMax. A damaged frame thus changes the answer
# without a trace, or not at all, by its place. Check what goes in, not what comes out.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 ||
  { echo "cannot install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6: nothing was tried" >&2; exit 2; }
venv/bin/python - <<'PY'
import sys
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper

print("onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)

def answer(kind, values, shape, result=TensorProto.FLOAT, **attributes):
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"], **attributes)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", result, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.array(values, np.float32).reshape(shape)})[0].ravel().tolist()

nan = float("nan")
seen = {
    "MaxPool [1 nan | 2 nan]": answer("MaxPool", [1, nan, 2, nan], (1, 1, 4), kernel_shape=[2], strides=[2]),
    "GlobalMaxPool [1 nan 2]": answer("GlobalMaxPool", [1, nan, 2], (1, 1, 3)),
    "ReduceMax [1 nan 2]": answer("ReduceMax", [1, nan, 2], (3,), axes=[0]),
    "ReduceMax [nan 1 2]": answer("ReduceMax", [nan, 1, 2], (3,), axes=[0]),
    "ArgMax [1 nan 2]": answer("ArgMax", [1, nan, 2], (3,), TensorProto.INT64, axis=0),
    "ReduceMean [1 nan 2]": answer("ReduceMean", [1, nan, 2], (3,), axes=[0]),
}
for what, value in seen.items():
    print(f"{what}: {value}")
print("numpy max:", np.max([1, nan, 2]), "numpy argmax:", np.argmax([1, nan, 2]))
same = str(list(seen.values())) == "[[1.0, 2.0], [2.0], [2.0], [nan], [2], [nan]]"
sys.exit(0 if same else "the behaviour has changed")
PY
