"""A file of one machine comes to where all machines of a cluster see it."""

from pathlib import Path

import pytest

from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import MediaError
from utawaku.workflows.local_files import check_visible, storage_of

REDIS = {"redis_url": "redis://db.example.org/0"}


def test_one_machine_refers_to_a_file_where_it_is(settings: Settings, tmp_path: Path) -> None:
    assert storage_of(tmp_path / "a.mkv", settings) == "reference"
    check_visible(tmp_path / "a.mkv", settings)


def test_a_cluster_copies_what_lies_outside_the_library(settings: Settings, tmp_path: Path) -> None:
    cluster = load_settings(cluster=REDIS)
    assert storage_of(tmp_path / "a.mkv", cluster) == "copy"
    assert storage_of(cluster.library_root / "in" / "a.mkv", cluster) == "reference"
    assert storage_of(cluster.library_root / ".." / "a.mkv", cluster) == "copy"


@pytest.mark.parametrize("mode", ["reference", "copy", "move", "hardlink"])
def test_what_the_user_set_counts(settings: Settings, tmp_path: Path, mode: str) -> None:
    cluster = load_settings(cluster=REDIS, download={"local_files": mode})
    assert storage_of(tmp_path / "a.mkv", cluster) == mode


def test_a_file_that_a_worker_does_not_see_is_told(settings: Settings, tmp_path: Path) -> None:
    cluster = load_settings(cluster=REDIS)
    with pytest.raises(MediaError, match="does not see it") as raised:
        check_visible(tmp_path / "a.mkv", cluster)
    assert "machine that has it" in raised.value.next_step
    (tmp_path / "a.mkv").touch()
    check_visible(tmp_path / "a.mkv", cluster)
