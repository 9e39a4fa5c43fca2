"""Metadata on the Dagster UI: titles, links, songs by name, numbers that a person reads."""

import dagster as dg
import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.orchestration.shown_metadata import check_facts, stream_facts, typed

URL = "https://www.youtube.com/watch?v=abc(1)"


@pytest.fixture
def song(catalogue: Catalogue) -> Song:
    stream = Stream("a", URL, "歌枠", channel="Aoi", recording_path="Streams/a/recording.opus")
    catalogue.streams.save(stream)
    catalogue.songs.reconcile("a", [SongSpan(0, 75.0, 200.0, "smart", 1.0)], made_by="x")
    (made,) = catalogue.songs.of_stream("a")
    catalogue.edits.rename({made.id: {"title": "[x](http://evil) <b>", "artist": "YOASOBI"}})
    return catalogue.songs.get(made.id)


def test_an_artefact_links_its_stream_songs_files_and_what_it_is_made_from(
    song: Song, catalogue: Catalogue
) -> None:
    facts = stream_facts(catalogue, "a", "labels")
    assert (facts["title"], facts["channel"]) == ("歌枠", "Aoi")
    assert facts["source"] == dg.MetadataValue.url(URL)
    assert facts["recording"] == dg.MetadataValue.path("Streams/a/recording.opus")
    assert facts["made from songs"] == dg.MetadataValue.asset(dg.AssetKey("songs"))
    (row,) = facts["songs"].records
    assert (row.data["start"], row.data["id"]) == ("1:15", song.id)
    # The name is somebody else's: it is text, and opens nothing.
    assert facts["songs on the site"].value == (
        r"- [1:15 \[x\]\(http://evil\) \<b\>](https://www.youtube.com/watch?v=abc%281%29&t=75)"
    )


def test_a_check_names_the_songs_that_it_is_about(song: Song, catalogue: Catalogue) -> None:
    result = dg.AssetCheckResult(
        check_name="x", passed=False, metadata={"songs": [song.id, "gone"], "missing_s": 1.23456}
    )
    told = check_facts(catalogue, "a", result)
    assert (told.check_name, told.passed) == ("x", False)
    assert told.metadata is not None
    assert told.metadata["title"].value == "歌枠"
    assert told.metadata["source"].value == URL
    assert told.metadata["missing_s"].value == 1.235
    concerned = told.metadata["songs concerned"]
    assert isinstance(concerned, dg.TableMetadataValue)
    assert [row.data["id"] for row in concerned.records] == [song.id]


def test_numbers_are_round_also_inside_others() -> None:
    told = typed({"wall_s": 1.23456, "timeline": {"lost_s": 0.98765, "gaps": [1.00049]}})
    picture = dg.MetadataValue.md("![x](y)")
    assert typed({"picture": picture, "path": "/a"}) == {
        "picture": picture,
        "path": dg.MetadataValue.path("/a"),
    }
    assert told == {"wall_s": 1.235, "timeline": {"lost_s": 0.988, "gaps": [1.0]}}
