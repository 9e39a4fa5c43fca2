"""Evidence about one song: lists, the own index, and who counts as another performance."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models.melodies import RATE, melody
from utawaku.library.config import LabelSettings
from utawaku.library.records import Setlist, SetlistLine, Song
from utawaku.models.fingerprint import FingerprintIndex, fingerprint
from utawaku.services.recognizer import pitch_shift
from utawaku.workflows.labelling import (
    LINKED_FROM,
    available_sources,
    decide,
    listed_candidate,
    remember,
)

SETTINGS = LabelSettings()


def song(number: int, title: str = "", *, source: str = "", start_s: float = 100.0) -> Song:
    return Song(
        f"s@{number}", "s", number, start_s, start_s + 45, "smart", 0.9,
        title=title, artist="Aoi" if title else "", label_source=source,
    )  # fmt: skip


@pytest.fixture(scope="module")
def backing() -> NDArray[np.float32]:
    return melody(1, 45)


@pytest.fixture
def index(tmp_path: Path, backing: NDArray[np.float32]) -> FingerprintIndex:
    made = FingerprintIndex(tmp_path / "index")
    remember(made, song(0), fingerprint(backing))
    remember(made, song(1, "Paper Boats"), fingerprint(melody(2, 45)))
    return made


def test_another_key_over_the_backing_of_a_nameless_song_links_both_and_names_neither(
    index: FingerprintIndex, backing: NDArray[np.float32]
) -> None:
    sung = pitch_shift(backing, 2, RATE)
    found = available_sources(song(7), sung, None, index, SETTINGS, covers=False)
    (link,) = found.links
    assert (link.song_id, link.other_id, round(link.semitones)) == ("s@7", "s@0", 2)
    assert link.score >= LINKED_FROM
    assert found.candidates == []
    assert decide(found.candidates, SETTINGS, sung, None).applied is None
    # Once somebody names the first, the second can be named by its sound.
    remember(index, song(0, "Song of Dawn", source="user"), None)
    again = available_sources(song(7), sung, None, index, SETTINGS, covers=False)
    applied = decide(again.candidates, SETTINGS, sung, None).applied
    assert applied is not None
    assert (applied.title, applied.artist, applied.source) == ("Song of Dawn", "Aoi", "reference")


def test_neither_itself_nor_a_nameless_twin_hides_the_named_track_in_another_key(
    index: FingerprintIndex, backing: NDArray[np.float32]
) -> None:
    sung = fingerprint(backing)
    remember(index, song(5), sung)
    track = fingerprint(pitch_shift(backing, 3, RATE))
    index.add("reference:/k.mp3", track.peaks, track.chroma, title="Song of Dawn", kind="reference")
    found = available_sources(song(5), backing, None, index, SETTINGS, covers=False)
    assert [link.other_id for link in found.links] == ["s@0"]
    applied = decide(found.candidates, SETTINGS, backing, None).applied
    assert applied is not None
    assert applied.title == "Song of Dawn"


def test_a_song_that_a_list_names_is_linked_too_and_not_to_itself(
    index: FingerprintIndex, backing: NDArray[np.float32]
) -> None:
    listed = Setlist((SetlistLine(103.0, "夜明け", "葵"),), "comment", 0.6)
    found = available_sources(song(8), backing, listed, index, SETTINGS, covers=False)
    assert [candidate.title for candidate in found.candidates] == ["夜明け"]
    assert [link.other_id for link in found.links] == ["s@0"]
    itself = available_sources(song(0), backing, listed, index, SETTINGS, covers=False)
    assert itself.links == []


def test_the_sound_of_strangers_links_nothing(index: FingerprintIndex) -> None:
    found = available_sources(song(9), melody(77, 45), None, index, SETTINGS, covers=False)
    assert found.links == []
    assert all(candidate.score < SETTINGS.accept for candidate in found.candidates)


def test_a_contradicted_line_waits_and_the_users_own_list_does_not() -> None:
    line = SetlistLine(110.0, "Alpha", "", raw="1:50 Alpha")
    row = {"start_s": 110.0, "from": [], "agree": 0, "against": 1}
    doubted = Setlist((line,), "merged", 0.7, evidence={"lines": [row]})
    candidate = listed_candidate(song(1), doubted)
    assert candidate is not None
    assert candidate.score < SETTINGS.accept
    assert candidate.evidence["others"] == {"agree": 0, "against": 1}
    own = listed_candidate(song(1), Setlist((line,), "user", 1.0))
    assert own is not None
    assert own.score >= SETTINGS.accept
    assert listed_candidate(song(1, start_s=151.0), Setlist((line,), "user", 1.0)) is None
