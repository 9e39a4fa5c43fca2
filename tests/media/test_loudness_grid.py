"""A song's loudness out of the pass over its recording is that of its file."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.media.damaging import write_recording
from tests.models.song_files import write
from utawaku.media.cut import cut_audio
from utawaku.media.decode import decode
from utawaku.media.loudness import Loudness, measure, measure_file
from utawaku.media.loudness_grid import SHORTEST_S, GridWriter, LoudnessGrid
from utawaku.media.probe import probe

START_S, STOP_S = 4.321, 25.017
FORMATS = {"opus": "libopus", "m4a": "aac", "mp3": "libmp3lame"}


class Pass:
    """Keeps the loudness of a recording that is read at another rate."""

    def __init__(self, path: Path) -> None:
        info = probe(path)
        self.file = path.with_suffix(".loudness")
        self.is_complete = False
        with self.file.open("wb") as file:
            writer = GridWriter(file, info.sample_rate_hz, info.n_channels, info.layout)
            self.add = writer.add
            self._read(path)

    def _read(self, path: Path) -> None:
        for _ in decode(path, sample_rate_hz=16_000, n_channels=1, as_s16=True, own=self):
            pass

    def complete(self) -> None:
        self.is_complete = True


def grid_of(samples: np.ndarray, rate: int, size: int = 33_333) -> LoudnessGrid:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.loudness"
        with path.open("wb") as file:
            writer = GridWriter(file, rate, samples.shape[0])
            for start in range(0, samples.shape[1], size):
                writer.add(samples[:, start : start + size])
        return LoudnessGrid.open(path)


def evening(kind: str, rate: int, n_channels: int, seconds: float = 30.0) -> np.ndarray:
    """Sound of a kind, quiet for its first and last 5 s, float32 (n_channels, n_samples)."""
    rng = np.random.default_rng(11)
    n = round(seconds * rate)
    t = np.arange(n) / rate
    beat = 0.6 + 0.4 * np.sign(np.sin(2 * np.pi * 1.9 * t))
    sound = {
        "tones": 0.4 * np.sin(2 * np.pi * 196 * t) + 0.2 * np.sin(2 * np.pi * 3136 * t),
        "noise": 0.1 * rng.standard_normal(n),
        "limited": np.clip(0.8 * rng.standard_normal(n), -0.7, 0.7),
        "gated": 0.5 * np.sin(2 * np.pi * 440 * t) * (np.floor(t / 1.7) % 2),
        "swelling": np.linspace(0.001, 0.8, n) * np.sin(2 * np.pi * 880 * t),
    }[kind]
    level = np.where((t < 5) | (t > seconds - 5), 0.05, 1.0) * beat
    channels = [sound * level * (1 - 0.3 * number) for number in range(n_channels)]
    return np.stack(channels).astype(np.float32)


def assert_same(found: Loudness | None, expected: Loudness) -> None:
    assert found is not None
    assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.05)
    assert found.range_lu == pytest.approx(expected.range_lu, abs=0.1)
    assert found.true_peak_db == pytest.approx(expected.true_peak_db, abs=0.1)
    assert found.sample_peak == pytest.approx(expected.sample_peak, rel=0.01)


@pytest.mark.parametrize("kind", ["tones", "noise", "limited", "gated", "swelling"])
@pytest.mark.parametrize(("rate", "n_channels"), [(48_000, 2), (44_100, 1), (22_050, 2)])
def test_a_span_is_as_loud_as_its_samples(kind: str, rate: int, n_channels: int) -> None:
    samples = evening(kind, rate, n_channels)
    start, stop = round(START_S * rate), round(STOP_S * rate)
    expected = measure(samples[:, start:stop], rate)
    assert_same(grid_of(samples, rate).between(START_S, STOP_S), expected)


def test_surround_channels_count_by_their_places() -> None:
    samples = evening("noise", 48_000, 6)
    expected = measure(samples[:, 48_000 * 4 : 48_000 * 26], 48_000, "5.1")
    assert_same(grid_of(samples, 48_000).between(4.0, 26.0), expected)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_copy_is_as_loud_as_the_pass_over_its_recording_says(
    tmp_path: Path, suffix: str, n_channels: int
) -> None:
    rate = 48_000 if suffix == "opus" else 44_100
    samples = evening("gated", rate, n_channels)
    recording = write(tmp_path / f"evening.{suffix}", samples, rate, FORMATS[suffix])
    heard = Pass(recording)
    assert heard.is_complete
    grid = LoudnessGrid.open(heard.file)
    cut = cut_audio(recording, START_S, STOP_S, tmp_path / "song", heard=grid)
    assert cut.copied
    assert_same(grid.between(cut.start_s, cut.stop_s), measure_file(cut.path))
    assert_same(cut.loudness, measure_file(cut.path))


def test_a_copy_is_decoded_for_its_loudness_only_where_the_pass_does_not_tell(
    tmp_path: Path,
) -> None:
    recording = write(tmp_path / "a.opus", evening("tones", 48_000, 2), 48_000, "libopus")
    of_another = grid_of(evening("noise", 48_000, 2), 48_000)
    told = cut_audio(recording, START_S, STOP_S, tmp_path / "told", heard=of_another).loudness
    assert told == of_another.between(START_S, STOP_S)
    assert told is not None
    short = cut_audio(recording, 6.0, 6.0 + SHORTEST_S - 1, tmp_path / "short", heard=of_another)
    assert short.loudness == measure_file(short.path)


def test_a_file_that_begins_loud_is_measured_by_itself() -> None:
    # Beside the silence before a file a value between samples may be higher than all inside.
    rate = 48_000
    samples = np.full((1, rate * 20), 0.5, np.float32)
    samples[:, ::2] *= -1
    assert grid_of(samples, rate).between(2.0, 18.0) is None


def test_a_high_peak_just_outside_hides_none_inside() -> None:
    rate = 48_000
    samples = evening("noise", rate, 1, 40.0)
    samples[:, 26 * rate - 700] = 0.99
    found = grid_of(samples, rate).between(10.0, 26.0 - 0.02)
    expected = measure(samples[:, 10 * rate : round(25.98 * rate)], rate)
    # Either it is known for certain, or the file has to be measured.
    assert found is None or found.true_peak_db == pytest.approx(expected.true_peak_db, abs=0.1)


def test_spans_outside_or_short_are_not_told() -> None:
    grid = grid_of(evening("tones", 48_000, 1), 48_000)
    assert grid.between(5.0, 5.0 + SHORTEST_S - 0.1) is None
    assert grid.between(5.0, 31.0) is None
    assert grid.between(-0.5, 20.0) is None


def test_silence_is_silence() -> None:
    grid = grid_of(np.zeros((2, 48_000 * 20), np.float32), 48_000)
    assert grid.between(1.0, 19.0) == measure(np.zeros((2, 48_000 * 18), np.float32), 48_000)


@pytest.mark.parametrize("name", ["a.opus", "a.mp3", "a.webm", "a.flac", "a.wav"])
def test_the_pass_hands_on_the_recording_s_own_samples(tmp_path: Path, name: str) -> None:
    recording = write_recording(tmp_path / name, 3.0)

    class Keeper:
        def __init__(self) -> None:
            self.chunks: list[np.ndarray] = []
            self.is_complete = False

        def add(self, samples: np.ndarray) -> None:
            self.chunks.append(samples)

        def complete(self) -> None:
            self.is_complete = True

    keeper = Keeper()
    list(decode(recording, sample_rate_hz=16_000, n_channels=1, own=keeper))
    expected = np.concatenate([np.atleast_2d(chunk) for chunk in decode(recording)], axis=1)
    if keeper.is_complete:
        assert np.array_equal(np.concatenate(keeper.chunks, axis=1), expected)
    assert keeper.is_complete or name == "a.mp3"


def test_own_samples_come_along_with_those_that_are_read_not_all_at_once(tmp_path: Path) -> None:
    recording = write(tmp_path / "a.opus", evening("tones", 48_000, 1, 60.0), 48_000, "libopus")

    class Counter:
        n_samples = 0

        def add(self, samples: np.ndarray) -> None:
            self.n_samples += samples.shape[1]

        def complete(self) -> None:
            pass

    counter = Counter()
    reader = decode(recording, sample_rate_hz=16_000, n_channels=1, chunk_s=5.0, own=counter)
    for number, _ in enumerate(reader, 1):
        # A piece is held back until the next one shows that nothing was between.
        assert 5.0 * number - 1 <= counter.n_samples / 48_000 <= 5.0 * (number + 1) + 1
    assert counter.n_samples == 60 * 48_000


def test_a_damaged_recording_is_never_complete(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "a.opus", 8.0)
    content = bytearray(recording.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    recording.write_bytes(content)
    assert not Pass(recording).is_complete
