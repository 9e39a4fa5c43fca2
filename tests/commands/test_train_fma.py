"""`utawaku train fma`: how much it is comes first, and a site that fails is named."""

from pathlib import Path

from tests.commands.conftest import CommandLine
from tests.servers.media_site import MediaSite
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
