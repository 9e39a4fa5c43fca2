"""`utawaku label`, `setlist`, `identify` and `reference`: answers and refusals."""

import json
from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Setlist, SetlistLine
from utawaku.tui.stream import read_stream

STREAM = "youtube-fake0000001"


def test_setlists_of_a_stream_are_listed(command_line: CommandLine, catalogue: Catalogue) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    (found,) = json.loads(command_line.run("setlist", STREAM, "--json").stdout)
    assert found["source"] == "comment"
    assert len(found["lines"]) == 15


def test_spans_without_a_song_are_shown_beside_the_setlists(
    command_line: CommandLine, catalogue: Catalogue, settings: Settings
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    marked = SetlistLine(300.0, "music_offtopic", stop_s=312.0, is_song=False)
    comment = catalogue.setlists.of_stream(STREAM)
    spans = Setlist((marked,), "sponsorblock", 0.0, "SponsorBlock")
    catalogue.setlists.replace_found(STREAM, [*comment, spans])
    shown = command_line.run("setlist", STREAM).stdout
    assert "sponsorblock SponsorBlock" in shown
    assert "5:00-5:12  no music" in shown
    read = read_stream(catalogue, settings, STREAM)
    assert read is not None
    assert read.stamps == comment[0].lines
    assert [line.title for line in read.off_topic] == ["no music"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("--paste",), "Hello everybody\n", "no line has a time and a title"),
        (("--paste",), "夜 / Mio\n海 / Mio\n", "it has no times: 2 lines do not fit 15 songs"),
        (("--paste", "--slice", "1:00"), "0:10 夜 / Mio\n", "not a part of a recording"),
    ],
    ids=["no times", "too few lines without times", "no part"],
)
def test_a_setlist_that_cannot_be_used_leaves_the_present_ones(
    command_line: CommandLine,
    catalogue: Catalogue,
    arguments: tuple[str, ...],
    stdin: str,
    told: str,
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    before = catalogue.setlists.of_stream(STREAM)
    answer = command_line.run("setlist", STREAM, *arguments, stdin=stdin)
    assert (answer.exit_code, told in answer.stderr) == (2, True)
    assert catalogue.setlists.of_stream(STREAM) == before


def test_a_setlist_of_an_unknown_stream_is_not_found(command_line: CommandLine) -> None:
    assert command_line.run("setlist", "nothing").exit_code == 4


def test_labelling_no_songs_changes_nothing(command_line: CommandLine) -> None:
    report = json.loads(command_line.run("label", "title:nothing", "--json").stdout)
    assert (report["asked"], report["changed"], report["unknown"]) == (0, [], {})


def test_a_folder_of_recordings_becomes_known_once_and_identifies_its_own_files(
    command_line: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "Karaoke"
    file = write_tone(folder / "a tone.wav", 440.0, 12.0)
    (folder / "damaged.mp3").write_text("no sound", "utf-8")
    first = command_line.run("reference", "add", folder)
    assert "1 added, 1 unreadable; 1 recordings are known" in first.stdout, first.stderr
    assert "damaged.mp3" in first.stderr
    again = command_line.run("reference", "add", folder)
    assert "0 added" in again.stdout
    assert "1 reference recordings" in command_line.run("reference", "list").stdout
    named = command_line.run("identify", file, "--no-shazam", "--json")
    assert named.exit_code == 0, named.stderr


def test_a_folder_without_audio_and_a_missing_file_are_refused(
    command_line: CommandLine, tmp_path: Path
) -> None:
    assert command_line.run("reference", "add", tmp_path).exit_code == 1
    assert command_line.run("identify", tmp_path / "missing.wav", "--no-shazam").exit_code == 3


def _titles(command_line: CommandLine, pasted: str) -> list[str]:
    answer = command_line.run("setlist", STREAM, "--paste", "--dry-run", "--json", stdin=pasted)
    return [line["title"] for line in json.loads(answer.stdout)["lines"]]


def test_an_artist_of_the_library_tells_which_side_of_a_pasted_line_is_the_artist(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    pasted = "0:10 青空バンド / 赤い花\n2:00 森の人 / 雨の街"
    assert _titles(command_line, pasted) == ["青空バンド", "森の人"]
    song = catalogue.songs.of_stream(STREAM)[0]
    catalogue.songs.set_label(song.id, "白い月", "青空バンド", "user")
    assert _titles(command_line, pasted) == ["赤い花", "雨の街"]


def test_a_list_without_times_is_laid_on_the_songs_in_their_order(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    songs = catalogue.songs.of_stream(STREAM)
    pasted = "セトリ\n" + "\n".join(f"曲{chr(0x4E00 + n)} / Mio" for n in range(len(songs)))
    answer = command_line.run("setlist", STREAM, "--paste", "--dry-run", "--json", stdin=pasted)
    lines = json.loads(answer.stdout)["lines"]
    assert [(line["start_s"], line["stop_s"]) for line in lines] == [
        (song.start_s, song.stop_s) for song in songs
    ]
    assert (lines[1]["title"], lines[1]["artist"]) == ("曲丁", "Mio")


def test_a_list_of_songs_may_be_a_file_of_another_program(
    command_line: CommandLine, catalogue: Catalogue, tmp_path: Path
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    file = tmp_path / "evening.pbf"
    file.write_text("[Bookmark]\n0=24000*赤い花*28\n1=130500*雨の街*28\n2=\n", "utf-16")
    answer = command_line.run("setlist", STREAM, "--file", file, "--dry-run", "--json")
    lines = json.loads(answer.stdout)["lines"]
    assert [(line["start_s"], line["title"]) for line in lines] == [
        (24.0, "赤い花"),
        (130.5, "雨の街"),
    ]
