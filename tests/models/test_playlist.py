"""Playlists: order, crossfades of equal power, matched loudness, chapters."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import write_wav
from utawaku.library.errors import EncodeError, NotFoundError
from utawaku.library.records import Song
from utawaku.media.decode import load
from utawaku.media.loudness import measure
from utawaku.media.probe import probe
from utawaku.models.playlist import (
    PlaylistItem,
    Rendered,
    by_key,
    by_tempo,
    join_items,
    make_playlist,
    render_playlist,
)
from utawaku.models.playlist.build import chapters_lost
from utawaku.models.playlist.mix import Chapter, fades


def noise(
    seconds: float, rate: int, level: float, n_channels: int = 2, seed: int = 0
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(level * rng.standard_normal((n_channels, round(seconds * rate))), -1, 1)


def test_fades_keep_the_power_and_begin_and_end_in_silence() -> None:
    down, up = fades(48_000)
    np.testing.assert_allclose(down**2 + up**2, 1, atol=1e-6)
    assert down[0] > 0.999
    assert up[-1] > 0.999
    assert up[0] < 0.01
    assert (np.diff(up) >= 0).all()


def test_songs_go_from_slow_to_fast_and_those_without_tempo_come_last() -> None:
    items = [PlaylistItem(Path("x"), t, bpm=b) for t, b in (("a", None), ("b", 140), ("c", 70))]
    assert [item.title for item in by_tempo(items)] == ["c", "b", "a"]


def test_by_key_each_next_song_is_the_nearest_on_the_circle_of_fifths() -> None:
    songs = [("C major", 80), ("F# major", 82), ("G major", 120), ("D major", 90), ("", 60)]
    items = [PlaylistItem(Path("x"), key, key=key, bpm=bpm) for key, bpm in songs]
    assert [item.key for item in by_key(items)] == [
        "C major", "G major", "D major", "F# major", ""
    ]  # fmt: skip


def test_any_rates_and_channels_are_joined_at_one_loudness_without_a_dip(tmp_path: Path) -> None:
    files = [
        write_wav(tmp_path / "a.wav", noise(9, 44_100, 0.3, seed=1), 44_100),
        write_wav(tmp_path / "b.wav", noise(9, 8_000, 0.02, 1, seed=2), 8_000),
        write_wav(tmp_path / "c.wav", noise(9, 96_000, 0.1, 6, seed=3), 96_000),
    ]
    items = [PlaylistItem(path, path.stem) for path in files]
    made = render_playlist(items, tmp_path / "mix.mka", crossfade_s=2.0, target_lufs=-20)
    assert made.duration_s == pytest.approx(9 * 3 - 2 * 2, abs=0.05)
    samples, rate = load(made.path)
    for at in (3.0, 10.0, 18.0):
        piece = samples[:, round(at * rate) : round((at + 3) * rate)]
        assert measure(piece, rate).integrated_lufs == pytest.approx(-20, abs=1.0)
    # The middle of the crossfade of uncorrelated sounds is as loud as what surrounds it.
    middle = samples[:, round(7.8 * rate) : round(8.2 * rate)]
    assert measure(middle, rate).integrated_lufs == pytest.approx(-20, abs=1.5)


@pytest.mark.parametrize("ending", ["m4a", "mp3", "opus", "mka", "flac"])
def test_chapters_say_where_each_song_is(tmp_path: Path, ending: str) -> None:
    files = [
        write_wav(tmp_path / f"{n}.wav", noise(8, 16_000, 0.1, seed=n), 16_000) for n in (1, 2)
    ]
    items = [PlaylistItem(files[0], "One", "Mio"), PlaylistItem(files[1], "Two", "", 1.0, 6.0)]
    made = render_playlist(items, tmp_path / f"mix.{ending}", crossfade_s=1.0)
    found = probe(made.path).chapters
    assert [chapter.title for chapter in found] == ["Mio - One", "Two"]
    tolerance = 1.0 if ending == "opus" else 0.01
    assert found[1].start_s == pytest.approx(7.5, abs=tolerance)
    assert made.chapters[1].stop_s == pytest.approx(12.0, abs=0.05)


def test_what_cannot_be_played_is_left_out_and_told(tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav", noise(3, 16_000, 0.1), 16_000)
    silent = write_wav(tmp_path / "silent.wav", np.zeros((1, 1_600)), 16_000)
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"\0" * 5_000)
    items = [PlaylistItem(path, path.stem) for path in (broken, silent, good)]
    items.append(PlaylistItem(tmp_path / "gone.wav", "gone"))
    made = render_playlist(items, tmp_path / "mix.m4a")
    assert [item.title for item, _ in made.left_out] == ["broken", "gone"]
    assert [chapter.title for chapter in made.chapters] == ["silent", "good"]
    with pytest.raises(NotFoundError):
        render_playlist(items[:1], tmp_path / "none.m4a")
    assert not (tmp_path / "none.m4a").exists()


def clicks(
    path: Path, tone_hz: float, bpm: float, first_s: float, seconds: float, rate: int = 16_000
) -> Path:
    """Short tones of one pitch on every beat, every fourth one louder, over a little noise."""
    samples = 0.002 * np.random.default_rng(1).standard_normal(round(seconds * rate))
    decay = np.exp(-np.arange(rate // 20) / (rate / 60))
    tone = decay * np.sin(2 * np.pi * tone_hz * np.arange(rate // 20) / rate)
    for beat, at_s in enumerate(np.arange(first_s, seconds - 0.1, 60 / bpm)):
        at = round(at_s * rate)
        samples[at : at + len(tone)] += (0.6 if beat % 4 == 0 else 0.4) * tone
    return write_wav(path, samples[None], rate)


def heard_clicks(samples: np.ndarray, rate: int, tone_hz: float) -> np.ndarray:
    """Times at which a tone of `tone_hz` begins."""
    hop = rate // 200
    frames = np.lib.stride_tricks.sliding_window_view(samples, 4 * hop)[::hop]
    wave = np.exp(-2j * np.pi * tone_hz * np.arange(4 * hop) / rate) * np.hanning(4 * hop)
    level = np.abs(frames @ wave)
    rise = np.maximum(0, level[4:] - level[:-4])
    found = []
    for at in np.flatnonzero(rise > 0.05 * rise.max()):
        if rise[at] == rise[max(0, at - 20) : at + 21].max():
            found.append((at + 4) * hop / rate)
    return np.array(found)


def beats_apart(
    folder: Path, bpms: tuple[float, float], *, align: bool, first_s: float = 0.31
) -> tuple[float, Rendered]:
    """Mean distance of the beats of two songs in the loud middle of their overlap, as rendered."""
    items = [
        PlaylistItem(clicks(folder / "low.wav", 600, bpms[0], 0.13, 30), "low"),
        PlaylistItem(clicks(folder / "high.wav", 2_400, bpms[1], first_s, 30), "high"),
    ]
    made = render_playlist(
        items, folder / f"{align}.mka", crossfade_s=6.0, align_beats=align, sample_rate_hz=16_000
    )
    samples, rate = load(made.path)
    start_s = 30 - made.overlaps[0].seconds
    low, high = (heard_clicks(samples[0], rate, tone_hz) for tone_hz in (600, 2_400))
    middle = [at for at in low if start_s + 1.5 < at < 30 - 1.5]
    assert middle
    return float(np.mean([np.abs(high - at).min() for at in middle])), made


@pytest.mark.parametrize(
    ("bpms", "first_s"), [((104, 104), 0.55), ((120, 122), 0.31), ((70, 140), 0.31)]
)
def test_beats_of_neighbours_are_put_together(
    tmp_path: Path, bpms: tuple[float, float], first_s: float
) -> None:
    before_s, plain = beats_apart(tmp_path, bpms, align=False, first_s=first_s)
    after_s, made = beats_apart(tmp_path, bpms, align=True, first_s=first_s)
    assert before_s > 0.07
    assert after_s < 0.04
    assert plain.overlaps[0].seconds == 6.0
    assert abs(made.overlaps[0].seconds - 6.0) < 60 / min(bpms)
    assert made.overlaps[0].apart_s == pytest.approx(after_s, abs=0.03)


def test_tempi_that_do_not_fit_are_joined_as_asked(tmp_path: Path) -> None:
    _, made = beats_apart(tmp_path, (100, 112), align=True)
    assert made.overlaps[0].seconds == 6.0
    assert made.overlaps[0].apart_s is None


def test_what_has_no_pulse_is_joined_as_asked(tmp_path: Path) -> None:
    files = [write_wav(tmp_path / f"{n}.wav", noise(30, 8_000, 0.1, seed=n), 8_000) for n in (1, 2)]
    items = [PlaylistItem(path, path.stem) for path in files]
    made = render_playlist(items, tmp_path / "mix.mka", crossfade_s=5.0)
    assert [overlap.seconds for overlap in made.overlaps] == [5.0]


def test_songs_of_the_library_become_one_file_and_a_list(tmp_path: Path) -> None:
    songs = []
    for number, bpm in enumerate((120.0, 90.0, None)):
        write_wav(tmp_path / f"{number}.wav", noise(9, 8_000, 0.1, seed=number), 8_000)
        span = {"highlight_start_s": 2.0, "highlight_stop_s": 8.0} if number == 0 else {}
        songs.append(
            Song(f"s@{number}", "s", number, 0, 9, "smart", 1, title=f"T{number}", bpm=bpm,
                 file_path=f"{number}.wav", **span)
        )  # fmt: skip
    songs.append(Song("s@9", "s", 3, 0, 9, "smart", 1, title="no file"))
    made = make_playlist(songs, tmp_path, tmp_path / "out" / "mix.mka", highlights=True)
    assert [chapter.title for chapter in made.mix.chapters] == ["T1", "T0", "T2"]
    assert made.mix.chapters[1].item.start_s == 2.0
    lines = made.m3u8.read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "../1.wav", "mix.clips/002 T0.flac", "../2.wav"
    ]  # fmt: skip
    with pytest.raises(NotFoundError):
        make_playlist(songs[3:], tmp_path, tmp_path / "none.mka")


def test_an_ending_of_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="m4a"):
        render_playlist([], tmp_path / "mix.txt")


def tones(path: Path, hertz: tuple[float, ...], seconds_each: float, rate: int = 16_000) -> Path:
    """One tone after another."""
    at = np.arange(round(seconds_each * rate)) / rate
    sound = np.concatenate([0.2 * np.sin(2 * np.pi * one * at) for one in hertz])
    return write_wav(path, sound[None], rate)


def pitch_hz(path: Path) -> float:
    samples, rate = load(path)
    spectrum = np.abs(np.fft.rfft(samples[0] if samples.ndim > 1 else samples))
    return float(np.argmax(spectrum) * rate / samples.shape[-1])


def listed(m3u8: Path) -> list[tuple[float, Path]]:
    """Length and file of each entry, as a player reads a list."""
    lines = m3u8.read_text("utf-8").splitlines()
    lengths = [float(line[8:].split(",")[0]) for line in lines if line.startswith("#EXTINF:")]
    files = [m3u8.parent / line for line in lines if not line.startswith("#")]
    return list(zip(lengths, files, strict=True))


def test_the_list_of_highlights_names_clips_that_hold_them(tmp_path: Path) -> None:
    paths = [tones(tmp_path / f"{n}.wav", (300, 600 + 300 * n, 450), 6) for n in range(2)]
    items = [PlaylistItem(path, f"歌/{n}", "Mio", 6.0, 12.0) for n, path in enumerate(paths)]
    items.append(PlaylistItem(paths[0], "whole", bpm=200))
    made = join_items(items, tmp_path / "out" / "mix.mka", order="query", crossfade_s=1)
    (first_s, first), (_, second), (whole_s, whole) = listed(made.m3u8)
    assert (pitch_hz(first), pitch_hz(second)) == (pytest.approx(600), pytest.approx(900))
    assert probe(first).duration_s == pytest.approx(6.0)
    assert probe(first).tags["TITLE"] == "歌/0"
    assert (first_s, whole_s) == (6, 18)
    assert whole.resolve() == paths[0]
    assert made.notes == ()
    # The list of another choice takes the place of this one, with its clips; other files stay.
    (first.parent / "mine.flac").write_bytes(b"mine")
    join_items(items[:1], tmp_path / "out" / "mix.mka")
    assert sorted(path.name for path in first.parent.iterdir()) == [first.name, "mine.flac"]


def test_a_list_with_copies_needs_no_file_elsewhere(tmp_path: Path) -> None:
    path = tones(tmp_path / "a.wav", (300,), 6)
    made = join_items([PlaylistItem(path, "a")], tmp_path / "out" / "mix.mka", copies=True)
    ((seconds, copy),) = listed(made.m3u8)
    assert copy.parent == made.m3u8.parent / "mix.clips"
    assert (seconds, pitch_hz(copy)) == (6, pytest.approx(300))


def test_a_song_without_a_highlight_is_named(tmp_path: Path) -> None:
    tones(tmp_path / "0.wav", (300,), 6)
    song = Song("s@0", "s", 0, 0, 6, "smart", 1, title="T0", file_path="0.wav")
    made = make_playlist([song], tmp_path, tmp_path / "mix.mka", highlights=True)
    assert made.notes == (("T0", "it has no highlight yet, so the whole song plays"),)
    assert make_playlist([song], tmp_path, tmp_path / "mix.mka").notes == ()


@pytest.mark.parametrize(
    ("ending", "n_chapters", "is_told"),
    [("mp3", 256, True), ("m4a", 256, True), ("mp3", 255, False), ("mka", 256, False)],
)
def test_more_chapters_than_a_format_counts_are_told(
    ending: str, n_chapters: int, is_told: bool
) -> None:
    song = PlaylistItem(Path("a.opus"), title="a")
    chapters = tuple(Chapter("a", n, n + 1, song, 1.0) for n in range(n_chapters))
    told = chapters_lost(Rendered(Path(f"mix.{ending}"), float(n_chapters), chapters, ()))
    assert ["256 chapters" in why for _title, why in told] == [True] * is_told
