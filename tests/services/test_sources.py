"""Outside sources at the wire: what is asked, what is understood, what is left in peace."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.servers.media_site import Fault
from tests.servers.source_site import ACOUSTID_KEY, HOLODEX_KEY, SourceSite
from utawaku.library.errors import SourceError
from utawaku.library.records import SetlistLine
from utawaku.services.service_gate import ServiceGate
from utawaku.services.sources.acoustid import ask_acoustid, chromaprint_of, has_chromaprint
from utawaku.services.sources.bilibili_music import ask_background_music
from utawaku.services.sources.client import SourceClient, SourceOptions
from utawaku.services.sources.holodex import ask_holodex
from utawaku.services.sources.musicbrainz import ask_musicbrainz, spelled_alike

MBID = "0f4b2c2e-1111-4222-8333-abcdefabcdef"
BVID = "BV1xx411c7mD"


@pytest.fixture
def site() -> Iterator[SourceSite]:
    with SourceSite() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def gate(tmp_path: Path) -> ServiceGate:
    return ServiceGate(tmp_path / "source.db", per_minute=6000)


def client_of(site: SourceSite, gate: ServiceGate, **more: object) -> SourceClient:
    options = SourceOptions(
        "Holodex", site.address, contact="me@example.org", timeout_s=2.0, longest_wait_s=0.2,
        key_setting="sources.holodex_key", headers={"X-APIKEY": HOLODEX_KEY}, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return SourceClient(gate, options)


@pytest.fixture
def client(site: SourceSite, gate: ServiceGate) -> Iterator[SourceClient]:
    made = client_of(site, gate)
    yield made
    made.close()


VIDEO = {
    "id": "dQw4w9WgXcQ",
    "songs": [
        {"id": "u2", "name": "海と猫", "original_artist": "藤", "start": 620, "end": 840},
        {"id": "u1", "name": "夜明け\u202eの歌", "original_artist": None, "start": 310, "end": 300,
         "itunesid": -1, "art": None},
        {"name": "", "start": 5}, {"name": "no time"}, {"name": "NaN", "start": float("nan")},
        {"name": "late", "start": 10**400}, {"name": True, "start": True}, None,
    ],
    "comments": [
        {"comment_key": "Ug1", "message": "5:10 夜明けの歌\n10:20 海と猫"},
        {"comment_key": 5, "message": None}, "text",
    ],
}  # fmt: skip


def test_holodex_tells_songs_and_comments(site: SourceSite, client: SourceClient) -> None:
    site.known.videos["dQw4w9WgXcQ"] = VIDEO
    video = ask_holodex(client, "dQw4w9WgXcQ")
    assert video is not None
    assert video.songs == (
        SetlistLine(310.0, "夜明けの歌", "", None, "夜明けの歌"),
        SetlistLine(620.0, "海と猫", "藤", 840.0, "海と猫 / 藤"),
    )
    assert video.comments == ({"id": "Ug1", "text": "5:10 夜明けの歌\n10:20 海と猫"},)
    assert ask_holodex(client, "dQw4w9WgXcQ") == video
    assert len(site.asked) == 1  # the second time from memory
    assert ask_holodex(client, "unknown0001") is None
    assert ask_holodex(client, "../../channels") is None
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b'{"songs": 5, "comments": {}}', b'{"songs": [[[]]]}'], ids=repr
)
def test_an_odd_answer_of_holodex_is_no_answer(
    site: SourceSite, client: SourceClient, body: bytes
) -> None:
    site.trouble = [body]
    video = ask_holodex(client, "dQw4w9WgXcQ")
    assert video is None or (video.songs, video.comments) == ((), ())


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000, b'{"songs": '], ids=["a", "b", "c"])
def test_what_is_no_json_is_this_questions_trouble_alone(
    site: SourceSite, client: SourceClient, gate: ServiceGate, body: bytes
) -> None:
    site.trouble = [body] * 5
    for number in range(5):
        with pytest.raises(SourceError, match="no JSON"):
            ask_holodex(client, f"video00000{number}")
    assert not gate.state().is_open
    assert ask_holodex(client, "video000000") is None  # nothing of it was kept
    assert len(site.asked) == 6


def test_a_refused_key_is_told_with_its_setting_and_not_shown_again(
    site: SourceSite, gate: ServiceGate
) -> None:
    wrong = client_of(site, gate)
    wrong._session.headers["X-APIKEY"] = "x"
    wrong.options = SourceOptions(
        "Holodex", site.address, contact="me", key_setting="sources.holodex_key"
    )
    for _ in range(2):
        with pytest.raises(SourceError) as raised:
            ask_holodex(wrong, "dQw4w9WgXcQ")
    assert len(site.asked) == 1
    assert "cooldown" in str(raised.value)
    gate.reset()
    with pytest.raises(SourceError, match=r"sources\.holodex_key"):
        ask_holodex(wrong, "dQw4w9WgXcQ")
    wrong.close()


@pytest.mark.parametrize(
    ("headers", "low_s", "high_s"),
    [({"Retry-After": "120"}, 115, 121), ({"X-RateLimit-Reset": "in 300"}, 295, 301), ({}, 55, 80)],
    ids=["Retry-After", "X-RateLimit-Reset", "nothing told"],
)
def test_a_429_rests_for_as_long_as_it_asks(
    site: SourceSite,
    client: SourceClient,
    gate: ServiceGate,
    headers: dict[str, str],
    low_s: float,
    high_s: float,
) -> None:
    told = {name: value.replace("in 300", site.reset_in(300)) for name, value in headers.items()}
    site.trouble = [Fault(status=429, headers=told)]
    with pytest.raises(SourceError, match="429"):
        ask_holodex(client, "dQw4w9WgXcQ")
    assert low_s < gate.state().open_until - time.time() < high_s
    with pytest.raises(SourceError, match="cooldown"):
        ask_holodex(client, "dQw4w9WgXcQ")
    assert len(site.asked) == 1


def test_the_last_request_of_a_quota_is_the_last(
    site: SourceSite, client: SourceClient, gate: ServiceGate
) -> None:
    site.known.videos["dQw4w9WgXcQ"] = VIDEO
    site.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": site.reset_in(60)}
    assert ask_holodex(client, "dQw4w9WgXcQ") is not None
    assert gate.state().is_open
    assert ask_holodex(client, "dQw4w9WgXcQ") is not None  # memory needs no quota


def test_three_failures_open_the_breaker_and_a_404_is_none(
    site: SourceSite, client: SourceClient, gate: ServiceGate
) -> None:
    site.trouble = [Fault(status=500)] * 3
    for number in range(4):
        with pytest.raises(SourceError):
            ask_holodex(client, f"video00000{number}")
    assert len(site.asked) == 3
    assert gate.state().is_open


def test_the_rate_limit_holds_before_anything_is_sent(site: SourceSite, tmp_path: Path) -> None:
    slow = client_of(site, ServiceGate(tmp_path / "slow.db", per_minute=1))
    assert ask_holodex(slow, "video000001") is None
    with pytest.raises(SourceError, match="rate limit"):
        ask_holodex(slow, "video000002")
    assert len(site.asked) == 1
    slow.close()


def test_bilibili_tells_the_music_it_heard_without_a_time(
    site: SourceSite, client: SourceClient
) -> None:
    site.known.tags[BVID] = [
        {"tag_id": 1, "tag_name": "歌切", "tag_type": "old_channel"},
        {"tag_id": 0, "tag_name": "发现《夜明けの歌》", "tag_type": "bgm", "music_id": "MA1"},
        {"tag_id": 0, "tag_name": "海と猫", "tag_type": "bgm", "music_id": "MA2"},
        {"tag_id": 0, "tag_name": "海と猫", "tag_type": "bgm"},
        {"tag_type": "bgm", "tag_name": 7}, None,
    ]  # fmt: skip
    assert ask_background_music(client, f"{BVID}_p2") == ("夜明けの歌", "海と猫")
    assert ask_background_music(client, "av170001") == ()
    site.trouble = [json.dumps({"code": -352, "data": {"v_voucher": "x"}}).encode()]
    assert ask_background_music(client, "BV1xx411c7mE") == ()


RECORDING = {
    "id": MBID,
    "score": 100,
    "title": "夜に駆ける",
    "artist-credit": [
        {
            "name": "YOASOBI",
            "joinphrase": "",
            "artist": {
                "id": MBID,
                "name": "YOASOBI",
                "sort-name": "YOASOBI",
                "aliases": [{"name": "ヨアソビ"}, {"name": "夜遊び"}, {"name": 5}],
            },
        }
    ],
    "isrcs": ["JPE301900557"],
    "aliases": [{"name": "Yoru ni Kakeru", "locale": "en"}, {"name": "Racing into the Night"}],
}


def test_musicbrainz_tells_ids_spelling_and_aliases(site: SourceSite, client: SourceClient) -> None:
    site.known.recordings = [
        {**RECORDING, "id": MBID.replace("0f", "1f"), "title": "夜に駆ける (cover)", "score": 40},
        {**RECORDING, "id": "../../x"},
        RECORDING,
    ]
    found = ask_musicbrainz(client, "夜に駆ける", "yoasobi")
    assert found is not None
    assert (found.recording_id, found.title, found.artist) == (MBID, "夜に駆ける", "YOASOBI")
    assert found.isrc == "JPE301900557"
    assert found.title_aliases == ("Yoru ni Kakeru", "Racing into the Night")
    assert found.artist_aliases == ("ヨアソビ", "夜遊び")
    assert spelled_alike(found, "夜に駆ける", "yoasobi")
    assert ask_musicbrainz(client, "夜に駆ける", "ヨアソビ") is not None  # by an alias
    assert not spelled_alike(found, "夜に駆ける", "ヨアソビ")


@pytest.mark.parametrize(
    ("title", "artist"),
    [("夜に駆ける", "Ado"), ("別の歌", "YOASOBI"), ("夜に駆ける", ""), ("", "x")],
)
def test_another_song_of_musicbrainz_is_not_taken(
    site: SourceSite, client: SourceClient, title: str, artist: str
) -> None:
    site.known.recordings = [RECORDING]
    assert ask_musicbrainz(client, title, artist) is None


def test_a_title_cannot_leave_its_quotes(site: SourceSite, client: SourceClient) -> None:
    assert ask_musicbrainz(client, 'a" OR rid:*', "b\\") is None
    assert site.asked[0].query["query"] == 'recording:"a\\" OR rid\\:\\*" AND artist:"b\\\\"'


def test_acoustid_guesses_by_sound_and_never_surely(
    site: SourceSite, client: SourceClient, tmp_path: Path
) -> None:
    site.known.fingerprints["AQAA"] = [
        {"id": "x", "score": 0.5, "recordings": [{"id": MBID, "title": "Low"}]},
        {"id": "y", "score": 0.98, "recordings": [
            {"id": MBID, "title": "夜に駆ける", "artists": [
                {"name": "YOASOBI", "joinphrase": " & "}, {"name": "幾田りら"}]},
            {"id": MBID}, None]},
        {"id": "z", "score": 0.9}, {"score": "high", "recordings": [{"title": "odd"}]}, 5,
    ]  # fmt: skip
    found = ask_acoustid(client, ACOUSTID_KEY, "AQAA", 240.4)
    assert [(one.title, one.artist, one.source) for one in found] == [
        ("夜に駆ける", "YOASOBI & 幾田りら", "acoustid"),
        ("Low", "", "acoustid"),
    ]
    assert found[0].score == pytest.approx(0.735)
    assert site.asked[0].form["duration"] == "240"
    # The key is no part of what is kept.
    assert ACOUSTID_KEY.encode() not in (tmp_path / "source.db").read_bytes()
    with pytest.raises(SourceError, match="400"):
        ask_acoustid(client, "wrong", "AQAB", 100.0)


def test_a_fingerprint_is_made_where_chromaprint_is_there() -> None:
    tone = np.sin(np.arange(16_000 * 30) / 9).astype(np.float32)
    if has_chromaprint():
        first, again = chromaprint_of(tone, 16_000), chromaprint_of(tone, 16_000)
        assert first == again
        assert first.startswith("AQAA")
    else:
        with pytest.raises(SourceError, match="libchromaprint"):
            chromaprint_of(tone, 16_000)
