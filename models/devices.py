"""Devices that networks run on, by the execution providers that ONNX Runtime was installed with."""

import contextlib
import io
from collections.abc import Sequence

from utawaku.library.errors import EngineError

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Provider of each device; a GPU first."""
_AUTO = ("cuda", "directml", "coreml")
_PACKAGES = {
    "cuda": "onnxruntime-gpu[cuda,cudnn]",
    "directml": "onnxruntime-directml",
    "coreml": "onnxruntime (on macOS)",
    "openvino": "onnxruntime-openvino",
}

Provider = tuple[str, dict[str, str]]


def installed_devices() -> list[str]:
    """Return the devices that this ONNX Runtime can use, if the machine has them."""
    import onnxruntime

    here = onnxruntime.get_available_providers()
    return [device for device, provider in PROVIDERS.items() if provider in here]


def providers_for(device: str, installed: Sequence[str], *, openvino: bool) -> list[Provider]:
    """Return the execution providers to ask for, in order of preference.

    Args:
        device: of `utawaku.library.engines.Device`.
        installed: devices that this ONNX Runtime can use.
        openvino: whether `auto` takes OpenVINO, where there is no GPU.

    Raises:
        EngineError: ONNX Runtime was not installed for this device.
    """
    if device == "auto":
        wanted = [name for name in _AUTO if name in installed]
        if openvino and "openvino" in installed:
            wanted.append("openvino")
    elif device in installed:
        wanted = [] if device == "cpu" else [device]
    else:
        raise EngineError(
            f"ONNX Runtime is not installed for this device (it can use {', '.join(installed)})",
            subject=device,
            next_step=f"Install {_PACKAGES[device]} in place of onnxruntime, or choose "
            "`--device auto`",
        )
    return [(PROVIDERS[name], _options(name)) for name in [*wanted, "cpu"]]


def load_cuda(providers: Sequence[Provider]) -> None:
    """Load CUDA and cuDNN where they are installed as Python packages beside ONNX Runtime.

    Its provider finds them by itself only where the system has them. What is missing is told by
    `check_device`, or `auto` goes on with the processor.

    Args:
        providers: as from `providers_for`; nothing is done where CUDA is not among them.
    """
    import onnxruntime

    if PROVIDERS["cuda"] in [name for name, _ in providers]:
        # It prints what it does not find, and standard output may be JSON.
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()


def check_device(device: str, used: Sequence[str]) -> None:
    """Check that a session runs on the device that was asked for by name.

    ONNX Runtime falls back to the processor by itself where the driver is missing.

    Args:
        device: as asked for.
        used: execution providers of the session, in their order.

    Raises:
        EngineError: it runs on another one.
    """
    if device != "auto" and (not used or used[0] != PROVIDERS[device]):
        raise EngineError(
            "the device cannot be used on this machine (is its driver there?)",
            subject=device,
            next_step="Choose `--device auto` to go on without it",
        )


def _options(device: str) -> dict[str, str]:
    # Rounded to 10 bits, labels would differ from those of the processor.
    return {"use_tf32": "0"} if device == "cuda" else {}
