"""`utawaku train taste --pretrain`: genres of FMA first, then the songs of the library."""

import importlib.util
import json
import threading
from pathlib import Path

import av
import pytest

from tests.commands.conftest import CommandLine
from tests.commands.test_train_taste_imagenet import weights as weights  # a fixture
from tests.models.taste_sounds import library_of_noise_and_hum
from tests.models.test_taste_training import N_TRACKS, steps_of_the_optimiser
from tests.models.test_taste_training import fma as fma  # a fixture
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)


@pytest.mark.timeout(2400)  # networks on five splits, each traced again by TensorFlow
def test_genres_are_learnt_first_go_on_where_they_stopped_and_serve_the_grades(
    command_line: CommandLine,
    catalogue: Catalogue,
    settings: Settings,
    fma: Path,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library_of_noise_and_hum(catalogue, settings)
    readers: dict[str, set[int]] = {}
    opened = av.open

    def noted(file: object, *args: object, **options: object) -> object:
        """Open a file, and note the thread that did."""
        folder = "fma" if str(fma) in str(file) else "songs"
        readers.setdefault(folder, set()).add(threading.get_ident())
        return opened(file, *args, **options)

    monkeypatch.setattr("av.open", noted)
    command = ("train", "taste", "--pretrain", fma, "--steps", "4", "--json")
    first = json.loads(command_line.run(*command, "--epochs", "2").stdout)["pretrained"]
    assert (first["n_tracks"], first["n_missing"], first["n_broken"]) == (N_TRACKS, 1, 1)
    assert first["genres"] == ["Folk", "Techno"]
    n_steps = steps_of_the_optimiser(Path(first["weights"]))
    assert len(readers["fma"]) > 1, "several files are read at once"

    kept = {file: file.stat().st_mtime_ns for file in settings.cache_dir.rglob("*.npy")}
    assert len(kept) == N_TRACKS
    trained = command_line.run(*command, "--epochs", "5", "--imagenet", weights)
    done = json.loads(trained.stdout)
    assert done["pretrained"]["n_epochs"] == 5
    # Three epochs more, not five: the optimiser has gone on, too.
    assert steps_of_the_optimiser(Path(done["pretrained"]["weights"])) == n_steps / 2 * 5
    assert {file: file.stat().st_mtime_ns for file in kept} == kept, "spectrograms are made once"
    assert len(readers["songs"]) > 1
    suffixes = {file.suffix for file in settings.cache_dir.rglob("*") if file.is_file()}
    assert suffixes.isdisjoint({".wav", ".mp3", ".flac"}), "no sound is left behind"

    network = done["network"]
    assert (network["n_songs"], network["on_genres"]) == (42, True)
    # What learnt genres first, a base of pictures and the embeddings, on the same songs held out.
    for name in ("network", "imagenet", "embedding"):
        assert sum(n for *_, n in network["comparison"][name]["bins"]) == 42
    assert catalogue.taste.current() is not None
