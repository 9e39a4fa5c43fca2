"""Pictures show what they were given."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from utawaku.library.records import Segment, SongSpan
from utawaku.media.pictures import DARK, LIGHT, EnvelopeMeter, interest_picture, timeline_picture

SEGMENTS = [Segment("speech", 0, 100), Segment("music", 100, 300), Segment("noEnergy", 300, 400)]
SONGS = [SongSpan(0, 110.0, 290.0, "smart", 1.0, title="A song", artist="B")]


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def is_near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel - colour).max() <= 2)


@pytest.mark.parametrize(("dark", "palette"), [(False, LIGHT), (True, DARK)])
def test_the_waveform_has_the_colour_of_its_segment(dark: bool, palette) -> None:
    png = timeline_picture(np.full(4000, 0.5, np.float32), 400.0, SEGMENTS, dark=dark)
    shown = pixels(png)
    assert shown.shape == (300, 1600, 3)
    middle = (58 + 300 - 26) // 2
    for at_s, label in ((50, "speech"), (200, "music"), (350, "noEnergy")):
        x = 12 + round((1600 - 24) * at_s / 400)
        assert is_near(shown[middle, x], palette.labels[label])
    assert is_near(shown[2, 2], palette.paper)


def test_loud_parts_are_taller_than_quiet_ones() -> None:
    envelope = np.concatenate([np.full(100, 0.9), np.full(100, 0.01)]).astype(np.float32)
    shown = pixels(timeline_picture(envelope, 20.0, [Segment("music", 0, 20)]))
    is_wave = np.abs(shown - LIGHT.labels["music"]).max(axis=2) <= 2
    loud, quiet = is_wave[60:270, 400].sum(), is_wave[60:270, 1200].sum()
    assert loud > 180
    assert 10 < quiet < 40


def test_a_song_is_a_bar_over_its_span() -> None:
    shown = pixels(timeline_picture(np.zeros(10), 400.0, SEGMENTS, SONGS))
    row = np.abs(shown[33] - LIGHT.song).max(axis=1) <= 2
    found = np.flatnonzero(row)
    scale = (1600 - 24) / 400
    assert found[0] == pytest.approx(12 + 110 * scale, abs=5)
    assert found[-1] == pytest.approx(12 + 290 * scale, abs=5)


def test_names_change_the_picture_and_hostile_ones_do_no_harm() -> None:
    def named(title: str) -> bytes:
        song = SongSpan(0, 10.0, 390.0, "smart", 1.0, title=title)
        return timeline_picture(np.zeros(10), 400.0, SEGMENTS, [song], title=title)

    assert named("One") != named("Two")
    for title in ("\x1b[31m\u202e\n" * 50, "歌" * 500, "x" * 100_000, "👨‍👩‍👧"):
        assert pixels(named(title)).shape == (300, 1600, 3)


@pytest.mark.parametrize(
    ("envelope", "duration_s", "segments"),
    [
        (np.zeros(0), 0.0, []),
        (np.array([np.nan, np.inf, -1, 5]), 1.0, [Segment("music", 0, 1)]),
        (np.ones(3), 1e6, [Segment("odd", 5, 4)]),
    ],
)
def test_odd_input_still_gives_a_picture(envelope, duration_s, segments) -> None:
    songs = [SongSpan(0, -5.0, 2e9, "smart", 1.0)]
    for size in ((1600, 300), (120, 100)):
        png = timeline_picture(envelope, duration_s, segments, songs, size=size)
        assert pixels(png).shape[:2] == size[::-1]


def test_the_envelope_has_the_peak_of_every_tenth_of_a_second() -> None:
    samples = np.zeros((2, 8_050), np.float32)
    samples[1, 850] = -0.5
    samples[0, 8_040] = 0.25
    meter = EnvelopeMeter(8_000)
    for start in range(0, samples.shape[1], 333):
        meter.add(samples[:, start : start + 333])
    expected = np.zeros(11, np.float32)
    expected[1], expected[10] = 0.5, 0.25
    assert np.array_equal(meter.result(), expected)
    assert EnvelopeMeter(8_000).result().shape == (0,)


def test_a_twelve_hour_stream_of_thousands_of_segments_is_drawn() -> None:
    rng = np.random.default_rng(0)
    edges = np.linspace(0, 43_200, 4_001)
    labels = ("speech", "music", "noEnergy", "noise")
    segments = [
        Segment(labels[i % 4], float(a), float(b)) for i, (a, b) in enumerate(pairwise(edges))
    ]
    songs = [SongSpan(i, i * 300.0, i * 300 + 200.0, "smart", 1.0, title="x") for i in range(140)]
    envelope = rng.random(432_000).astype(np.float32)
    shown = pixels(timeline_picture(envelope, 43_200.0, segments, songs))
    assert shown.shape == (300, 1600, 3)
    for colour in (LIGHT.song, *(LIGHT.labels[label] for label in labels)):
        assert (np.abs(shown - colour).max(axis=2) <= 2).any()


def test_the_highlight_stands_under_the_curve() -> None:
    curve = np.linspace(0, 1, 100)
    plain, marked = (pixels(interest_picture(curve, span)) for span in (None, (40.0, 70.0)))
    scale = (1600 - 24) / 100
    changed = np.flatnonzero((plain[170] != marked[170]).any(axis=1))
    assert changed[0] == pytest.approx(12 + 40 * scale, abs=3)
    assert changed[-1] == pytest.approx(12 + 70 * scale, abs=3)


def test_the_curve_rises_where_its_values_do() -> None:
    shown = pixels(interest_picture(np.linspace(0, 1, 100), dark=True))
    is_curve = np.abs(shown - DARK.labels["music"]).max(axis=2) <= 2
    heights = [np.flatnonzero(is_curve[:, x]).mean() for x in (100, 800, 1500)]
    assert heights[0] > heights[1] > heights[2]


@pytest.mark.parametrize("curve", [np.zeros(0), np.ones(1), np.array([np.nan, 3.0])])
def test_odd_curves_still_give_a_picture(curve: np.ndarray) -> None:
    assert pixels(interest_picture(curve, (0.0, 99.0), title="歌")).shape == (200, 1600, 3)
