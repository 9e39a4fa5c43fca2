"""`utawaku doctor`: a new home is healthy; what is broken is named with its next step."""

import json

from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.paths import default_config_path


def findings(command_line: CommandLine, exit_code: int) -> dict[str, dict[str, str]]:
    """Findings by name; of several with one name, the last."""
    answer = command_line.run("doctor", "--json")
    assert answer.exit_code == exit_code, answer.stdout
    return {one["name"]: one for one in json.loads(answer.stdout)}


def test_a_new_home_is_healthy(command_line: CommandLine) -> None:
    found = findings(command_line, 0)
    assert {"python", "settings", "catalogue", "weights", "ffmpeg", "disk", "sound"} <= set(found)
    assert found["catalogue"]["message"] == "0 streams, 0 songs"
    assert "error" not in {one["level"] for one in found.values()}
    assert "0 streams, 0 songs" in command_line.run("doctor").stdout


def test_settings_that_cannot_be_read_are_named(command_line: CommandLine) -> None:
    path = default_config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[cut]\ncodec = 7\n", "utf-8")
    broken = findings(command_line, 1)["settings"]
    assert broken["level"] == "error"
    assert "codec" in broken["message"]


def test_a_damaged_catalogue_is_named_and_stays_as_it_is(
    command_line: CommandLine, settings: Settings
) -> None:
    Catalogue.open(settings).close()
    file = settings.data_dir / "catalogue.db"
    file.write_bytes(b"no database" * 1000)
    broken = findings(command_line, 1)["catalogue"]
    assert broken["level"] == "error"
    assert file.read_bytes().startswith(b"no database")
