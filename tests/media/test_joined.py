"""Recordings that lie in several files are read and cut as one."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import sound, write
from utawaku.library.errors import EncodeError, MediaError
from utawaku.media.cut import cut_audio
from utawaku.media.decode import decode, load
from utawaku.media.joined import SUFFIX, Part, part_at, part_of_span, read_parts, write_parts
from utawaku.media.probe import probe
from utawaku.tui.player.decode import Decoder

RATE = 48_000
SEAMS_S = (0.0, 4.0, 7.25, 10.0)


def joined(folder: Path, samples: np.ndarray, encoder: str, suffix: str, rate: int = RATE) -> Path:
    """Write `samples` (n_channels, n) as three files and a list of them."""
    parts = []
    start_s = 0.0
    for number, (begin_s, end_s) in enumerate(pairwise(SEAMS_S)):
        piece = samples[:, round(begin_s * rate) : round(end_s * rate)]
        bit_rate = 0 if encoder == "flac" else 128_000
        path = write(folder / f"{number}.{suffix}", piece, rate, encoder, bit_rate=bit_rate)
        duration_s = load(path)[0].shape[1] / load(path)[1]
        parts.append(Part(path, start_s, duration_s))
        start_s += duration_s
    listed = folder / f"recording{SUFFIX}"
    write_parts(listed, parts)
    return listed


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    samples = sound(10.0)
    folder = tmp_path_factory.mktemp("flac")
    whole, _ = load(write(folder / "whole.flac", samples, RATE, "flac"))
    return joined(folder, samples, "flac", "flac"), whole


def test_the_parts_are_one_recording_to_the_sample(flac: tuple[Path, np.ndarray]) -> None:
    listed, whole = flac
    info = probe(listed)
    assert (info.duration_s, info.sample_rate_hz, len(info.parts)) == (10.0, RATE, 3)
    played, rate = load(listed)
    assert rate == RATE
    assert np.array_equal(played, whole)


@pytest.mark.parametrize(
    "span", [(3.9, 4.1), (4.0, 7.25), (2.0, 9.0), (7.2499, 7.2501), (9.5, None), (0.0, 3.0)]
)
def test_a_span_is_the_same_sound_wherever_the_seams_are(
    span: tuple[float, float | None], flac: tuple[Path, np.ndarray]
) -> None:
    listed, whole = flac
    start_s, stop_s = span
    played, _ = load(listed, start_s=start_s, stop_s=stop_s)
    stop = whole.shape[1] if stop_s is None else round(stop_s * RATE)
    assert np.array_equal(played, whole[:, round(start_s * RATE) : stop])


def test_every_chunk_but_the_last_is_full_also_across_a_seam(
    flac: tuple[Path, np.ndarray],
) -> None:
    reader = decode(flac[0], sample_rate_hz=16_000, n_channels=1, chunk_s=0.3, as_s16=True)
    sizes = [len(chunk) for chunk in reader]
    assert set(sizes[:-1]) == {4_800}
    assert sum(sizes) == 160_000
    assert (reader.truncated, reader.timeline.duration_s) == (False, pytest.approx(10.0))


def test_the_player_plays_across_a_seam(flac: tuple[Path, np.ndarray]) -> None:
    listed, whole = flac
    played = np.concatenate(list(Decoder(listed, 3.8, 4.2).blocks()))
    assert np.array_equal(played.T, whole[:, round(3.8 * RATE) : round(4.2 * RATE)])


def test_a_song_across_a_seam_is_whole(flac: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    listed, whole = flac
    cut = cut_audio(listed, 3.0, 8.0, tmp_path / "song")
    assert (cut.codec, cut.start_s, cut.stop_s) == ("flac", 3.0, 8.0)
    played, _ = load(cut.path)
    assert np.array_equal(played, whole[:, 3 * RATE : 8 * RATE])


@pytest.mark.parametrize(("encoder", "suffix"), [("libopus", "opus"), ("aac", "m4a")])
def test_a_song_inside_one_part_is_copied_and_one_across_a_seam_encoded(
    encoder: str, suffix: str, tmp_path: Path
) -> None:
    listed = joined(tmp_path, sound(10.0), encoder, suffix)
    second = read_parts(listed)[1]
    inside = cut_audio(listed, second.start_s + 0.5, second.start_s + 2.0, tmp_path / "in")
    assert inside.copied
    assert inside.start_s == pytest.approx(second.start_s + 0.5, abs=1e-4)
    expected, _ = load(second.path, start_s=0.5, stop_s=1.5)
    played, _ = load(inside.path, stop_s=1.0)
    assert np.abs(played - expected).max() < 1e-3
    across = cut_audio(listed, 3.0, 8.0, tmp_path / "across")
    assert (across.copied, across.note) == (False, "it lies across two files")
    assert across.n_samples == 5 * across.sample_rate_hz
    with pytest.raises(EncodeError, match="two files"):
        cut_audio(listed, 3.0, 8.0, tmp_path / "copy", codec="copy")


def test_parts_of_other_rates_and_channels_are_converted(tmp_path: Path) -> None:
    first = write(tmp_path / "a.flac", sound(2.0), RATE, "flac")
    second = write(tmp_path / "b.flac", sound(2.0, 32_000, 1), 32_000, "flac")
    listed = tmp_path / f"recording{SUFFIX}"
    write_parts(listed, [Part(first, 0.0, 2.0), Part(second, 2.0, 2.0)])
    assert load(listed)[0].shape == (2, 4 * RATE)
    assert load(listed, sample_rate_hz=16_000, n_channels=1)[0].shape == (64_000,)


def test_a_part_that_ends_early_is_silent_to_its_end(tmp_path: Path) -> None:
    first = write(tmp_path / "a.flac", sound(2.0), RATE, "flac")
    second = write(tmp_path / "b.flac", sound(2.0, seed=1), RATE, "flac")
    listed = tmp_path / f"recording{SUFFIX}"
    write_parts(listed, [Part(first, 0.0, 2.5), Part(second, 2.5, 2.0)])
    reader = decode(listed)
    samples = np.concatenate(list(reader), axis=1)
    assert not samples[:, 2 * RATE : round(2.5 * RATE)].any()
    assert np.array_equal(samples[:, round(2.5 * RATE) :], load(second)[0])
    assert (reader.timeline.n_gaps, reader.timeline.gaps[0].start_s) == (1, 2.0)


def test_places_are_found_by_part() -> None:
    parts = [Part(Path("/a"), 0.0, 10.0), Part(Path("/b"), 10.0, 5.0)]
    assert [part_at(parts, at_s).path.name for at_s in (0.0, 9.99, 10.0, 99.0)] == list("aabb")
    assert part_of_span(parts, 9.0, 11.0) is None
    assert part_of_span(parts, 9.0, None) is None
    assert part_of_span(parts, 11.0, None) is parts[1]
    assert part_of_span(parts, 11.0, 15.5) is parts[1]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"path": "a.flac", "duration_s": 1.0, "url": ""}],
        [{"path": "http://example.com/a", "duration_s": 1.0, "url": ""}],
        [{"path": "/a.flac", "duration_s": 0, "url": ""}],
        [{"path": "/a.flac", "duration_s": "nan", "url": ""}],
        [{"path": "/a.flac"}],
        "none",
    ],
)
def test_what_is_no_list_of_parts_is_refused(rows: object, tmp_path: Path) -> None:
    listed = tmp_path / f"recording{SUFFIX}"
    listed.write_text(json.dumps({"format": "utawaku-parts", "version": 1, "parts": rows}))
    with pytest.raises(MediaError):
        probe(listed)
    listed.write_bytes(b"\xff\xfe not json")
    with pytest.raises(MediaError):
        probe(listed)


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    listed = joined(tmp_path, sound(10.0), "flac", "flac")
    (tmp_path / "1.flac").unlink()
    with pytest.raises(MediaError, match="no such file") as caught:
        probe(listed)
    assert caught.value.subject.endswith("1.flac")
