"""Titles compared, karaoke titles unwrapped, candidates merged and ranked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.records import LabelCandidate
from utawaku.models.labels import accepted, rank_candidates, same_song, title_key, unwrap_karaoke


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ｂｌｕｅ　Ｓｋｙ", "blue sky"),
        ("紅蓮華", "红莲华"),
        ("千本桜", "千本樱"),
        ("恋愛サーキュレーション", "恋爱サーキュレーション"),
        ("後來", "后来"),
        ("Blue Sky (feat. Someone)", "Blue Sky"),
        ("Blue Sky feat. Someone", "BLUE SKY"),
        ("Blue Sky (Acoustic Ver.)", "Blue Sky"),
        ("夜明けのうた【歌ってみた】", "夜明けのウタ"),
        ("ガラスの靴", "がらすの靴"),
        ("café", "Cafe"),
        ("Don’t Stop!", "don't stop"),
        ("새벽의 노래", "새벽의노래"),
    ],
)
def test_spellings_of_one_title_fold_to_one_key(left: str, right: str) -> None:
    assert title_key(left) == title_key(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("カラス", "ガラス"),
        ("Blue Sky", "Blue Sea"),
        ("夜", "朝"),
        ("発", "髪色"),
        ("Live", ""),
        ("1", "2"),
    ],
)
def test_different_titles_keep_different_keys(left: str, right: str) -> None:
    assert title_key(left) != title_key(right)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(title: str) -> None:
    assert title_key(title_key(title)) == title_key(title)


def test_one_title_by_two_artists_is_two_songs_but_a_missing_artist_agrees() -> None:
    assert not same_song("Home", "The Lanterns", "Home", "Ida Holm")
    assert same_song("Home", "The Lanterns", "home", "")
    assert same_song("Home", "Lanterns", "HOME", "The Lanterns feat. Ida Holm")


def test_artists_in_two_scripts_agree_unless_kana_say_otherwise() -> None:
    assert same_song("Home", "青井空", "Home", "Sora Aoi")
    assert same_song("Home", "파란하늘", "Home", "Blue Sky")
    assert same_song("Home", "いぬのうた", "Home", "Inunouta")
    assert not same_song("Home", "いぬのうた", "Home", "The Lanterns")
    assert not same_song("Home again", "青井空", "Home alone", "Sora Aoi")


def test_a_title_in_kana_is_its_romaji_and_numbers_tell_titles_apart() -> None:
    assert same_song("ありがとう", "Ida", "ARIGATO", "Ida")
    assert not same_song("ありがとう", "Ida", "Sayonara", "Ida")
    assert not same_song("Summer 2000", "Ida", "Summer 2001", "Ida")
    assert same_song("Summer 2000", "Ida", "Summer 2000 (Short ver.)", "Ida")


@pytest.mark.parametrize(
    ("title", "artist", "expected"),
    [
        (
            "Paper Boats (In the Style of Ida Holm) [Karaoke Version]",
            "Great Karaoke Band",
            ("Paper Boats", "Ida Holm"),
        ),
        (
            "夜明けの歌(カラオケ) [オリジナルアーティスト:青井ソラ]",
            "カラオケ歌っちゃ王",
            ("夜明けの歌", "青井ソラ"),
        ),
        (
            "夜明けの歌 〔生音風カラオケ〕 オリジナル歌手：青井ソラ",
            "Great Karaoke Band",
            ("夜明けの歌", "青井ソラ"),
        ),
        ("夜明けの歌 〜カラオケ〜", "青井ソラ", ("夜明けの歌", "青井ソラ")),
        ("夜明けの歌 (オルゴール)", "オルゴールサウンド", ("夜明けの歌", "")),
        (
            "Paper Boats (Originally Performed by Ida Holm)",
            "Backing Track Pros",
            ("Paper Boats", "Ida Holm"),
        ),
        (
            "Paper Boats (Karaoke Version) [Originally Performed By Ida Holm]",
            "Party Tyme Karaoke",
            ("Paper Boats", "Ida Holm"),
        ),
        (
            "Paper Boats (Made Famous by Ida Holm) - Karaoke Version",
            "Sing King",
            ("Paper Boats", "Ida Holm"),
        ),
        ("Paper Boats - In the Style of Ida Holm", "Someone", ("Paper Boats", "Ida Holm")),
        ("夜明けの歌 (カラオケ)", "歌っちゃ王", ("夜明けの歌", "")),
        ("Paper Boats (Instrumental)", "Ida Holm", ("Paper Boats", "Ida Holm")),
    ],
)
def test_karaoke_titles_are_unwrapped(title: str, artist: str, expected: tuple[str, str]) -> None:
    unwrapped = unwrap_karaoke(title, artist)
    assert (unwrapped.title, unwrapped.artist) == expected
    assert unwrapped.is_karaoke


def test_a_plain_title_is_left_alone() -> None:
    unwrapped = unwrap_karaoke("Style (Remastered)", "Ida Holm")
    assert (unwrapped.title, unwrapped.artist) == ("Style (Remastered)", "Ida Holm")
    assert not unwrapped.is_karaoke


def guess(title: str, artist: str, source: str, score: float, **more: str) -> LabelCandidate:
    return LabelCandidate(title, artist, source, score, {"from": source}, **more)


def test_sources_that_agree_are_merged_and_more_probable_together() -> None:
    ranked = rank_candidates(
        [
            guess("paper boats", "IDA HOLM", "shazam", 0.7, isrc="XX1", cover_url="http://x/c.jpg"),
            guess("Paper Boats", "", "setlist", 0.6),
            guess("Home", "The Lanterns", "reference", 0.75),
        ]
    )
    best = ranked[0]
    assert (best.title, best.artist, best.source) == ("Paper Boats", "IDA HOLM", "setlist")
    assert best.score == pytest.approx(1 - 0.3 * 0.4)
    assert (best.isrc, best.cover_url) == ("XX1", "http://x/c.jpg")
    assert set(best.evidence["sources"]) == {"shazam", "setlist"}
    assert [candidate.title for candidate in ranked] == ["Paper Boats", "Home"]


def test_repetition_within_one_source_is_no_new_evidence() -> None:
    ranked = rank_candidates([guess("Home", "", "setlist", 0.6) for _ in range(5)])
    assert [candidate.score for candidate in ranked] == [0.6]


def test_an_equal_isrc_joins_different_spellings() -> None:
    ranked = rank_candidates(
        [
            guess("夜明けの歌", "青井", "shazam", 0.7, isrc="JP1"),
            guess("Song of Dawn", "Aoi", "reference", 0.7, isrc="JP1"),
        ]
    )
    assert len(ranked) == 1


def test_the_best_is_accepted_only_above_the_threshold_clear_of_the_next_and_no_guess() -> None:
    def choose(*candidates: LabelCandidate) -> LabelCandidate | None:
        return accepted(rank_candidates(candidates), 0.8)

    assert choose() is None
    assert choose(guess("Home", "", "shazam", 0.79)) is None
    assert choose(guess("Home", "", "cover", 0.99)) is None
    assert choose(guess("Home", "", "shazam", 0.85), guess("Away", "", "setlist", 0.84)) is None
    best = choose(guess("Home", "", "shazam", 0.85), guess("Home", "", "cover", 0.3))
    assert best is not None
    assert best.title == "Home"


def test_the_users_choice_stands_whatever_the_others_say() -> None:
    ranked = rank_candidates([guess("Home", "", "user", 1.0), guess("Away", "", "shazam", 0.999)])
    best = accepted(ranked, 0.8)
    assert best is not None
    assert best.source == "user"
