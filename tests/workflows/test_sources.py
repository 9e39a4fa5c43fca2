"""Outside sources in the workflows: evidence beside the rest, spellings that searches find."""

from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import SecretStr

from tests.servers.source_site import (
    ACOUSTID_KEY,
    HOLODEX_KEY,
    SourceSite,
    sponsor_segment,
)
from tests.services.test_sources import BVID, RECORDING, VIDEO
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import LabelCandidate, SongSpan, Stream
from utawaku.models.labels import accepted, rank_candidates
from utawaku.models.songs.off_topic import OffTopic
from utawaku.services.sources.acoustid import has_chromaprint
from utawaku.services.sources.sponsorblock import hash_prefix
from utawaku.workflows.setlists import best_setlist, marked_spans, setlists_in, writings_of
from utawaku.workflows.sources import (
    SongSources,
    background_music_of,
    forget_aliases,
    gather,
    keep_aliases,
    off_topic_of,
    switched_on,
)
from utawaku.workflows.stream_labels import made_with

VIDEO_ID = "dQw4w9WgXcQ"
YOUTUBE = Stream("youtube-x", "https://x", site="youtube", site_id=VIDEO_ID, duration_s=900)
BILIBILI = Stream("bilibili-x", "https://x", site="bilibili", site_id=BVID, duration_s=900)


@pytest.fixture
def site() -> Iterator[SourceSite]:
    with SourceSite() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def all_on(site: SourceSite, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that ask every source, all at the local stand-in."""
    for name in ("holodex", "bilibili_music", "musicbrainz", "acoustid", "sponsorblock"):
        monkeypatch.setenv(f"UTAWAKU_SOURCES__{name.upper()}", "true")
    for name in ("holodex", "bilibili", "musicbrainz", "acoustid", "sponsorblock"):
        monkeypatch.setenv(f"UTAWAKU_SOURCES__{name.upper()}_URL", site.address)
    monkeypatch.setenv("UTAWAKU_SOURCES__HOLODEX_KEY", HOLODEX_KEY)
    monkeypatch.setenv("UTAWAKU_SOURCES__ACOUSTID_KEY", ACOUSTID_KEY)
    monkeypatch.setenv("UTAWAKU_SOURCES__CONTACT", "me@example.org")
    return load_settings()


def found(catalogue: Catalogue, text: str) -> list[str]:
    """Ids of the songs that a search finds."""
    return [song.id for song in catalogue.browser.songs(catalogue.browser.search(text).numbers)]


def test_nobody_is_asked_and_nothing_is_stale_while_all_is_off(
    site: SourceSite, settings: Settings, catalogue: Catalogue
) -> None:
    assert switched_on(settings) == []
    assert gather(YOUTUBE, settings, catalogue) == gather(BILIBILI, settings, catalogue) == []
    sources = SongSources(settings, catalogue)
    named = LabelCandidate("a", "b", "setlist", 0.9)
    assert sources.spelled(named) == (named, None)
    assert sources.by_sound(np.zeros(16_000, np.float32), 16_000) == []
    assert site.asked == []
    assert "sources" not in made_with(settings)


def test_holodex_is_a_setlist_and_its_comments_are_read_like_any(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    site.known.videos["dQw4w9WgXcQ"] = VIDEO
    assert gather(YOUTUBE, all_on, catalogue) == []
    writings = writings_of(YOUTUBE, all_on)
    assert [row["id"] for row in writings.info["comments"]] == ["Ug1"]
    setlist = best_setlist(YOUTUBE, catalogue, all_on)
    assert setlist is not None
    assert [(line.start_s, line.title, line.artist, line.stop_s) for line in setlist.lines] == [
        (310.0, "夜明けの歌", "", None),
        (620.0, "海と猫", "藤", 840.0),
    ]
    off = all_on.model_copy(
        update={"sources": all_on.sources.model_copy(update={"holodex": False})}
    )
    assert writings_of(YOUTUBE, off).holodex == ()


def test_sponsorblock_is_evidence_for_cuts_and_a_setlist_and_learns_no_id(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    other = next(
        name for n in range(1_000_000) if hash_prefix(name := f"x{n}") == hash_prefix(VIDEO_ID)
    )
    site.known.marked = {
        VIDEO_ID: [
            sponsor_segment(300, 310, votes=2, duration_s=900.6),
            sponsor_segment(600, 612, votes=-1),
            sponsor_segment(620, 625, duration_s=700),
            sponsor_segment(890, 2000, "outro", locked=1),
            sponsor_segment(310, 600, "chapter", title="夜明けの歌 / 藤"),
            sponsor_segment(612, 800, "chapter", title="海と猫 / 藤"),
        ],
        other: [sponsor_segment(1, 2)],
    }
    assert gather(YOUTUBE, all_on, catalogue) == []
    assert off_topic_of(YOUTUBE, all_on) == [
        OffTopic(300, 310, has_edges=True, votes=2),
        OffTopic(890, 2000, has_edges=False, locked=True),
    ]
    writings = writings_of(YOUTUBE, all_on)
    (named,) = [one for one in setlists_in(writings, YOUTUBE) if one.source == "sponsorblock"]
    assert [(line.start_s, line.title) for line in named.lines] == [
        (310, "夜明けの歌"),
        (612, "海と猫"),
    ]
    (shown,) = marked_spans(writings)
    assert [(line.title, line.is_song) for line in shown.lines] == [
        ("music_offtopic", False),
        ("outro", False),
    ]
    (asked,) = [one for one in site.asked if one.path.startswith("/api/skipSegments/")]
    assert len(asked.path.rsplit("/", 1)[1]) == 4
    assert VIDEO_ID not in str(asked)
    assert "me@example.org" not in str(asked)
    assert gather(YOUTUBE, all_on, catalogue) == []  # remembered
    assert sum(one.path.startswith("/api/skip") for one in site.asked) == 1
    kept = (all_on.stream_dir(YOUTUBE.id) / "sponsorblock.json").read_text("utf-8")
    assert "CC BY-NC-SA 4.0" in kept
    off = all_on.sources.model_copy(update={"sponsorblock": False})
    assert off_topic_of(YOUTUBE, all_on.model_copy(update={"sources": off})) == []


def test_a_source_that_refuses_is_a_warning_and_what_was_known_stays(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    site.known.videos["dQw4w9WgXcQ"] = VIDEO
    assert gather(YOUTUBE, all_on, catalogue) == []
    wrong = all_on.sources.model_copy(update={"holodex_url": SecretStr("http://127.0.0.1:1")})
    (warning,) = gather(YOUTUBE, all_on.model_copy(update={"sources": wrong}), catalogue)
    assert warning.startswith("Holodex: ")
    assert "cannot be reached" in warning
    assert len(writings_of(YOUTUBE, all_on).holodex) == 2


def test_bilibilis_tag_supports_a_name_and_never_gives_one(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    site.known.tags[BVID] = [{"tag_name": "发现《夜明けの歌》", "tag_type": "bgm"}]
    assert gather(BILIBILI, all_on, catalogue) == []
    (alone,) = background_music_of(BILIBILI, 1, all_on)
    certain = LabelCandidate(alone.title, "", alone.source, 0.99)
    assert accepted([certain], 0.8) is None
    heard = LabelCandidate("夜明けの歌", "藤", "shazam", 0.68)
    assert accepted([heard], 0.8) is None
    (both,) = rank_candidates([heard, alone])
    assert accepted([both], 0.8) == both
    assert background_music_of(BILIBILI, 6, all_on)[0].score == pytest.approx(0.1)


def test_spellings_are_kept_for_searches_and_go_with_the_name(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    site.known.recordings = [RECORDING]
    catalogue.streams.save(Stream("file-1", "/x.opus", duration_s=600))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 10, 200, "smart", 1)], made_by="x")
    (song,) = catalogue.songs.of_stream("file-1")
    sources = SongSources(all_on, catalogue)
    better, spelling = sources.spelled(
        LabelCandidate("夜に駆ける", "ｙｏａｓｏｂｉ", "setlist", 0.9)
    )
    assert (better.title, better.artist, better.isrc) == ("夜に駆ける", "YOASOBI", "JPE301900557")
    assert better.evidence["musicbrainz"]["recording_id"] == RECORDING["id"]
    assert spelling is not None
    catalogue.songs.set_label(song.id, better.title, better.artist, "setlist")
    keep_aliases(song.id, spelling, catalogue)
    for text in (
        "yoru ni kakeru",
        "Racing",
        "ヨアソビ",
        "yoasobi",
        "よあそび",
        "alias:kakeru",
        "夜遊",
    ):
        assert found(catalogue, text) == [song.id], text
    assert found(catalogue, "title:kakeru") == []
    forget_aliases(song.id, catalogue)
    assert found(catalogue, "yoru ni kakeru") == []
    assert sources.warnings == []


def test_musicbrainz_wants_a_contact(
    site: SourceSite, all_on: Settings, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue
) -> None:
    monkeypatch.setenv("UTAWAKU_SOURCES__CONTACT", "")
    sources = SongSources(load_settings(), catalogue)
    for _ in range(2):
        sources.spelled(LabelCandidate("夜に駆ける", "YOASOBI", "setlist", 0.9))
    (warning,) = sources.warnings
    assert "sources.contact" in warning
    assert site.asked == []


def test_acoustid_is_asked_by_sound_where_chromaprint_is_there(
    site: SourceSite, all_on: Settings, catalogue: Catalogue
) -> None:
    sources = SongSources(all_on, catalogue)
    tone = np.sin(np.arange(16_000 * 30) / 9).astype(np.float32)
    assert sources.by_sound(tone, 16_000) == []
    if has_chromaprint():
        assert site.asked[-1].form["duration"] == "30"
        assert sources.warnings == []
    else:
        assert "libchromaprint" in sources.warnings[0]
