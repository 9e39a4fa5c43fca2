"""The shipped separator: how well, and exactly as long, whatever comes."""

import os
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import sdr_db
from utawaku.demo import render_song
from utawaku.library.errors import EngineError, WeightsCorruptError
from utawaku.media.decode import load
from utawaku.models import registry
from utawaku.models.separator import Separator, builtin, make_separator, separate
from utawaku.models.separator.builtin.engine import BuiltinSeparator, centre_mask
from utawaku.models.separator.stft import Block, MasksOf, masked_stream


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Separator:
    return make_separator("builtin", tmp_path_factory.mktemp("weights"), threads=1)


def test_works_without_any_download_and_says_which_weights_it_used(engine: Separator) -> None:
    assert engine.name == "builtin"
    assert len(engine.model_version) == 64


def test_the_card_tells_of_the_file_that_ships() -> None:
    shipped = registry.entry("vocal-unet")
    folder = Path(builtin.__file__).parent
    data = (folder / "vocal_unet_16k.onnx").read_bytes()
    assert sha256(data).hexdigest() == shipped.raw_sha256
    assert len(data) == shipped.raw_bytes
    assert shipped.raw_sha256 in (folder / "MODEL_CARD.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "vocals_db", "band_db"), [("kojo_no_tsuki", 4.0, 4.5)])
def test_takes_a_demo_song_apart(
    engine: Separator, name: str, vocals_db: float, band_db: float
) -> None:
    song = render_song(name, seconds=25)
    stems = separate(engine, song.mix, song.sample_rate_hz)
    # The mix itself scores about 0 dB against either stem.
    assert sdr_db(song.vocals, stems.vocals) > vocals_db
    assert sdr_db(song.accompaniment, stems.accompaniment) > band_db


@pytest.mark.parametrize(
    ("rate", "n_channels", "n_samples"),
    [
        (8_000, 1, 8_000),
        (8_000, 2, 12_345),
        (11_025, 1, 11_111),
        (22_050, 2, 30_001),
        (44_100, 1, 1),
        (44_100, 2, 4_410),
        (48_000, 2, 48_000 * 9 + 17),
        (96_000, 6, 96_001),
    ],
)
def test_stems_are_as_long_as_the_mix_and_add_up_to_it(
    engine: Separator, rate: int, n_channels: int, n_samples: int
) -> None:
    rng = np.random.default_rng(n_samples)
    mix = (0.1 * rng.standard_normal((n_channels, n_samples))).astype(np.float32)
    stems = separate(engine, mix, rate)
    assert stems.vocals.shape == stems.accompaniment.shape == mix.shape
    np.testing.assert_allclose(stems.vocals + stems.accompaniment, mix, atol=1e-6)


def test_a_flat_array_gives_flat_stems(engine: Separator) -> None:
    stems = separate(engine, np.zeros(5_000, np.float32), 16_000)
    assert stems.vocals.shape == (5_000,)


def test_silence_stays_silent_and_no_sound_gives_nothing(engine: Separator) -> None:
    stems = separate(engine, np.zeros((2, 44_100), np.float32), 44_100)
    assert not stems.vocals.any()
    assert not stems.accompaniment.any()
    assert separate(engine, np.zeros((2, 0), np.float32), 44_100).vocals.shape == (2, 0)


def test_damaged_samples_do_not_spread(engine: Separator) -> None:
    mix = np.full((1, 16_000), 0.1, np.float32)
    mix[0, 8_000] = np.nan
    assert np.isfinite(separate(engine, mix, 16_000).vocals).all()


def test_the_size_of_chunks_does_not_matter(engine: Separator) -> None:
    rng = np.random.default_rng(1)
    mix = (0.1 * rng.standard_normal((2, 16_000 * 20))).astype(np.float32)
    whole = separate(engine, mix, 16_000).vocals
    chunks = [mix[:, at : at + 7_919] for at in range(0, mix.shape[1], 7_919)]
    pieces = [stems.vocals for stems in engine.stream(chunks, 16_000)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)


def _ones(_block: Block) -> MasksOf:
    return lambda _some, spectrum: [np.ones(spectrum.shape, np.float32)]


def test_a_mask_of_ones_gives_the_audio_back() -> None:
    rng = np.random.default_rng(2)
    audio = rng.standard_normal((2, 10_007)).astype(np.float32)
    pieces = list(
        masked_stream(
            [audio[:, :5_000], audio[:, 5_000:]],
            _ones,
            n_window=256,
            hop=64,
            n_block=32,
            n_margin=8,
        )
    )
    np.testing.assert_array_equal(np.concatenate([mix for mix, _ in pieces], axis=1), audio)
    masked = np.concatenate([masked for _, (masked,) in pieces], axis=1)
    np.testing.assert_allclose(masked, audio, atol=1e-5)


def test_memory_does_not_grow_with_the_length() -> None:
    def chunks(n_seconds: int) -> Iterator[np.ndarray]:
        for _ in range(n_seconds):
            yield np.ones((1, 16_000), np.float32)

    def peak(n_seconds: int) -> int:
        tracemalloc.start()
        n_samples = 0
        for mix, _ in masked_stream(
            chunks(n_seconds),
            _ones,
            n_window=1024,
            hop=256,
            n_block=448,
            n_margin=32,
        ):
            n_samples += mix.shape[1]
        assert n_samples == n_seconds * 16_000
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200) < 1.3 * peak(25)


def test_a_block_takes_less_memory_than_its_spectra_and_mask() -> None:
    n_window, n_block = 4096, 512
    chunk = np.ones((2, 44_100), np.float32)
    n_bytes = 2 * n_block * (n_window // 2 + 1) * (8 + 4)  # complex64 and float32
    tracemalloc.start()
    for _ in masked_stream(
        (chunk for _ in range(30)), _ones, n_window=n_window, hop=1024, n_block=n_block, n_margin=0
    ):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < n_bytes


def test_the_centre_mask_keeps_the_centre_and_drops_the_sides() -> None:
    one = np.ones((1, 1, 4), np.complex64)
    centre = np.concatenate([one, one])
    left_only = np.concatenate([one, 0 * one])
    opposite = np.concatenate([one, -one])
    np.testing.assert_allclose(centre_mask(centre), 1, atol=1e-6)
    np.testing.assert_allclose(centre_mask(left_only), 0, atol=1e-6)
    np.testing.assert_allclose(centre_mask(opposite), 0, atol=1e-6)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(WeightsCorruptError, match=r"broken\.onnx"):
        BuiltinSeparator(path)


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    one = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 7])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 7])
    graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "g", [one], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "other.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsCorruptError, match="512"):
        BuiltinSeparator(path)


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="builtin"):
        make_separator("magic", tmp_path)


@pytest.mark.corpus
@pytest.mark.skipif("UTAWAKU_CORPUS" not in os.environ, reason="needs UTAWAKU_CORPUS")
@pytest.mark.parametrize(
    ("name", "gain_db"), [("vocadito_over_boas", 11.0), ("speech_over_vibe_ace", 8.0)]
)
def test_takes_the_corpus_apart(engine: Separator, name: str, gain_db: float) -> None:
    folder = Path(os.environ["UTAWAKU_CORPUS"]) / "separation"
    (mix, rate), (vocals, _), (band, _) = (
        load(folder / f"{name}.{part}.flac") for part in ("mix", "vocals", "accompaniment")
    )
    stems = separate(engine, mix, rate)
    assert sdr_db(band, stems.accompaniment) - sdr_db(band, mix) > gain_db
    assert sdr_db(vocals, stems.vocals) > 8.5
