"""Our signatures against ShazamAPI's own, byte for byte."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from utawaku.library.errors import SignatureError
from utawaku.services.recognizer.signature import (
    decode_signature,
    decode_uri,
    iter_signatures,
    pcm_from_audio,
    signature_of,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub looks for ffmpeg on import; it is not needed here.
    from ShazamAPI.algorithm import SignatureGenerator
    from ShazamAPI.signature_format import DecodedMessage

RATE = 16_000
CORPUS = os.environ.get("UTAWAKU_CORPUS", "")


def reference_walk(pcm: NDArray[np.int16], limit_s: float = 8.0) -> list[tuple[int, bytes]]:
    """`(stop_sample, message)` of each signature that ShazamAPI makes."""
    generator = SignatureGenerator()
    generator.MAX_TIME_SECONDS = limit_s
    generator.feed_input(pcm.tolist())
    out = []
    while (message := generator.get_next_signature()) is not None:
        out.append((generator.samples_processed, message.encode_to_binary()))
    return out


def our_walk(pcm: NDArray[np.int16], limit_s: float = 8.0) -> list[tuple[int, bytes]]:
    return [(stop, made.to_bytes()) for stop, made in iter_signatures(pcm, limit_s=limit_s)]


def tune(n_samples: int, seed: int, level: float) -> NDArray[np.int16]:
    """Pulsed, gliding partials over noise; `level` above 1 clips."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / RATE
    audio = rng.normal(0, 0.05, n_samples)
    for _ in range(6):
        hz, pulse, glide = rng.uniform(80, 6000), rng.uniform(0.5, 6), rng.uniform(-200, 200)
        audio += (np.sin(2 * np.pi * pulse * t) > 0) * np.sin(2 * np.pi * (hz + glide * t) * t)
    return pcm_from_audio((audio * level / 4).astype(np.float32))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    n_samples=st.integers(0, 2 * RATE),
    seed=st.integers(0, 2**31),
    level=st.sampled_from([1e-4, 0.01, 0.3, 1.0, 30.0]),
    hole=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    limit_s=st.sampled_from([0.3, 1.0, 8.0]),
)
def test_every_signature_of_any_audio_is_byte_identical_to_shazamapi(
    n_samples: int, seed: int, level: float, hole: tuple[float, float], limit_s: float
) -> None:
    pcm = tune(n_samples, seed, level)
    first, last = sorted(int(part * n_samples) for part in hole)
    pcm[first:last] = 0
    assert our_walk(pcm, limit_s) == reference_walk(pcm, limit_s)


@pytest.mark.parametrize(
    "pcm",
    [
        np.zeros(3 * RATE, np.int16),
        np.full(3 * RATE, -32768, np.int16),
        np.tile(np.array([32767, -32768], np.int16), RATE),
        np.eye(1, 3 * RATE, 2 * RATE, dtype=np.int16)[0] * 32767,
    ],
    ids=["silence", "full-scale offset", "Nyquist at full scale", "one click"],
)
def test_degenerate_audio_is_byte_identical_to_shazamapi(pcm: NDArray[np.int16]) -> None:
    assert our_walk(pcm) == reference_walk(pcm)


def test_a_twelve_second_window_is_byte_identical_and_holds_more_than_255_peaks() -> None:
    pcm = tune(12 * RATE, 7, 1.0)
    ours = signature_of(pcm)
    assert [(len(pcm), ours.to_bytes())] == reference_walk(pcm, limit_s=12.0)
    assert len(ours.peaks) > 255


def test_sparse_audio_stretches_a_signature_exactly_as_shazamapi_stretches_it() -> None:
    pcm = np.zeros(6 * RATE, np.int16)
    pcm[: RATE // 2] = tune(RATE // 2, 3, 1.0)
    pcm[-2 * RATE :] = tune(2 * RATE, 4, 1.0)
    ours = our_walk(pcm, limit_s=1.0)
    assert ours == reference_walk(pcm, limit_s=1.0)
    assert ours[0][0] > 2 * RATE


def test_a_far_peak_is_written_with_its_absolute_frame_and_read_back() -> None:
    pcm = np.zeros(10 * RATE, np.int16)
    pcm[-RATE:] = tune(RATE, 5, 1.0)
    made = signature_of(pcm)
    assert made.peaks.frame.min() > 255
    assert made.to_bytes() == reference_walk(pcm, limit_s=12.0)[0][1]
    assert decode_signature(made.to_bytes()).to_bytes() == made.to_bytes()


def test_decoding_gives_what_shazamapi_decodes() -> None:
    made = signature_of(tune(4 * RATE, 11, 1.0))
    ours = decode_uri(made.to_uri())
    reference = DecodedMessage.decode_from_uri(made.to_uri())
    assert ours.n_samples == reference.number_samples == 4 * RATE
    assert ours.sample_rate_hz == reference.sample_rate_hz
    theirs = sorted(
        (peak.fft_pass_number, peak.corrected_peak_frequency_bin, peak.peak_magnitude, int(band))
        for band, peaks in reference.frequency_band_to_sound_peaks.items()
        for peak in peaks
    )
    p = ours.peaks
    assert theirs == list(zip(p.frame, p.bin64, p.magnitude, p.band, strict=True))
    assert np.array_equal(p.frame, made.peaks.frame)
    assert np.array_equal(p.bin64, made.peaks.bin64)


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), flip=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_message_is_refused(position: int, flip: int, cut: bool) -> None:
    message = bytearray(_MESSAGE)
    position %= len(message)
    if cut:
        del message[position:]
    else:
        message[position] ^= flip
    with pytest.raises(SignatureError):
        decode_signature(bytes(message))


_MESSAGE = signature_of(tune(RATE, 13, 1.0)).to_bytes()


def test_a_window_of_fifteen_seconds_is_refused_and_one_just_shorter_is_not() -> None:
    with pytest.raises(SignatureError, match="too long"):
        signature_of(np.zeros(15 * RATE, np.int16))
    assert signature_of(np.zeros(15 * RATE - 128, np.int16)).duration_s < 15


def test_float_audio_is_not_taken_for_samples() -> None:
    with pytest.raises(SignatureError, match="float32"):
        signature_of(np.zeros(RATE, np.float32))  # type: ignore[arg-type]


def test_out_of_range_audio_clips_instead_of_wrapping_around() -> None:
    audio = np.array([-2.0, -1.0, 0.0, 1.0, 2.0], np.float32)
    assert pcm_from_audio(audio).tolist() == [-32768, -32768, 0, 32767, 32767]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="UTAWAKU_CORPUS is not set")
@pytest.mark.parametrize("folder", ["songs", "singing", "speech", "instrumental", "noise"])
def test_real_recordings_are_byte_identical_to_shazamapi(folder: str) -> None:
    import miniaudio

    paths = [p for p in sorted((Path(CORPUS) / folder).iterdir()) if p.suffix != ".json"]
    for path in paths[:6]:
        decoded = miniaudio.decode_file(str(path), nchannels=1, sample_rate=RATE)
        pcm = np.asarray(decoded.samples, dtype=np.int16)
        middle = pcm[len(pcm) // 3 : len(pcm) // 3 + 9 * RATE]
        assert our_walk(middle) == reference_walk(middle), path.name
