"""Chats of every site and recorder, read into author, second, text."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from utawaku.library.errors import SetlistError
from utawaku.models.chat import ChatMessage, read_chat
from utawaku.models.setlist import titles_in_chat

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="#s"?>'
    "<i><chatserver>chat.bilibili.com</chatserver><chatid>0</chatid>"
)


def written(path: Path, content: str | bytes | Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, "utf-8")
    return path


def read(path: Path, content: str | bytes | Any) -> list[tuple[float, str, str]]:
    return [(one.offset_s, one.author, one.text) for one in read_chat(written(path, content))]


def test_danmaku_of_the_site_has_the_sender_hash_as_author(tmp_path: Path) -> None:
    text = (
        f'{HEADER}<d p="62.5,1,25,16777215,1700000000,0,abc123,9,10">夜明けの歌</d>\n'
        '<d p="4.0,5,25,16777215,1700000000,0,def,9">好听</d>'
        '<d p="5.0,7,25,0,0,0,x,9">[0,0,"1-1","moving"]</d></i>'
    )
    assert read(tmp_path / "a.xml", text) == [(4.0, "def", "好听"), (62.5, "abc123", "夜明けの歌")]


def test_a_recorders_file_that_was_killed_is_read_to_its_last_whole_element(
    tmp_path: Path,
) -> None:
    text = (
        f'{HEADER}<BililiveRecorderRecordInfo roomid="1" start_time="2026-01-01T20:00:00+08:00" />'
        '<d p="1.5,1,25,0,1700000000000,0,4711,0" user="观众">一</d>'
        '<d p="2.5,1,25,0,1700000000000,0,0,0" user="观***">二</d>'
        '<sc ts="3.25" user="富" uid="99" price="30" time="60">次は海と猫！</sc>'
        '<gift ts="4" user="x" uid="1" giftname="g" giftcount="1" />'
        '<d p="5.0,1,25,0,0,0,7,0" user="a">cut o'
    )
    assert read(tmp_path / "a.xml", text) == [
        (1.5, "4711", "一"),
        (2.5, "观***", "二"),
        (3.25, "99", "次は海と猫！"),
    ]


def test_super_chats_of_biliup_stand_where_they_were_sent(tmp_path: Path) -> None:
    paid = 'uid="9" username="富" price="30" num="1" giftname="x"'
    text = (
        f'{HEADER}<s timestamp="1700000003" {paid} type="super_chat">夜明けの歌</s>'
        '<d p="10.25,1,25,0,1700000010,0,77,0" timestamp="1700000010" uid="77">一</d>'
        f'<s timestamp="1700000062" {paid} type="super_chat">海と猫</s>'
        f'<s timestamp="1700000063" {paid} type="gift">富投喂了辣条</s>'
        '<d p="70.5,1,25,0,1700000071,0,77,0">二</d></i>'
    )
    assert read(tmp_path / "a.xml", text) == [
        (2.5, "9", "夜明けの歌"),
        (10.25, "77", "一"),
        (61.5, "9", "海と猫"),
        (70.5, "77", "二"),
    ]


def test_danmaku_of_acfun_is_read(tmp_path: Path) -> None:
    rows = [
        {"position": 62500, "mode": 1, "userId": 12, "body": "夜明けの歌", "danmakuType": 0},
        {"position": 4000, "mode": 1, "userId": 13, "body": "好听"},
        {"position": 5000, "userId": 14, "body": "moving", "danmakuType": 1},
        {"position": None, "userId": 15, "body": "never"},
    ]
    told = [(4.0, "13", "好听"), (62.5, "12", "夜明けの歌")]
    assert read(tmp_path / "rows.json", rows) == told
    page = {"result": 0, "danmakus": rows[:1], "pcursor": "2"}
    assert read(tmp_path / "page.json", page) == told[1:]
    pages = json.dumps(page) + "\n" + json.dumps({"danmakus": rows[1:]})
    assert read(tmp_path / "pages.jsonl", pages) == told
    assert read(tmp_path / "none.json", {"danmakus": [], "pcursor": "no_more"}) == []


def test_pytchat_is_read(tmp_path: Path) -> None:
    viewer = {"name": "v", "channelId": "UC1", "isChatOwner": False, "isChatModerator": False}
    host = {**viewer, "channelId": "UC2", "isChatOwner": True}
    rows = [
        {"elapsedTime": "1:02:03", "timestamp": 1, "message": "海と猫", "author": viewer},
        {"elapsedTime": "-0:05", "timestamp": 1, "message": "待機", "author": viewer},
        {"elapsedTime": "1:02", "timestamp": 1, "message": "np: 夜明け", "author": host},
    ]
    assert read_chat(written(tmp_path / "a.json", rows)) == [
        ChatMessage(-5.0, "UC1", "待機"),
        ChatMessage(62.0, "UC2", "np: 夜明け", trusted=True),
        ChatMessage(3723.0, "UC1", "海と猫"),
    ]


def test_what_xml_does_not_allow_costs_no_more_than_its_own_element(tmp_path: Path) -> None:
    text = (
        f'{HEADER}<d p="1,1,25,0,0,0,a,9">bell \x07 here</d>'
        '<d p="2,1,25,0,0,0,a,9">ref &#x1f;&#7;</d>'
        '<d p="3,1,25,0,0,0,a,9">fish & chips</d><d p="4,1,25,0,0,0,a,9">1 <3 you</d>'
        '<d p="nan,1,25,0,0,0,a,9">never</d><d p="1e999,1,25,0,0,0,a,9">never</d><d p="x">no</d>'
        '<d p="5,1,25,0,0,0,a,9">  </d><d p="6,1,25,0,0,0,a,9">end</d></i>'
    )
    assert read(tmp_path / "a.xml", text) == [
        (1.0, "a", "bell  here"),
        (2.0, "a", "ref"),
        (6.0, "a", "end"),
    ]


def test_a_hidden_account_is_told_by_the_name_that_is_shown(tmp_path: Path) -> None:
    text = (
        f'{HEADER}<d p="1,1,25,0,0,0,0,0" uid="0" user="观***">一</d>'
        '<sc ts="2" uid="0" user="富***" price="30">二</sc><d p="3,1,25,0,0,0,0,0">三</d></i>'
    )
    assert read(tmp_path / "a.xml", text) == [
        (1.0, "观***", "一"),
        (2.0, "富***", "二"),
        (3.0, "", "三"),
    ]


PACKET = """<?xml version="1.0" encoding="UTF-8"?>
<packet>
<thread thread="1" last_res="7" server_time="1790000000"/>
<chat thread="1" no="1" vpos="-500" mail="184" user_id="aB" anonymity="1">わこつ</chat>
<chat thread="1" no="2" vpos="6250" date="1790000060" user_id="4711" premium="1">海と猫</chat>
<chat thread="1" no="3" vpos="6300" user_id="9" premium="3">1曲目 夜明けの歌 &amp; 朝</chat>
<chat thread="1" no="4" vpos="6400" user_id="9" premium="3">/gift seed 4711 "v" 50</chat>
<chat thread="1" no="5" vpos="6500" date="1790000063" user_id="c" deleted="1"/>
<chat thread="1" no="6" vpos="7000" date="1790000064" user_id="4711">8888</chat>
<chat thread="1" no="7" vpos="71"""  # the recorder was stopped here


def test_comments_of_niconico_in_xml_are_read(tmp_path: Path) -> None:
    assert read_chat(written(tmp_path / "a.xml", PACKET)) == [
        ChatMessage(-5.0, "aB", "わこつ"),
        ChatMessage(62.5, "4711", "海と猫"),
        ChatMessage(63.0, "9", "1曲目 夜明けの歌 & 朝", trusted=True),
        ChatMessage(70.0, "4711", "8888"),
    ]


def newer(at_ms: Any, body: Any, user: str = "nvc:a") -> dict[str, Any]:
    return {
        "id": "1", "no": 1, "vposMs": at_ms, "body": body, "commands": ["184"], "userId": user,
        "isPremium": False, "postedAt": "2026-11-20T20:30:15+09:00", "source": "leaf",
    }  # fmt: skip


def test_comments_of_niconico_in_json_are_read(tmp_path: Path) -> None:
    comments = [newer(62_500, "海と猫"), newer(1_000, "うぽつ", "nvc:b"), newer(10**400, "lost")]
    expected = [ChatMessage(1.0, "nvc:b", "うぽつ"), ChatMessage(62.5, "nvc:a", "海と猫")]
    assert read_chat(written(tmp_path / "a.comments.json", comments)) == expected
    threads = [{"fork": "owner", "comments": comments[:1]}, {"fork": "main", "comments": []}]
    (told,) = read_chat(written(tmp_path / "b.json", {"data": {"threads": threads}}))
    assert told == ChatMessage(62.5, "nvc:a", "海と猫", trusted=True)
    older = [
        {"ping": {"content": "rs:0"}},
        {"thread": {"resultcode": 0, "thread": "1"}},
        {"chat": {"thread": "1", "vpos": 6250, "user_id": "x", "premium": 1, "content": "海と猫"}},
        {"chat": {"thread": "1", "vpos": 6300, "user_id": "x", "deleted": 1}},
    ]
    for text in (json.dumps(older), "\n".join(json.dumps(row) for row in older)):
        assert read_chat(written(tmp_path / "c.json", text)) == [ChatMessage(62.5, "x", "海と猫")]
    assert read_chat(written(tmp_path / "none.json", "[]")) == []


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def segment(at_ms: int, text: bytes, sender: bytes = b"abc") -> bytes:
    element = field(1, 2**60) + field(2, at_ms) + field(3, 1) + field(6, sender) + field(7, text)
    return field(1, element + field(8, 1700000000) + field(99, b"from the future"))


def test_protobuf_segments_are_read_one_after_the_other(tmp_path: Path) -> None:
    data = segment(361_250, "海と猫".encode()) + field(42, 7) + segment(1_000, b"\xff888")
    assert read(tmp_path / "a.so", data) == [(1.0, "abc", "\ufffd888"), (361.25, "abc", "海と猫")]
    assert read(tmp_path / "closed.so", b"\x10\x01") == []


def line(outer: dict[str, Any], inner: dict[str, Any], renderer: dict[str, Any], kind: str) -> str:
    item = {"addChatItemAction": {"item": {kind: renderer}}}
    action = {"replayChatItemAction": {"actions": [item], **inner}, **outer}
    return json.dumps(action, ensure_ascii=False)


def said(text: str, author: str = "UCa", **more: Any) -> dict[str, Any]:
    runs = [{"text": text}]
    return {"message": {"runs": runs}, "authorExternalChannelId": author} | more


def test_youtube_replayed_and_saved_live_are_read_alike(tmp_path: Path) -> None:
    text, paid = "liveChatTextMessageRenderer", "liveChatPaidMessageRenderer"
    own = {"emojiId": "UC/x", "shortcuts": [":_sing:"], "isCustomEmoji": True}
    smile = {"runs": [{"text": "好き"}, {"emoji": {"emojiId": "🎤"}}, {"emoji": own}]}
    lines = [
        line({}, {"videoOffsetTimeMsec": "62500"}, said("海と\u2028猫"), text),
        line({"videoOffsetTimeMsec": "3000", "isLive": True}, {}, said("live"), text),
        line({}, {"videoOffsetTimeMsec": "0"}, said("w", timestampText={"simpleText": "-1:05"}),
             text),
        line({}, {"videoOffsetTimeMsec": "70000"}, {"message": smile,
             "authorName": {"simpleText": "@v"}, "purchaseAmountText": {"simpleText": "¥500"}},
             paid),
        line({}, {"videoOffsetTimeMsec": "71000"}, said(" ", message={"runs": smile["runs"][1:]}),
             text),
        json.dumps({"clickTrackingParams": "x"}),
        line({}, {"videoOffsetTimeMsec": "1"}, {}, "liveChatViewerEngagementMessageRenderer"),
        line({}, {"videoOffsetTimeMsec": "NaN"}, said("nowhere"), text),
        '{"replayChatItemAction": {"actions": [{"addCh',
    ]  # fmt: skip
    assert read(tmp_path / "live_chat.json", "\n".join(lines)) == [
        (-65.0, "UCa", "w"),
        (3.0, "UCa", "live"),
        (62.5, "UCa", "海と\n猫"),
        (70.0, "@v", "好き"),
        (71.0, "UCa", "🎤:_sing:"),
    ]


def test_what_a_moderator_pinned_on_youtube_counts_as_the_moderators(tmp_path: Path) -> None:
    text = "liveChatTextMessageRenderer"
    banner = {"liveChatBannerRenderer": {"contents": {text: said("♪ 海と猫 / Ida")}}}
    held = {"targetItemId": "x", "replacementItem": {text: said("held back")}}
    poll = {"header": {"pollHeaderRenderer": {}}, "choices": []}
    gift = {"liveChatSponsorshipsGiftPurchaseAnnouncementRenderer": {"id": "g"}}
    actions: list[dict[str, Any]] = [
        {"addBannerToLiveChatCommand": {"bannerRenderer": banner}},
        {"replaceChatItemAction": held},
        {"removeBannerForLiveChatCommand": {"targetActionId": "x"}},
        {"showLiveChatActionPanelAction": {"panelToShow": poll}},
        {"addLiveChatTickerItemAction": {"item": {"liveChatTickerPaidMessageItemRenderer": {}}}},
        {"addChatItemAction": {"item": gift}},
        {"markChatItemAsDeletedAction": {"targetItemId": "x"}},
    ]
    lines = [
        json.dumps({"replayChatItemAction": {"videoOffsetTimeMsec": "5000", "actions": [one]}})
        for one in actions
    ]
    assert read_chat(written(tmp_path / "live_chat.json", "\n".join(lines))) == [
        ChatMessage(5.0, "UCa", "♪ 海と猫 / Ida", trusted=True),
        ChatMessage(5.0, "UCa", "held back"),
    ]


TWITCH = {
    "FileInfo": {"Version": {"Major": 1}},
    "streamer": {"name": "singer", "id": 1},
    "video": {"title": "karaoke", "start": 0, "end": 4000, "length": 4000},
    "comments": [
        {
            "content_offset_seconds": 61.5,
            "commenter": {"display_name": "Mod", "name": "mod"},
            "message": {
                "body": "1:01 Paper Boats / Ida",
                "user_badges": [{"_id": "moderator", "version": "1"}],
            },
        },
        {"content_offset_seconds": 5, "commenter": None, "message": {"body": "hi"}},
        {"content_offset_seconds": "soon", "message": {"body": "lost"}},
        None,
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_twitch_downloader_is_read_packed_or_not(tmp_path: Path, indent: int | None) -> None:
    text = json.dumps(TWITCH, indent=indent)
    expected = [
        ChatMessage(5.0, "", "hi"),
        ChatMessage(61.5, "mod", "1:01 Paper Boats / Ida", trusted=True),
    ]
    assert read_chat(written(tmp_path / "a.json", text)) == expected
    assert read_chat(written(tmp_path / "a.json.gz", gzip.compress(text.encode()))) == expected


@pytest.mark.parametrize(("length_s", "at_s"), [(None, 61.5), (1830.0, 61.5), (7200.0, 661.5)])
def test_a_trimmed_chat_counts_from_the_start_of_its_recording(
    tmp_path: Path, length_s: float | None, at_s: float
) -> None:
    said = {"content_offset_seconds": 661.5, "commenter": None, "message": {"body": "海と猫"}}
    record = {"video": {"start": 600, "end": 2400, "length": 7200}, "comments": [said]}
    path = written(tmp_path / "a.json", record)
    assert [one.offset_s for one in read_chat(path, length_s=length_s)] == [at_s]


def test_twitch_dl_is_read(tmp_path: Path) -> None:
    pieces = [{"text": "1:01 ", "emote": None}, {"text": "Paper Boats / Ida", "emote": {"id": "1"}}]
    comments = [
        {
            "contentOffsetSeconds": 61,
            "commenter": {"id": "1", "login": "mod", "displayName": "Mod"},
            "message": {"fragments": pieces, "userBadges": [{"id": "x", "setID": "moderator"}]},
        },
        {"contentOffsetSeconds": 0, "commenter": None, "message": {"fragments": pieces[:1]}},
        {"contentOffsetSeconds": 7, "commenter": None, "message": {"fragments": [None, {}]}},
    ]
    record = {"video": {"id": "1"}, "video_comments": {}, "comments": comments}
    assert read_chat(written(tmp_path / "a.json", record)) == [
        ChatMessage(0.0, "", "1:01"),
        ChatMessage(61.0, "mod", "1:01 Paper Boats / Ida", trusted=True),
    ]


LINES_OF_TWITCH_DOWNLOADER = """[0:00:05] viewer: hi: there
[0:01:01] Mod: 1:01 Paper Boats / Ida
[1:02:03] 観客: 海と猫

[1:02:04] viewer: 8888
[27:00:00] viewer: a day
"""
LINES_OF_CHAT_DOWNLOADER = """-0:05 | viewer: early
0:05 | viewer: hi: there
1:01 | (Moderator, Member (2 months)) Mod: 1:01 Paper Boats / Ida
1:02:03 | 観客: 海と猫
1:02:04 | viewer: 8888
"""


def test_chats_as_lines_for_people_are_read(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", LINES_OF_TWITCH_DOWNLOADER) == [
        (5.0, "viewer", "hi: there"),
        (61.0, "Mod", "1:01 Paper Boats / Ida"),
        (3723.0, "観客", "海と猫"),
        (3724.0, "viewer", "8888"),
        (97_200.0, "viewer", "a day"),
    ]
    assert read(tmp_path / "b.txt", LINES_OF_CHAT_DOWNLOADER)[:3] == [
        (-5.0, "viewer", "early"),
        (5.0, "viewer", "hi: there"),
        (61.0, "Mod", "1:01 Paper Boats / Ida"),
    ]
    trusted = [one.author for one in read_chat(tmp_path / "b.txt") if one.trusted]
    assert trusted == ["Mod"]


@pytest.mark.parametrize(
    "text",
    [
        "0:05 Harbour / Ida\n3:10 Paper Boats / Ida\n" * 9,
        "[0:00:05] viewer: too few\n" * 4,
        "about the evening\n" * 9 + LINES_OF_TWITCH_DOWNLOADER,
    ],
)
def test_text_that_is_no_chat_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SetlistError, match="no known form"):
        read_chat(written(tmp_path / "a.txt", text))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_page_of_twitch_downloader_is_read(tmp_path: Path, encoding: str) -> None:
    link = '<a href="https://twitch.tv/videos/1?t=0h1m1s">0:01:01</a>'
    badge = '<img class="emote-image" title="moderator"><div class="invis-text">moderator</div>'
    emote = '<img class="emote-image" title="Clap"><div class="invis-text">Clap</div>'
    page = (
        "<!DOCTYPE html>\n<html><head><title>evening</title></head><body>\n"
        '<pre class="comment-root">[0:00:05]  <a href="https://www.twitch.tv/v" target="_blank">'
        '<span class="comment-author" style="color: #fff">viewer</span></a>'
        f'<span class="comment-message">: 海と猫 &amp; 朝 {emote} </span></pre>\n'
        f'<pre class="comment-root">[{link}] {badge} <a href="https://www.twitch.tv/m">'
        '<span class="comment-author" >Mod</span></a>'
        '<span class="comment-message">: 1:01 Paper Boats / Ida </span></pre>\n'
        "</body></html>"
    )
    (tmp_path / "a.html").write_bytes(page.encode(encoding))
    assert read_chat(tmp_path / "a.html") == [
        ChatMessage(5.0, "viewer", "海と猫 & 朝 Clap"),
        ChatMessage(61.0, "Mod", "1:01 Paper Boats / Ida", trusted=True),
    ]


def test_comments_below_a_video_are_no_chat(tmp_path: Path) -> None:
    with pytest.raises(SetlistError, match="no known form"):
        read_chat(written(tmp_path / "a.json", {"comments": [{"text": "1:02 Harbour", "id": "1"}]}))
    assert read_chat(written(tmp_path / "b.json", {"video": {}, "comments": []})) == []


def test_an_author_may_be_the_name_alone(tmp_path: Path) -> None:
    rows = [{"time_in_seconds": 3, "author": "viewer", "message": "海と猫"}]
    assert read(tmp_path / "a.json", rows) == [(3.0, "viewer", "海と猫")]


@pytest.mark.parametrize("indent", [None, 4])
def test_chat_downloader_is_read(tmp_path: Path, indent: int | None) -> None:
    rows = [
        {"time_in_seconds": 12.5, "timestamp": 1, "message": "海と猫", "author": {"name": "v"}},
        {"time_in_seconds": 3, "message": "np: 夜明け", "author": {
            "id": "UC1", "badges": [{"title": "Owner"}]}},
        {"time_in_seconds": 4, "message": None, "author": {"name": "sticker"}},
    ]  # fmt: skip
    text = json.dumps(rows, indent=indent, ensure_ascii=False)
    assert read_chat(written(tmp_path / "a.json", text)) == [
        ChatMessage(3.0, "UC1", "np: 夜明け", trusted=True),
        ChatMessage(12.5, "v", "海と猫"),
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    assert len(read_chat(written(tmp_path / "a.jsonl", lines))) == 2


def test_words_that_act_instead_of_showing_are_cleaned(tmp_path: Path) -> None:
    rows = [{"time_in_seconds": 1, "message": "a\ud800\x1b[31m\u202eb", "author": {"id": "\udfff"}}]
    assert read(tmp_path / "a.json", rows) == [(1.0, "", "ab")]


@pytest.mark.parametrize(
    "content",
    [
        "not a chat\nat all",
        "<html><body><i>italics</i></body></html>",
        '{"some": "object"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        b"\x00\x01\x02\xff" * 50,
        b"\x1f\x8b\x08\x00broken",
        '<?xml version="1.0"?><!DOCTYPE i [<!ENTITY a "aaaa">]><i>&a;</i>',
    ],
)
def test_anything_else_is_a_typed_error_with_the_file_and_a_next_step(
    tmp_path: Path, content: str | bytes
) -> None:
    path = written(tmp_path / "live_chat.json", content)
    with pytest.raises(SetlistError) as raised:
        read_chat(path)
    assert raised.value.subject == str(path)
    assert raised.value.next_step


def test_pictures_of_the_channel_name_no_song() -> None:
    calls = [ChatMessage(300.0 + i, f"v{i}", ":_sing::_sing:") for i in range(9)]
    assert titles_in_chat(calls) == []


def test_an_empty_chat_is_a_chat(tmp_path: Path) -> None:
    assert read_chat(written(tmp_path / "a.json", "")) == []
    assert read_chat(written(tmp_path / "a.xml", f"{HEADER}</i>")) == []
