"""Requests of the screen that need no run."""

from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.library.requests import Follow, Ingest, LaySetlist, Unfollow

CHANNEL = "https://www.youtube.com/@singer/streams"


def test_a_pasted_setlist_is_kept_and_the_stream_asked_for(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    stream = catalogue.streams.save(Stream("file-1", "/x.opus"))
    request = catalogue.requests.file(
        LaySetlist(stream_id=stream.id, text="12:34 夜に駆ける / YOASOBI")
    )
    (run,) = pipeline.drain()
    assert catalogue.requests.get(request.id).state == "done"
    (setlist,) = catalogue.setlists.of_stream(stream.id, source="user")
    assert (setlist.lines[0].start_s, setlist.lines[0].title) == (754.0, "夜に駆ける")
    assert run.partition_key == stream.id


def test_a_setlist_without_times_is_refused_with_the_next_step(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    stream = catalogue.streams.save(Stream("file-1", "/x.opus"))
    request = catalogue.requests.file(LaySetlist(stream_id=stream.id, text="what a lovely evening"))
    assert pipeline.drain() == []
    failed = catalogue.requests.get(request.id)
    assert failed.state == "failed"
    assert "1:02:03 Title / Artist" in failed.message


def test_a_channel_is_followed_and_unfollowed_from_the_screen(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    catalogue.requests.file(Follow(url=CHANNEL))
    pipeline.drain()
    (channel,) = catalogue.channels.all(followed_only=True)
    assert channel.url == CHANNEL
    catalogue.requests.file(Ingest(source="https://www.youtube.com/watch?v=x", channel=channel.id))
    catalogue.requests.file(Unfollow(channel=CHANNEL))
    assert pipeline.drain() == []
    assert catalogue.channels.all(followed_only=True) == []
    assert catalogue.requests.waiting(Ingest) == []
