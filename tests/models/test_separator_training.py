"""Training the separator: the network in three shapes, mixtures, and training that goes on."""

import importlib.util
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from tests.models.separation import write_wav
from utawaku.library.errors import ConfigError, WeightsCorruptError
from utawaku.models.registry import pull
from utawaku.models.separator.builtin.engine import BuiltinSeparator
from utawaku.models.training.keras_import import import_keras
from utawaku.models.training.mir1k import lay_out
from utawaku.models.training.separator import Plan, Scores, measure, train_separator
from utawaku.models.training.separator_data import (
    Material,
    Sound,
    composed_songs,
    draw,
    read_material,
    split_material,
)
from utawaku.models.training.separator_network import (
    build,
    fresh_weights,
    keras_network,
    read_weights,
    weights_of,
)

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
RATE = 16_000


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pull("vocal-unet", tmp_path_factory.mktemp("weights"))


def masks(model: bytes | str, magnitude: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["mask"], {"mag": magnitude})[0])


def magnitudes(n: int, n_frames: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (0.1 * np.abs(rng.standard_normal((n, 512, n_frames)))).astype(np.float32)


@pytest.mark.parametrize("n_frames", [32, 100])
def test_the_network_rebuilt_gives_the_masks_of_the_shipped_one(
    shipped: Path, n_frames: int
) -> None:
    rebuilt = build(read_weights(shipped)).SerializeToString(deterministic=True)
    x = magnitudes(2, n_frames)
    np.testing.assert_allclose(masks(rebuilt, x), masks(str(shipped), x), atol=1e-5)


def test_a_normalisation_behind_a_layer_is_folded_into_it(tmp_path: Path) -> None:
    weights = fresh_weights(2)
    model = build(weights)
    rng = np.random.default_rng(3)
    names = ["gamma", "beta", "mean", "variance"]
    for name in names:
        values = rng.uniform(0.5, 1.5, 48).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    nodes = list(model.graph.node)
    # Between the first sub-pixel layer's last reshape and its ReLU.
    at = next(i for i, n in enumerate(nodes) if n.op_type == "Reshape" and "joined0" in n.input)
    normal = helper.make_node(
        "BatchNormalization", [nodes[at].output[0], *names], ["normal"], epsilon=1e-5
    )
    relu = next(node for node in nodes if nodes[at].output[0] in node.input)
    relu.input[0] = "normal"
    del model.graph.node[:]
    model.graph.node.extend([*nodes[: at + 1], normal, *nodes[at + 1 :]])
    path = tmp_path / "normalised.onnx"
    path.write_bytes(model.SerializeToString())
    folded = build(read_weights(path)).SerializeToString()
    x = magnitudes(1, 32)
    np.testing.assert_allclose(masks(folded, x), masks(str(path), x), atol=1e-5)
    assert np.abs(masks(folded, x) - masks(build(weights).SerializeToString(), x)).max() > 1e-3


def test_what_was_built_is_read_back_number_by_number(tmp_path: Path) -> None:
    weights = fresh_weights(3)
    path = tmp_path / "fresh.onnx"
    path.write_bytes(build(weights).SerializeToString(deterministic=True))
    again = read_weights(path)
    assert sorted(again) == sorted(weights)
    for name, values in weights.items():
        np.testing.assert_array_equal(again[name], values)
    assert sum(values.size for values in again.values()) == 990_004


@pytest.mark.parametrize("fault", ["no file", "cut short", "other shape", "not finite"])
def test_what_is_not_the_network_is_refused(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "network.onnx"
    weights = fresh_weights(1)
    if fault == "other shape":
        weights["middle2.kernel"] = np.zeros((160, 160, 5), np.float32)
    elif fault == "not finite":
        weights["last.bias"] = np.array([np.nan, 0], np.float32)
    if fault != "no file":
        data = build(weights).SerializeToString()
        path.write_bytes(data[: len(data) // 2] if fault == "cut short" else data)
    with pytest.raises(WeightsCorruptError, match=r"network\.onnx"):
        read_weights(path)


def voice(seed: int, seconds: float = 4.0) -> np.ndarray:
    """A gliding tone with overtones, swelling four times a second: (1, n_samples)."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = rng.uniform(200, 400) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 9))
    return (0.1 * tone * np.sin(2 * np.pi * 2 * time) ** 2)[None]


def band(seed: int, n_channels: int = 2, seconds: float = 4.0) -> np.ndarray:
    """Noise in bursts: (n_channels, n_samples)."""
    rng = np.random.default_rng(100 + seed)
    samples = 0.1 * rng.standard_normal((n_channels, round(seconds * RATE)))
    samples[:, (np.arange(samples.shape[1]) // 4_000) % 3 == 0] *= 0.1
    return samples


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three kinds of material, a damaged file and something that is no audio."""
    place = tmp_path_factory.mktemp("material")
    for part in ("songs", "vocals", "accompaniment"):
        (place / part).mkdir()
    for number, singer in enumerate(("mio", "mio", "aki", "yui")):
        name = f"{singer}_{number}"
        write_wav(place / "songs" / f"{name}.vocals.wav", voice(number), RATE)
        write_wav(place / "songs" / f"{name}.accompaniment.wav", band(number, 1), RATE)
    write_wav(place / "vocals" / "solo.wav", voice(8), RATE)
    for number in range(3):
        write_wav(place / "accompaniment" / f"band {number}.wav", band(number + 5), RATE)
    (place / "accompaniment" / "broken.mp3").write_bytes(b"\0" * 3_000)
    (place / "accompaniment" / "notes.txt").write_text("no audio")
    write_wav(place / "songs" / "lonely.vocals.wav", voice(9), RATE)
    return place


def test_a_folder_is_read_by_its_layout_and_bad_files_are_told(
    folder: Path, tmp_path: Path
) -> None:
    material = read_material(folder, tmp_path)
    assert [one.name for one, _ in material.pairs] == [
        "aki_2.vocals.wav", "mio_0.vocals.wav", "mio_1.vocals.wav", "yui_3.vocals.wav"
    ]  # fmt: skip
    # A stem without its other half is of use alone.
    assert sorted(one.name for one in material.vocals) == ["lonely.vocals.wav", "solo.wav"]
    assert len(material.accompaniment) == 3
    assert [name for name, _ in material.left_out] == ["broken.mp3"]
    (solo,) = (one for one in material.vocals if one.name == "solo.wav")
    np.testing.assert_allclose(solo.samples / 32768, voice(8), atol=1e-4)


@pytest.mark.parametrize("missing", ["vocals", "accompaniment"])
def test_a_folder_of_only_one_kind_is_refused(tmp_path: Path, missing: str) -> None:
    other = "accompaniment" if missing == "vocals" else "vocals"
    (tmp_path / other).mkdir()
    write_wav(tmp_path / other / "one.wav", band(1), RATE)
    with pytest.raises(ConfigError, match="voice" if missing == "vocals" else "music"):
        read_material(tmp_path, tmp_path / "cache")


def test_singers_are_held_out_whole(folder: Path, tmp_path: Path) -> None:
    material = read_material(folder, tmp_path)
    for seed in range(4):
        train, test = split_material(material, 0.3, seed)
        singers = [{v.name.split("_")[0] for v, _ in half.pairs} for half in (train, test)]
        assert singers[1]
        assert not singers[0] & singers[1]
        assert len(train.accompaniment) + len(test.accompaniment) == 3


def test_the_same_numbers_draw_the_same_mixtures_and_others_others(
    folder: Path, tmp_path: Path
) -> None:
    material = read_material(folder, tmp_path)
    drawn = [draw(material, 64, np.random.default_rng((1, step))) for step in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0].truth, drawn[1].truth)
    assert np.abs(drawn[0].truth - drawn[2].truth).max() > 0.01


def test_mixtures_are_what_the_engine_will_meet(folder: Path, tmp_path: Path) -> None:
    material = read_material(folder, tmp_path)
    without_voice = in_stereo = 0
    for step in range(60):
        example = draw(material, 64, np.random.default_rng((2, step)))
        assert example.magnitude.shape == (512, 64)
        assert np.isfinite(example.truth).all()
        # The engine divides by eight times the mean.
        assert example.magnitude.mean() == pytest.approx(1 / 8, rel=1e-3)
        mix, vocals, music = example.truth[..., 0], example.truth[..., 1], example.truth[..., 2]
        assert (mix <= vocals + music + 1e-3).all()
        without_voice += not vocals.any()
        in_stereo += example.truth[..., 6].min() < 0.9
    assert 2 <= without_voice <= 20
    assert 20 <= in_stereo <= 58


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Sound, Sound], ...]:
    place = tmp_path_factory.mktemp("composed")
    made = composed_songs(1, place)
    again = composed_songs(1, place)
    np.testing.assert_array_equal(made[0][1].samples[:, :1000], again[0][1].samples[:, :1000])
    return made


def test_composed_songs_have_voice_and_band_and_are_not_those_kept_to_measure(
    composed: tuple[tuple[Sound, Sound], ...],
) -> None:
    ((voice, band),) = composed
    assert voice.samples.shape == band.samples.shape
    assert band.samples.shape[0] == 2
    assert "jasmine" not in voice.name
    # The singer stands in the middle of the band's width.
    assert np.corrcoef(voice.samples)[0, 1] > np.corrcoef(band.samples)[0, 1]


def test_one_synthetic_singer_is_heard_now_and_then_among_recorded_ones(
    folder: Path, tmp_path: Path, composed: tuple[tuple[Sound, Sound], ...]
) -> None:
    ((voice, band),) = composed
    # A constant lies in the lowest bins alone, whatever is done to it.
    marked = Sound(voice.name, np.full_like(voice.samples, 9_000), voice.rate_hz)
    without = read_material(folder, tmp_path)

    def n_marked(material: Material) -> int:
        drawn = [draw(material, 64, np.random.default_rng((3, n))).truth[..., 1] for n in range(60)]
        return sum(bool(one[:4].sum() > 0.5 * one.sum() > 0) for one in drawn)

    assert n_marked(without) == 0
    assert 2 <= n_marked(replace(without, composed=((marked, band),))) <= 20


def clip(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def test_mir_1k_is_laid_out_and_its_singers_kept_apart(tmp_path: Path) -> None:
    samples = np.array([[1, -1], [2, -2], [3, -3]])
    (tmp_path / "Wavfile").mkdir()
    for name in ("Ani_1_01", "Ani_1_02", "annar_1_01"):
        clip(tmp_path / "Wavfile" / f"{name}.wav", samples)
    assert lay_out(tmp_path / "Wavfile", tmp_path / "made") == (2, 1)
    assert [path.name for path in sorted((tmp_path / "made" / "songs").iterdir())] == [
        f"Ani_1_0{number}.{stem}.wav" for number in (1, 2) for stem in ("accompaniment", "vocals")
    ]
    for stem, expected in (("accompaniment", [1, 2, 3]), ("vocals", [-1, -2, -3])):
        with wave.open(str(tmp_path / "made" / "test" / "songs" / f"annar_1_01.{stem}.wav")) as one:
            assert (one.getnchannels(), one.getframerate()) == (1, RATE)
            assert np.frombuffer(one.readframes(3), "<i2").tolist() == expected


def test_what_is_no_clip_of_mir_1k_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no clips"):
        lay_out(tmp_path, tmp_path / "made")
    clip(tmp_path / "Ani_1_01.wav", np.zeros((3, 1)))
    with pytest.raises(ConfigError, match=r"Ani_1_01\.wav.*stereo"):
        lay_out(tmp_path, tmp_path / "made")


class Oracle:
    """Keeps what is below 1 kHz: the voice below."""

    name, version, model_version = "oracle", "1", ""

    def stream(self, chunks, sample_rate_hz):  # type: ignore[no-untyped-def]
        from utawaku.models.separator.engine import Stems

        for chunk in chunks:
            spectrum = np.fft.rfft(chunk)
            spectrum[:, chunk.shape[1] * 1_000 // sample_rate_hz :] = 0
            vocals = np.fft.irfft(spectrum, chunk.shape[1]).astype(np.float32)
            yield Stems(vocals, chunk - vocals)


def test_what_is_measured_is_what_was_done(tmp_path: Path) -> None:
    for part in ("songs", "accompaniment"):
        (tmp_path / part).mkdir()
    time = np.arange(2 * RATE) / RATE
    low, high = 0.1 * np.sin(2 * np.pi * 200 * time), 0.1 * np.sin(2 * np.pi * 5_000 * time)
    write_wav(tmp_path / "songs" / "a.vocals.wav", low[None], RATE)
    write_wav(tmp_path / "songs" / "a.accompaniment.wav", high[None], RATE)
    write_wav(tmp_path / "accompaniment" / "b.wav", (low + high)[None], RATE)
    found = measure(Oracle(), read_material(tmp_path, tmp_path / "cache"))
    assert found.vocals_db > 40
    assert found.accompaniment_db > 40
    # Half of the energy of what is called music here lies below 1 kHz.
    assert found.leak_db == pytest.approx(-3, abs=0.1)
    assert (found.n_mixtures, found.n_without_voice) == (1, 1)


@needs_tensorflow
def test_keras_gives_the_masks_of_the_onnx_file(shipped: Path) -> None:
    weights = read_weights(shipped)
    model = keras_network(import_keras(), 64, weights)
    x = magnitudes(2, 64)
    np.testing.assert_allclose(model.predict(x, verbose=0), masks(str(shipped), x), atol=1e-5)
    for name, values in weights_of(model).items():
        np.testing.assert_array_equal(values, weights[name])


PLAN = Plan(n_steps=60, batch=2, seconds=1.0, rate=1e-3, seed=4)


@needs_tensorflow
def test_training_that_was_killed_gives_the_network_it_would_have_given(
    folder: Path, tmp_path: Path, shipped: Path
) -> None:
    def stop_behind_step_52(_done: float, message: str) -> None:
        if message.startswith("step 52 "):
            raise KeyboardInterrupt

    whole = train_separator(folder, tmp_path / "one", start=shipped, plan=PLAN)
    with pytest.raises(KeyboardInterrupt):
        train_separator(
            folder, tmp_path / "two", start=shipped, plan=PLAN, progress=stop_behind_step_52
        )
    told: list[str] = []
    resumed = train_separator(
        folder, tmp_path / "two", start=shipped, plan=PLAN,
        progress=lambda _done, message: told.append(message),
    )  # fmt: skip
    assert next(text for text in told if text.startswith("step")).startswith("step 51 of 60")
    assert resumed.model == whole.model
    # Half of what it began with in it: the mean of both, without another step.
    half = train_separator(folder, tmp_path / "two", start=shipped, plan=replace(PLAN, keep=0.5))
    for file, model in (("whole.onnx", whole.model), ("half.onnx", half.model)):
        (tmp_path / file).write_bytes(model)
    began, went, mean = (
        read_weights(path) for path in (shipped, tmp_path / "whole.onnx", tmp_path / "half.onnx")
    )
    for name, values in mean.items():
        np.testing.assert_allclose(values, (began[name] + went[name]) / 2, atol=1e-6)
    assert isinstance(whole.before, Scores)
    # A few steps on such sounds must teach it something about them.
    assert whole.after.vocals_db > whole.before.vocals_db
    path = tmp_path / "trained.onnx"
    path.write_bytes(whole.model)
    BuiltinSeparator(path)


def test_without_tensorflow_it_is_told_what_to_install(folder: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("tensorflow") is not None:
        pytest.skip("TensorFlow is installed")
    with pytest.raises(ConfigError, match=r"utawaku\[train\]"):
        train_separator(folder, tmp_path, start=None, plan=PLAN)
