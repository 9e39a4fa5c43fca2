"""Networks run by ONNX Runtime: loading one, and telling when a file is not the one wanted."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from utawaku.library.config import load_settings
from utawaku.library.errors import EngineError, WeightsCorruptError
from utawaku.library.processes import give_back_freed_memory
from utawaku.models.devices import check_device, installed_devices, load_cuda, providers_for

if TYPE_CHECKING:
    import onnxruntime


def make_session(
    model: bytes | str,
    *,
    threads: int = 1,
    keeps_memory: bool = True,
    accelerated: bool = False,
    openvino: bool = False,
) -> "onnxruntime.InferenceSession":
    """A session on a model file's bytes or path; with one thread it computes in the caller's.

    Args:
        threads: inside an operator; 0 is one a core. Idle ones sleep.
        keeps_memory: plan the memory of a run ahead and hold on to it; False where runs are few
            and large, which then share one arena that frees what a step has read.
        accelerated: run on the device of the settings; else on the processor, which is faster for
            small networks.
        openvino: let `auto` take OpenVINO where its build of ONNX Runtime is installed.

    Raises:
        EngineError: the device that was asked for cannot be used.
    """
    import onnxruntime

    # The device is a property of the machine: one for the whole process, and for its children.
    device = load_settings().device if accelerated else "cpu"
    providers = providers_for(device, installed_devices(), openvino=openvino)
    load_cuda(providers)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A plan of all memory ahead takes one block that nothing of it is given back from.
    options.enable_mem_pattern = keeps_memory
    # A buffer that a later step can take over is held through all steps in between, which for two
    # branches of the same shapes is the whole of the first
    # (findings/onnxruntime-holds-what-it-will-reuse.sh).
    options.enable_mem_reuse = keeps_memory
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not keeps_memory:
        _register_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
        # A network is loaded in copies, each freed in blocks that no run would use again.
        give_back_freed_memory()
    session = onnxruntime.InferenceSession(model, options, providers=providers)
    if not keeps_memory:
        give_back_freed_memory()
    check_device(device, session.get_providers())
    return session


@cache
def _register_arena() -> None:
    """Give this process one arena for large networks, whose blocks begin small.

    Without an arena the C library keeps what was freed in pieces that do not fit the next step, or
    returns it and pays for each page again; an arena of a session's own begins too large.
    """
    import onnxruntime

    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    sizes = {
        "max_mem": 0,
        "arena_extend_strategy": 0,  # each new block twice as large
        "initial_chunk_size_bytes": 1 << 20,
        "max_dead_bytes_per_chunk": 1 << 20,
    }
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(sizes))


def load_network(
    weights: Path,
    *,
    shape: Sequence[int | None],
    pull: str,
    threads: int = 1,
    keeps_memory: bool = True,
    accelerated: bool = False,
    openvino: bool = False,
) -> "onnxruntime.InferenceSession":
    """A session on a network from the registry; see `make_session`.

    Args:
        shape: of the first input; None where any length will do.
        pull: name of the network in the registry, for the message.

    Raises:
        WeightsCorruptError: the file is not a network, or one of another shape.
        EngineError: the device that was asked for cannot be used.
    """
    next_step = f"Fetch it again with `utawaku models pull {pull}`"
    try:
        session = make_session(
            str(weights),
            threads=threads,
            keeps_memory=keeps_memory,
            accelerated=accelerated,
            openvino=openvino,
        )
        found = session.get_inputs()[0].shape
    except EngineError:
        raise
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise WeightsCorruptError(
            f"not a network that can be run ({error})", subject=str(weights), next_step=next_step
        ) from error
    fits = len(found) == len(shape) and all(
        wanted is None or wanted == length for wanted, length in zip(shape, found, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise WeightsCorruptError(
            f"takes input of shape {found}, not ({wanted})",
            subject=str(weights),
            next_step=next_step,
        )
    return session
