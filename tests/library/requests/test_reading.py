"""What is filed is read back; what version 0.1 filed, too."""

import json

import pytest

from tests.fixtures.home_of_version_0_1 import old_home as old_home
from tests.stored_requests import store_row
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, PlaylistError, RequestError
from utawaku.library.playlists import PlaylistOptions
from utawaku.library.requests import (
    ALL,
    KINDS,
    AnyRequest,
    Follow,
    Ingest,
    IngestStream,
    Label,
    LaySetlist,
    MakePlaylist,
    RecheckLength,
    Recut,
    Rematerialize,
    RematerializeStream,
    Retag,
    Separate,
    SeparatePieces,
    Train,
    Unfollow,
    Upload,
    read_request,
    read_row,
)
from utawaku.library.subscriptions import ChannelRules

SONG = "youtube-1@10000"
WISH = PlaylistOptions("evening", "/music/evening.m4a", (SONG,))
WATCH = "https://www.youtube.com/watch?v="
EXAMPLES: list[AnyRequest] = [
    Ingest(source=WATCH + "9", channel="youtube:UC1", entry="youtube-9"),
    Ingest(source=WATCH + "7"),
    Ingest(source=WATCH + "8", candidate=4),
    IngestStream(stream_id="youtube-1", again=("labels",)),
    IngestStream(stream_id="youtube-2", take_incomplete=True),
    Recut(stream_id="youtube-1", again=("library_files",)),
    RecheckLength(stream_id="youtube-3"),
    Retag(song_id=SONG),
    Label(song_or_stream_id=SONG),
    Label(song_or_stream_id="youtube-2"),
    Separate(song_id=SONG, rematerialize=3),
    SeparatePieces(stream_id="youtube-1", subtitles="lines.srt", stop_s=60.0),
    Train(),
    Upload(submission_id=12),
    MakePlaylist(options=WISH),
    Follow(
        url="https://www.youtube.com/@luna", rules=ChannelRules(backlog=-1, title=("@karaoke",))
    ),
    Unfollow(channel="https://www.youtube.com/@gone"),
    LaySetlist(stream_id="youtube-3", text="1:02 夜に駆ける / YOASOBI"),
    Rematerialize(asset=ALL),
    Rematerialize(asset="segments", n_streams=7),
    RematerializeStream(stream_id="youtube-1", assets=("labels",)),
    RematerializeStream(stream_id="youtube-2"),
    Rematerialize(asset="songs"),
]
"""In the order in which the home of version 0.1 holds them."""


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(example) for example in EXAMPLES} == set(KINDS.values())


@pytest.mark.parametrize("wanted", EXAMPLES, ids=lambda wanted: wanted.kind)
def test_a_request_is_read_back_as_it_was_filed(wanted: AnyRequest, catalogue: Catalogue) -> None:
    row = catalogue.requests.file(wanted)
    assert read_request(row) == wanted
    assert json.loads(json.dumps(dict(row.arguments))) == row.arguments
    assert catalogue.requests.file(wanted).id == row.id


def test_open_requests_of_version_0_1_mean_what_they_meant(old_home: Settings) -> None:
    catalogue = Catalogue.open(old_home)
    try:
        rows = catalogue.requests.waiting()
        assert [read_request(row) for row in rows] == EXAMPLES
        assert [row.target for row in catalogue.requests.waiting(RecheckLength)] == ["youtube-3"]
    finally:
        catalogue.close()


@pytest.mark.parametrize(
    ("kind", "target", "arguments", "told"),
    [
        ("dance", "x", {}, "cannot do 'dance'"),
        ("ingest_stream", "file-1", {"agian": ["labels"]}, "agian"),
        ("ingest_stream", "file-1", {"again": 7}, "again"),
        ("train", "weather", {}, "model"),
        ("upload", "twelve", {}, "submission_id"),
        ("setlist", "file-1", {}, "text"),
        ("rematerialize_stream", "file-1", {"assets": ["weather"]}, "weather"),
    ],
)
def test_what_this_version_cannot_read_is_told(
    kind: str, target: str, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(RequestError, match=told):
        read_row(kind, target, arguments)


def test_wrong_rules_and_wishes_are_told_in_their_own_words() -> None:
    with pytest.raises(ConfigError, match="bakclog"):
        read_row("follow", "https://example.org/x", {"bakclog": 1})
    with pytest.raises(PlaylistError):
        read_row("playlist", "/x.m4a", {"name": "x"})


def test_an_artefact_that_does_not_exist_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="weather"):
        Rematerialize(asset="weather")


def test_open_requests_of_a_kind_come_with_what_they_ask_for(catalogue: Catalogue) -> None:
    store_row(catalogue, "ingest_stream", "file-1", {"nonsense": 1})
    row = catalogue.requests.file(IngestStream(stream_id="file-2", rematerialize=5))
    catalogue.requests.file(Ingest(source="x"))
    assert catalogue.requests.open_of(IngestStream) == [
        (row, IngestStream(stream_id="file-2", rematerialize=5))
    ]
