"""Engines by name: `auto`, the blend of two, and a network of the user's own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from tests.models.separation import Shape, halving, network
from tests.servers.weights import WeightsServer
from utawaku.library.errors import EngineError, WeightsMissingError
from utawaku.models import registry
from utawaku.models.registry import HttpsFile
from utawaku.models.separator import Stems, make_separator, separate
from utawaku.models.separator.blend import BlendSeparator
from utawaku.models.separator.custom.engine import faded_over
from utawaku.models.separator.engines import custom_version, engine_in_use, fetch_preferred
from utawaku.models.training.separator_network import build, fresh_weights

RATE_HZ = 44_100


def noise(n_channels: int, n_samples: int, seed: int = 3) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((n_channels, n_samples))).astype(
        np.float32
    )


class Share:
    """An engine that gives a share of the mix as vocals, in pieces of its own length."""

    name, version, model_version = "share", "1", ""

    def __init__(self, share: float, n_piece: int) -> None:
        self.share, self.n_piece = np.float32(share), n_piece

    def stream(self, chunks, sample_rate_hz):  # type: ignore[no-untyped-def]
        buffer = None
        for chunk in chunks:
            buffer = chunk if buffer is None else np.concatenate([buffer, chunk], axis=1)
            while buffer.shape[1] >= self.n_piece:
                piece, buffer = buffer[:, : self.n_piece], buffer[:, self.n_piece :]
                yield Stems(self.share * piece, piece - self.share * piece)
        if buffer is not None and buffer.shape[1]:
            yield Stems(self.share * buffer, buffer - self.share * buffer)


def test_the_blend_leans_to_its_first_engine_by_how_far_they_disagree() -> None:
    mix = noise(2, 400_003)
    blend = BlendSeparator(Share(0.5, 700), Share(0.6, 11_000))
    # The powers are as 25 to 36, and of the second there is half of that.
    expected = (0.5 + 0.1 * 0.5 * 25 / 36) * mix
    chunks = [mix[:, start : start + 4_096] for start in range(0, mix.shape[1], 4_096)]
    pieces = list(blend.stream(chunks, RATE_HZ))
    vocals = np.concatenate([piece.vocals for piece in pieces], axis=1)
    accompaniment = np.concatenate([piece.accompaniment for piece in pieces], axis=1)
    np.testing.assert_allclose(vocals, expected, atol=1e-6)
    np.testing.assert_allclose(vocals + accompaniment, mix, atol=1e-6)
    assert list(blend.stream([], RATE_HZ)) == []


def test_the_blends_version_changes_with_each_of_its_engines() -> None:
    other = Share(0.6, 10)
    before = BlendSeparator(Share(0.2, 10), other).model_version
    other.model_version = "newer"
    assert BlendSeparator(Share(0.2, 10), other).model_version != before


class Fickle(Share):
    """Hears no voice in the third and fourth second."""

    def stream(self, chunks, sample_rate_hz):  # type: ignore[no-untyped-def]
        at = 0
        for stems in super().stream(chunks, sample_rate_hz):
            seconds = (at + np.arange(stems.vocals.shape[1])) // sample_rate_hz
            at += stems.vocals.shape[1]
            vocals = np.where((seconds == 2) | (seconds == 3), np.float32(0), stems.vocals)
            yield Stems(vocals, stems.vocals + stems.accompaniment - vocals)


def test_where_the_first_engine_hears_no_voice_the_blend_has_none() -> None:
    mix = noise(1, 6 * RATE_HZ)
    for one, other, share in (
        (Fickle(0.5, 900), Share(0.5, 7_000), 0.0),
        (Share(0.5, 900), Fickle(0.5, 7_000), 0.5),
    ):
        blend = separate(BlendSeparator(one, other), mix, RATE_HZ)
        middle = slice(3 * RATE_HZ, round(3.02 * RATE_HZ))
        found = np.sqrt(np.mean(blend.vocals[:, middle] ** 2) / np.mean(mix[:, middle] ** 2))
        assert found == pytest.approx(share, abs=0.01)
        # Away from the dispute they are averaged.
        rest = slice(0, RATE_HZ)
        np.testing.assert_allclose(blend.vocals[:, rest], 0.5 * mix[:, rest], atol=1e-6)


def test_the_blend_does_not_depend_on_how_its_engines_cut_the_sound() -> None:
    fades = np.abs(np.sin(np.arange(18 * RATE_HZ) / 30_000)).astype(np.float32)
    mix = noise(2, 18 * RATE_HZ) * fades
    whole = separate(BlendSeparator(Fickle(0.5, 10**9), Share(0.6, 10**9)), mix, RATE_HZ)
    cut = separate(BlendSeparator(Fickle(0.5, 1_234), Share(0.6, 56_789)), mix, RATE_HZ)
    np.testing.assert_allclose(cut.vocals, whole.vocals, atol=1e-6)
    np.testing.assert_allclose(cut.accompaniment, whole.accompaniment, atol=1e-6)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> WeightsServer:
    """Spleeter's weights at an address that gives something else."""
    with WeightsServer(b"not found") as server:
        source = HttpsFile(server.url, "2stems.tar.gz", 1_000, "0" * 64)
        here = replace(registry.entry("spleeter-2stems"), source=source, others=())
        monkeypatch.setitem(registry.table(), "spleeter-2stems", here)
        yield server  # type: ignore[misc]


def test_auto_is_the_builtin_engine_where_spleeter_cannot_be_had_and_asks_once_an_hour(
    nowhere: WeightsServer, tmp_path: Path
) -> None:
    assert engine_in_use("auto", tmp_path) == "builtin"
    assert make_separator("auto", tmp_path, threads=1).name == "builtin"
    assert len(nowhere.asked) == 1, "something stands in for it: it is not worth a second wait"
    assert "could not be fetched" in fetch_preferred("auto", tmp_path)
    assert len(nowhere.asked) == 1
    with pytest.raises(WeightsMissingError):
        make_separator("spleeter", tmp_path, threads=1)
    assert len(nowhere.asked) > 2, "who asks for it is worth several"
    assert fetch_preferred("builtin", tmp_path) == ""


def described(path: Path, text: str) -> Path:
    path.write_text(f'network = "net.onnx"\n{text}', "utf-8")
    return path


@pytest.mark.parametrize("gives", ["vocals", "accompaniment"])
@pytest.mark.parametrize(("rate_hz", "n_channels"), [(44_100, 2), (44_100, 1), (48_000, 3)])
def test_a_spectrum_network_of_ones_own_separates_any_sound(
    gives: str, rate_hz: int, n_channels: int, tmp_path: Path
) -> None:
    # The form of MDX-Net: real and imaginary parts of both channels, few bins and frames here.
    halving(tmp_path / "net.onnx", ["n", 4, 1_025, 32])
    path = described(
        tmp_path / "net.toml",
        f'form = "spectrum"\ngives = "{gives}"\nn_fft = 2048\nhop = 512\noverlap = 0.25\n',
    )
    engine = make_separator("custom", tmp_path, custom=path, threads=1)
    # Below half the engine's rate, where resampling keeps everything.
    time = np.arange(3 * rate_hz) / rate_hz
    mix = np.stack([np.sin(2 * np.pi * (220 + 110 * n) * time) for n in range(n_channels)])
    mix = (0.3 * mix).astype(np.float32)
    stems = separate(engine, mix, rate_hz)
    inner = slice(2_000, -2_000)
    np.testing.assert_allclose(stems.vocals[:, inner], 0.5 * mix[:, inner], atol=2e-3)
    np.testing.assert_allclose(stems.vocals + stems.accompaniment, mix, atol=1e-5)
    assert (engine.name, engine.model_version) == ("custom", custom_version(path))


def test_a_waveform_network_with_several_stems_gives_the_one_described(tmp_path: Path) -> None:
    # (n, channels, samples) to (n, stems, channels, samples): the second is half of the mix.
    nodes = [
        helper.make_node("Mul", ["x", "half"], ["halved"]),
        helper.make_node("Unsqueeze", ["x", "axis"], ["first"]),
        helper.make_node("Unsqueeze", ["halved", "axis"], ["second"]),
        helper.make_node("Concat", ["first", "second"], ["y"], axis=1),
    ]
    axis = helper.make_node(
        "Constant", [], ["axis"], value=numpy_helper.from_array(np.array([1], np.int64))
    )
    shapes: dict[str, Shape] = {"x": ["n", 2, "t"], "y": ["n", 2, 2, "t"]}
    network(tmp_path / "net.onnx", [axis, *nodes], shapes)
    path = described(tmp_path / "net.toml", 'form = "waveform"\nchunk = 20000\nstem = 1\n')
    mix = noise(2, 70_001)
    stems = separate(make_separator(str(path), tmp_path, threads=1), mix, RATE_HZ)
    np.testing.assert_allclose(stems.vocals, 0.5 * mix, atol=1e-6)


def test_chunks_fade_over_and_the_memory_is_that_of_one() -> None:
    mix = noise(2, 100_000)
    longest = 0
    for chunked in (333, 5_000, 100_000):
        chunks = [mix[:, start : start + chunked] for start in range(0, 100_000, chunked)]
        pieces = list(faded_over(chunks, lambda part: part * 2, 4_000, 1_000))
        np.testing.assert_allclose(
            np.concatenate([p for _, p in pieces], axis=1), mix * 2, atol=1e-6
        )
        np.testing.assert_array_equal(np.concatenate([m for m, _ in pieces], axis=1), mix)
        longest = max(longest, *(m.shape[1] for m, _ in pieces))
    assert longest == 4_000


def test_a_network_of_the_builtin_form_needs_no_description(tmp_path: Path) -> None:
    builtin = registry.pull("vocal-unet", tmp_path)
    own = tmp_path / "mine.onnx"
    own.write_bytes(builtin.read_bytes())
    mix = noise(2, 30_000)
    found = separate(make_separator(str(own), tmp_path, threads=1), mix, RATE_HZ)
    usual = separate(make_separator("builtin", tmp_path, threads=1), mix, RATE_HZ)
    np.testing.assert_array_equal(found.vocals, usual.vocals)


def test_a_network_as_train_separator_writes_it_is_taken_by_engine_and_by_setting(
    tmp_path: Path,
) -> None:
    own = tmp_path / "mine.onnx"
    own.write_bytes(build(fresh_weights(3)).SerializeToString(deterministic=True))
    mix = noise(2, 30_000)
    by_engine = separate(make_separator(str(own), tmp_path, threads=1), mix, RATE_HZ)
    by_setting = separate(make_separator("custom", tmp_path, custom=own, threads=1), mix, RATE_HZ)
    np.testing.assert_array_equal(by_engine.vocals, by_setting.vocals)
    np.testing.assert_allclose(by_engine.vocals + by_engine.accompaniment, mix, atol=1e-5)
    shipped = separate(make_separator("builtin", tmp_path, threads=1), mix, RATE_HZ)
    assert np.abs(shipped.vocals - by_engine.vocals).max() > 1e-3


@pytest.mark.parametrize(
    ("shape", "text", "told"),
    [
        (["n", 4, 1_025, 32], 'form = "spectrum"\nn_fft = 1024\nhop = 256\n', "1025 bins"),
        (["n", 2, 1_025, 32], 'form = "spectrum"\nn_fft = 2048\n', "2 parts"),
        (["n", 2, "t"], 'form = "waveform"\n', "chunk"),
        (["n", 2, 900], 'form = "waveform"\nchunk = 1000\n', "900 samples"),
        (["n", 7], 'form = "waveform"\nchunk = 1000\n', "shape"),
        (["n", 2, "t"], 'form = "spectrogram"\n', "form"),
        (["n", 2, "t"], 'form = "waveform"\nchunk = 1000\nshape = 3\n', "shape"),
        (["n", 2, "t"], 'form = "waveform', "cannot be read"),
    ],
)
def test_a_network_that_is_not_as_described_is_refused(
    shape: Shape, text: str, told: str, tmp_path: Path
) -> None:
    halving(tmp_path / "net.onnx", shape)
    path = described(tmp_path / "net.toml", text)
    with pytest.raises(EngineError, match=told) as refused:
        make_separator("custom", tmp_path, custom=path)
    assert "howto" in refused.value.next_step


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no network of your own"):
        make_separator("custom", tmp_path)
    with pytest.raises(EngineError, match="not there"):
        make_separator(str(described(tmp_path / "net.toml", 'form = "waveform"\n')), tmp_path)
    (tmp_path / "net.onnx").write_bytes(b"nothing of that kind")
    with pytest.raises(EngineError, match="can be run"):
        make_separator(str(tmp_path / "net.toml"), tmp_path)
    with pytest.raises(EngineError, match="can be run"):
        make_separator(str(tmp_path / "net.onnx"), tmp_path)
    assert custom_version(tmp_path / "gone.toml") == ""
