"""A stream's sound is decoded once, and those who listen to songs hear what their files hold."""

from dataclasses import replace
from pathlib import Path
from threading import enumerate as enumerate_threads

import numpy as np
import pytest

from tests.fixtures.segmenter_weights import (
    weights_dir as weights_dir,  # the fixture that the network needs
)
from tests.models.song_files import write
from tests.models.taste_world import library_of
from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.demo import render_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.media.cut import cut_audio
from utawaku.media.decode import decode, load
from utawaku.media.loudness import measure_file
from utawaku.models.tagger import Tagger
from utawaku.models.tempo import estimate_key, estimate_tempo
from utawaku.workflows.embeddings import hear_songs
from utawaku.workflows.highlights import heard_of
from utawaku.workflows.pcm_sharing import (
    KEPT_S,
    LISTENERS,
    forget_sound,
    keep_for,
    keep_loudness,
    keep_sound,
    kept_loudness,
    kept_sound,
    remove_old_sound,
    song_sound,
    sound_folder,
)
from utawaku.workflows.song_files import holds_span

RATE = 44_100
START_S, STOP_S = 3.0, 48.0


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of most of a minute that is one song."""
    song = render_song("sakura_sakura", seconds=50, sample_rate_hz=RATE)
    return write(tmp_path_factory.mktemp("evening") / "evening.mp3", song.mix, RATE, "libmp3lame")


@pytest.fixture
def sung(catalogue: Catalogue, settings: Settings, evening: Path) -> tuple[Stream, Song]:
    """The recording as a stream of one song, which is not cut yet."""
    library_of(catalogue, 1)
    stream = catalogue.streams.get("file-0000000000000000")
    stream = replace(stream, recording_path=str(evening), duration_s=50.0)
    catalogue.streams.save(stream)
    spans = [SongSpan(0, START_S, STOP_S, "smart", 1.0)]
    catalogue.songs.reconcile(stream.id, spans, made_by="test")
    return stream, catalogue.songs.of_stream(stream.id)[0]


def keep(stream: Stream, settings: Settings) -> None:
    recording = Path(stream.recording_path)
    samples, _ = load(recording, sample_rate_hz=16_000, n_channels=1)
    with keep_sound(recording, stream, settings) as spool:
        for part in np.array_split(samples.reshape(-1), 9):
            spool.add(part)


def test_a_song_sounds_the_same_kept_and_decoded(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, song = sung
    assert kept_sound(song, stream, settings) is None
    decoded = song_sound(song, stream, settings)
    keep(stream, settings)
    kept = kept_sound(song, stream, settings)
    assert kept is not None
    assert kept.shape == decoded.shape == (round((STOP_S - START_S) * 16_000),)
    assert np.abs(kept - decoded).max() < 1e-3


def test_engines_hear_in_kept_sound_what_they_hear_in_the_songs_file(
    sung: tuple[Stream, Song], settings: Settings, catalogue: Catalogue, tagger: Tagger
) -> None:
    stream, song = sung
    settings.songs_dir.mkdir(parents=True)
    file = cut_audio(
        Path(stream.recording_path), song.start_s, song.stop_s, settings.songs_dir / "a.mp3"
    )
    catalogue.songs.set_file(
        song.id,
        {
            "file_path": file.path.relative_to(settings.library_root).as_posix(),
            "file_start_s": song.start_s,
            "file_stop_s": song.stop_s,
        },
    )
    song = catalogue.songs.get(song.id)
    assert holds_span(song)
    by_file = heard_of(song, stream, settings)
    hear_songs(tagger, [song], stream, catalogue, settings)
    embedding_by_file = catalogue.taste.embedded([song.id]).vectors[0]
    keep(stream, settings)
    by_sound = heard_of(song, stream, settings)
    hear_songs(tagger, [song], stream, catalogue, settings)
    embedding_by_sound = catalogue.taste.embedded([song.id]).vectors[0]
    assert by_sound.duration_s == pytest.approx(by_file.duration_s, abs=0.05)
    assert estimate_key(by_sound).name == estimate_key(by_file).name
    assert estimate_tempo(by_sound).bpm == pytest.approx(estimate_tempo(by_file).bpm, rel=0.01)
    assert np.corrcoef(embedding_by_sound, embedding_by_file)[0, 1] > 0.99


def keep_loud(stream: Stream, settings: Settings) -> Path:
    recording = Path(stream.recording_path)
    with keep_loudness(recording, stream, settings) as own:
        for _ in decode(recording, sample_rate_hz=16_000, n_channels=1, own=own):
            pass
    return recording


def test_loudness_kept_by_the_pass_is_that_of_the_song(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, song = sung
    assert kept_loudness(Path(stream.recording_path), stream, settings) is None
    recording = keep_loud(stream, settings)
    grid = kept_loudness(recording, stream, settings)
    assert grid is not None
    found = grid.between(song.start_s, song.stop_s)
    expected = measure_file(recording, start_s=song.start_s, stop_s=song.stop_s)
    assert found is not None
    assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.05)
    assert found.true_peak_db == pytest.approx(expected.true_peak_db, abs=0.1)


def test_a_pass_that_is_stopped_leaves_no_loudness(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, _ = sung
    recording = Path(stream.recording_path)
    with keep_loudness(recording, stream, settings) as own:
        next(decode(recording, sample_rate_hz=16_000, n_channels=1, chunk_s=5.0, own=own))
    assert kept_loudness(recording, stream, settings) is None
    assert not [thread for thread in enumerate_threads() if thread.name.startswith("loudness")]


def test_without_short_cuts_nothing_that_was_kept_is_used(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, song = sung
    keep(stream, settings)
    recording = keep_loud(stream, settings)
    plain = settings.model_copy(update={"short_cuts": False})
    assert kept_sound(song, stream, settings) is not None
    assert kept_sound(song, stream, plain) is None
    assert kept_loudness(recording, stream, plain) is None


def test_loudness_that_cannot_be_read_is_none(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, _ = sung
    recording = keep_loud(stream, settings)
    (kept,) = sound_folder(stream.id, settings).glob("*.loudness")
    for content in (b"", b"no numbers", bytes(64)):
        kept.write_bytes(content)
        assert kept_loudness(recording, stream, settings) is None


def test_another_recording_of_the_stream_has_no_sound_kept(
    sung: tuple[Stream, Song], settings: Settings, tmp_path: Path
) -> None:
    stream, song = sung
    keep(stream, settings)
    other = tmp_path / "other.mp3"
    other.write_bytes(Path(stream.recording_path).read_bytes() + b"\0")
    moved = replace(stream, recording_path=str(other))
    assert kept_sound(song, moved, settings) is None
    assert kept_sound(song, replace(stream, recording_path=""), settings) is None
    with pytest.raises(MediaError):
        song_sound(song, replace(stream, recording_path=""), settings)


def test_sound_that_ends_before_the_song_is_not_used(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, song = sung
    with keep_sound(Path(stream.recording_path), stream, settings) as spool:
        spool.add(np.zeros(16_000 * 40, np.float32))
    assert kept_sound(song, stream, settings) is None
    assert np.abs(song_sound(song, stream, settings)).max() > 0.01


def test_sound_is_made_anew_where_most_of_the_recording_is_listened_to(
    sung: tuple[Stream, Song], settings: Settings
) -> None:
    stream, song = sung
    keep_for([replace(song, stop_s=song.start_s + 20)], stream, settings)
    assert kept_sound(song, stream, settings) is None
    decoded = song_sound(song, stream, settings)
    keep_for([song], stream, settings)
    kept = kept_sound(song, stream, settings)
    assert kept is not None
    assert np.abs(kept - decoded).max() < 1e-3
    keep_for([song], replace(stream, recording_path="gone.mp3"), settings)


def test_the_last_who_listens_takes_it_away_and_so_does_housekeeping(
    sung: tuple[Stream, Song], settings: Settings, catalogue: Catalogue
) -> None:
    stream, _ = sung
    keep(stream, settings)
    states = catalogue.assets
    for name in LISTENERS:  # from an earlier time
        states.done(stream.id, name, engine="x", engine_version="1")
    states.done(stream.id, "segments", engine="x", engine_version="1")
    for name in LISTENERS:
        forget_sound(stream.id, catalogue, settings)
        assert sound_folder(stream.id, settings).is_dir()
        states.done(stream.id, name, engine="x", engine_version="1")
    forget_sound(stream.id, catalogue, settings)
    assert not sound_folder(stream.id, settings).exists()
    keep(stream, settings)
    assert remove_old_sound(settings) == 0
    written_at = sound_folder(stream.id, settings).stat().st_mtime
    assert remove_old_sound(settings, written_at + KEPT_S + 1) == 1
    assert not sound_folder(stream.id, settings).exists()
