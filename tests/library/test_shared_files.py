"""What all machines need lies in the library's folder once the catalogue is on a server."""

from pathlib import Path

import pytest

from utawaku.library.config import Settings, load_settings
from utawaku.library.shared_files import SET_ASIDE, preview_file, shared_file, take_home


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Settings]:
    """Two machines with homes of their own and one library."""
    monkeypatch.delenv("UTAWAKU_CATALOGUE_URL", raising=False)

    def one(name: str) -> Settings:
        monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path / name))
        return load_settings(
            library_root=tmp_path / "library", catalogue_url="postgresql://db.example.org/songs"
        )

    return one("first"), one("second")


def alone(settings: Settings) -> Settings:
    """The same machine with SQLite."""
    return settings.model_copy(update={"catalogue_url": Settings().catalogue_url})


def written(path: Path, text: str) -> Path:
    """A file with this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_one_machine_keeps_its_files_where_they_were(machines: tuple[Settings, Settings]) -> None:
    settings = alone(machines[0])
    assert shared_file(settings, "taste", "a.npz") == settings.data_dir / "taste/a.npz"
    assert preview_file(settings, "previews/1.mka") == settings.cache_dir / "previews/1.mka"


def test_what_one_machine_had_moves_to_where_all_see_it(
    machines: tuple[Settings, Settings],
) -> None:
    first, second = machines
    model = written(first.data_dir / "taste/a.npz", "model")
    preview = written(second.cache_dir / "previews/1.mka", "preview")
    assert shared_file(first, "taste", "a.npz").read_text() == "model"
    assert shared_file(second, "taste", "a.npz").read_text() == "model"
    assert preview_file(second, "previews/1.mka") == preview_file(first, "previews/1.mka")
    assert preview_file(first, "previews/1.mka").read_text() == "preview"
    assert not model.exists()
    assert not preview.exists()


def test_the_first_to_share_wins_and_the_others_file_is_set_aside(
    machines: tuple[Settings, Settings],
) -> None:
    first, second = machines
    written(first.data_dir / "songs/learnt.json", "of the first")
    late = written(second.data_dir / "songs/learnt.json", "of the second")
    same = written(second.data_dir / "taste/a.npz", "model")
    written(first.data_dir / "taste/a.npz", "model")
    for settings in machines:
        assert shared_file(settings, "songs", "learnt.json").read_text() == "of the first"
        assert shared_file(settings, "taste", "a.npz").read_text() == "model"
    assert late.with_name(late.name + SET_ASIDE).read_text() == "of the second"
    assert not late.exists()
    assert not same.exists()


def test_a_file_that_another_machine_deleted_does_not_come_back(
    machines: tuple[Settings, Settings],
) -> None:
    first, second = machines
    for settings in machines:
        written(settings.data_dir / "songs/learnt.json", settings.data_dir.parent.name)
        shared_file(settings, "songs", "learnt.json")
    shared_file(first, "songs", "learnt.json").unlink()
    assert not shared_file(second, "songs", "learnt.json").exists()


def test_a_library_that_goes_back_to_one_machine_takes_all_of_it_home(
    machines: tuple[Settings, Settings],
) -> None:
    first, second = machines
    written(shared_file(first, "taste", "a.npz"), "model")
    written(shared_file(first, "taste", "previews", "1.mka.embedding"), "vector")
    written(preview_file(first, "previews/1.mka"), "preview")
    assert take_home(second) == 3
    home = alone(second)
    assert shared_file(home, "taste", "a.npz").read_text() == "model"
    assert shared_file(home, "taste", "previews", "1.mka.embedding").read_text() == "vector"
    assert preview_file(home, "previews/1.mka").read_text() == "preview"
    assert shared_file(first, "taste", "a.npz").read_text() == "model"
