#!/usr/bin/env bash
# ONNX Runtime: the mean over a long recording is wrong by percents.
# Most would expect: float32 has seven digits, so ReduceMean of ten million samples of 0.1 is 0.1 to
# about six digits, as numpy's is.
# What happens: the CPU kernels add up in float32, in few lanes. Over ten minutes at 16 kHz ReduceMean,
# GlobalAveragePool and ReduceL2 are off by about 1 %, over columns (axis 0 of a pair) by 8 %, over half an
# hour by more; CumSum of 0.1 stops growing at 2,097,152 (2 to the 21st). Networks that pool a whole
# recording inside the graph need a mean of means.
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
from onnx import TensorProto, helper, numpy_helper

print("onnxruntime", onnxruntime.__version__, "onnx", onnx.__version__)

def answer(kind, values, constants=(), **attributes):
    names = [f"c{i}" for i in range(len(constants))]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *names], ["y"], **attributes)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(c, n) for c, n in zip(constants, names)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values})[0]

samples = np.full(9_600_000, 0.1, np.float32)
means = {
    "numpy": float(samples.mean()),
    "ReduceMean": float(answer("ReduceMean", samples, axes=[0]).item()),
    "GlobalAveragePool": float(answer("GlobalAveragePool", samples.reshape(1, 1, -1)).item()),
    "ReduceMean of two columns": float(answer("ReduceMean", np.stack([samples] * 2, 1), axes=[0])[0, 0]),
}
for what, mean in means.items():
    print(f"mean of 9,600,000 times 0.1 by {what}: {mean:.6f}")
total = float(answer("CumSum", np.full(28_800_000, 0.1, np.float32), [np.array(0, np.int64)])[-1])
print("CumSum of 28,800,000 times 0.1:", total, "(true: 2880000)")
off = [abs(mean / 0.1 - 1) for mean in means.values()]
same = off[0] < 1e-5 and min(off[1:]) > 0.002 and total == 2_097_152
sys.exit(0 if same else "the behaviour has changed")
PY
