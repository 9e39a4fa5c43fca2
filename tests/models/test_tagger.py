"""Tags and embeddings: upstream's numbers, pieces of songs of any kind, damaged weights."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.golden.tagger.regenerate import patches, signal
from tests.models.song_files import write
from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.library.errors import NotMediaError, TruncatedMediaError, WeightsCorruptError
from utawaku.library.store.embeddings import N_TIMBRE
from utawaku.models.registry.tf_checkpoint import open_checkpoint, read_checkpoint
from utawaku.models.tagger import N_EMBEDDING, TAGS, Tagger, blocks, top_tags
from utawaku.models.tagger.excerpts import excerpts
from utawaku.models.tagger.features import PATCH_SAMPLES, mel_bands, patch_of
from utawaku.models.tagger.network import tagger_model

GOLDEN = Path(__file__).parent.parent / "golden" / "tagger"


def test_the_spectrogram_is_librosas() -> None:
    wanted = np.load(GOLDEN / "mel.npy")
    samples = np.zeros(PATCH_SAMPLES, np.float32)
    sound = signal()
    samples[: sound.size] = sound
    assert np.abs(patch_of(samples)[: len(wanted)] - wanted).max() < 2e-5


def test_loud_sound_does_not_overflow() -> None:
    loud = np.sign(np.sin(np.arange(PATCH_SAMPLES) * 0.05)).astype(np.float32) * 4
    assert np.isfinite(patch_of(loud)).all()
    assert patch_of(loud).max() > 5
    assert mel_bands().shape == (257, 96)


def test_the_network_gives_upstreams_numbers(tagger: Tagger) -> None:
    wanted = np.load(GOLDEN / "network.npz")
    embedding, tags = tagger.run(patches())
    assert np.abs(tags - wanted["tags"]).max() < 1e-5
    assert np.abs(embedding - wanted["embedding"]).max() < 1e-5


def test_a_block_of_the_front_end_is_the_plain_convolution() -> None:
    rng = np.random.default_rng(2)
    kernels = rng.standard_normal((5, 7, 38)).astype(np.float32)
    block = rng.standard_normal((blocks.n_inputs(7), 96))
    windows = np.lib.stride_tricks.sliding_window_view(block, (7, 38))
    wanted = np.einsum("tpmk,fmk->tfp", windows, kernels)
    factors = np.lib.stride_tricks.sliding_window_view(blocks.transform(7) @ block, 38, axis=1)
    products = np.einsum("gpk,gfk->gfp", factors, blocks.transformed_kernels(kernels))
    made = np.einsum("tg,gfp->tfp", blocks.inverse(7), products)
    assert wanted.shape == (blocks.N_OUTPUTS, 5, 59)
    assert np.abs(made - wanted).max() < 1e-9


def test_a_song_is_heard_every_ten_seconds_alike_in_every_format(
    tagger: Tagger, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    rate = 16_000
    time_s = np.arange(130 * rate) / rate
    tone = 0.3 * np.sin(2 * np.pi * 220 * time_s) * (1 + np.sin(2 * np.pi * 0.1 * time_s))
    sound = tone.astype(np.float32)[None]
    sound += 0.01 * rng.standard_normal(sound.shape).astype(np.float32)
    exact = tagger.listen(write(tmp_path / "song.flac", sound, rate, "flac"))
    assert exact.n_patches == 13
    assert exact.embedding.shape == (N_EMBEDDING,)
    assert exact.timbre.shape == (N_TIMBRE,)
    for name, encoder in (("song.mp3", "libmp3lame"), ("song.m4a", "aac")):
        lossy = tagger.listen(write(tmp_path / name, sound, rate, encoder, bit_rate=64_000))
        assert np.corrcoef(lossy.embedding, exact.embedding)[0, 1] > 0.95
        assert np.corrcoef(lossy.tags, exact.tags)[0, 1] > 0.95
        assert np.corrcoef(lossy.timbre, exact.timbre)[0, 1] > 0.95


def test_a_jump_lands_within_a_tenth_of_a_second(tmp_path: Path) -> None:
    rate = 16_000
    ramp = np.linspace(0, 0.9, 140 * rate, dtype=np.float32)[None]
    pieces = excerpts(write(tmp_path / "ramp.flac", ramp, rate, "flac"), 20)
    starts_s = np.linspace(0, 140 - PATCH_SAMPLES / rate - 0.5, 20)
    assert np.abs(pieces[:, 0] / 0.9 * 140 - starts_s).max() < 0.3


def test_a_song_shorter_than_a_piece_is_repeated(tagger: Tagger, tmp_path: Path) -> None:
    rate = 16_000
    blip = (0.3 * np.sin(np.arange(rate) * 0.2)).astype(np.float32)[None]
    path = write(tmp_path / "blip.flac", blip, rate, "flac")
    (piece,) = excerpts(path, 20)
    assert np.allclose(piece[:rate], piece[rate : 2 * rate])
    assert np.isfinite(tagger.listen(path).embedding).all()


def test_a_file_without_sound_and_a_file_of_something_else_are_told(
    tagger: Tagger, tmp_path: Path
) -> None:
    (tmp_path / "song.mp3").write_text("not a song")
    with pytest.raises(NotMediaError):
        tagger.listen(tmp_path / "song.mp3")
    path = write(tmp_path / "two.flac", np.zeros((1, 32_000), np.float32), 16_000, "flac")
    with pytest.raises(TruncatedMediaError):
        tagger.listen(path, start_s=30.0, stop_s=40.0)


def test_shown_tags_say_who_sings_and_leave_decades_out() -> None:
    scores = np.full(50, 0.01)
    scores[TAGS.index("jazz")] = 0.4
    scores[TAGS.index("80s")] = 0.5
    scores[TAGS.index("female vocalist")] = 0.2
    assert top_tags(scores) == {"jazz": 0.4, "female vocals": 0.2}
    assert "instrumental" in top_tags(np.eye(50)[TAGS.index("instrumental")])


def test_damaged_weights_are_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "musicnn.onnx").write_bytes(os.urandom(1000))
    with pytest.raises(WeightsCorruptError, match="models pull musicnn"):
        Tagger(tmp_path / "musicnn.onnx")
    with pytest.raises(WeightsCorruptError, match="not musicnn's"):
        tagger_model({"dense/kernel": np.zeros(3, np.float32)})


def _checkpoint() -> tuple[bytes, bytes]:
    """A checkpoint with one tensor `w` = [1, 2], as TensorFlow lays it out."""
    shard = np.array([1, 2], "<f4").tobytes()
    entry = bytes([0x08, 1, 0x12, 4, 0x12, 2, 0x08, 2, 0x28, 8])
    rows = b"".join(
        bytes([0, len(key), len(value)]) + key + value
        for key, value in ((b"", bytes([0x08, 1])), (b"w", entry))
    )
    block = rows + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    inside = bytes([0, len(block)])
    top = bytes([0, 1, len(inside)]) + b"x" + inside + bytes(4) + (1).to_bytes(4, "little")
    start = len(block) + 5
    footer = bytes([0, 0, start, len(top)]).ljust(40, b"\0")
    magic = bytes.fromhex("57fb808b247547db")
    return block + bytes(5) + top + bytes(5) + footer + magic, shard


def test_checkpoints_are_read_and_damaged_ones_refused(tmp_path: Path) -> None:
    index, shard = _checkpoint()
    assert read_checkpoint(index, [shard])["w"].tolist() == [1, 2]
    (tmp_path / "model.index").write_bytes(index)
    (tmp_path / "model.data-00000-of-00001").write_bytes(shard)
    assert open_checkpoint(tmp_path / "model")["w"].tolist() == [1, 2]
    for damaged in (index[:-1], b"", index[:20] + index[-48:]):
        with pytest.raises(WeightsCorruptError):
            read_checkpoint(damaged, [shard])
    with pytest.raises(WeightsCorruptError, match="cut short"):
        read_checkpoint(index, [shard[:4]])
    with pytest.raises(WeightsCorruptError, match="1 data shards"):
        read_checkpoint(index, [shard, shard])
    with pytest.raises(WeightsCorruptError, match="gone"):
        open_checkpoint(tmp_path / "gone")
