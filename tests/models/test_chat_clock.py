"""Chats that tell when something was written, and not where in the recording."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from utawaku.library.errors import SetlistError
from utawaku.models.chat import ChatMessage, check_chat, read_chat

STARTED_AT = datetime(2026, 11, 20, 20, 0, 0).timestamp()
"""On this machine's clock, as the programs write it."""
LENGTH_S = 5 * 3600.0

CHATTERINO = """# Start logging at 2026-11-20 19:59:50 CET
[19:59:55]  ann: early
[20:00:05]  ann: hi: there
[20:03:00]  bob: Harbour
[23:59:58]  ann: late
[00:00:10]  bob: later
# Stop logging at 2026-11-21 00:10:00 CET
"""
MIRC = (
    "Session Start: Thu Nov 19 20:00:00 2026\nSession Ident: #chan\n"
    + "[20:01] <old> yesterday\n" * 3
    + "Session Close: Thu Nov 19 23:00:00 2026\n\nSession Start: Fri Nov 20 20:00:00 2026\n"
    + "".join(f"[20:0{n}] <@mod> song {n}\n" for n in range(4))
    + "[20:08] * bob has joined #chan\n"
)
IRSSI = (
    "--- Log opened Fri Nov 20 19:00:00 2026\n"
    + "".join(f"20:0{n} < ann> song {n}\n" for n in range(4))
    + "20:05 -!- bob has joined\n--- Day changed Sat Nov 21 2026\n00:01 <@bob> midnight\n"
)


def lines(form: str) -> str:
    return "".join(form.format(n) for n in range(6))


SONGS = [(60.0 * n + 3, "ann", f"song {n}") for n in range(6)]


def read(path: Path, text: str, started_at: float | None = STARTED_AT) -> list[ChatMessage]:
    path.write_text(text, "utf-8")
    return read_chat(path, length_s=LENGTH_S, started_at=started_at)


def test_a_log_of_chatterino_goes_on_over_midnight(tmp_path: Path) -> None:
    told = [(one.offset_s, one.author, one.text) for one in read(tmp_path / "a.txt", CHATTERINO)]
    assert told == [
        (-5.0, "ann", "early"),
        (5.0, "ann", "hi: there"),
        (180.0, "bob", "Harbour"),
        (14_398.0, "ann", "late"),
        (14_410.0, "bob", "later"),
    ]


def test_of_a_log_of_many_evenings_only_that_of_the_recording_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "a.log", MIRC) == [
        ChatMessage(60.0 * n, "mod", f"song {n}", trusted=True) for n in range(4)
    ]


def test_the_day_may_change_in_a_line_of_its_own(tmp_path: Path) -> None:
    found = read(tmp_path / "a.log", IRSSI)
    assert [one.offset_s for one in found] == [0.0, 60.0, 120.0, 180.0, 14_460.0]
    assert [one.trusted for one in found] == [False] * 4 + [True]


@pytest.mark.parametrize(
    "form",
    [
        "[20:0{0}:03] ann: song {0}\n",
        "[8:0{0}:03 PM] ann: song {0}\n",
        "2026-11-20 20:0{0}:03\tann\tsong {0}\n",
        "[2026-11-20 20:0{0}:03] #chan ann: song {0}\n",
        "[20:0{0}:03] <ann> song {0}\n",
        "2026-11-20 20:0{0}:03 | () ann: song {0}\n",
        "2026-11-20 20:0{0}:03 | (Member (2 months)) ann: song {0}\n",
        "Nov 20 20:0{0}:03 <ann>\tsong {0}\n",
    ],
)
def test_lines_with_the_time_of_day_are_placed_by_the_start(tmp_path: Path, form: str) -> None:
    found = read(tmp_path / "a.txt", lines(form))
    assert [(one.offset_s, one.author, one.text) for one in found] == SONGS


def test_a_zone_in_the_lines_counts(tmp_path: Path) -> None:
    started_at = datetime.fromisoformat("2026-11-20T20:00:00+00:00").timestamp()
    for n, zone in enumerate((" UTC", "Z", "+00:00")):
        text = lines("[2026-11-20 20:0{0}:03@] ann: song {0}\n").replace("@", zone)
        found = read(tmp_path / f"{n}.txt", text, started_at)
        assert [(one.offset_s, one.author, one.text) for one in found] == SONGS


def test_without_the_start_it_is_told_what_is_missing(tmp_path: Path) -> None:
    for text in (CHATTERINO, lines("[20:0{0}:03] ann: song {0}\n")):
        with pytest.raises(SetlistError, match="when the recording began is not known") as raised:
            read(tmp_path / "a.txt", text, None)
        assert "2026-11-20 20-30-15" in raised.value.next_step
        check_chat(tmp_path / "a.txt")


def test_a_log_of_another_evening_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetlistError, match="of another time than the recording"):
        read(tmp_path / "a.txt", CHATTERINO, STARTED_AT - 3 * 86_400)


def test_times_that_fit_the_recording_count_from_its_start(tmp_path: Path) -> None:
    text = lines("[01:0{0}:03] ann: song {0}\n")
    assert read(tmp_path / "a.txt", text)[0].offset_s == 3603.0
    beyond = lines("[7:0{0}:03] ann: song {0}\n")  # with hours as programs count them
    assert read(tmp_path / "b.txt", beyond)[0].offset_s == 25_203.0


def test_setlists_as_text_are_no_logs(tmp_path: Path) -> None:
    for text in ("20:05\tHarbour\tIda\n" * 6, "20:05 Harbour: Ida\n" * 6):
        with pytest.raises(SetlistError, match="no known form"):
            read(tmp_path / "a.txt", text)


def test_chats_saved_while_live_are_placed_by_the_start(tmp_path: Path) -> None:
    of_pytchat = {
        "elapsedTime": "", "timestamp": (STARTED_AT + 62) * 1000, "message": "海と猫",
        "author": {"channelId": "UC1", "isChatOwner": False, "isChatModerator": True},
    }  # fmt: skip
    of_chat_downloader = {
        "message_type": "text_message", "timestamp": (STARTED_AT + 62) * 1e6, "message": "海と猫",
        "author": {"id": "UC1", "badges": [{"title": "Moderator"}]},
    }  # fmt: skip
    for row in (of_pytchat, of_chat_downloader):
        text = json.dumps(row)
        assert read(tmp_path / "a.jsonl", text) == [
            ChatMessage(62.0, "UC1", "海と猫", trusted=True)
        ]
        with pytest.raises(SetlistError, match="when the recording began"):
            read(tmp_path / "a.jsonl", text, None)
