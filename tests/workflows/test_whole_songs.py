"""Names of recordings that are one song: from the page, the tags, or the title."""

import json
from pathlib import Path

import pytest

from tests.models.song_files import sound, write
from utawaku.library.config import Settings
from utawaku.library.records import LabelCandidate, Stream
from utawaku.library.tags import SongTags, write_tags
from utawaku.workflows.labelling import LabelDecision
from utawaku.workflows.stream_labels import or_else
from utawaku.workflows.whole_songs import TITLE_SURENESS, name_of_recording


def named(
    settings: Settings, title: str, info: object = None, *, file: Path | None = None
) -> LabelCandidate:
    stream = Stream("x-1", "https://x.example/1", title=title, recording_path=str(file or ""))
    folder = settings.stream_dir(stream.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "info.json").write_text(json.dumps(info), "utf-8")
    found = name_of_recording(stream, settings)
    assert found is not None
    return found


def test_the_track_that_a_page_names_is_sure(settings: Settings) -> None:
    page = {"track": "夜", "artists": ["Mio", "Aki"]}
    found = named(settings, "Mio × Aki「夜」Official Video", page)
    assert (found.title, found.artist) == ("夜", "Mio, Aki")
    assert found.score > 0.9


def test_tags_of_a_file_go_before_its_name(settings: Settings, tmp_path: Path) -> None:
    file = write(tmp_path / "01.flac", sound(1, 8_000), 8_000, "flac")
    write_tags(file, SongTags(title="The Fair", artist="Aki"))
    found = named(settings, "01", file=file)
    assert (found.title, found.artist, found.source) == ("The Fair", "Aki", "tags")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Brad Sucks - Total Breakdown", ("Total Breakdown", "Brad Sucks")),
        ("夜に駆ける / YOASOBI", ("夜に駆ける", "YOASOBI")),
        ("Interlude", ("Interlude", "")),
        ("One-Way Ticket", ("One-Way Ticket", "")),
        ("♪", ("♪", "")),
    ],
)
def test_a_title_is_taken_apart_as_such_titles_are_written(
    settings: Settings, title: str, expected: tuple[str, str]
) -> None:
    found = named(settings, title, ["no page"])
    assert (found.title, found.artist) == expected
    assert found.score == TITLE_SURENESS


def test_a_recording_without_any_words_has_no_name(settings: Settings) -> None:
    assert name_of_recording(Stream("x-1", "https://x.example/1"), settings) is None


def test_its_own_name_stands_only_where_nobody_knows_better() -> None:
    own = LabelCandidate("Upload 12", "", "tags", TITLE_SURENESS)
    heard = LabelCandidate("Night", "Mio", "shazam", 0.95)
    assert or_else(LabelDecision([heard, own], heard), own).applied == heard
    unsure = or_else(LabelDecision([], None, "Shazam does not know it"), own)
    assert (unsure.applied, unsure.candidates) == (own, [own])
