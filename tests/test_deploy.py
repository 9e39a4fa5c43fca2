"""The systemd unit and the container file start what there is."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from tests.models.separation import write_wav
from tests.models.test_own_mfcc_segmenter import onnx_file
from utawaku.commands.app import app
from utawaku.library.config import Settings, describe
from utawaku.library.heartbeat import beat
from utawaku.library.public_guard import PROXY_HEADER
from utawaku.library.web_settings import WebSettings
from utawaku.tui.serve import DEFAULT_PORT

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = (DEPLOY / "utawaku.service", DEPLOY / "utawaku-worker.service")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
EXTRAS = r"(?:\.|utawaku)\[([a-z,]+)\]'"


def compose_command() -> list[str]:
    """The words that start Compose here: Docker's plugin, or the program; empty without both."""
    if shutil.which("docker"):
        asked = subprocess.run(
            ["docker", "compose", "version"], capture_output=True, timeout=60, check=False
        )
        if asked.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


COMPOSE = compose_command()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_no_fault_with_the_unit(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / ".local" / "bin" / "utawaku"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    copy = tmp_path / unit.name
    copy.write_bytes(unit.read_bytes())
    verify = ["systemd-analyze", "--user", "verify", "--man=no", str(copy)]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    environment.pop("XDG_CONFIG_HOME", None)

    def complaints() -> str:
        answer = subprocess.run(
            verify, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return "".join(line for line in answer.stderr.splitlines(True) if unit.name in line)

    assert complaints() == ""
    program.unlink()
    assert "is not executable" in complaints(), "or nothing was looked at"
    program.touch(0o755)
    copy.write_text(unit.read_text("utf-8").replace("Restart=", "Restrat="), "utf-8")
    assert "Restrat" in complaints()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_the_unit_starts_a_command_that_there_is(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(path, "utf-8")
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program == "%h/.local/bin/utawaku"
    assert CliRunner().invoke(app, [*arguments, "--help"]).exit_code == 0


def test_the_container_starts_a_command_that_there_is_and_its_health_is_told(
    settings: Settings,
) -> None:
    (command,) = re.findall(r'^CMD \["(\w+)"\]$', CONTAINERFILE, re.MULTILINE)
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    (arguments, pattern) = re.findall(r"CMD utawaku (.+) \| grep -q '(.+)'", CONTAINERFILE)[0]

    def healthy() -> bool:
        told = CliRunner().invoke(app, shlex.split(arguments)).stdout
        return re.search(pattern, told, re.MULTILINE) is not None

    assert not healthy()
    beat(settings)
    assert healthy()


def test_the_container_segments_a_mounted_folder_as_a_user_without_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, entry = (CONTAINERFILE.index(line) for line in ("\nUSER utawaku", "\nENTRYPOINT"))
    assert user < entry
    assert '\nENTRYPOINT ["utawaku"]\n' in CONTAINERFILE
    shown = re.findall(
        r"^#   (?:podman|docker) run --rm (.+) utawaku (segment .+)$", CONTAINERFILE, re.M
    )
    assert len(shown) == 2
    own = onnx_file(tmp_path / "own.onnx")
    monkeypatch.setenv("UTAWAKU_SEGMENTS__WEIGHTS", str(own))
    for number, (options, arguments) in enumerate(shown):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_wav(folder / "talk.wav", np.zeros((1, 16_000)), 16_000)
        assert "/talks" in options
        (home,) = re.findall(r"-e UTAWAKU_HOME=(\S+)", options)
        monkeypatch.setenv("UTAWAKU_HOME", home.replace("/talks", str(folder)))
        done = CliRunner().invoke(app, shlex.split(arguments.replace("/talks", str(folder))))
        assert done.exit_code == 0, done.output
        (line,) = (folder / "segmented.tsv").read_text("utf-8").splitlines()
        assert line.startswith(f"{folder}/talk.wav\t")
        assert line.endswith("/ 101)")


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_sends_what_the_page_asks_for_by_settings_that_there_are(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    settings = {setting for setting, _default, _meaning in describe()}
    told = set(re.findall(r"utawaku settings (\S+)", text))
    assert told == {"web.public_urls", "web.login_header", "web.proxy_secret"}
    assert told <= settings
    header = re.search(r"web.login_header (\S+)", text)
    assert header is not None
    # Set in every case: what people send themselves never comes through.
    assert len(re.findall(rf"^\s*(?:proxy_set_header|header_up) {header[1]} \S+", text, re.M)) == 1
    assert re.search(rf"(?:proxy_set_header|header_up) {PROXY_HEADER} ", text, re.I)
    assert f"127.0.0.1:{DEFAULT_PORT}" in text
    assert re.search(r"(?:client_max_body_size|max_size) 2G", text, re.I)
    assert WebSettings().max_file_mb == 2_000


def test_the_container_for_gpus_differs_in_its_base_and_in_onnx_runtime_only() -> None:
    cuda = (DEPLOY / "Containerfile.cuda").read_text("utf-8")
    same = [
        line
        for line in CONTAINERFILE.splitlines()
        if line.startswith(("USER", "ENV UTAWAKU", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"))
    ]
    assert len(same) == 6
    assert set(same) <= set(cuda.splitlines())
    extras = re.findall(EXTRAS, cuda)
    assert set(extras) == set(re.findall(EXTRAS, CONTAINERFILE))
    # Both packages write one folder: the one for processors goes before the other comes.
    asked = "'onnxruntime-gpu[cuda,cudnn]'"
    assert cuda.index("pip uninstall -y onnxruntime") < cuda.rindex(asked)
    assert cuda.count(asked) == 2
    # CUDA fits ONNX Runtime where both come from one place.
    bases = re.findall(r"^FROM (\S+)", cuda, re.MULTILINE)
    assert bases == re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)


def test_the_container_of_a_cluster_has_its_parts_and_is_the_same_otherwise() -> None:
    text = (DEPLOY / "Containerfile.cluster").read_text("utf-8")
    usual = re.findall(EXTRAS, CONTAINERFILE)[0].split(",")
    assert {tuple(sorted([*usual, "cluster"]))} == {
        tuple(extras.split(",")) for extras in re.findall(EXTRAS, text)
    }
    for start in ("FROM", "USER", "STOPSIGNAL", "ENTRYPOINT", "CMD"):
        wanted = [line for line in CONTAINERFILE.splitlines() if line.startswith(start)]
        assert wanted == [line for line in text.splitlines() if line.startswith(start)]
    assert "postgresql-client" in text  # without pg_dump no catalogue is upgraded
    assert not re.search(r"install .*\b(gcc|build-essential|python3-dev)\b", text)


def test_the_composed_cluster_is_what_its_commands_and_settings_ask_for() -> None:
    composed = yaml.safe_load((DEPLOY / "cluster.yaml").read_text("utf-8"))
    services = composed["services"]
    assert set(services) == {"postgres", "redis", "up", "worker1", "worker2"}
    known = {setting for setting, _default, _meaning in describe()}
    for name in ("up", "worker1", "worker2"):
        machine = services[name]
        assert CliRunner().invoke(app, [*machine["command"], "--help"]).exit_code == 0
        assert CliRunner().invoke(app, ["cluster", "init", "--help"]).exit_code == 0
        variables = machine["environment"]
        assert {v.removeprefix("UTAWAKU_").lower().replace("__", ".") for v in variables} <= known
        assert "library:/srv/library" in machine["volumes"]  # what is shared lies where all see it
        assert f"{name}:/srv/utawaku" in machine["volumes"]  # and each has a home of its own
    assert not any("ports" in service for service in services.values())


@pytest.mark.skipif(not COMPOSE, reason="no docker compose here")
def test_compose_reads_the_file_of_a_cluster_and_asks_for_both_passwords(tmp_path: Path) -> None:
    names = {"UTAWAKU_DB_PASSWORD": "a1", "UTAWAKU_REDIS_PASSWORD": "b2"}

    def configured(**given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMPOSE, "-f", str(DEPLOY / "cluster.yaml"), "config"],
            env={**os.environ, **given}, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    for missing in names:
        given = {name: value for name, value in names.items() if name != missing}
        assert configured(**given).returncode != 0
    done = configured(**names)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services["worker1"]["entrypoint"][-2].endswith('exec utawaku "$$@"')


@pytest.mark.skipif(not COMPOSE, reason="no docker compose here")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("restart: unless-stopped", "restarts: unless-stopped"),
        ("condition: service_healthy", "condition: service_well"),
        ("services:\n", "services:\n  other: [1\n"),
    ],
)
def test_compose_finds_a_fault_in_the_file_of_a_cluster(
    tmp_path: Path, right: str, wrong: str
) -> None:
    text = (DEPLOY / "cluster.yaml").read_text("utf-8")
    assert right in text
    (tmp_path / "cluster.yaml").write_text(text.replace(right, wrong), "utf-8")
    passwords = {"UTAWAKU_DB_PASSWORD": "a1", "UTAWAKU_REDIS_PASSWORD": "b2"}
    done = subprocess.run(
        [*COMPOSE, "-f", str(tmp_path / "cluster.yaml"), "config"],
        env={**os.environ, **passwords}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0


@pytest.mark.skipif(not COMPOSE, reason="no docker compose here")
def test_compose_reads_the_file_and_asks_for_what_the_user_must_give(tmp_path: Path) -> None:
    names = {"UTAWAKU_URL": "https://songs.example", "UTAWAKU_SECRET": "0123456789abcdef"}

    def configured(**given: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PWD": str(tmp_path), **given}
        return subprocess.run(
            [*COMPOSE, "-f", str(DEPLOY / "compose.yaml"), "config"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    for missing in names:
        given = {name: value for name, value in names.items() if name != missing}
        refused = configured(**given)
        assert refused.returncode != 0
    done = configured(**names, UTAWAKU_USER="1234:5")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert set(services) == {"pipeline", "page", "proxy"}
    for name in ("pipeline", "page"):
        assert services[name]["user"] == "1234:5"
        assert str(tmp_path / "utawaku") in str(services[name]["volumes"])
    environment = services["page"]["environment"]
    assert environment["UTAWAKU_WEB__PUBLIC_URLS"] == '["https://songs.example"]'


def test_the_page_of_the_composed_containers_asks_for_what_its_proxy_sends() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    page = composed["services"]["page"]
    program, *arguments = page["command"]
    assert CliRunner().invoke(app, [program, "--help"]).exit_code == 0
    assert arguments[-1] == str(DEFAULT_PORT)
    names = {name.removeprefix("UTAWAKU_").lower().replace("__", ".") for name in
             page["environment"]}  # fmt: skip
    assert names <= {setting for setting, _default, _meaning in describe()}
    for service in ("pipeline", "page"):
        assert composed["services"][service]["build"]["dockerfile"] == "deploy/Containerfile"
    assert "ports" not in page, "nobody reaches it but the proxy"
