"""Loudness agrees with the standard's own test signals and with FFmpeg's meter."""

from fractions import Fraction
from math import inf
from pathlib import Path

import av
import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.media.loudness import LoudnessMeter, measure, measure_file

RATE = 48_000


def sine(
    level_db: float, duration_s: float, *, frequency_hz: float = 1000.0, rate: int = RATE
) -> np.ndarray:
    t = np.arange(round(duration_s * rate)) / rate
    one = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * t)
    return np.stack([one, one]).astype(np.float32)


def ffmpeg_loudness(samples: np.ndarray, rate: int, layout: str = "") -> dict[str, float]:
    layout = layout or {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[0]]
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="flt", layout=layout, time_base=Fraction(1, rate)
    )
    meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    last = {}
    for start in range(0, samples.shape[1], rate):
        chunk = np.ascontiguousarray(samples[:, start : start + rate].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(chunk, "flt", layout)
        frame.sample_rate = rate
        graph.push(frame)
        while True:
            try:
                last = graph.pull().metadata or last
            except (av.error.BlockingIOError, av.error.EOFError):
                break
    return {name.removeprefix("lavfi.r128."): float(value) for name, value in last.items()}


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_a_stereo_sine_of_minus_23_dbfs_is_minus_23_lufs(rate: int) -> None:
    # EBU Tech 3341, case 1: 1000 Hz at -23.0 dBFS in both channels gives -23.0 +- 0.1 LUFS.
    assert measure(sine(-23.0, 20.0, rate=rate), rate).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


def test_quiet_parts_are_gated() -> None:
    # EBU Tech 3341, case 3: -36 dBFS for 10 s, -23 for 60 s, -36 for 10 s.
    parts = [sine(-36.0, 10.0), sine(-23.0, 60.0), sine(-36.0, 10.0)]
    assert measure(np.concatenate(parts, axis=1), RATE).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


def test_the_absolute_gate_leaves_out_near_silence() -> None:
    # EBU Tech 3341, case 4: -72 dBFS stretches do not count at all.
    levels = [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)]
    signal = np.concatenate([sine(level, seconds) for level, seconds in levels], axis=1)
    assert measure(signal, RATE).integrated_lufs == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected_lu"),
    # EBU Tech 3342, cases 1 to 4.
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_the_loudness_range_is_that_of_the_test_signals(
    levels: tuple[int, ...], expected_lu: float
) -> None:
    signal = np.concatenate([sine(level, 20.0) for level in levels], axis=1)
    assert measure(signal, RATE).range_lu == pytest.approx(expected_lu, abs=1.0)


@pytest.mark.parametrize(
    ("divisor", "phase_deg", "expected_db"),
    # EBU Tech 3341, cases 15 to 18: peaks that fall between the samples.
    [(4, 0.0, -6.0), (4, 45.0, -6.0), (6, 60.0, -6.0), (8, 67.5, -6.0)],
)
def test_the_true_peak_lies_between_the_samples(
    divisor: int, phase_deg: float, expected_db: float
) -> None:
    n = np.arange(RATE)
    tone = 0.5 * np.sin(2 * np.pi * n / divisor + np.deg2rad(phase_deg))
    window = np.minimum(1, np.minimum(n, n[::-1]) / 4800)
    peak = measure((tone * window).astype(np.float32), RATE)
    assert -0.4 <= peak.true_peak_db - expected_db <= 0.2


@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_it_agrees_with_the_meter_of_ffmpeg(n_channels: int) -> None:
    swell = np.concatenate([np.linspace(0.02, 1, 10 * RATE), np.full(5 * RATE, 0.3)])
    samples = (sound(15.0, RATE, n_channels) * swell).astype(np.float32)
    ours, theirs = measure(samples, RATE), ffmpeg_loudness(samples, RATE)
    assert ours.integrated_lufs == pytest.approx(theirs["I"], abs=0.05)
    assert ours.range_lu == pytest.approx(theirs["LRA"], abs=0.3)
    assert ours.peak == pytest.approx(theirs["true_peak"], rel=0.02)


@pytest.mark.parametrize("layout", ["3.0", "2.1", "3.1", "4.0", "quad", "5.0", "6.1", "7.1"])
def test_every_channel_counts_for_its_place_as_in_ffmpeg(layout: str) -> None:
    n_channels = len(av.AudioLayout(layout).channels)
    levels = np.linspace(0.05, 0.4, n_channels)[:, None]  # the last channels are the loudest
    samples = (np.sin(np.arange(4 * RATE) * 0.13) * levels).astype(np.float32)
    theirs = ffmpeg_loudness(samples, RATE, layout)
    assert measure(samples, RATE, layout).integrated_lufs == pytest.approx(theirs["I"], abs=0.05)


def test_a_file_is_measured_by_its_own_layout(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    samples = rng.normal(0, 0.05, (4, 2 * RATE)).astype(np.float32)
    samples[2:] *= 4
    measured = []
    for layout in ("4.0", "quad"):
        path = tmp_path / f"{layout}.wav"
        with av.open(str(path), "w", options={"write_bext": "0"}) as out:
            stream = out.add_stream("pcm_f32le", rate=RATE, layout=layout)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples.T).reshape(1, -1), "flt", layout
            )
            frame.sample_rate = RATE
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        expected = measure(samples, RATE, layout)
        found = measure_file(path)
        assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.01)
        measured.append(found.integrated_lufs)
    assert measured[1] > measured[0] + 0.3, "two channels behind count more than one"


def test_channels_without_a_place_count_once() -> None:
    samples = sound(2.0, RATE, 9)
    alone = measure(samples[:1], RATE).integrated_lufs
    together = measure(np.repeat(samples[:1], 9, axis=0), RATE, "9 channels").integrated_lufs
    assert together == pytest.approx(alone + 10 * np.log10(9), abs=0.01)


def test_the_pieces_do_not_matter() -> None:
    samples = sound(7.3, 44_100, 2)
    whole = measure(samples, 44_100)
    for size in (441, 4410, 33_333):
        meter = LoudnessMeter(44_100, 2)
        for start in range(0, samples.shape[1], size):
            meter.add(samples[:, start : start + size])
        pieces = meter.result()
        assert pieces.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=1e-6)
        assert pieces.range_lu == pytest.approx(whole.range_lu, abs=1e-6)
        assert pieces.true_peak_db == pytest.approx(whole.true_peak_db, abs=0.05)


def test_the_gain_brings_it_to_the_reference() -> None:
    samples = sine(-30.0, 5.0)
    gain_db = measure(samples, RATE).replaygain_db
    assert gain_db == pytest.approx(12.0, abs=0.1)
    louder = measure(samples * 10 ** (gain_db / 20), RATE)
    assert louder.integrated_lufs == pytest.approx(-18.0, abs=0.01)


def test_silence_and_nothing_have_no_gain() -> None:
    for samples in (np.zeros((2, 5 * RATE), np.float32), np.zeros((2, 0), np.float32)):
        loudness = measure(samples, RATE)
        assert loudness.integrated_lufs == -inf
        assert loudness.true_peak_db == -inf
        assert (loudness.replaygain_db, loudness.peak, loudness.range_lu) == (0.0, 0.0, 0.0)


def test_a_piece_shorter_than_a_block_has_a_loudness() -> None:
    assert measure(sine(-23.0, 0.05), RATE).integrated_lufs == pytest.approx(-23, abs=1.0)


def test_a_wrong_number_of_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="channels"):
        LoudnessMeter(RATE, 2).add(np.zeros(100, np.float32))


def test_a_file_is_measured_in_pieces(tmp_path: Path) -> None:
    samples = sound(25.0, RATE, 2)
    path = write(tmp_path / "a.flac", samples, RATE, "flac")
    found, expected = measure_file(path), measure(samples, RATE)
    assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.01)
    part = measure_file(path, start_s=5.0, stop_s=9.0)
    expected = measure(samples[:, 5 * RATE : 9 * RATE], RATE)
    assert part.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.01)
