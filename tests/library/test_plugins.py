"""Parts that other packages bring; tests/docs/test_packages.py installs a package with some."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from utawaku.library.errors import ConfigError
from utawaku.library.plugins import SEPARATORS, load_plugin, plugin_names, plugin_version


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed distribution whose one part works and whose other does not."""
    (tmp_path / "some_parts.py").write_text("def make(threads):\n    return threads\n", "utf-8")
    (tmp_path / "broken_parts.py").write_text("raise OSError('no driver')\n", "utf-8")
    about = tmp_path / "some_parts-2.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-parts\nVersion: 2.0\n")
    (about / "entry_points.txt").write_text(
        f"[{SEPARATORS}]\nworks = some_parts:make\nbroken = broken_parts:make\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("some_parts", None)


@pytest.mark.usefixtures("package")
def test_a_part_is_found_by_its_name_and_its_version_told() -> None:
    assert {"broken", "works"} <= set(plugin_names(SEPARATORS))
    assert load_plugin(SEPARATORS, "works")(3) == 3
    assert plugin_version(SEPARATORS, "works") == "works some-parts 2.0"


@pytest.mark.usefixtures("package")
def test_a_part_that_cannot_be_loaded_names_its_package_and_a_missing_one_the_others() -> None:
    with pytest.raises(ConfigError, match="no driver") as broken:
        load_plugin(SEPARATORS, "broken")
    assert "some-parts 2.0" in str(broken.value)
    with pytest.raises(ConfigError) as missing:
        load_plugin(SEPARATORS, "nobody")
    assert "works" in missing.value.next_step
