"""Runs that separate: the songs and the pieces that they are asked for."""

from utawaku.jobs.stems import pieces_run, separate_pieces, separate_songs, stems_run
from utawaku.library.records import Song
from utawaku.library.requests import SeparatePieces


def test_a_run_separates_the_one_song_that_it_is_asked_for() -> None:
    song = Song("file-1@300000", "file-1", 1, 300.0, 480.0, "smart", 0.9)
    run = stems_run(song)
    assert (run.job_name, run.partition_key) == (separate_songs.name, "file-1")
    assert run.run_config["ops"]["stems"]["config"] == {"song_ids": [song.id]}


def test_a_run_cuts_the_recording_as_the_request_says() -> None:
    wanted = SeparatePieces(
        stream_id="file-1", subtitles="/lines.srt", shift_s=0.5, start_s=1.5, stop_s=7.25
    )
    run = pieces_run(wanted)
    assert (run.job_name, run.partition_key) == (separate_pieces.name, "file-1")
    assert run.run_config["ops"]["pieces"]["config"] == {
        "subtitles": "/lines.srt", "shift_s": 0.5, "start_s": 1.5, "stop_s": 7.25,
        "file_format": "flac", "names": "{number:04}", "sounds": False,
    }  # fmt: skip
