"""The acoustic segmenter: features, network, smoothing, files and training."""

import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import write_wav
from utawaku.demo import SPEAKING_VOICES, speak
from utawaku.library.errors import ConfigError, WeightsCorruptError
from utawaku.library.exports import segmented_tsv
from utawaku.library.records import Segment
from utawaku.media.probe import probe
from utawaku.models.mfcc_segmenter import BacsResult, BacsSegmenter, mfcc, slice_speech, smooth
from utawaku.models.mfcc_segmenter.evaluation import FrameScores, Region, score_frames
from utawaku.models.mfcc_segmenter.features import mfcc_stream
from utawaku.models.mfcc_segmenter.network import SIZES, build, layers_of
from utawaku.models.mfcc_segmenter.smoothing import speech_spans
from utawaku.models.registry.tf_checkpoint import open_checkpoint
from utawaku.models.segmentation import Segmentation
from utawaku.models.training.mfcc_segmenter import balanced, read_examples, train_segmenter


def talk(number: int, seconds: float = 4.0) -> np.ndarray:
    """A synthetic voice that goes on talking, at 16 kHz."""
    texts = (
        "きょうは きてくれて ありがとう",
        "つぎの うたを うたいます",
        "みなさん こんばんは げんきですか",
    )
    voices = sorted(SPEAKING_VOICES)
    said = speak(texts[number % 3], voices[number % len(voices)], sample_rate_hz=16_000)
    return np.resize(said, round(seconds * 16_000)).astype(np.float32)


def noise(n: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


@pytest.mark.parametrize("n_samples", [0, 1, 100, 1_600, 16_000, 33_333])
def test_a_frame_every_ten_milliseconds(n_samples: int) -> None:
    expected = 1 + n_samples // 160 if n_samples > 1 else n_samples
    assert mfcc(noise(n_samples)).shape == (expected, 40)


def test_features_are_those_of_the_definition() -> None:
    samples = noise(16_000, 3)
    padded = np.pad(samples.astype(np.float64), 1024, mode="reflect")
    window = np.hanning(2049)[:-1]
    frame = padded[160 * 37 : 160 * 37 + 2048] * window
    from utawaku.models.mfcc_segmenter.features import slaney_filters

    filters = slaney_filters()
    power = np.abs(np.fft.rfft(frame)) ** 2
    mel_db = 10 * np.log10(power @ filters)
    basis = np.cos(np.pi / 128 * (np.arange(128) + 0.5) * np.arange(40)[:, None])
    expected = np.sqrt(2 / 128) * basis @ mel_db
    expected[0] /= np.sqrt(2)
    np.testing.assert_allclose(mfcc(samples)[37], expected, atol=0.01)


def test_chunks_of_any_size_give_the_same_features() -> None:
    samples = noise(50_000, 1)
    whole = mfcc(samples)
    chunks = [samples[at : at + 777] for at in range(0, len(samples), 777)]
    pieces = np.concatenate(list(mfcc_stream(lambda: chunks)))
    np.testing.assert_allclose(pieces, whole, atol=1e-3)


def test_what_is_far_below_the_loudest_is_cut_off() -> None:
    quiet = 1e-7 * noise(16_000, 1)
    loud = noise(16_000, 2)
    features = mfcc(np.concatenate([quiet, loud]))
    # All bands at the floor: nothing but the first coefficient is left.
    assert np.abs(features[20, 1:]).max() < 1e-3


def test_short_noise_becomes_speech_then_short_speech_does_not() -> None:
    def run(*pieces: tuple[int, int]) -> np.ndarray:
        return np.concatenate([np.full(n, label, np.int8) for label, n in pieces])

    before = run((0, 150), (1, 99), (0, 150), (1, 100), (0, 199), (1, 500), (0, 50))
    after = run((0, 399), (1, 799), (0, 50))
    np.testing.assert_array_equal(smooth(before), after)
    # A run at the very end is not trimmed.
    np.testing.assert_array_equal(smooth(run((0, 300), (1, 50))), run((0, 300), (1, 50)))
    assert speech_spans(after) == [(0, 398), (1198, 1248)]
    assert len(smooth(np.zeros(0, np.int8))) == 0


def test_the_file_is_as_the_package_prints_it() -> None:
    labels = np.repeat(np.array([1, 0, 1, 0], np.int8), [150, 250, 300, 300])
    # 1000 frames are 159,840 to 159,999 samples.
    result = BacsResult(labels, np.zeros((1000, 2), np.float32), 9.995)
    assert segmented_tsv([("talk/a.wav", result.segments)]) == (
        "talk/a.wav\t1.5\t3.99\t7.0\t10.0\tspeech_ratio: 54.90% (549 / 1000)\n"
    )


def random_layers(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 0.3, (a, b)).astype(np.float32), rng.normal(0, 1, b).astype(np.float32))
        for a, b in itertools.pairwise(SIZES)
    ]


def test_the_network_is_the_four_layers(tmp_path: Path) -> None:
    layers = random_layers(5)
    path = tmp_path / "bacs.onnx"
    path.write_bytes(build(layers).SerializeToString())
    features = np.random.default_rng(1).normal(0, 10, (200, 40)).astype(np.float32)
    at = features.astype(np.float64)
    for number, (kernel, bias) in enumerate(layers):
        at = at @ kernel + bias
        at = 1 / (1 + np.exp(-at)) if number < 3 else np.exp(at) / np.exp(at).sum(1)[:, None]
    np.testing.assert_allclose(BacsSegmenter(path).probability(features), at, atol=1e-5)


def test_variables_of_another_network_are_refused() -> None:
    with pytest.raises(WeightsCorruptError, match="layer 0"):
        layers_of({"layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE": np.zeros((3, 3))})


def chords(seed: int) -> np.ndarray:
    """Four seconds of chords of many partials, a new one every fifth of a second."""
    rng = np.random.default_rng(seed)
    time = np.arange(3_200) / 16_000
    out = []
    for _ in range(20):
        tones = [f * n for f in rng.uniform(80, 900, 4) for n in range(1, 12) if f * n < 7_900]
        out.append(0.05 * np.sum([np.sin(2 * np.pi * f * time) for f in tones], axis=0))
    return np.concatenate(out).astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as MUSAN, small: synthetic talk, chords and noise."""
    folder = tmp_path_factory.mktemp("musan")
    for number in range(4):
        write_wav(folder / f"speech-{number}.wav", talk(number)[None], 16_000)
        write_wav(folder / f"music-{number}.wav", chords(number)[None], 16_000)
        write_wav(folder / f"noise-{number}.wav", noise(64_000, number)[None], 16_000)
    (folder / "music-broken.wav").write_bytes(b"\0" * 100)
    return folder


def test_learns_from_a_folder_and_tells_talk_from_the_rest(corpus: Path, tmp_path: Path) -> None:
    examples = read_examples(corpus)
    assert (corpus / "features" / "speech-0.wav.npz").is_file()
    assert [name for name, _ in examples.left_out] == ["music-broken.wav"]
    again = read_examples(corpus)
    np.testing.assert_array_equal(again.features, examples.features)
    model, report = train_segmenter(examples, epochs=60, batch=256, rate=3e-3)
    assert report.accuracy > 0.7
    assert train_segmenter(examples, epochs=2)[0] == train_segmenter(examples, epochs=2)[0]
    path = tmp_path / "trained.onnx"
    path.write_bytes(model)
    segmenter = BacsSegmenter(path)
    evening = np.concatenate([noise(64_000, 9), talk(1)])
    source = write_wav(tmp_path / "evening.wav", evening[None], 16_000)
    result = segmenter.listen(source)
    assert next(s.label for s in result.segments) == "music"
    speech_s = sum(s.duration_s for s in result.segments if s.label == "speech" and s.start_s > 3)
    assert speech_s > 2.0
    files = slice_speech(source, result.segments, tmp_path / "slices")
    assert len(files) == len(result.spans) > 0
    assert files[0].name == f"evening.{result.spans[0][0] / 100}.flac"
    spoken_s = sum(probe(file).duration_s for file in files)
    assert spoken_s == pytest.approx(
        sum(s.duration_s for s in result.segments if s.label == "speech"), abs=0.01
    )


def test_training_that_was_killed_gives_the_network_it_would_have_given(
    corpus: Path, tmp_path: Path
) -> None:
    examples = read_examples(corpus)
    expected, _ = train_segmenter(examples, epochs=6)
    state = tmp_path / "training.npz"
    told: list[str] = []

    def stop_in_the_third(_done: float, message: str) -> None:
        if message == "epoch 3 of 6":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_segmenter(examples, epochs=6, state=state, progress=stop_in_the_third)
    found, _ = train_segmenter(
        examples, epochs=6, state=state, progress=lambda _done, message: told.append(message)
    )
    assert told[0] == "epoch 3 of 6"
    assert found == expected
    # What is kept of another training, or is damaged, is not gone on with.
    other, _ = train_segmenter(examples, epochs=6, seed=5, state=state)
    assert other != expected
    state.write_bytes(state.read_bytes()[:1000])
    assert train_segmenter(examples, epochs=6, state=state)[0] == expected


def test_more_epochs_go_on_from_those_that_were_done(corpus: Path, tmp_path: Path) -> None:
    examples = read_examples(corpus)
    expected, _ = train_segmenter(examples, epochs=8)
    state = tmp_path / "training.npz"
    fewer, _ = train_segmenter(examples, epochs=5, state=state)
    told: list[str] = []
    found, _ = train_segmenter(
        examples, epochs=8, state=state, progress=lambda _done, message: told.append(message)
    )
    assert told[0] == "epoch 6 of 8"
    assert found == expected
    assert train_segmenter(examples, epochs=5, state=state)[0] == fewer  # these begin anew


def test_musan_as_it_is_unpacked_gives_the_frames_of_the_flat_folder(
    corpus: Path, tmp_path: Path
) -> None:
    for path in corpus.glob("*-[01].wav"):
        nested = tmp_path / path.name.split("-")[0] / "source" / path.name
        nested.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, nested)
    found = read_examples(tmp_path)
    assert (tmp_path / "features" / "speech" / "source" / "speech-0.wav.npz").is_file()
    assert (found.labels == 0).sum() == 2 * 401
    assert len(found.labels) == 6 * 401
    assert len(read_examples(tmp_path, limit=1).labels) == 2 * 401


def test_a_file_that_changed_is_read_anew(corpus: Path, tmp_path: Path) -> None:
    for kind in ("speech", "music"):
        shutil.copy(corpus / f"{kind}-0.wav", tmp_path)
    first = read_examples(tmp_path)
    write_wav(tmp_path / "music-0.wav", chords(7)[None, :32_000], 16_000)
    again = read_examples(tmp_path)
    assert len(again.features) == len(first.features) - 200
    (tmp_path / "features" / "speech-0.wav.npz").write_bytes(b"damaged")
    np.testing.assert_array_equal(read_examples(tmp_path).features, again.features)


def test_it_is_an_engine_of_the_pipeline_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "bacs.onnx"
    path.write_bytes(build(random_layers(5)).SerializeToString())
    parts = [chords(1), np.zeros(32_000, np.float32), talk(1), np.zeros(16_077, np.float32)]
    evening = np.concatenate(parts)
    source = write_wav(tmp_path / "evening.wav", evening[None], 16_000)
    seen: list[np.ndarray] = []
    engine = BacsSegmenter(path, energy_ratio=0.02, model_version="abc")
    found = engine.analyse(source, observers=[seen.append])
    np.testing.assert_allclose(np.concatenate(seen), np.clip(evening, -1, 1), atol=1e-4)
    assert found.duration_s == pytest.approx(len(evening) / 16_000)
    assert (found.engine, found.model_version) == ("bacs/1", "abc")
    stops = [0.0, *(segment.stop_s for segment in found.segments)]
    assert [segment.start_s for segment in found.segments] == stops[:-1]
    assert stops[-1] == found.duration_s
    quiet = [s for s in found.segments if s.label == "noEnergy"]
    assert any(s.start_s == pytest.approx(4, abs=0.1) for s in quiet)
    assert any(s.stop_s == found.duration_s for s in quiet)
    said = engine.listen(source)
    # Where there is sound, it says what the network says.
    loud = ~np.isnan(found.probability[:, 0])
    frames = np.minimum((found.times_s * 100).astype(int), len(said.labels) - 1)
    by_network = said.labels[frames]
    names = np.array(found.label_names)[found.label_indices()]
    inside = loud & (names != "noEnergy")
    assert inside.sum() > 60
    np.testing.assert_array_equal(names[inside] == "speech", by_network[inside] == 0)
    found.save(tmp_path / "again.npz")
    assert Segmentation.load(tmp_path / "again.npz").segments == found.segments


@pytest.mark.parametrize("n_samples", [1_600, 100, 16_000])
def test_scraps_and_silence_are_segmented_to_their_end(tmp_path: Path, n_samples: int) -> None:
    path = tmp_path / "bacs.onnx"
    path.write_bytes(build(random_layers(5)).SerializeToString())
    source = write_wav(tmp_path / "scrap.wav", np.zeros((1, n_samples), np.float32), 16_000)
    found = BacsSegmenter(path).analyse(source)
    assert [(s.label, s.start_s) for s in found.segments] == [("noEnergy", 0.0)]
    assert found.segments[-1].stop_s == found.duration_s == pytest.approx(n_samples / 16_000)


def test_classes_are_balanced_by_resampling() -> None:
    labels = np.array([0] * 1000 + [1] * 30, np.int8)
    rows = balanced(labels, 0)
    assert len(rows) == len(set(rows.tolist())) == 60
    assert labels[rows].sum() == 30


def test_a_folder_of_one_class_is_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "speech-1.wav", noise(1_600)[None], 16_000)
    with pytest.raises(ConfigError, match="music-"):
        read_examples(tmp_path)


PARITY = """
import sys
import numpy as np, tensorflow as tf
v1 = tf.compat.v1
with tf.Graph().as_default(), v1.Session() as session:
    # The graph alone: newer TensorFlow cannot restore the optimizer that was saved with it.
    saved = v1.saved_model.load(session, ["serve"], sys.argv[1]).signature_def["serving_default"]
    (asked,), (given,) = saved.inputs.values(), saved.outputs.values()
    x = np.load(sys.argv[2]).astype(tf.as_dtype(asked.dtype).as_numpy_dtype)
    np.save(sys.argv[3], session.run(given.name, {asked.name: x}))
"""


@pytest.mark.reference
@pytest.mark.skipif(
    not {"UTAWAKU_TENSORFLOW_PYTHON", "UTAWAKU_BACS_MODELS"} <= set(os.environ),
    reason="needs TensorFlow and the published models",
)
def test_gives_what_the_published_models_give(tmp_path: Path) -> None:
    features = mfcc(np.concatenate([talk(2, 20.0), noise(160_000)]))
    np.save(tmp_path / "x.npy", features)
    for folder in sorted(Path(os.environ["UTAWAKU_BACS_MODELS"]).glob("musan-*")):
        command = [os.environ["UTAWAKU_TENSORFLOW_PYTHON"], "-c", PARITY, str(folder)]
        command += [str(tmp_path / "x.npy"), str(tmp_path / "y.npy")]
        subprocess.run(command, check=True, capture_output=True)
        expected = np.load(tmp_path / "y.npy")
        path = tmp_path / "bacs.onnx"
        tensors = open_checkpoint(folder / "variables" / "variables")
        path.write_bytes(build(layers_of(tensors)).SerializeToString())
        found = BacsSegmenter(path).probability(features)
        np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))
        np.testing.assert_allclose(found, expected, atol=1e-4)
        print(json.dumps({"model": folder.name, "worst": float(np.abs(found - expected).max())}))


def test_frames_are_counted_where_the_truth_is_known() -> None:
    said = [Segment("speech", 0, 2), Segment("music", 2, 3), Segment("speech", 3, 4)]
    truth = [Region(True, 0, 1), Region(False, 1, 2.5), Region(True, 2.5, 3.5)]
    found = score_frames(said, truth)
    assert found == FrameScores(150, 50, 100, 50)
    assert found.n_frames == 350
    assert found.accuracy == pytest.approx(200 / 350)
    assert found.precision == pytest.approx(0.6)
    assert found.recall == pytest.approx(0.75)
    assert found.f1 == pytest.approx(2 / 3)
    assert (found + found).f1 == found.f1
    assert score_frames(said, []).accuracy == 1.0
