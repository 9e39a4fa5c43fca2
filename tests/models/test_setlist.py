"""Setlists read the way people write them, found, ranked and merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.setlist_generator import NUMBERINGS, make_list
from tests.models.setlist_more_styles import MORE_STYLES
from tests.models.setlist_odd_styles import ODD_STYLES
from tests.models.setlist_styles import STYLES, Song, Talk, song
from utawaku.library.errors import SetlistError
from utawaku.library.records import SetlistLine
from utawaku.models.chat import ChatMessage, read_chat
from utawaku.models.setlist import (
    find_setlists,
    is_talk,
    merge_setlists,
    parse_setlist,
    titles_in_chat,
)
from utawaku.models.setlist.parse import read_entries

GOOD = """セトリ
0:05:12 夜明けの歌 / 青井ソラ
0:10:20 海と猫 / 月見団子
0:15:40 紙の舟 / 藤
0:21:00 白い風 / 藤"""
JOKES = "12:34 lol what\n12:50 her face\n13:02 oh no\n58:00 cat appears"


def comment(text: str, author: str = "someone", **more: Any) -> dict[str, Any]:
    return {"id": f"c-{author}", "text": text, "author": author, "like_count": 0, **more}


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_read_as_a_person_reads_it(style: str) -> None:
    text, expected = STYLES[style]
    read: list[Song | Talk] = [
        (line.start_s, line.stop_s, line.title, line.artist) if line.is_song else (line.start_s,)
        for line in parse_setlist(text)
    ]
    assert read == expected


@pytest.mark.parametrize("style", [*MORE_STYLES, *ODD_STYLES])
def test_the_songs_of_a_style_are_read_and_nothing_else_is_one(style: str) -> None:
    text, expected = {**MORE_STYLES, **ODD_STYLES}[style]
    assert songs_of(text) == expected


def songs_of(text: str) -> list[tuple[float, float | None, str, str]]:
    return [
        (line.start_s, line.stop_s, line.title, line.artist)
        for line in parse_setlist(text)
        if line.is_song
    ]


@pytest.mark.parametrize("first_seed", range(0, 400, 100))
def test_lists_in_the_habits_of_many_people_are_read_right(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 100):
        made = make_list(seed)
        assert songs_of(made.text) == made.truth, f"{made.style}\n{made.text}"


@pytest.mark.parametrize("numbering", NUMBERINGS)
@pytest.mark.parametrize("after_time", [False, True])
def test_numbers_in_front_of_songs_belong_to_no_title(numbering: str, after_time: bool) -> None:
    number = NUMBERINGS[numbering]
    names = ["夜明けの坂道 / 青井ソラ", "7つの星 / 月見団子", "1000 / 藤", "傘 / 青井ソラ"]
    text = "\n".join(
        f"0:{5 * n:02}:10 {number(n)}{name}" if after_time else f"{number(n)}0:{5 * n:02}:10 {name}"
        for n, name in enumerate(names, 1)
    )
    assert [f"{title} / {artist}" for _, _, title, artist in songs_of(text)] == names


def test_an_artist_that_the_library_knows_shows_the_artists_side() -> None:
    text = "5:12 青井ソラ - 夜明けの坂道\n10:20 月見団子 - 海と猫"
    assert [line.title for line in parse_setlist(text)] == ["青井ソラ", "月見団子"]
    known = parse_setlist(text, known_artists=["月見団子"])
    assert [(line.title, line.artist) for line in known] == [
        ("夜明けの坂道", "青井ソラ"),
        ("海と猫", "月見団子"),
    ]


def test_the_line_as_written_is_kept() -> None:
    assert (
        parse_setlist("０：０５：１２　夜明けの歌／青井ソラ")[0].raw
        == "０：０５：１２　夜明けの歌／青井ソラ"
    )


@pytest.mark.parametrize("text", ["", "no stamps here", "at 25:99 or 1:61:00", "::::", "12:3"])
def test_text_without_stamps_gives_nothing(text: str) -> None:
    assert parse_setlist(text) == []


@given(
    st.text(alphabet=st.sampled_from("0123456789:：~-/ 「」【】()曲歌aA.\n①♪雑談EN"), max_size=80)
)
def test_any_text_is_read_without_an_error_and_in_order(text: str) -> None:
    lines = parse_setlist(text)
    starts = [line.start_s for line in lines]
    assert starts == sorted(set(starts))
    assert all(line.stop_s is None or line.stop_s > line.start_s for line in lines)


@given(
    st.lists(
        st.tuples(st.integers(0, 36_000), st.sampled_from("アイウエオカキクケコ")),
        min_size=1,
        max_size=12,
        unique_by=lambda pair: pair[0],
    )
)
def test_what_is_written_out_is_read_back(pairs: list[tuple[int, str]]) -> None:
    text = "\n".join(
        f"{t // 3600}:{t // 60 % 60:02}:{t % 60:02} 曲{name}の夢 / 歌手{name}" for t, name in pairs
    )
    read = [(line.start_s, line.title, line.artist) for line in parse_setlist(text)]
    assert read == sorted((float(t), f"曲{name}の夢", f"歌手{name}") for t, name in pairs)


@pytest.mark.parametrize("text", ["雑談", "Stream starts", "閒聊", "MC2", "お知らせ!", "~ED~"])
def test_talk_is_told_by_its_words(text: str) -> None:
    assert is_talk(text)


@pytest.mark.parametrize("text", ["Time", "Intro to Love", "Talking Stars", "始まりの歌"])
def test_a_title_that_resembles_talk_is_no_talk(text: str) -> None:
    assert not is_talk(text)


def test_a_list_of_jokes_ranks_below_a_list_of_songs() -> None:
    info = {"duration": 3600, "comments": [comment(JOKES, "joker"), comment(GOOD, "fan")]}
    ranked = find_setlists(info)
    assert ranked[0].author == "fan"
    assert all(other.score < 0.5 * ranked[0].score for other in ranked[1:])


@pytest.mark.parametrize(
    "better",
    [
        {"is_pinned": True},
        {"is_favorited": True},
        {"author_is_uploader": True},
        {"like_count": 90},
    ],
)
def test_pinned_by_the_channel_or_liked_raises_the_score(better: dict[str, Any]) -> None:
    other = GOOD.replace("夜明けの歌", "別の曲").replace("0:05", "0:03")
    info = {"duration": 3600, "comments": [comment(other, "a"), comment(GOOD, "b", **better)]}
    ranked = find_setlists(info)
    assert [setlist.author for setlist in ranked] == ["b", "a"]
    assert ranked[0].score > ranked[1].score + 0.02


def test_who_wrote_a_list_may_correct_it_and_go_on_in_replies() -> None:
    _, first, *rest = GOOD.splitlines()
    wrong = first.replace("夜明けの歌", "夜更けの歌")
    replies = [f"訂正：{first}", "\n".join(rest[1:])]
    listed = comment(f"{wrong}\n{rest[0]}", "a")
    more = [comment(text, "a", parent="c-a") | {"id": f"r{n}"} for n, text in enumerate(replies)]
    (found,) = find_setlists({"comments": [*more, listed]})
    assert [line.title for line in found.lines] == [line.title for line in parse_setlist(GOOD)]
    other = comment(replies[0], "b", parent="c-a")
    (found,) = find_setlists({"comments": [comment(GOOD.replace(first, wrong), "a"), other]})
    assert "夜更けの歌" in [line.title for line in found.lines]


def test_agreement_with_another_person_raises_the_score_but_not_with_oneself() -> None:
    alone = find_setlists({"comments": [comment(GOOD, "a")]})[0].score
    twice = find_setlists({"comments": [comment(GOOD, "a"), comment(GOOD, "a")]})[0].score
    shifted = GOOD.replace(":12", ":15").replace(" / 藤", "")
    agreed = find_setlists({"comments": [comment(GOOD, "a"), comment(shifted, "b")]})
    assert twice == alone
    assert next(s for s in agreed if s.author == "a").score > alone + 0.05


def test_more_songs_make_a_better_setlist() -> None:
    short = "\n".join(GOOD.splitlines()[:3])
    ranked = find_setlists({"comments": [comment(short, "short"), comment(GOOD, "long")]})
    assert ranked[0].author == "long"


def test_every_place_is_searched_and_the_user_wins() -> None:
    info = {
        "duration": 4000,
        "channel": "the channel",
        "description": f"今日の歌枠です！21:00から\n{GOOD}",
        "chapters": [
            {"start_time": 0.0, "end_time": 312.0, "title": "<Untitled Chapter 1>"},
            {"start_time": 312.0, "end_time": 620.0, "title": "夜明けの歌 / 青井ソラ"},
            {"start_time": 620.0, "end_time": 940.0, "title": "海と猫 / 月見団子"},
        ],
        "comments": [comment(GOOD)],
    }
    chat = [ChatMessage(3900.0, "x", GOOD.replace("\n", " "))]
    ranked = find_setlists(info, live_chat=chat, user_text="5:10 ほんとうの名前")
    assert ranked[0].source == "user"
    assert {s.source for s in ranked} == {
        "user",
        "description",
        "chapters",
        "comment",
        "live_chat",
    }
    chapters = next(s for s in ranked if s.source == "chapters")
    assert [line.is_song for line in chapters.lines] == [False, True, True]


def test_lines_beyond_the_end_of_the_recording_are_left_out() -> None:
    info = {"duration": 700, "comments": [comment(GOOD)]}
    assert [line.title for line in find_setlists(info)[0].lines] == ["夜明けの歌", "海と猫"]


def test_times_of_a_page_count_from_the_section_that_was_fetched() -> None:
    said = "59:00 Before\n1:00:10 Paper Boats / Ida\n1:04:30 Harbour / Ida\n2:00:05 Behind"
    chapters = [
        {"start_time": 0, "end_time": 3610, "title": "talk"},
        {"start_time": 3611, "end_time": 3870, "title": "Paper Boats"},
        {"start_time": 3871, "end_time": 7200, "title": "Harbour"},
    ]
    info = {"section_start": 3600, "section_end": 7200, "duration": 9000, "chapters": chapters}
    found = find_setlists(
        {**info, "comments": [comment(said)]}, user_text="0:12 Mine", duration_s=3600
    )
    starts = {one.source: [line.start_s for line in one.lines] for one in found}
    assert starts == {"comment": [10.0, 270.0], "chapters": [11.0, 271.0], "user": [12.0]}


def test_names_that_programs_give_to_chapters_are_no_songs() -> None:
    names = [
        "Unnamed 1",
        "Chapter 02",
        "チャプター3",
        "[SponsorBlock]: Non-Music Section",
        "夜",
        "海",
    ]
    chapters = [{"start_time": 300 * n, "title": name} for n, name in enumerate(names)]
    (found,) = find_setlists({"chapters": chapters, "duration": 3600})
    assert [line.title for line in found.lines if line.is_song] == ["夜", "海"]


def test_categories_of_twitch_are_no_songs() -> None:
    chapters = [
        {"start_time": 0, "end_time": 900, "title": "Just Chatting"},
        {"start_time": 900, "end_time": 5400, "title": "Music"},
        {"start_time": 5400, "end_time": 9000, "title": "Karaoke Night"},
    ]
    info = {"chapters": chapters, "duration": 9000}
    assert find_setlists({"extractor_key": "Youtube", **info})
    assert find_setlists({"extractor_key": "TwitchVod", **info}) == []


def test_a_time_before_the_name_of_a_chapter_is_its_end() -> None:
    titles = ["3:40 One / A", "7:50 Two / B", "7:50 Deux / B", "12:00 Noon / C"]
    starts = [12, 225, 225, 900]
    entries = [(float(start), title) for start, title in zip(starts, titles, strict=True)]
    lines = read_entries(entries)
    assert [(line.start_s, line.stop_s, line.title) for line in lines] == [
        (12.0, 220.0, "One"),
        (225.0, 470.0, "Two"),
        (900.0, None, "12:00 Noon"),
    ]


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"comments": None, "chapters": None, "description": None, "duration": None},
        {"comments": [{"id": "x"}, {"text": None}, {"text": "5:12"}], "duration": -1},
        {"chapters": [{"title": "a"}, {"start_time": 1.0}, {"start_time": "x", "title": "y"}]},
    ],
)
def test_incomplete_page_data_is_no_error(info: dict[str, Any]) -> None:
    assert find_setlists(info) == []


def test_merging_keeps_each_song_once_with_the_best_name_and_says_who_knew_it() -> None:
    pinned = comment(GOOD.replace(" / 青井ソラ", ""), "a", is_pinned=True)
    extra = comment(
        "0:05:14~0:09:40 夜明けの歌 / 青井ソラ\n0:10:31 海と猫 / 月見団子\n0:15:44 紙の舟 / 藤\n"
        "0:30:00 アンコールの曲 / 藤",
        "b",
        like_count=5,
    )
    merged = merge_setlists(find_setlists({"duration": 3600, "comments": [extra, pinned]}))
    assert merged is not None
    assert [(line.start_s, line.title, line.artist, line.stop_s) for line in merged.lines] == [
        (312.0, "夜明けの歌", "青井ソラ", 580.0),
        (620.0, "海と猫", "月見団子", None),
        (940.0, "紙の舟", "藤", None),
        (1260.0, "白い風", "藤", None),
        (1800.0, "アンコールの曲", "藤", None),
    ]
    sources = [[who["author"] for who in line["from"]] for line in merged.evidence["lines"]]
    assert sources == [["a", "b"], ["a", "b"], ["a", "b"], ["a"], ["b"]]


def test_two_short_songs_of_a_medley_are_not_merged_into_one() -> None:
    medley = "5:00 夜明けの歌 / 藤\n5:15 海と猫 / 藤\n5:30 紙の舟 / 藤\n9:00 白い風 / 藤"
    merged = merge_setlists(
        find_setlists({"comments": [comment(medley, "a"), comment(medley, "b")]})
    )
    assert merged is not None
    assert [line.start_s for line in merged.lines] == [300.0, 315.0, 330.0, 540.0]


def test_merging_nothing_gives_nothing() -> None:
    assert merge_setlists([]) is None


def action(offset_ms: int, text: str, author: str, badge: str = "") -> str:
    renderer: dict[str, Any] = {
        "message": {"runs": [{"text": text}, {"emoji": {"emojiId": "x"}}]},
        "authorName": {"simpleText": author},
        "authorExternalChannelId": f"UC{author}",
    }
    if badge:
        renderer["authorBadges"] = [
            {"liveChatAuthorBadgeRenderer": {"icon": {"iconType": badge}, "tooltip": badge}}
        ]
    item = {"addChatItemAction": {"item": {"liveChatTextMessageRenderer": renderer}}}
    replay = {"actions": [item], "videoOffsetTimeMsec": str(offset_ms)}
    return json.dumps({"replayChatItemAction": replay}, ensure_ascii=False)


def test_titles_that_viewers_call_out_together_are_found_among_cheers(tmp_path: Path) -> None:
    lines = [action(t * 10_000, "かわいい", f"v{t % 9}") for t in range(300)]
    lines += [action(t * 30_000, "歌うまいなあ", f"v{t % 7}") for t in range(100)]
    lines += [action(315_000 + 4000 * i, "夜明けの歌", f"v{i}") for i in range(4)]
    lines += [action(628_000 + i, "「海と猫」", f"v{i}") for i in range(2)]
    lines += [action(945_000, "♪ 紙の舟 / 藤", "bot", "MODERATOR")]
    lines += [action(1_500_000, "誰も知らない曲", "v1"), '{"broken', "{}", '{"a": []}']
    path = tmp_path / "live_chat.json"
    path.write_text("\n".join(lines), encoding="utf-8")
    messages = read_chat(path)
    assert len(messages) == 300 + 100 + 4 + 2 + 1 + 1
    called = [(line.start_s, line.title, line.artist) for line, _ in titles_in_chat(messages)]
    assert called == [(315.0, "夜明けの歌", ""), (628.0, "海と猫", ""), (945.0, "紙の舟", "藤")]


def test_titles_with_words_of_joy_behind_them_count_together() -> None:
    bare = ["夜明けの歌", "夜明けの歌だ！", "夜明けの歌きたああ"]
    joyful = ["Paper Boatsだ！！", "paper boatsじゃん", "Paper Boatsキタ"]
    always = ["海だ", "海だ", "海だ"]
    messages = [
        ChatMessage(at + i, f"v{i}", text)
        for at, texts in ((300.0, bare), (900.0, joyful), (1500.0, always))
        for i, text in enumerate(texts)
    ]
    found = [(line.start_s, line.title) for line, _ in titles_in_chat(messages)]
    assert found == [(300.0, "夜明けの歌"), (900.0, "Paper Boats"), (1500.0, "海だ")]


def test_viewers_whose_names_a_recorder_left_out_are_several() -> None:
    messages = [ChatMessage(300.0 + i, "", "夜明けの歌") for i in range(3)]
    ((line, why),) = titles_in_chat(messages)
    assert (line.start_s, line.title, why["speakers"]) == (300.0, "夜明けの歌", 3)


def test_one_viewer_repeating_a_title_does_not_name_the_song() -> None:
    messages = [ChatMessage(300.0 + i, "same person", "夜明けの歌") for i in range(9)]
    assert titles_in_chat(messages) == []


def test_a_file_that_is_no_chat_replay_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("not json\nat all")
    with pytest.raises(SetlistError, match="no known form"):
        read_chat(path)
    with pytest.raises(SetlistError, match="cannot be read"):
        read_chat(tmp_path / "missing.json")


def test_chat_titles_appear_as_a_weak_setlist() -> None:
    chat = [ChatMessage(300.0 + i, f"v{i}", "夜明けの歌") for i in range(5)]
    found = find_setlists({"comments": [comment(GOOD)]}, live_chat=chat)
    assert [setlist.source for setlist in found] == ["comment", "live_chat"]
    assert found[1].lines == (SetlistLine(300.0, "夜明けの歌", raw="夜明けの歌"),)
    assert song("5:12", "a") == (312.0, None, "a", "")


def test_counting_titles_before_one_artist_are_titles_and_no_numbers() -> None:
    found = songs_of("0:31 一曲目 / 誰か\n2:11 二曲目 / 誰か\n")
    assert [found_[2:] for found_ in found] == [("一曲目", "誰か"), ("二曲目", "誰か")]
