"""The better of two models scores songs: the spectrogram network is used, outgrown, lost."""

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import Program
from tests.models.song_files import write
from tests.models.taste_sounds import library_of_noise_and_hum
from tests.models.taste_world import World, library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.store.taste_models import TasteModel
from utawaku.models.training.taste_cnn import BY_PIECE
from utawaku.workflows.taste import explain, fill_queue, load_model, score_songs, train_taste
from utawaku.workflows.taste_network import network_file, train_network

RATE = 16_000


def loudness_network() -> bytes:
    """A stand-in of the same shape: the louder a song is, the more it is liked."""
    middle = numpy_helper.from_array(np.array([2.0], np.float32), "middle")
    nodes = [
        helper.make_node("ReduceMean", ["pieces"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Sub", ["mean", "middle"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "taste",
        [helper.make_tensor_value_info("pieces", TensorProto.FLOAT, ["n", 125, 96])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n"])],
        [middle],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


def put_network(
    catalogue: Catalogue, settings: Settings, *, better: bool = True, n_each: int = 12
) -> TasteModel:
    """A network that was trained and compared."""
    data = loudness_network()
    version = hashlib.sha256(data).hexdigest()[:16]
    path = network_file(version, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    model = TasteModel(
        version, "spectrogram", n_each, n_each, auc=0.91 if better else 0.7, ece=0.1, brier=0.2,
        facts={"better": better, "embedding_auc": 0.8},
    )  # fmt: skip
    catalogue.taste.add_model(model)
    return model


@pytest.fixture
def world(catalogue: Catalogue, settings: Settings) -> World:
    """Forty songs, half of them graded; a loud and a quiet one have files."""
    made = library_of(catalogue, 40)
    made.grade(range(20))
    settings.songs_dir.mkdir(parents=True)
    noise = np.random.default_rng(0).standard_normal((1, 6 * RATE)).astype(np.float32)
    for place, gain in ((30, 0.3), (31, 0.0003)):
        write(settings.songs_dir / f"{place}.flac", gain * noise, RATE, "flac")
        catalogue.songs.set_file(made.ids[place], {"file_path": f"Songs/{place}.flac"})
    catalogue.songs.set_file(made.ids[32], {"file_path": "Songs/gone.flac"})
    return made


def taste_of(catalogue: Catalogue, song_id: str) -> float:
    found = catalogue.songs.get(song_id).taste
    assert found is not None
    return found


def test_the_better_network_scores_and_songs_without_a_file_are_scored_by_embeddings(
    world: World, catalogue: Catalogue, settings: Settings
) -> None:
    train_taste(catalogue, settings)
    score_songs(catalogue, settings)
    before = {song_id: taste_of(catalogue, song_id) for song_id in world.ids}
    network = put_network(catalogue, settings)
    assert catalogue.taste.current() == catalogue.taste.models(kinds=("spectrogram",))[0]
    assert "0.910 against 0.800" in catalogue.taste.choice().reason
    assert len(catalogue.taste.stale_ids(network.version)) == 40
    assert score_songs(catalogue, settings) == 40
    assert catalogue.taste.n_scored() == {network.version: 40}
    assert taste_of(catalogue, world.ids[30]) > 0.6
    assert taste_of(catalogue, world.ids[31]) < 0.2
    for place in (0, 32, 39):
        assert taste_of(catalogue, world.ids[place]) == before[world.ids[place]]
    assert score_songs(catalogue, settings) == 0
    # What needs embeddings goes on with them; the network's scores choose what is asked.
    assert load_model(catalogue, settings).version != network.version
    assert explain(catalogue, settings, world.ids[30])
    assert fill_queue(catalogue, settings) > 0
    assert {m.kind for m in catalogue.taste.models()} == {"embedding"}


def test_a_network_that_is_no_better_is_only_reported(
    world: World, catalogue: Catalogue, settings: Settings
) -> None:
    model, _ = train_taste(catalogue, settings)
    put_network(catalogue, settings, better=False)
    choice = catalogue.taste.choice()
    assert choice.model is not None
    assert choice.model.version == model.version
    assert "no better" in choice.reason


def test_a_comparison_stands_until_grades_have_grown_by_half(
    world: World, catalogue: Catalogue, settings: Settings
) -> None:
    train_taste(catalogue, settings)
    network = put_network(catalogue, settings, n_each=10)
    world.grade(range(20, 29))
    train_taste(catalogue, settings)
    current = catalogue.taste.current()
    assert current is not None
    assert current.version == network.version
    world.grade(range(29, 36))
    second, _ = train_taste(catalogue, settings)
    choice = catalogue.taste.choice()
    assert choice.model is not None
    assert choice.model.version == second.version
    assert "half as many grades again" in choice.reason
    assert score_songs(catalogue, settings) == 40


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_lost_network_is_taken_out_of_use_and_embeddings_score(
    harm: str, world: World, catalogue: Catalogue, settings: Settings
) -> None:
    model, _ = train_taste(catalogue, settings)
    network = put_network(catalogue, settings)
    file = network_file(network.version, settings)
    if harm == "damaged":
        file.write_bytes(file.read_bytes()[:40])
    else:
        file.unlink()
    assert score_songs(catalogue, settings) == 40
    assert catalogue.taste.n_scored() == {model.version: 40}
    assert harm in catalogue.taste.choice().reason
    assert any("out of use" in notice.title for notice in catalogue.notices.recent())


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
@pytest.mark.timeout(2400)  # six networks, each traced again by TensorFlow
def test_a_network_that_hears_what_embeddings_do_not_is_trained_compared_and_used(
    catalogue: Catalogue, settings: Settings
) -> None:
    world = library_of_noise_and_hum(catalogue, settings)
    train_taste(catalogue, settings)
    trained = train_network(catalogue, settings, n_steps=25)
    assert trained.n_songs == 42
    assert trained.comparison.network_is_better
    assert trained.comparison.split == BY_PIECE  # two singers only, and that is told
    choice = catalogue.taste.choice()
    assert choice.model is not None
    assert choice.model.version == trained.version
    assert score_songs(catalogue, settings) == 44
    for place in (42, 43):
        assert (taste_of(catalogue, world.ids[place]) > 0.5) == world.good[place]


@pytest.mark.slow
def test_the_command_says_which_model_scores_and_why(
    program: Program, settings: Settings, tmp_path: Path
) -> None:
    catalogue = Catalogue.open(settings)
    library_of(catalogue, 40).grade(range(20))
    assert program.run("train", "taste").returncode == 0
    put_network(catalogue, settings)
    listed = program.run("taste")
    assert "Network " in listed.stdout
    assert "better than embeddings: AUC 0.910 against 0.800" in listed.stdout
    assert "40 songs wait for a score" in listed.stdout
    catalogue.close()
