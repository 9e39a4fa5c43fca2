"""The images of `deploy/`, built and started.

They need a container engine that answers and the base image: a registry within reach, or an image
of its name that is there already.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import write_wav
from tests.models.test_own_mfcc_segmenter import onnx_file

ROOT = Path(__file__).parent.parent
FILES = ("Containerfile", "Containerfile.cuda")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


class Engine:
    """docker or podman, with one image of a file of `deploy/`."""

    def __init__(self, program: str, file: str) -> None:
        self.program = program
        self.file = file
        self.image = f"utawaku-test-{file.lower().replace('.', '-')}"

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the engine."""
        done = subprocess.run(
            [self.program, *arguments],
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done

    def once(self, *arguments: str, options: tuple[str, ...] = ()) -> str:
        """Run a container to its end; its output."""
        return self.run("run", "--rm", "--network", "none", *options, self.image, *arguments).stdout

    def python(self, code: str) -> str:
        """Run Python in a container; its output."""
        return self.once("-c", code, options=("--entrypoint", "python"))


@pytest.fixture(scope="module", params=FILES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    program = next((one for one in ("docker", "podman") if shutil.which(one)), "")
    if not program:
        pytest.skip("neither docker nor podman here")
    found = Engine(program, request.param)
    if found.run("info", check=False).returncode:
        pytest.skip(f"{program} does not answer")
    text = (ROOT / "deploy" / found.file).read_text("utf-8")
    for base in sorted(set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))):
        here = found.run("image", "inspect", base, check=False).returncode == 0
        if not here and found.run("pull", base, check=False).returncode:
            pytest.skip(f"the base image {base} is not here and cannot be fetched")
    form = ("--format", "docker") if program == "podman" else ()
    path = f"deploy/{found.file}"
    found.run("build", *form, "--network", "host", "-t", found.image, "-f", path, ".")
    yield found
    found.run("rmi", found.image, check=False)


def test_the_pipeline_runs_for_nobody_special_is_healthy_and_ends_when_told(
    engine: Engine, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    name = f"{engine.image}-up"
    engine.run(
        "run", "-d", "--init", "--network", "none", "--name", name,
        "-v", f"{tmp_path}:/srv/utawaku", engine.image,
    )  # fmt: skip
    try:
        (check,) = re.findall(
            r"CMD (utawaku .+)$", (ROOT / "deploy" / engine.file).read_text("utf-8"), re.MULTILINE
        )
        ends = time.monotonic() + 300
        while engine.run("exec", name, "sh", "-c", check, check=False).returncode:
            assert time.monotonic() < ends, engine.run("logs", name).stderr
            time.sleep(2)
        assert engine.run("exec", name, "id", "-u").stdout.strip() == "1000"
        engine.run("stop", "-t", "60", name)
        state = json.loads(engine.run("inspect", name).stdout)[0]["State"]
        assert state["ExitCode"] == 0, engine.run("logs", name).stderr
    finally:
        engine.run("rm", "-f", name, check=False)


def test_a_mounted_folder_is_segmented_as_the_user_who_starts_it(
    engine: Engine, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    write_wav(tmp_path / "talk.wav", np.zeros((1, 16_000)), 16_000)
    onnx_file(tmp_path / "own.onnx")
    engine.once(
        "segment", "/talks", "--tsv", "--engine", "/talks/own.onnx",
        options=("--user", "1234:1234", "-v", f"{tmp_path}:/talks",
                 "-e", "UTAWAKU_HOME=/talks/.utawaku"),
    )  # fmt: skip
    written = tmp_path / "segmented.tsv"
    assert written.read_text("utf-8").startswith("/talks/talk.wav\t")
    assert written.stat().st_uid == 1234


def test_of_cuda_only_the_driver_of_the_host_is_missing(engine: Engine) -> None:
    shown = engine.once("doctor", "--json") if engine.file == FILES[0] else ""
    if engine.file == FILES[0]:
        assert "CPUExecutionProvider" in shown
        return
    told = engine.python(
        "import onnxruntime as o, pathlib, subprocess, site, os;"
        "o.preload_dlls();"
        "print(o.get_available_providers());"
        "n = pathlib.Path(site.getsitepackages()[0], 'nvidia');"
        "os.environ['LD_LIBRARY_PATH'] = f'{n}/cu13/lib:{n}/cudnn/lib';"
        "p = pathlib.Path(o.__file__).parent / 'capi/libonnxruntime_providers_cuda.so';"
        "print(subprocess.run(['ldd', p], capture_output=True, text=True).stdout);"
        "print([l for l in open('/proc/self/maps') if 'libcudnn.so' in l])"
    )
    assert "CUDAExecutionProvider" in told
    assert "libcudnn.so.9" in told
    missing = re.findall(r"(\S+) => not found", told)
    assert missing == ["libcuda.so.1"]
    device = engine.run(
        "run", "--rm", "--network", "none", engine.image, "doctor", check=False
    ).stdout
    assert "CUDAExecutionProvider (device = auto" in device
