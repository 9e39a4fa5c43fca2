"""`utawaku train fma`: how much it is comes first, and what was stopped goes on."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from tests.models.test_fma_download import CLIPS, Site
from tests.models.test_fma_download import site as site  # a fixture
from tests.servers.media_site import MediaSite
from utawaku.models.training import fma_download
from utawaku.models.training.fma_download import ARCHIVES, SETS


def test_how_much_it_is_is_said_before_anything_is_fetched(
    command_line: CommandLine, tmp_path: Path
) -> None:
    with MediaSite() as site:
        mirror = ("--mirror", site.url("/fma"))
        refused = command_line.run("train", "fma", tmp_path, "--set", "large", *mirror, stdin="n\n")
        assert refused.exit_code == 1
        assert "100 GB" in refused.stderr
        assert site.seen == []
        # An archive of another content is refused, and nothing of it stays.
        site.add("/fma/fma_metadata.zip", b"something else", "application/zip")
        other = command_line.run("train", "fma", tmp_path, "--yes", *mirror)
    assert other.exit_code != 0
    assert "sha1" in other.stderr
    assert list(tmp_path.glob("*.zip*")) == []
    assert set(ARCHIVES) == set(SETS)


def test_a_transfer_that_breaks_off_goes_on_and_a_second_time_nothing_is_fetched(
    command_line: CommandLine, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = site.put("fma_metadata.zip", {"fma_metadata/tracks.csv": b"a table"})
    monkeypatch.setattr(fma_download, "METADATA", table)
    monkeypatch.setattr(fma_download, "ARCHIVES", {"small": site.put("fma_small.zip", CLIPS)})
    monkeypatch.setattr(fma_download, "_TRIES", 1)
    site.breaks = 2
    command = ("train", "fma", tmp_path, "--yes", "--mirror", site.url, "--json")
    stopped = [command_line.run(*command) for _ in range(2)]
    assert [one.exit_code for one in stopped] == [5, 5]
    done = command_line.run(*command)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["n_files"] == len(CLIPS)
    assert [span is None for span in site.asked] == [True, False, False, True]
    for name, content in CLIPS.items():
        assert (tmp_path / name).read_bytes() == content
    assert list(tmp_path.glob("fma_*.zip*")) == []
    assert command_line.run(*command).exit_code == 0
    assert len(site.asked) == 4
