"""`--device`: goes before the setting, for this process and its children."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from utawaku.commands.app import app
from utawaku.library.config import load_settings
from utawaku.library.paths import environment_name
from utawaku.models.devices import PROVIDERS, installed_devices


@pytest.fixture
def _no_device_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option sets the environment; it is as before afterwards."""
    monkeypatch.setenv(environment_name("device"), "auto")


@pytest.mark.usefixtures("_no_device_left")
def test_the_option_goes_before_the_setting_and_an_unknown_device_is_refused(
    tmp_path: Path,
) -> None:
    run = CliRunner()
    missing = next(device for device in PROVIDERS if device not in installed_devices())
    song = tmp_path / "song.wav"
    song.write_bytes(b"no media")
    run.invoke(app, ["separate", str(song), "--engine", "builtin", "--device", missing])
    assert load_settings().device == missing
    done = run.invoke(app, ["separate", str(song), "--device", "abacus"])
    assert done.exit_code == 2
    done = run.invoke(app, ["doctor"])
    assert f"{missing}: ONNX Runtime is not installed" in done.output.replace("\n", " ")
