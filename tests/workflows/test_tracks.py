"""The sound track of a stream: the user's choice binds, a rule is a preference."""

from pathlib import Path

import pytest

from tests.media.two_tracks import tone_of, write_two_tracks
from tests.tui.conftest import write_tone
from utawaku.library.errors import NoAudioError
from utawaku.media.decode import load
from utawaku.services.downloader.languages import same_language
from utawaku.workflows.tracks import choose_track


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_tracks(tmp_path_factory.mktemp("tracks") / "film.mkv", 2, picture=False)


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [("ja", "jpn"), ("jpn", "ja"), ("JA-jp", "jpn"), ("de", "ger"), ("deu", "ger"), ("zh", "chi")],
)
def test_languages_are_the_same_however_they_are_written(wanted: str, tag: str) -> None:
    assert same_language(wanted, tag)


@pytest.mark.parametrize(("wanted", "tag"), [("ja", "eng"), ("ja", ""), ("und", "jpn")])
def test_other_languages_are_not(wanted: str, tag: str) -> None:
    assert not same_language(wanted, tag)


def test_the_streams_own_choice_goes_before_the_rule(recording: Path, tmp_path: Path) -> None:
    choice = choose_track(recording, "ja", "en", tmp_path)
    assert (choice.wanted, choice.warning, tone_of(load(choice.path)[0])) == ("ja", "", 440)


def test_a_rule_that_does_not_fit_is_told_and_left_out(recording: Path, tmp_path: Path) -> None:
    choice = choose_track(recording, "", "kor", tmp_path)
    assert (choice.path, choice.wanted) == (recording, "")
    assert "'kor'" in choice.warning
    with pytest.raises(NoAudioError):
        choose_track(recording, "kor", "", tmp_path)


def test_the_only_track_that_tells_no_language_is_the_wanted_one(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "evening.wav", 440.0, 1.0)
    assert choose_track(path, "ja", "", tmp_path).path == path
    with pytest.raises(NoAudioError):
        choose_track(path, "1", "", tmp_path)
