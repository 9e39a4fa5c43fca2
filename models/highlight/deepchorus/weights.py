"""Weights of DeepChorus: the published checkpoint and our own, checked against the architecture."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import h5py
import numpy as np
import numpy.typing as npt

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.files import atomic_path
from utawaku.models.highlight.deepchorus.architecture import (
    WEIGHTS,
    Kind,
    LayerShape,
    layer_shapes,
    weight_shapes,
)

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]


def read_weights(path: Path) -> Weights:
    """Weights by name from the published `.h5` or our own `.npz`.

    Raises:
        WeightsMissingError: no such file.
        WeightsCorruptError: it cannot be read, or holds a network of another shape.
    """
    if not path.is_file():
        raise WeightsMissingError(
            "there is no DeepChorus network",
            subject=str(path),
            next_step="Set `highlight.weights` to its file, or `highlight.engine` to `builtin`",
        )
    try:
        weights = _read_npz(path) if path.suffix == ".npz" else _read_h5(path)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, RuntimeError) as error:
        raise _corrupt(path, f"it cannot be read ({error})") from error
    check(weights, path)
    return weights


def check(weights: Mapping[str, Array], path: Path) -> None:
    """Raises WeightsCorruptError unless every weight is there, finite and of its shape."""
    expected = weight_shapes()
    if missing := sorted(expected.keys() - weights.keys()):
        raise _corrupt(path, f"{len(missing)} weights are not there, {missing[0]} the first")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise _corrupt(path, f"{name} is {weights[name].shape}, not {shape}")
        if not np.isfinite(weights[name]).all():
            raise _corrupt(path, f"{name} is not finite")


def write_weights(weights: Mapping[str, Array], path: Path) -> None:
    """Keep weights in one `.npz`, atomically."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **weights)  # type: ignore[arg-type]


def _read_npz(path: Path) -> Weights:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files if "/" in name}


def _read_h5(path: Path) -> Weights:
    """Keras' HDF5: layers of a kind follow one another as they were made, told by their numbers.

    The names differ with how many networks were made before in the same process; the order in
    which layers of a kind were made does not.
    """
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        found: dict[Kind, list[tuple[int, str, list[Array]]]] = {kind: [] for kind in WEIGHTS}
        for layer in _names(root, "layer_names"):
            arrays = [
                np.asarray(root[layer][name], np.float32)
                for name in _names(root[layer], "weight_names")
            ]
            if arrays:
                found[_kind_of(layer, arrays)].append((_number(layer), layer, arrays))
    weights: Weights = {}
    wanted = layer_shapes()
    for kind in WEIGHTS:
        of_kind = [shape for shape in wanted if shape.kind == kind]
        here = sorted(found[kind], key=lambda one: one[:2])
        if len(here) != len(of_kind):
            raise ValueError(f"{len(here)} layers of kind {kind}, not {len(of_kind)}")
        for shape, (_, name, arrays) in zip(of_kind, here, strict=True):
            weights.update(_taken(shape, name, arrays))
    return weights


def _taken(layer: LayerShape, name: str, arrays: list[Array]) -> Weights:
    if len(arrays) != len(layer.shapes):
        raise ValueError(f"{name} has {len(arrays)} weights, not {len(layer.shapes)}")
    if layer.kind == "up" and arrays[0].ndim == 4:
        # Published as convolutions of two dimensions, one of them 1.
        arrays = [arrays[0][:, 0], arrays[1]]
    return {
        f"{layer.name}/{weight}": array
        for weight, array in zip(WEIGHTS[layer.kind], arrays, strict=True)
    }


def _kind_of(layer: str, arrays: list[Array]) -> Kind:
    first = arrays[0]
    if len(arrays) == 8:
        return "attention"
    if first.ndim == 1:
        return "norm"
    if first.ndim == 4:
        return "up" if first.shape[1] == 1 else "conv2d"
    if first.ndim == 3:
        return "up" if "transpose" in layer else "conv1d"
    raise ValueError(f"{layer} is no layer of DeepChorus")


def _number(name: str) -> int:
    digits = re.search(r"(\d+)$", name)
    # The first layer of a kind has no number.
    if not digits or re.fullmatch(r"conv[12]d", name):
        return 0
    return int(digits[1])


def _names(group: Any, attribute: str) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name)
            for name in group.attrs[attribute]]  # fmt: skip


def _corrupt(path: Path, problem: str) -> WeightsCorruptError:
    return WeightsCorruptError(
        f"this is no DeepChorus network: {problem}",
        subject=str(path),
        next_step="Fetch the published checkpoint again, or train one with "
        "`utawaku train highlight --network deepchorus`",
    )
