"""Interest curves and the best half minute: evidence, windows, the learned model."""

import itertools
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from utawaku.demo import render_song
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.highlight import (
    FEATURES,
    HighlightModel,
    best_curve,
    best_window,
    certainty,
    from_heatmap,
    from_lyrics,
    from_plays,
    second_features,
    shipped_model,
)
from utawaku.models.highlight.model import SHIPPED
from utawaku.models.setlist.subtitles import TimedText
from utawaku.models.tempo import SAMPLE_RATE_HZ, listen
from utawaku.models.tempo.features import Heard
from utawaku.models.training.highlights import (
    Example,
    composed_examples,
    judge,
    targets,
    train,
    with_other_levels,
)

RATE = SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Four demo songs with levels that do not give the chorus away."""
    rng = np.random.default_rng(77)
    made = []
    for name in ("jasmine_flower", "korobeiniki", "amazing_grace", "hotaru_no_hikari"):
        song = render_song(name, seconds=100, sample_rate_hz=RATE, seed=99, tempo_factor=0.93)
        mono = with_other_levels(song.mix.mean(axis=0), RATE, song.chorus_spans, rng)
        made.append(Example(name, listen(mono), song.chorus_spans))
    return made


def test_the_window_of_largest_area_is_found() -> None:
    curve = np.zeros(120, np.float32)
    curve[70:95] = 1
    start, stop = best_window(curve, 119.6)
    assert stop - start == 30
    assert start <= 70
    assert stop >= 95


def test_a_short_song_is_its_own_highlight_and_no_window_leaves_the_song() -> None:
    assert best_window(np.ones(20, np.float32), 19.3) == (0.0, 19.3)
    rising = np.arange(32, dtype=np.float32)
    start, stop = best_window(rising, 31.2)
    assert (start, stop) == (1.0, 31.0)


def test_a_span_is_surer_the_higher_its_curve_lies_above_the_rest() -> None:
    peak = np.zeros(200, np.float32)
    peak[100:130] = 1
    hill = np.interp(np.arange(200), [0, 115, 200], [0.4, 0.6, 0.4]).astype(np.float32)
    flat = np.full(200, 0.5, np.float32)
    found = [certainty(curve, 100.0, 130.0) for curve in (flat, hill, peak)]
    assert all(one is not None and 0 < one < 1 for one in found)
    assert found == sorted(found, key=lambda one: one or 0)
    assert found[0] != found[2]
    assert certainty(peak, 0.0, 30.0) < found[0] < found[2]  # type: ignore[operator]
    assert certainty(np.ones(30, np.float32), 0.0, 30.0) is None


def test_the_heatmap_of_the_stream_is_cut_to_the_song() -> None:
    heatmap = [
        {"start_time": 10.0 * i, "end_time": 10.0 * i + 10, "value": 1.0 if i in (37, 38) else 0.1}
        for i in range(100)
    ]
    curve = from_heatmap(heatmap, 300.0, 500.0)
    assert curve is not None
    assert len(curve) == 200
    start, stop = best_window(curve, 200.0)
    assert start <= 72
    assert stop >= 85
    assert from_heatmap(heatmap, 500.0, 700.0) is None  # flat there
    assert from_heatmap(heatmap, 300.0, 320.0) is None  # too coarse
    assert from_heatmap(None, 0, 100) is None
    assert from_heatmap([{"start_time": "x"}, {}], 0, 100) is None


@pytest.mark.parametrize("start_s", [0.0, 300.0], ids=["of the video", "of a song in it"])
def test_where_people_begin_and_leave_is_no_highlight(start_s: float) -> None:
    at_s = np.arange(0, 600, 6.0)
    since_s = at_s - start_s
    replays = 0.2 + 0.3 * np.exp(-at_s / 300) + 0.6 * np.exp(-since_s / 15) * (since_s >= 0)
    replays += 0.1 * ((since_s >= 120) & (since_s < 150))
    rows = [
        {"start_time": at, "end_time": at + 6, "value": value}
        for at, value in zip(at_s, replays, strict=True)
    ]
    curve = from_heatmap(rows, start_s, start_s + 240)
    assert curve is not None
    assert best_window(curve, 240.0)[0] == pytest.approx(120, abs=8)


def test_repeated_lines_make_the_curve() -> None:
    texts = ["verse one", "verse two", "la la love", "come back", "verse three", "verse four"]
    texts += ["La la, LOVE!", "come back", "the end of it"]
    cues = [TimedText(10.0 * i + 5, 10.0 * i + 9, text) for i, text in enumerate(texts)]
    curve = from_lyrics(cues, 100.0)
    assert curve is not None
    assert curve[26:42].mean() > curve[5:20].mean() + 0.3
    assert from_lyrics(cues[:4], 100.0) is None


def test_replays_of_a_part_make_the_curve_and_whole_plays_do_not() -> None:
    assert from_plays([(0.0, 200.0)] * 10, 200.0) is None
    curve = from_plays([(0.0, 200.0), (90, 120), (95, 125), (92, 118), (80, 130)], 200.0)
    assert curve is not None
    assert best_window(curve, 200.0)[0] == pytest.approx(92, abs=6)
    assert from_plays([(90, 91)] * 10, 200.0) is None


def test_lyrics_count_more_than_plays_and_those_more_than_the_heatmap() -> None:
    one, two, three = (np.full(3, n, np.float32) for n in (1, 2, 3))
    assert best_curve(heatmap=one, lyrics=two, plays=three) == (two, "lyrics")
    assert best_curve(heatmap=one, lyrics=None, plays=three) == (three, "plays")
    assert best_curve(heatmap=one, lyrics=None, plays=None) == (one, "heatmap")
    assert best_curve(heatmap=None, lyrics=None, plays=None) is None


def test_the_shipped_model_finds_choruses(examples: list[Example]) -> None:
    model = shipped_model()
    gains = []
    for example in examples:
        curve = model.curve(example.heard)
        assert 0 <= curve.min() <= curve.max() <= 1
        duration_s = example.heard.duration_s
        window = best_window(curve, duration_s)
        gains.append(judge(window, duration_s, example.chorus_spans).gain)
    assert np.mean(gains) > 0.45


def test_the_card_tells_of_the_file_that_ships() -> None:
    card = SHIPPED.with_name("MODEL_CARD.md").read_text("utf-8")
    assert sha256(SHIPPED.read_bytes()).hexdigest() in card
    assert f"{len(FEATURES)} numbers a second" in card


def test_training_reaches_songs_it_has_not_seen(examples: list[Example]) -> None:
    model = train(examples[:3], steps=150, n_members=2)
    seen = examples[3]
    scores = model.scores(second_features(seen.heard))
    inside = targets(seen) > 0.5
    assert scores[inside].mean() > scores[~inside].mean()
    again = train(examples[:3], steps=150, n_members=2)
    np.testing.assert_array_equal(again.scores(second_features(seen.heard)), scores)


@pytest.fixture(scope="module")
def unheard() -> list[Example]:
    """Songs by bands that the shipped model has not heard, their sections loud by chance."""
    return composed_examples(range(70_000, 70_008), unheard=True, levels=True)


def test_the_shipped_model_beats_what_needs_no_model(unheard: list[Example]) -> None:
    def gain(pick: Callable[[Example], tuple[float, float]]) -> float:
        return float(
            np.mean([judge(pick(e), e.heard.duration_s, e.chorus_spans).gain for e in unheard])
        )

    def loudest(example: Example) -> tuple[float, float]:
        level = example.heard.bands.sum(axis=1)
        edges = (np.arange(int(example.heard.duration_s) + 1) * RATE / 128).astype(int)
        curve = [level[a:b].mean() for a, b in itertools.pairwise(edges)]
        return best_window(np.array(curve, np.float32), example.heard.duration_s)

    def middle(example: Example) -> tuple[float, float]:
        return example.heard.duration_s / 2 - 15, example.heard.duration_s / 2 + 15

    model = shipped_model()
    by_model = gain(lambda e: best_window(model.curve(e.heard), e.heard.duration_s))
    assert by_model > 0.45
    assert by_model > gain(loudest)
    assert by_model > gain(middle)
    assert by_model > gain(lambda _: (30.0, 60.0))


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def test_the_place_in_the_file_is_no_feature(unheard: list[Example]) -> None:
    # A song turned around by half gets the same curve turned around, but for the seam and ends.
    model = shipped_model()
    turned_alike, cut_alike = [], []
    for heard in (example.heard for example in unheard):
        n = int(heard.duration_s) // 2
        cut, pitch_cut = round(n * RATE / 128), round(n * RATE / 2048)
        turned = Heard(
            np.concatenate([heard.bands[cut:], heard.bands[:cut]]),
            np.concatenate([heard.chroma[pitch_cut:], heard.chroma[:pitch_cut]]),
            heard.n_samples,
        )
        before, after = model.curve(heard), model.curve(turned)
        rest = len(before) - n
        inner = np.concatenate([after[rest + 20 : rest + n - 20], after[20 : rest - 20]])
        expected = np.concatenate([before[20 : n - 20], before[n + 20 : n + rest - 20]])
        size = min(len(inner), len(expected))
        turned_alike.append(_alike(inner[:size], expected[:size]))
        # And one that lacks 15 s at the start keeps the curve of what is left.
        cut, pitch_cut = round(15 * RATE / 128), round(15 * RATE / 2048)
        later = Heard(heard.bands[cut:], heard.chroma[pitch_cut:], heard.n_samples - 15 * RATE)
        left = model.curve(later)
        cut_alike.append(_alike(left[8:-2], before[23 : 15 + len(left) - 2]))
    assert np.median(turned_alike) > 0.85
    assert np.median(cut_alike) > 0.85


@pytest.mark.parametrize("seconds", [0.0, 0.1, 5.0, 40.0])
def test_silence_and_scraps_get_a_flat_curve(seconds: float) -> None:
    heard = listen(np.zeros(round(seconds * RATE), np.float32))
    features = second_features(heard)
    assert features.shape == (max(1, int(np.ceil(seconds))), len(FEATURES))
    curve = shipped_model().curve(heard)
    np.testing.assert_array_equal(curve, 0.5)
    assert best_window(curve, max(seconds, 0.1))[1] <= max(seconds, 0.1)


def test_a_broken_or_strange_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError):
        HighlightModel.load(tmp_path / "none.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no model")
    with pytest.raises(WeightsCorruptError, match="cannot be read"):
        HighlightModel.load(broken)
    np.savez(tmp_path / "other.npz", features=np.array(["x"]))
    with pytest.raises(WeightsCorruptError, match="other features"):
        HighlightModel.load(tmp_path / "other.npz")
    broken.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(WeightsCorruptError, match="cannot be read"):
        HighlightModel.load(broken)
    # The right features, and a layer that does not fit the next one.
    (w1, b1, w2, b2), *rest = shipped_model().members
    HighlightModel(((w1, b1, w2[:-1], b2), *rest)).save(tmp_path / "bent.npz")
    with pytest.raises(WeightsCorruptError, match="another shape"):
        HighlightModel.load(tmp_path / "bent.npz")


def test_judging_knows_chance_and_the_best() -> None:
    spans = [(60.0, 90.0)]
    best = judge((60.0, 90.0), 180.0, spans)
    assert (best.gain, best.iou) == (pytest.approx(1.0), pytest.approx(1.0))
    assert judge((0.0, 30.0), 180.0, spans).gain < 0


def test_a_chorus_that_is_shorter_by_a_little_is_a_good_window_too() -> None:
    spans = [(20.0, 50.0), (100.0, 129.5), (160.0, 170.0)]
    other = judge((99.5, 129.5), 200.0, spans)
    assert other.gain > 0.95
    assert other.iou == 0
    assert other.iou_of_good == 1
    third = judge((150.0, 180.0), 200.0, spans)
    assert third.iou_of_good < 0.4


def test_three_hours_are_heard_in_little_time_and_memory() -> None:
    rng = np.random.default_rng(0)
    n_s = 3 * 3600
    heard = Heard(
        np.repeat(rng.random((n_s // 60, 40), np.float32), 60 * RATE // 128, axis=0),
        np.repeat(rng.random((n_s // 60, 36), np.float32), 60 * RATE // 2048, axis=0),
        n_s * RATE,
    )
    tracemalloc.start()
    curve = shipped_model().curve(heard)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert curve.shape == (n_s,)
    assert np.isfinite(curve).all()
    # A table of every second against every other one would take 900 MB.
    assert peak < 600e6
