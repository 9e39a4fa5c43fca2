"""The values for Dagster's Helm chart, held against what the chart and Dagster's libraries take.

The chart itself is not here: its keys are listed below as it documents them, and what it hands on
to Dagster is read by Dagster's own code. Where `helm` is installed and `UTAWAKU_TEST_DAGSTER_CHART`
names the folder of the chart (`helm pull --untar dagster/dagster`), helm itself renders them.
"""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type, validate_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext

from tests.conftest import ROOT
from utawaku.library.config import Settings, load_settings
from utawaku.orchestration.dagster_settings import ONE_RUN_A_STREAM

FILE = ROOT / "deploy" / "helm-values.yaml"
CHART = os.environ.get("UTAWAKU_TEST_DAGSTER_CHART", "")
needs_helm = pytest.mark.skipif(
    not CHART or shutil.which("helm") is None,
    reason="needs helm, and UTAWAKU_TEST_DAGSTER_CHART, the folder of Dagster's chart",
)
ANY = None
"""What lies below is Kubernetes's, and read by Dagster's code in another test."""
_IMAGE = {"repository": ANY, "tag": ANY, "pullPolicy": ANY}
DOCUMENTED: dict[str, Any] = {
    "dagster-user-deployments": {
        "enabled": ANY,
        "enableSubchart": ANY,
        "deployments": {
            "name": ANY,
            "image": _IMAGE,
            "dagsterApiGrpcArgs": ANY,
            "port": ANY,
            "includeConfigInLaunchedRuns": {"enabled": ANY},
            "env": ANY,
            "envSecrets": ANY,
            "podSecurityContext": ANY,
            "volumes": ANY,
            "volumeMounts": ANY,
            "resources": ANY,
        },
    },
    "runLauncher": {
        "type": ANY,
        "config": {"k8sRunLauncher": {"imagePullPolicy": ANY, "envSecrets": ANY}},
    },
    "dagsterDaemon": {
        "runCoordinator": {
            "enabled": ANY,
            "type": ANY,
            "config": {
                "queuedRunCoordinator": {"maxConcurrentRuns": ANY, "tagConcurrencyLimits": ANY}
            },
        },
        "runMonitoring": {
            "enabled": ANY,
            "startTimeoutSeconds": ANY,
            "pollIntervalSeconds": ANY,
            "maxResumeRunAttempts": ANY,
            "freeSlotsAfterRunEndSeconds": ANY,
        },
    },
    "postgresql": {
        "enabled": ANY,
        "postgresqlHost": ANY,
        "postgresqlUsername": ANY,
        "postgresqlDatabase": ANY,
        "service": {"port": ANY},
    },
    "generatePostgresqlPasswordSecret": ANY,
    "global": {"postgresqlSecretName": ANY},
    "telemetry": {"enabled": ANY},
}


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


@pytest.fixture(scope="module")
def deployment(values: dict[str, Any]) -> dict[str, Any]:
    (one,) = values["dagster-user-deployments"]["deployments"]
    return dict(one)


def unknown(given: Any, known: Any, path: str = "") -> list[str]:
    if isinstance(given, list):
        return [name for one in given for name in unknown(one, known, path)]
    if known is ANY or not isinstance(given, dict):
        return []
    wrong = [f"{path}{key}" for key in given if key not in known]
    below = [unknown(given[key], known[key], f"{path}{key}.") for key in given if key in known]
    return [*wrong, *(name for names in below for name in names)]


def test_each_key_is_one_that_the_chart_documents(values: dict[str, Any]) -> None:
    assert unknown(values, DOCUMENTED) == []
    assert unknown({"runLauncher": {"kind": 1}}, DOCUMENTED) == ["runLauncher.kind"]


def test_dagster_reads_what_the_deployment_hands_to_the_pods_of_runs(
    deployment: dict[str, Any],
) -> None:
    handed = {
        "env_secrets": [one["name"] for one in deployment["envSecrets"]],
        "volumes": deployment["volumes"],
        "volume_mounts": deployment["volumeMounts"],
        "resources": deployment["resources"],
        "image_pull_policy": deployment["image"]["pullPolicy"],
        "env_vars": [f"{name}={value}" for name, value in deployment["env"].items()],
    }
    context = K8sContainerContext.create_from_config({"k8s": handed})
    container = context.run_k8s_config.container_config
    (mount,) = container["volume_mounts"]
    assert mount["mount_path"] == deployment["env"]["UTAWAKU_LIBRARY_ROOT"]
    (volume,) = context.run_k8s_config.pod_spec_config["volumes"]
    assert volume["name"] == mount["name"]
    assert volume["persistent_volume_claim"]["claim_name"] == "utawaku-library"


def test_dagster_takes_the_settings_of_launcher_and_queue(values: dict[str, Any]) -> None:
    assert values["runLauncher"]["type"] == K8sRunLauncher.__name__
    queue = values["dagsterDaemon"]["runCoordinator"]
    told = queue["config"][queue["type"][0].lower() + queue["type"][1:]]
    assert told["tagConcurrencyLimits"] == [ONE_RUN_A_STREAM]
    config = {
        "max_concurrent_runs": told["maxConcurrentRuns"],
        "tag_concurrency_limits": told["tagConcurrencyLimits"],
    }
    taken = process_config(resolve_to_config_type(dg.QueuedRunCoordinator.config_type()), config)
    assert taken.success, taken.errors
    monitoring = {
        re.sub("([A-Z])", r"_\1", name).lower(): value
        for name, value in values["dagsterDaemon"]["runMonitoring"].items()
    }
    schema = resolve_to_config_type(dagster_instance_config_schema())
    assert process_config(schema, {"run_monitoring": monitoring}).success
    assert not process_config(schema, {"run_monitoring": {"started": 1}}).success


def test_the_environment_is_of_settings_that_there_are(
    deployment: dict[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings  # a home of the test's own
    for name, value in deployment["env"].items():
        monkeypatch.setenv(name, value)
    loaded = load_settings()
    assert str(loaded.library_root) == deployment["env"]["UTAWAKU_LIBRARY_ROOT"]
    assert str(loaded.cache_dir) == deployment["env"]["UTAWAKU_CACHE_DIR"]


def test_the_code_location_is_ours_and_the_image_takes_a_whole_command(
    deployment: dict[str, Any],
) -> None:
    flag, module = deployment["dagsterApiGrpcArgs"]
    assert flag == "-m"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["dg"]["project"]
    assert module == project["code_location_target_module"]
    assert find_spec(module) is not None
    image = (ROOT / "deploy" / "Containerfile.kubernetes").read_text("utf-8").splitlines()
    assert image[-2:] == ["FROM utawaku-cluster", "ENTRYPOINT []"]
    assert "-t utawaku-cluster " in (ROOT / "deploy" / "Containerfile.cluster").read_text("utf-8")


def test_chart_and_locked_dagster_are_of_one_version() -> None:
    (chart,) = re.findall(r"--version (\S+)", FILE.read_text("utf-8"))
    (locked,) = re.findall(
        r"^dagster==(\S+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    assert chart == locked


def test_no_password_stands_in_the_values(values: dict[str, Any]) -> None:
    assert "postgresqlPassword" not in yaml.safe_dump(values)
    assert values["generatePostgresqlPasswordSecret"] is False


def rendered(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["helm", "template", "utawaku", CHART, "-f", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@needs_helm
def test_helm_renders_the_values_and_dagster_reads_the_outcome(
    values: dict[str, Any], deployment: dict[str, Any]
) -> None:
    done = rendered(FILE)
    assert done.returncode == 0, done.stderr
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    (instance,) = [one for one in made if "dagster.yaml" in one.get("data", {})]
    told = yaml.safe_load(instance["data"]["dagster.yaml"])
    # A password comes from a secret: Dagster's own schema knows the form.
    assert validate_config(dagster_instance_config_schema(), told).success
    assert told["run_launcher"]["class"] == values["runLauncher"]["type"]
    ours = [
        container
        for one in made
        if one["kind"] == "Deployment"
        for container in one["spec"]["template"]["spec"]["containers"]
        if container["image"].startswith(deployment["image"]["repository"])
    ]
    assert [container["volumeMounts"] for container in ours] == [deployment["volumeMounts"]]


@needs_helm
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("maxConcurrentRuns: 10", "maxConcurrentRun: 10"),
        ("type: K8sRunLauncher", "type: K9sRunLauncher"),
        ("port: 3030", "port: http"),
    ],
)
def test_helm_refuses_values_with_a_fault(tmp_path: Path, right: str, wrong: str) -> None:
    text = FILE.read_text("utf-8")
    assert right in text
    broken = tmp_path / "values.yaml"
    broken.write_text(text.replace(right, wrong), "utf-8")
    assert rendered(broken).returncode != 0
