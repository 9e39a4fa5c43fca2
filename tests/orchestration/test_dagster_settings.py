"""The settings file of Dagster in homes that earlier versions made."""

from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from tests.conftest import ROOT
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.library.config import Settings
from utawaku.orchestration.dagster_settings import (
    DEQUEUES_EVERY_S,
    ONE_RUN_A_STREAM,
    RUN_BUFFER,
    SERVICES_FILE,
    VERSION_FILE,
    upgrade,
    with_short_waits,
    write_services_file,
)

OF_VERSION_0_1 = """\
# Settings of the Dagster instance. `utawaku` copies this file into its own Dagster home when there
# is none yet; change that copy.
telemetry:
  enabled: false

concurrency:
  pools:
    default_limit: 2
    granularity: op
  runs:
    max_concurrent_runs: 6   # mine

run_monitoring:
  enabled: true
"""
EMPTY = "# nothing of mine\n"
OWN_LIST = """\
concurrency:
    runs:
        tag_concurrency_limits:
        - key: utawaku/download
          value: bilibili
          limit: 1
        max_concurrent_runs: 2
"""
OTHER_BLOCK = "run_monitoring:\n  enabled: true\nconcurrency:\n  pools:\n    default_limit: 3\n"


@pytest.mark.parametrize("text", [OF_VERSION_0_1, EMPTY, OWN_LIST, OTHER_BLOCK])
def test_a_home_of_before_gets_what_it_lacks_and_keeps_every_line(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "dagster.yaml"
    path.write_text(text, "utf-8")
    assert upgrade(tmp_path) == ""
    after = path.read_text("utf-8")
    left = iter(after.splitlines())
    assert all(line in left for line in text.splitlines()), after  # all, in their order
    limits = yaml.safe_load(after)["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limits[0] == ONE_RUN_A_STREAM
    assert yaml.safe_load(after)["concurrency"]["pools"][RUN_BUFFER] == 1
    dagster_instance_config(str(tmp_path))  # Dagster takes it
    assert upgrade(tmp_path) == ""
    assert path.read_text("utf-8") == after
    path.write_text(text, "utf-8")  # somebody takes it out again
    upgrade(tmp_path)
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize(
    "text",
    [
        "concurrency: {runs: {max_concurrent_runs: 4}}\n",
        "run_queue:\n  max_concurrent_runs: 3\n",
        "run_coordinator:\n  module: mine\n  class: Mine\n",
        "- a list\n",
    ],
)
def test_a_form_that_only_a_person_can_change_is_left_alone_and_told(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "dagster.yaml"
    path.write_text(text, "utf-8")
    told = upgrade(tmp_path)
    assert "key: dagster/partition" in told
    assert f"{RUN_BUFFER}: 1" in told
    assert path.read_text("utf-8") == text
    assert upgrade(tmp_path) == ""  # told once


def test_the_settings_of_a_new_home_have_the_limit(tmp_path: Path) -> None:
    text = (ROOT / "dagster.yaml").read_text("utf-8")
    limits = yaml.safe_load(text)["concurrency"]["runs"]["tag_concurrency_limits"]
    assert ONE_RUN_A_STREAM in limits
    assert RUN_BUFFER in yaml.safe_load(text)["concurrency"]["pools"]
    (tmp_path / "dagster.yaml").write_text(text, "utf-8")
    assert upgrade(tmp_path) == ""
    assert (tmp_path / "dagster.yaml").read_text("utf-8") == text


def test_lines_of_a_version_that_somebody_took_out_stay_out(tmp_path: Path) -> None:
    (tmp_path / VERSION_FILE).write_text("2\n", "utf-8")
    (tmp_path / "dagster.yaml").write_text(OF_VERSION_0_1, "utf-8")
    assert upgrade(tmp_path) == ""
    settings = yaml.safe_load((tmp_path / "dagster.yaml").read_text("utf-8"))
    assert settings["concurrency"]["pools"][RUN_BUFFER] == 1
    assert "tag_concurrency_limits" not in settings["concurrency"]["runs"]


def test_services_look_at_the_queue_oftener_and_wait_for_no_other_sensor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FORK_SERVER", "")
    home = prepare_dagster_home(settings)
    write_services_file(home)
    with dg.DagsterInstance.from_config(str(home), SERVICES_FILE) as instance:
        assert isinstance(instance.run_coordinator, dg.QueuedRunCoordinator)
        assert instance.run_coordinator.dequeue_interval_seconds == DEQUEUES_EVERY_S
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 4, "limits are those of dagster.yaml"
        assert [limit["key"] for limit in queue.tag_concurrency_limits or ()] == [
            "dagster/partition"
        ]
        assert instance.get_sensor_settings()["use_threads"]


@pytest.mark.parametrize("name", ["run_queue", "run_coordinator", "sensors"])
def test_a_queue_that_the_user_chose_stays(name: str) -> None:
    chosen = {name: {"of": "the user"}}
    assert with_short_waits(chosen)[name] == chosen[name]
    assert name == "sensors" or "run_coordinator" not in with_short_waits(chosen).keys() - {name}
