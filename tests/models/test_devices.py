"""Devices of networks: which provider is asked for, and what is said where it is not there."""

import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from tests.models.separation import halving
from utawaku.library.engines import DEVICES
from utawaku.library.errors import EngineError
from utawaku.library.paths import environment_name
from utawaku.models.devices import (
    PROVIDERS,
    check_device,
    installed_devices,
    load_cuda,
    providers_for,
)
from utawaku.models.onnx_session import load_network, make_session


def names(device: str, *installed: str, openvino: bool = False) -> list[str]:
    return [name for name, _ in providers_for(device, installed, openvino=openvino)]


def test_auto_takes_a_gpu_where_there_is_one_and_the_processor_else() -> None:
    assert names("auto", "cpu") == ["CPUExecutionProvider"]
    assert names("auto", "cuda", "cpu")[0] == "CUDAExecutionProvider"
    assert names("auto", "directml", "cpu")[0] == "DmlExecutionProvider"
    assert names("auto", "coreml", "cpu")[0] == "CoreMLExecutionProvider"
    assert names("cpu", "cuda", "cpu") == ["CPUExecutionProvider"]
    assert names("cuda", "cuda", "cpu") == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_auto_takes_openvino_only_for_what_it_is_known_to_be_right_for() -> None:
    assert names("auto", "openvino", "cpu") == ["CPUExecutionProvider"]
    assert names("auto", "openvino", "cpu", openvino=True)[0] == "OpenVINOExecutionProvider"
    assert names("openvino", "openvino", "cpu")[0] == "OpenVINOExecutionProvider"


def test_a_gpu_rounds_no_more_than_the_processor() -> None:
    assert dict(providers_for("cuda", ["cuda", "cpu"], openvino=False))[PROVIDERS["cuda"]] == {
        "use_tf32": "0"
    }


def test_a_device_that_onnx_runtime_was_not_installed_for_names_the_package() -> None:
    with pytest.raises(EngineError, match="can use cpu") as refused:
        providers_for("cuda", ["cpu"], openvino=False)
    assert "onnxruntime-gpu[cuda,cudnn]" in refused.value.next_step


def test_a_session_that_fell_back_to_the_processor_is_no_gpu() -> None:
    with pytest.raises(EngineError, match="driver"):
        check_device("cuda", ["CPUExecutionProvider"])
    check_device("auto", ["CPUExecutionProvider"])
    check_device("cpu", ["CPUExecutionProvider"])


def test_every_device_but_auto_has_a_provider_and_the_processor_is_always_there() -> None:
    assert set(PROVIDERS) == set(DEVICES) - {"auto"}
    assert "cpu" in installed_devices()
    assert set(PROVIDERS.values()) <= set(onnxruntime.get_all_providers())


def test_sessions_run_on_the_device_of_the_settings_and_small_networks_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = halving(tmp_path / "net.onnx", ["n", 4])
    missing = next(device for device in PROVIDERS if device not in installed_devices())
    monkeypatch.setenv(environment_name("device"), missing)
    with pytest.raises(EngineError, match=missing):
        load_network(path, shape=(None, 4), pull="it", accelerated=True)
    session = make_session(str(path))
    assert session.get_providers() == ["CPUExecutionProvider"]
    monkeypatch.setenv(environment_name("device"), "auto")
    load_network(path, shape=(None, 4), pull="it", accelerated=True)


def test_looking_for_cuda_prints_nothing_where_it_is_not_there(
    capfd: pytest.CaptureFixture[str],
) -> None:
    load_cuda(providers_for("cuda", ["cuda", "cpu"], openvino=False))
    assert capfd.readouterr().out == ""


def test_onnx_runtime_tells_nobody_about_its_use(tmp_path: Path) -> None:
    # It writes the number of this machine before it sends anything, and neither on build servers.
    environment = {
        name: value
        for name, value in os.environ.items()
        if "TELEMETRY" not in name and name != "CI" and not name.endswith(("_CI", "_ACTIONS"))
    }
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}

    code = "import utawaku.models.onnx_session, onnxruntime"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*icrosoft*")) == []
