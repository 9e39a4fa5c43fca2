"""Setlists without times: read, and laid on songs in their order."""

import pytest

from utawaku.models.setlist.order import (
    Name,
    OrderedName,
    find_ordered,
    names_by_order,
    read_ordered,
)

DAWN, SEA, LETTER, BOAT = (
    ("夜明けの坂道", "青井ソラ"),
    ("海と猫", "月見団子"),
    ("硝子の手紙", "青井ソラ"),
    ("紙の舟", "藤"),
)
RULES = "▼お約束\n1. 荒らしは無視\n2. 他の配信者の名前を出さない\n3. 楽しむ\n4. 仲良く"


@pytest.mark.parametrize(
    ("text", "songs"),
    [
        (
            "今日も歌枠！\n\n【本日のセトリ】\n1. 夜明けの坂道 / 青井ソラ\n2. 海と猫 / 月見団子\n"
            f"3. 硝子の手紙 / 青井ソラ\n\n▼X\nhttps://example.org/mio\n{RULES}",
            (DAWN, SEA, LETTER),
        ),
        ("Setlist:\n\n夜明けの坂道 / 青井ソラ\n海と猫 / 月見団子\n紙の舟 / 藤", (DAWN, SEA, BOAT)),
        (
            "お疲れ様でした！セトリです\n①夜明けの坂道\n②海と猫\n③硝子の手紙\n楽しかったです！",
            tuple((title, "") for title, _ in (DAWN, SEA, LETTER)),
        ),
        (
            "♪本日歌った曲♪\n・「夜明けの坂道」青井ソラ\n・「海と猫」月見団子\n・「紙の舟」藤",
            (DAWN, SEA, BOAT),
        ),
        ("1. 夜明けの坂道 - 青井ソラ\n2. 海と猫 - 月見団子\n3. 紙の舟 - 藤", (DAWN, SEA, BOAT)),
    ],
)
def test_a_list_without_times_is_read(text: str, songs: tuple[Name, ...]) -> None:
    assert read_ordered(text) == songs


@pytest.mark.parametrize(
    "text",
    [
        RULES,
        "セトリ\n5:12 夜明けの坂道\n10:20 海と猫\n15:48 硝子の手紙",  # it has times
        "歌う予定の曲リスト\n1. 夜明けの坂道\n2. 海と猫\n3. 硝子の手紙",
        "リクエストできる曲目\n1. 夜明けの坂道\n2. 海と猫\n3. 硝子の手紙",
        "Credits\nVocal: Mio\nMix: Taro\nIllust: Hana",
        "My songs:\nPaper Boats - https://example.org/a\nGlass - https://example.org/b\n"
        "Sea - https://example.org/c",
        "今週の予定\n月：雑談\n火：歌枠\n水：ゲーム\n木：おやすみ",
        "セトリ\n1. 夜明けの坂道\n2. 海と猫",
    ],
)
def test_what_lists_no_evening_is_none(text: str) -> None:
    assert read_ordered(text) == ()


def test_lists_of_the_channel_come_first() -> None:
    text = "セトリ\n" + "\n".join(
        f"{n}. {t} / {a}" for n, (t, a) in enumerate((DAWN, SEA, BOAT), 1)
    )
    viewer = text + f"\n4. {LETTER[0]} / {LETTER[1]}"
    info = {
        "channel_id": "UC1",
        "description": "hello",
        "comments": [
            {"text": viewer, "author": "viewer", "author_id": "UC2"},
            {"text": text, "author": "Mio", "author_id": "UC1"},
            {"text": None},
        ],
    }
    found = find_ordered(info)
    assert [(one.author, one.by_channel, len(one.names)) for one in found] == [
        ("Mio", True, 3),
        ("viewer", False, 4),
    ]


def test_runs_between_known_songs_are_named_where_the_counts_agree() -> None:
    listed = [DAWN, SEA, LETTER, BOAT]
    known = [None, ("海と猫", ""), None, None]
    assert names_by_order(known, listed) == {
        0: OrderedName(DAWN, 1),
        2: OrderedName(LETTER, 1),
        3: OrderedName(BOAT, 1),
    }
    assert names_by_order([None, ("海と猫", ""), None, None, None], listed) == {
        0: OrderedName(DAWN, 1)
    }
    assert names_by_order([None] * 4, listed)[2] == OrderedName(LETTER, 0)
    assert names_by_order([None] * 3, listed) == {}


def test_a_known_song_that_the_list_lacks_ends_a_run() -> None:
    assert names_by_order([None, ("別の歌", ""), SEA], [DAWN, LETTER, SEA]) == {}


def test_a_song_that_is_sung_twice_is_no_landmark_and_one_out_of_order_none_either() -> None:
    assert names_by_order([SEA, None, None], [SEA, DAWN, SEA]) == {}
    out_of_order = names_by_order([BOAT, None, LETTER], [DAWN, SEA, LETTER, BOAT])
    assert out_of_order == {}
