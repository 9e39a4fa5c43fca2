#!/usr/bin/env bash
# A network with two branches of the same shapes, one computed after the other (a U-Net for the voice, another for the rest), run by ONNX
# Runtime with its arena off so that memory is given back.
# Most would expect: what a step made is freed after its last reader, so two branches, one behind the other, need what one needs.
# What happens: a buffer that a later step of the same shape can take over is held through all steps in between. Twelve steps of 32 MB
# in a row need 61 MB; the same twelve twice need 380 MB, although the second begins when the first has ended.
# `enable_mem_reuse = False` frees them (61 MB again), and computes nothing in place any more.
# glibc keeps freed blocks of up to 32 MB to itself, which would hide this: the script has it return them (MALLOC_MMAP_THRESHOLD_).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6 ||
  { echo "cannot install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6: nothing was tried" >&2; exit 2; }
cat > run.py <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

N_STEPS, N_VALUES = 12, 8_000_000
n_branches, reuse = int(sys.argv[1]), sys.argv[2] == "reuse"
axes = helper.make_tensor("axes", TensorProto.INT64, [1], [0])
nodes, values = [], [axes]
for branch in range(n_branches):
    last = "x" if branch == 0 else "second"
    if branch:  # depends on the first branch, so it cannot begin before that has ended
        nodes.append(helper.make_node("Add", ["x", "sum0"], ["second"]))
    for step in range(N_STEPS):  # each a little longer, so that no two of a branch have one shape
        pads = f"pads{branch}-{step}"
        values.append(helper.make_tensor(pads, TensorProto.INT64, [2], [0, 1 + step]))
        nodes.append(helper.make_node("Pad", [last, pads], [f"made{branch}-{step}"]))
        last = f"made{branch}-{step}"
    nodes.append(helper.make_node("ReduceSum", [last, "axes"], [f"sum{branch}"]))
graph = helper.make_graph(
    nodes, "branches", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [N_VALUES])],
    [helper.make_tensor_value_info(f"sum{n_branches - 1}", TensorProto.FLOAT, None)], values,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def memory(name: str) -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))


options = onnxruntime.SessionOptions()
options.enable_cpu_mem_arena = options.enable_mem_pattern = False
options.enable_mem_reuse = reuse
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options)
x = np.ones(N_VALUES, np.float32)
before = memory("VmRSS")
session.run(None, {"x": x})
print(round(memory("VmHWM") - before))
PY
venv/bin/python -c 'import onnxruntime; print("onnxruntime", onnxruntime.__version__)'
export MALLOC_MMAP_THRESHOLD_=65536
one=$(venv/bin/python run.py 1 reuse)
two=$(venv/bin/python run.py 2 reuse)
freed=$(venv/bin/python run.py 2 free)
echo "one branch: $one MB; two, one after the other: $two MB; two, with enable_mem_reuse off: $freed MB"
[ "$two" -gt $((3 * one)) ] && [ "$freed" -lt $((2 * one)) ] || { echo "the behaviour has changed" >&2; exit 1; }
