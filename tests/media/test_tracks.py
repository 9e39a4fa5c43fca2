"""The sound track that was chosen is what everything reads: sound, cuts, video, the player."""

from pathlib import Path

import numpy as np
import pytest

from tests.media.two_tracks import RATE_HZ, tone_of, write_two_tracks
from utawaku.library.errors import ExitCode, NoAudioError
from utawaku.media.cut import cut_audio, cut_video
from utawaku.media.decode import decode, load
from utawaku.media.joined import Part, write_parts
from utawaku.media.loudness import measure_file
from utawaku.media.probe import probe
from utawaku.media.tracks import TRACK_LIST, sound_tracks, with_track
from utawaku.services.downloader.container import probe as downloaders_probe
from utawaku.tui.player.decode import Decoder


def same(wanted: str, tag: str) -> bool:
    return wanted == tag


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_tracks(tmp_path_factory.mktemp("tracks") / "film.mp4")


@pytest.fixture
def japanese(film: Path, tmp_path: Path) -> Path:
    """The film with its second track chosen."""
    return with_track(film, "jpn", tmp_path, same)


def test_tracks_are_told_with_number_language_and_default(film: Path) -> None:
    told = [(one.number, one.language, one.is_default) for one in sound_tracks(film)]
    assert told == [(0, "eng", True), (1, "jpn", False)]


def test_downloader_and_reader_take_the_same_track(tmp_path: Path) -> None:
    path = write_two_tracks(tmp_path / "two.mkv", default=1, picture=False)
    assert tone_of(load(path)[0]) == 440
    info, told = probe(path), downloaders_probe(path)
    assert (info.sample_rate_hz, info.n_channels) == (told.sample_rate_hz, told.n_channels)


@pytest.mark.parametrize("wanted", ["1", "jpn"])
def test_a_chosen_track_is_read_like_the_recording_itself(
    film: Path, tmp_path: Path, wanted: str
) -> None:
    chosen = with_track(film, wanted, tmp_path, same)
    assert chosen.name == TRACK_LIST
    info, own = probe(chosen), probe(film)
    assert (info.audio_index, info.video_codec) == (2, own.video_codec)
    assert info.duration_s == pytest.approx(own.duration_s, abs=0.05)
    whole, _ = load(film, track=1)
    assert tone_of(whole) == 440
    assert np.array_equal(load(chosen)[0], whole)
    span = load(chosen, start_s=1.5, stop_s=2.5)[0]
    assert np.array_equal(span, whole[round(1.5 * RATE_HZ) : round(2.5 * RATE_HZ)])
    reader = decode(chosen, sample_rate_hz=16_000, n_channels=1)
    assert tone_of(np.concatenate(list(reader)), 16_000) == 440
    assert not reader.timeline.warnings()


def test_song_video_and_player_hold_the_chosen_track(
    film: Path, japanese: Path, tmp_path: Path
) -> None:
    song = cut_audio(japanese, 1.0, 3.0, tmp_path / "song")
    assert song.copied
    assert tone_of(load(song.path)[0]) == 440
    encoded = cut_audio(film, 1.0, 3.0, tmp_path / "encoded", codec="flac", track=1)
    assert tone_of(load(encoded.path)[0]) == 440
    for copy in (True, False):
        cut = cut_video(japanese, 1.0, 3.0, tmp_path / "song.mp4", copy=copy)
        assert cut.copied == copy
        assert tone_of(load(cut.path)[0]) == 440
        assert probe(cut.path).video_codec == "h264"
    blocks = Decoder(japanese, at_s=1.0).blocks()
    assert tone_of(np.concatenate([next(blocks) for _ in range(8)]).T) == 440
    loudness = measure_file(japanese)
    assert loudness == measure_file(film, track=1)
    assert loudness != measure_file(film)


def test_the_default_track_needs_no_list_and_takes_an_old_one_away(
    film: Path, japanese: Path, tmp_path: Path
) -> None:
    assert japanese.is_file()
    for wanted in ("", "0", "eng"):
        assert with_track(film, wanted, tmp_path, same) == film
        assert not japanese.exists()


def test_a_track_that_is_not_there_is_refused_with_those_that_are(
    film: Path, tmp_path: Path
) -> None:
    for wanted in ("2", "kor"):
        with pytest.raises(NoAudioError) as caught:
            with_track(film, wanted, tmp_path, same)
        assert caught.value.exit_code == ExitCode.NO_SOUND
        assert "0 eng (default), 1 jpn" in caught.value.next_step


def test_every_part_of_a_recording_in_several_files_is_read_in_the_chosen_track(
    film: Path, tmp_path: Path
) -> None:
    other = write_two_tracks(tmp_path / "second.mkv", 2, default=1)
    listed = tmp_path / "recording.parts.json"
    write_parts(listed, [Part(film, 0.0, 4.0), Part(other, 4.0, 2.0)])
    chosen = with_track(listed, "jpn", tmp_path, same)
    assert tone_of(load(chosen, start_s=0.5, stop_s=1.5)[0]) == 440
    assert tone_of(load(chosen, start_s=4.5, stop_s=5.5)[0]) == 440
    assert tone_of(load(listed, start_s=0.5, stop_s=1.5)[0]) == 1000


def test_a_list_of_one_file_knows_no_end_but_the_files_own(tmp_path: Path) -> None:
    path = write_two_tracks(tmp_path / "two.ts", picture=False)
    chosen = with_track(path, "1", tmp_path, same)
    whole, rate = load(path, track=1)
    assert np.array_equal(load(chosen)[0], whole)
    end_s = whole.shape[-1] / rate
    cut = cut_audio(chosen, 1.0, end_s + 0.5, tmp_path / "end", with_loudness=False)
    assert cut.stop_s == pytest.approx(end_s, abs=0.05)


def test_a_video_across_two_files_goes_on_in_picture_and_sound(tmp_path: Path) -> None:
    parts = []
    for number in range(2):
        path = write_two_tracks(tmp_path / f"{number}.mkv", 3)
        parts.append(Part(path, 3.0 * number, 3.0))
    listed = tmp_path / "recording.parts.json"
    write_parts(listed, parts)
    assert probe(listed).video_codec == "h264"
    inside = cut_video(listed, 3.5, 5.5, tmp_path / "inside.mp4")
    assert (inside.copied, inside.start_s, inside.stop_s) == (True, 3.5, 5.5)
    across = cut_video(listed, 2.0, 4.0, tmp_path / "across.mp4")
    assert not across.copied
    assert "two files" in across.note
    assert shades(across.path) == pytest.approx([47, 0], abs=3)
    assert load(across.path)[0].shape[-1] / RATE_HZ == pytest.approx(2.0, abs=0.03)


def shades(path: Path) -> list[int]:
    """Return the shade of the first picture of each second."""
    import av

    with av.open(str(path)) as container:
        frames = [
            (float(frame.pts * frame.time_base), int(frame.to_ndarray(format="gray")[32, 32]))
            for frame in container.decode(video=0)
        ]
    assert frames[0][0] == 0
    assert len(frames) == 20
    return [frames[0][1], frames[10][1]]
