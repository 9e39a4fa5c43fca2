"""What tests of separation share."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from utawaku.library.errors import EngineError
from utawaku.media.cut.encode import LAYOUTS
from utawaku.media.decode import load
from utawaku.models.separator import Stems

Shape = Sequence[str | int | None]


def sdr_db(truth: np.ndarray, found: np.ndarray) -> float:
    """Signal over distortion: 10 log10 |truth|^2 / |truth - found|^2."""
    return float(10 * np.log10(np.sum(truth**2) / max(np.sum((truth - found) ** 2), 1e-20)))


def write_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    """A 16-bit WAV file of float (n_channels, n_samples)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout=LAYOUTS[len(samples)])
        whole = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(whole.T).reshape(1, -1), "s16", LAYOUTS[len(samples)]
        )
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grid(path: Path) -> np.ndarray:
    """A file's samples as whole numbers on the 16-bit grid, (n_channels, n_samples)."""
    samples, _ = load(path)
    found: np.ndarray = np.rint(np.atleast_2d(samples) * 32768).astype(int)
    return found


def network(path: Path, node: Sequence[onnx.NodeProto], shapes: dict[str, Shape]) -> Path:
    """An ONNX network from input `x` to output `y`; a gain of a half is there as `half`."""
    values = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    half = numpy_helper.from_array(np.array(0.5, np.float32), "half")
    graph = helper.make_graph(list(node), "g", [values["x"]], [values["y"]], [half])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def halving(path: Path, shape: Shape) -> Path:
    """A network that halves what it gets."""
    return network(path, [helper.make_node("Mul", ["x", "half"], ["y"])], {"x": shape, "y": shape})


class Halver:
    """An engine that calls 60 % of everything vocals, in pieces of its own sizes."""

    name, version, model_version = "halver", "1", "none"

    def stream(self, chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Stems]:
        held = None
        for chunk in chunks:
            held = chunk if held is None else np.concatenate([held, chunk], axis=1)
            while held.shape[1] > 1000:
                now, held = held[:, :777], held[:, 777:]
                yield Stems(now * np.float32(0.6), now * np.float32(0.4))
        if held is not None and held.shape[1]:
            yield Stems(held * np.float32(0.6), held * np.float32(0.4))


class Shy(Halver):
    """Fails where it hears one sample of full scale, unless it holds less than so many samples."""

    def __init__(self, *, at_most: int = 0) -> None:
        self.at_most = at_most
        self.n_calls = 0

    def stream(self, chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Stems]:
        self.n_calls += 1
        heard = list(chunks)
        if sum(chunk.shape[1] for chunk in heard) > self.at_most:
            for chunk in heard:
                if np.abs(chunk).max() > 0.99:
                    raise EngineError("will not sing this", subject="the network")
        yield from super().stream(heard, sample_rate_hz)
