"""Changes of the catalogue as events."""

from benchmarks.fake_catalogue import fill
from tests.json_output import check_json
from utawaku.commands.console import json_text
from utawaku.library.catalogue import Catalogue
from utawaku.library.changes import Changes, plain
from utawaku.library.config import Settings
from utawaku.library.requests import Retag


def test_what_another_connection_writes_is_told_once(
    catalogue: Catalogue, settings: Settings
) -> None:
    other = Catalogue.open(settings)
    changes = Changes(catalogue)
    assert changes.new() == []
    fill(other, 5)
    songs = [one.facts["song"] for one in changes.new() if one.event == "song"]
    assert len(songs) == 5
    assert changes.new() == []

    stream_id = songs[0].stream_id
    other.assets.started(stream_id, "stems", run_id="r")
    (begun,) = changes.new()
    assert (begun.event, begun.facts["asset"], begun.facts["state"]) == (
        "asset",
        "stems",
        "running",
    )
    other.assets.failed(stream_id, "stems", "the disk is full")
    (failed,) = changes.new()
    assert (failed.facts["state"], failed.facts["message"]) == ("failed", "the disk is full")

    request = other.requests.file(Retag(song_id=songs[0].id), by="test")
    other.notices.add("warning", "a title", stream_id=stream_id)
    filed, notice = changes.new()
    assert (filed.event, filed.facts["request"], filed.facts["state"]) == (
        "request", request.id, "queued",
    )  # fmt: skip
    assert notice.facts["notice"].title == "a title"
    other.requests.cancel(request.id)
    (cancelled,) = changes.new()
    assert cancelled.facts["state"] == "cancelled"
    for change in (begun, failed, filed, notice):
        check_json(["watch"], json_text(plain(change)))
    other.close()


def test_a_song_is_told_with_its_facts_and_known_ones_are_not(
    catalogue: Catalogue, settings: Settings
) -> None:
    fill(catalogue, 3)
    changes = Changes(catalogue)
    other = Catalogue.open(settings)
    other.notices.add("info", "nothing about songs")
    assert [one.event for one in changes.new()] == ["notice"]
    other.close()
