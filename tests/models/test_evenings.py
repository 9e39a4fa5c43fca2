"""Evenings composed to train the song cutting on, and the recordings they are composed of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models.stream_sources import tone, words, write_clip, write_parts
from utawaku.models.segmenter import Segmenter
from utawaku.models.songs import segment_and_listen
from utawaku.models.training.evening_songs import Amateur, Talker
from utawaku.models.training.evening_sounds import (
    applause,
    chime,
    echoed,
    hummed,
    limited,
    summed_to_mono,
)
from utawaku.models.training.evenings import Evening, compose_evening
from utawaku.models.training.mir1k import HELD_OUT
from utawaku.models.training.song_data import QuickSegmenter, lessons_of
from utawaku.models.training.stream_material import TEST, TRAIN, lay_out
from utawaku.models.training.stream_parts import Host, Parts
from utawaku.models.training.stream_sounds import RATE_HZ, decode_mono, rms_dbfs, write_wave

KINDS = {
    "talk",
    "talk in effects",
    "music under talk",
    "a cappella",
    "humming",
    "notification",
    "jingle",
    "applause",
    "false start",
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = write_parts(tmp_path_factory.mktemp("material") / "train")
    return Parts(folder, "ab", folder / "karaoke")


def level_db(audio: np.ndarray) -> float:
    return float(10 * np.log10((audio.astype(np.float64) ** 2).mean() + 1e-12))


def test_talk_of_a_number_of_samples_has_so_many_though_seconds_round(parts: Parts) -> None:
    host = Host(parts, np.random.default_rng(1))
    n = 12_817
    while int(n / RATE_HZ * RATE_HZ) == n:
        n += 1
    assert {len(host.talk_samples(n, -20.0)) for _ in range(20)} == {n}


def test_songs_of_an_evening_sound_where_the_truth_says(parts: Parts) -> None:
    audio, truth = compose_evening(parts, 3, n_songs=2)
    assert len(truth["songs"]) == 2
    assert len(audio) == pytest.approx(truth["duration"] * RATE_HZ, abs=1)
    music = np.array(truth["tracks"]["music"])
    assert len(music) == -(-len(audio) // (RATE_HZ // 2))
    for song in truth["songs"]:
        inside = music[int(2 * song["start"]) + 2 : int(2 * song["end"]) - 2]
        assert np.mean(inside > -50) > 0.9
    ends = [song["end"] for song in truth["songs"]]
    assert truth["songs"][1]["start"] >= ends[0] - 0.5
    assert ends[1] <= truth["duration"]
    again, same = compose_evening(parts, 3, n_songs=2)
    assert np.array_equal(audio, again)
    assert truth == same


def test_gaps_hold_everything_that_is_mistaken_for_songs(parts: Parts) -> None:
    kinds: set[str] = set()
    beds: list[float] = []
    for seed in range(8):
        evening = Evening(parts, np.random.default_rng(seed), 0.2)
        beds.append(evening.talk_db - evening.bed_db)
        for _ in range(4):
            evening.gap()
        kinds |= {event["kind"] for event in evening.events}
    assert kinds == KINDS
    assert min(beds) >= 8
    assert max(beds) <= 26


def test_loops_open_and_close_an_evening_for_one_to_five_minutes(parts: Parts) -> None:
    evening = Evening(parts, np.random.default_rng(1), 0.2)
    for _ in range(6):
        evening.loop("waiting loop")
    lengths = [event["end"] - event["start"] for event in evening.events]
    assert min(lengths) >= 40
    assert max(lengths) <= 300
    assert max(lengths) > 60


def test_an_amateur_sings_short_usual_and_long_songs(parts: Parts) -> None:
    singer = Amateur(parts, np.random.default_rng(2), studio_share=0.0)
    lengths = [singer.song().n_samples / RATE_HZ for _ in range(10)]
    assert min(lengths) > 35
    assert max(lengths) > 170


def test_a_talker_talks_as_long_as_asked(parts: Parts) -> None:
    talk = Talker(parts, np.random.default_rng(0)).talk(31.5)
    assert len(talk) == int(31.5 * RATE_HZ)
    assert rms_dbfs(talk) == pytest.approx(-20, abs=3)


def test_a_limiter_pushes_down_what_follows_something_loud() -> None:
    audio = np.concatenate([tone(200, 1) * 4, tone(200, 1)])
    pushed = limited(audio, -20.0, 0.5)
    just_after, later = pushed[RATE_HZ : RATE_HZ + 3200], pushed[-3200:]
    assert level_db(pushed[:RATE_HZ]) < -18
    assert level_db(just_after) < level_db(later) - 3
    assert len(pushed) == len(audio)


def test_humming_loses_what_is_high_and_echo_comes_later() -> None:
    rng = np.random.default_rng(0)
    assert level_db(hummed(tone(3000, 1), rng)) < level_db(tone(3000, 1)) - 10
    click = np.zeros(RATE_HZ, np.float32)
    click[0] = 1
    assert np.flatnonzero(echoed(click, 0.2, 0.5)).tolist() == [0, 3200, 6400, 9600]


def test_applause_chimes_and_sums_to_mono_can_be_heard() -> None:
    rng = np.random.default_rng(0)
    assert np.abs(applause(rng, 2.0)).max() > 0.05
    assert np.abs(chime(rng, 3)).max() > 0.05
    wide = summed_to_mono(words(1, 1), rng)
    assert len(wide) == RATE_HZ
    assert not np.allclose(wide, words(1, 1))


def test_no_source_is_laid_out_for_training_and_for_testing(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    for folder in ("corpus/songs", "corpus/speech", "ultrastar", "mir1k"):
        (sources / folder).mkdir(parents=True)
    write_wave(sources / "corpus/songs/one.mp3", tone(200, 1))
    write_wave(sources / "corpus/songs/joshua_morin.mp3", tone(250, 1))
    write_wave(sources / "ultrastar/him-audio.mp3", tone(250, 1))
    write_wave(sources / "corpus/speech/de_one.mp3", words(1, 1))
    write_wave(sources / "corpus/speech/en_jfk.mp3", words(1, 2))
    (sources / "ultrastar/broken-audio.mp3").write_bytes(b"no music" * 100)
    for singer in ("ann", HELD_OUT[0]):
        write_clip(sources / "mir1k" / f"{singer}_1_01.wav", tone(200, 1), tone(300, 1))
    counts = lay_out(sources, tmp_path / "out")
    assert counts["train/songs"] == counts["test/songs"] == 1
    assert counts["train/speech"] == counts["test/speech"] == 1
    assert [path.name for path in (tmp_path / "out/train/karaoke").iterdir()] == ["ann_1_01.wav"]
    assert [path.name for path in (tmp_path / "out/test/karaoke").iterdir()] == [
        f"{HELD_OUT[0]}_1_01.wav"
    ]
    trained = decode_mono(next((tmp_path / "out/train/songs").iterdir()))
    tested = decode_mono(next((tmp_path / "out/test/songs").iterdir()))
    assert not np.allclose(trained[:8000], tested[:8000], atol=1e-3)


def test_every_source_tells_its_licence() -> None:
    for side in (TRAIN, TEST):
        assert all(source.licence for rows in side.values() for source in rows)


def test_training_streams_are_segmented_nearly_as_recordings_are(
    tmp_path: Path, weights_dir: Path
) -> None:
    write_wave(tmp_path / "stream.wav", np.concatenate([words(12, 1), tone(220, 12), words(6, 2)]))
    exact, quick = (
        segment_and_listen(kind.from_registry(weights_dir, threads=1), tmp_path / "stream.wav")
        for kind in (Segmenter, QuickSegmenter)
    )
    assert np.array_equal(np.isfinite(exact.probability), np.isfinite(quick.probability))
    assert np.nanmean(np.abs(exact.probability - quick.probability)) < 0.05
    assert lessons_of([(quick, {"songs": [{"start": 12.0, "end": 24.0}]})])[0].wanted[30, 0] == 1
