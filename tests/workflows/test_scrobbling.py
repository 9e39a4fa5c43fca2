"""Plays and grades told to ListenBrainz, at the wire."""

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from benchmarks.fake_catalogue import fill
from tests.servers.listenbrainz import TOKEN, ListenBrainzSite
from tests.servers.media_site import Fault
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, SourceError
from utawaku.library.records import LabelCandidate, Song
from utawaku.library.scrobble_settings import ScrobbleSettings
from utawaku.library.secret_url import SecretUrl
from utawaku.workflows.scrobbling import scrobble


@pytest.fixture
def site() -> Iterator[ListenBrainzSite]:
    with ListenBrainzSite() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def on(settings: Settings, site: ListenBrainzSite) -> Settings:
    wanted = ScrobbleSettings(
        listenbrainz=True,
        listenbrainz_token=SecretStr(TOKEN),
        listenbrainz_url=SecretUrl(site.address),
    )
    return settings.model_copy(update={"scrobble": wanted})


@pytest.fixture
def songs(catalogue: Catalogue) -> list[Song]:
    fill(catalogue, 8)
    found = catalogue.songs.select()
    for n, song in enumerate(found):
        catalogue.songs.set_label(song.id, f"song {n}", "artist", "user")
        catalogue.songs.set_span(song.id, song.start_s, song.start_s + 200)
    return catalogue.songs.select()


def test_plays_of_half_a_song_are_sent_once_with_the_moment_they_began(
    site: ListenBrainzSite, on: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    now = time.time()
    catalogue.grades.played(songs[0].id, 0.0, 150.0)
    catalogue.grades.played(songs[1].id, 0.0, 60.0)  # too short
    catalogue.songs.set_label(songs[2].id, "", "", "user")
    catalogue.grades.played(songs[2].id, 0.0, 200.0)  # without a name
    done = scrobble(catalogue, on, now)
    assert (done.n_sent, done.n_left_out) == (1, 2)
    (listen,) = site.listens
    assert listen["listened_at"] == pytest.approx(now - 150, abs=3)
    track = listen["track_metadata"]
    assert (track["track_name"], track["artist_name"]) == ("song 0", "artist")
    assert track["additional_info"]["duration_ms"] == 200_000
    assert scrobble(catalogue, on, now).n_sent == 0
    catalogue.grades.played(songs[3].id, 0.0, 200.0)
    assert scrobble(catalogue, on, now).n_sent == 1
    assert len(site.listens) == 2


def test_what_was_heard_offline_is_sent_later_and_older_plays_never(
    site: ListenBrainzSite, on: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    catalogue.grades.played(songs[0].id, 0.0, 200.0)
    later = time.time() + 7200
    assert scrobble(catalogue, on, later).n_sent == 0  # from before it was switched on
    for song in songs[:3]:
        catalogue.grades.played(song.id, 0.0, 200.0)
    for fault in (Fault(status=500), Fault(status=429, headers={"X-RateLimit-Reset-In": "7"})):
        site.trouble = [fault]
        with pytest.raises(SourceError) as told:
            scrobble(catalogue, on, later)
        assert "sent later" in told.value.next_step
    assert site.listens == []
    assert scrobble(catalogue, on, later).n_sent == 3


def test_a_refused_listen_keeps_the_others_from_nothing(
    site: ListenBrainzSite, on: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    for song in songs[:4]:
        catalogue.grades.played(song.id, 0.0, 200.0)
    site.refused = {"song 2"}
    done = scrobble(catalogue, on, time.time())
    assert (done.n_sent, done.n_refused) == (3, 1)
    assert scrobble(catalogue, on, time.time()).n_refused == 0


@pytest.mark.parametrize(
    "change", [{"listenbrainz": False}, {"listenbrainz_token": SecretStr("")},
               {"listenbrainz_token": SecretStr("wrong")}],
)  # fmt: skip
def test_switched_off_or_with_a_wrong_token_the_setting_is_named(
    on: Settings, catalogue: Catalogue, songs: list[Song], change: dict[str, object]
) -> None:
    catalogue.grades.played(songs[0].id, 0.0, 200.0)
    wanted = on.model_copy(update={"scrobble": on.scrobble.model_copy(update=change)})
    with pytest.raises(ConfigError) as told:
        scrobble(catalogue, wanted, time.time())
    assert "scrobble.listenbrainz" in told.value.subject
    assert "wrong" not in str(told.value)


ORIGINAL = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
OTHER = "4a5a1f2c-7f0e-4b52-8a7b-2d1a0f6b9c11"


def name_by(catalogue: Catalogue, song: Song, evidence: dict[str, object]) -> None:
    label = LabelCandidate("title", "artist", "shazam", 0.9, evidence=evidence)
    catalogue.labels.replace_found(song.id, [label], label, engine_version="1")


@pytest.fixture
def with_grades(on: Settings) -> Settings:
    scrobble = on.scrobble.model_copy(update={"listenbrainz_grades": True})
    return on.model_copy(update={"scrobble": scrobble})


def test_grades_of_known_recordings_are_sent_once_and_again_when_they_change(
    site: ListenBrainzSite, with_grades: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    name_by(catalogue, songs[0], {"musicbrainz": {"recording_id": ORIGINAL}})
    name_by(catalogue, songs[1], {"recording_id": OTHER})
    name_by(catalogue, songs[2], {})
    for song, grade in zip(songs, (1, -1, 1), strict=False):
        catalogue.grades.give(song.id, grade=grade)
    assert scrobble(catalogue, with_grades, time.time()).n_grades == 2
    assert scrobble(catalogue, with_grades, time.time()).n_grades == 0
    catalogue.grades.give(songs[0].id, grade=0)
    catalogue.grades.clear(songs[1].id)
    name_by(catalogue, songs[2], {"recording_id": "late"})  # known only after it was graded
    scrobble(catalogue, with_grades, time.time())
    said = [(one["recording_mbid"], one["score"]) for one in site.feedback]
    assert said[:2] == [(ORIGINAL, 1), (OTHER, -1)]
    assert sorted(said[2:]) == sorted([(ORIGINAL, 0), (OTHER, 0), ("late", 1)])


def test_the_latest_grade_counts_where_a_recording_was_sung_twice(
    site: ListenBrainzSite, with_grades: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    for song in songs[:2]:
        name_by(catalogue, song, {"recording_id": ORIGINAL})
    catalogue.grades.give(songs[1].id, grade=1)
    catalogue.grades.give(songs[0].id, grade=-1)
    scrobble(catalogue, with_grades, time.time())
    assert [one["score"] for one in site.feedback] == [-1]


def test_grades_wait_for_the_service_and_a_refused_one_is_sent_once(
    site: ListenBrainzSite, with_grades: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    for song, recording in zip(songs, (ORIGINAL, OTHER), strict=False):
        name_by(catalogue, song, {"recording_id": recording})
        catalogue.grades.give(song.id, grade=1)
    site.trouble = [Fault(status=503)]
    with pytest.raises(SourceError):
        scrobble(catalogue, with_grades, time.time())
    site.refused = {ORIGINAL}
    done = scrobble(catalogue, with_grades, time.time())
    assert (done.n_grades, done.n_grades_refused) == (1, 1)
    assert scrobble(catalogue, with_grades, time.time()).n_grades_refused == 0


def test_grades_stay_at_home_unless_they_are_wanted(
    site: ListenBrainzSite, on: Settings, catalogue: Catalogue, songs: list[Song]
) -> None:
    name_by(catalogue, songs[0], {"recording_id": ORIGINAL})
    catalogue.grades.give(songs[0].id, grade=1)
    catalogue.grades.played(songs[0].id, 0.0, 200.0)
    assert scrobble(catalogue, on, time.time()).n_sent == 1
    assert site.feedback == []
    more = site.listens[0]["track_metadata"]["additional_info"]
    assert more["recording_mbid"] == ORIGINAL
