"""Times of setlists that name a part of the recording."""

import pytest

from utawaku.models.chat import ChatMessage
from utawaku.models.setlist import find_setlists, parse_setlist

STARTS_S = (0.0, 3600.0, 5400.0)
AT_S = 3600.0 + 200.0
"""3:20 of the second part."""


def songs_of(text: str, starts_s: tuple[float, ...] = STARTS_S) -> list[tuple[float, str]]:
    lines = parse_setlist(text, part_starts_s=starts_s)
    return [(line.start_s, line.title) for line in lines if line.is_song]


@pytest.mark.parametrize(
    "stamp",
    [
        "P2 3:20", "p2 03:20", "P2 0:03:20", "P2-03:20", "P2：03:20", "P2:03:20", "p2，3:20",
        "P2　03：20", "Ｐ2 3:20", "P02 3:20", "P2.3:20", "p2｜3:20", "P2 3分20秒", "P2 3'20\"",
        "2P 3:20", "2p03:20", "2P-3:20", "2P：3:20", "分P2 3:20", "第2P 3:20", "第二P 3:20",
        "2#3:20", "【P2】3:20", "【P2】 03:20", "[P2] 3:20", "[p2 3:20]", "(P2)3:20",
        "（P2）3:20", "「2P」3:20", "（2P）3:20", "3:20 (P2)", "03:20【P2】", "0:03:20（2P）",
        "３：２０ ［第二P］",
        "Part2 3:20", "part 2 3:20", "Part.2 - 3:20", "パート2 3:20", "第二部分 3:20",
        "P2 https://www.bilibili.com/video/BV1xx411c7mD?t=200",
        "https://www.bilibili.com/video/BV1xx411c7mD?p=2&t=200",
        "https://www.bilibili.com/video/BV1xx411c7mD?t=200&p=2",
        "https://www.bilibili.com/video/BV1xx411c7mD?p=2&t=200 3:20",
    ],
)  # fmt: skip
def test_a_time_that_names_a_part_counts_from_its_start(stamp: str) -> None:
    text = f"P1 10:00 夜明けの歌\n{stamp} 海と猫\nP3 1:00 紙の舟"
    assert songs_of(text) == [(600.0, "夜明けの歌"), (AT_S, "海と猫"), (5460.0, "紙の舟")]


@pytest.mark.parametrize(
    "heading", ["P2", "【P2】", "P2：", "2P", "第二P", "-- P2 --", "P2 下半场", "Part 2"]
)
def test_a_heading_names_the_part_of_all_times_below(heading: str) -> None:
    text = f"P1\n10:00 夜明けの歌\n20:00 白い風\n\n{heading}\n3:20 海と猫\n8:00 紙の舟"
    assert songs_of(text) == [
        (600.0, "夜明けの歌"),
        (1200.0, "白い風"),
        (AT_S, "海と猫"),
        (4080.0, "紙の舟"),
    ]


def test_a_time_without_a_part_belongs_to_the_part_that_was_named_last() -> None:
    text = "10:00 夜明けの歌\n20:00 白い風\nP2 3:20 海と猫\n8:00 紙の舟\nP3 1:00 藤の花"
    assert [start_s for start_s, _ in songs_of(text)] == [600.0, 1200.0, AT_S, 4080.0, 5460.0]


def test_names_before_times_ends_and_seams_are_read() -> None:
    assert songs_of("夜明けの歌 P1 10:00\n海と猫 P2 3:20") == [
        (600.0, "夜明けの歌"),
        (AT_S, "海と猫"),
    ]
    ended = parse_setlist(
        "P1 58:00 - P2 3:20 夜明けの歌\nP2 4:00-8:00 海と猫", part_starts_s=STARTS_S
    )
    assert [(line.start_s, line.stop_s) for line in ended] == [(3480.0, AT_S), (3840.0, 4080.0)]
    numbered = "1. P1 10:00 夜明けの歌\n2. P1 20:00 白い風\n3. P2 3:20 海と猫"
    assert songs_of(numbered)[-1] == (AT_S, "海と猫")


@pytest.mark.parametrize("starts_s", [(), STARTS_S[:1]])
def test_without_parts_times_are_read_as_before(starts_s: tuple[float, ...]) -> None:
    text = "P1 10:00 夜明けの歌\nP2 13:20 海と猫"
    assert [start_s for start_s, _ in songs_of(text, starts_s)] == [600.0, 800.0]
    assert parse_setlist(text, part_starts_s=()) == parse_setlist(text)


def test_what_names_no_part_of_this_recording_stays_part_of_the_line() -> None:
    # There is no part 4, "2:03" is a time of its own, and a title may hold a P.
    text = "P4 10:00 夜明けの歌\n11:00 P2の歌\nP2:03 海と猫"
    lines = parse_setlist(text, part_starts_s=STARTS_S)
    assert [line.start_s for line in lines] == [123.0, 600.0, 660.0]
    assert lines[-1].title == "P2の歌"


def test_comments_and_chat_of_a_recording_in_parts_lie_on_one_timeline() -> None:
    text = "歌单\nP1 10:00 夜明けの歌\nP2 3:20 海と猫\nP3 1:00 紙の舟"
    chat = [ChatMessage(30.0, "b", "P1 10:00 夜明けの歌\nP2 3:20 海と猫")]
    found = find_setlists(
        {"comments": [{"id": "1", "text": text, "author": "a"}]},
        live_chat=chat,
        duration_s=7000.0,
        part_starts_s=STARTS_S,
    )
    starts = {one.source: [line.start_s for line in one.lines] for one in found}
    assert starts == {"comment": [600.0, AT_S, 5460.0], "live_chat": [600.0, AT_S]}
