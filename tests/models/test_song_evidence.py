"""People's lists weighed against what is heard: they name, they may add, they take nothing away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.models.song_timelines import Timeline
from utawaku.library.records import Setlist, SetlistLine, SongSpan
from utawaku.models.chat import ChatMessage
from utawaku.models.segmentation import Segmentation
from utawaku.models.setlist import find_setlists
from utawaku.models.setlist.alignment import align, is_copy, without_copies
from utawaku.models.songs import Weighed, find_songs, find_songs_with_evidence
from utawaku.workflows.setlists import told_offsets

TITLES = ("Paper Boats", "Morning Glass", "Slow Tram", "Seven Rivers")
STARTS = (61, 243, 425, 646)
"""Where the songs of `evening` start, in whole seconds."""


@pytest.fixture(scope="module")
def evening() -> Segmentation:
    timeline = Timeline().talk(60)
    for number, (song_s, talk_s) in enumerate(((120, 60), (130, 50), (150, 69), (140, 30)), 1):
        timeline.silence(1).song(song_s, number).silence(1).talk(talk_s)
    assert tuple(round(start) for start, _ in timeline.marks) == STARTS
    return timeline.segmentation()


def clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02}"


def setlist_text(later_s: int = 0, artist: str = " / Ida Holm") -> str:
    lines = [
        f"{clock(start + later_s)} {title}{artist}"
        for start, title in zip(STARTS, TITLES, strict=True)
    ]
    return "\n".join(["Setlist", *lines])


def comment(text: str, author: str = "fan", likes: int = 9) -> dict[str, Any]:
    return {"id": author, "author": author, "text": text, "like_count": likes}


def weighed(
    evening: Segmentation,
    *comments: dict[str, Any],
    chat: Sequence[ChatMessage] = (),
    chapters: Sequence[dict[str, Any]] = (),
) -> Weighed:
    info = {"comments": comments, "chapters": chapters}
    lists = find_setlists(info, live_chat=chat, duration_s=evening.duration_s)
    return find_songs_with_evidence(evening, None, lists)


def spans(songs: Sequence[SongSpan]) -> list[tuple[float, float]]:
    return [(song.start_s, song.stop_s) for song in songs]


def titles(found: Weighed) -> tuple[str, ...]:
    return tuple(song.title for song in found.songs)


def calls(start_s: float, text: str, n: int = 6) -> list[ChatMessage]:
    return [ChatMessage(start_s + viewer, f"v{viewer}", text) for viewer in range(n)]


UNKNOWN = ("",) * 4
JOKES = "0:05 lol that sneeze\n1:52 cat joins\n3:55 dad joke\n5:57 bless you\n9:00 草"
PLAIN = "0:20 Purple Hat\n2:20 Nine Ducks\n5:10 Old Spoon\n8:40 Wet Sock\n12:00 Flat Moon"


def test_a_list_names_the_heard_songs_and_moves_nothing(evening: Segmentation) -> None:
    found = weighed(evening, comment(setlist_text()))
    assert titles(found) == TITLES
    assert {song.artist for song in found.songs} == {"Ida Holm"}
    assert spans(found.songs) == spans(find_songs(evening))


@pytest.mark.parametrize("jokes", [JOKES, PLAIN])
@pytest.mark.parametrize("liked", [0, 500])
def test_stamps_on_jokes_neither_cut_nor_name(
    evening: Segmentation, jokes: str, liked: int
) -> None:
    alone = weighed(evening, comment(jokes, likes=liked))
    assert titles(alone) == UNKNOWN
    assert spans(alone.songs) == spans(find_songs(evening))
    beside = weighed(evening, comment(setlist_text()), comment(jokes, "joker", liked))
    assert titles(beside) == TITLES
    assert spans(beside.songs) == spans(find_songs(evening))


def test_remarks_below_the_songs_of_a_list_are_dropped(evening: Segmentation) -> None:
    lines = setlist_text().splitlines()
    nested = "\n".join(
        line + (f"\n  {clock(STARTS[place - 1] + 40)} Blue Fish" if place else "")
        for place, line in enumerate(lines)
    )
    found = weighed(evening, comment(nested))
    assert titles(found) == TITLES
    assert spans(found.songs) == spans(find_songs(evening))


@pytest.mark.parametrize("later_s", [45, -30, 100])
def test_a_list_that_is_shifted_as_a_whole_is_aligned_and_the_offset_is_told(
    evening: Segmentation, later_s: int
) -> None:
    found = weighed(evening, comment(setlist_text(later_s)))
    assert titles(found) == TITLES
    assert spans(found.songs) == spans(find_songs(evening))
    assert found.setlist is not None
    (told,) = told_offsets(found.setlist)
    assert f"{abs(later_s)} s {'late' if later_s > 0 else 'early'}" in told
    assert "fan" in told


def test_two_shifted_copies_of_one_list_are_one_list(evening: Segmentation) -> None:
    found = weighed(evening, comment(setlist_text(), "first"), comment(setlist_text(45), "second"))
    assert titles(found) == TITLES
    assert spans(found.songs) == spans(find_songs(evening))
    assert found.setlist is not None
    assert found.setlist.evidence["n_sources"] == 1


def test_people_who_listened_themselves_are_no_copies() -> None:
    def listed(*starts: float) -> Setlist:
        lines = (SetlistLine(s, title) for s, title in zip(starts, TITLES, strict=True))
        return Setlist(tuple(lines), "comment", 0.5)

    first, late = listed(60, 240, 420, 640), listed(105, 285, 465, 685)
    own = listed(63, 238, 425, 640)
    assert is_copy(first, late)
    assert not is_copy(first, own)
    assert without_copies([first, late, own]) == [first, own]


def test_the_list_of_another_evening_is_not_believed(evening: Segmentation) -> None:
    other = "Setlist\n2:10 Wrong One / Sol\n5:40 Wrong Two / Olm\n9:50 Wrong Three / Sol"
    found = weighed(evening, comment(other, likes=300))
    assert titles(found) == UNKNOWN
    assert spans(found.songs) == spans(find_songs(evening))


def test_chapters_of_a_game_are_no_songs(evening: Segmentation) -> None:
    names = ("Tutorial", "Swamp", "Castle", "Shop", "Final Boss")
    chapters = [{"start_time": 30.0 + 170 * n, "title": name} for n, name in enumerate(names)]
    found = weighed(evening, chapters=chapters)
    assert titles(found) == UNKNOWN
    assert spans(found.songs) == spans(find_songs(evening))


def test_chapters_at_the_songs_name_them(evening: Segmentation) -> None:
    chapters = [
        {"start_time": float(start), "title": f"{title} / Ida Holm"}
        for start, title in zip(STARTS, TITLES, strict=True)
    ]
    assert titles(weighed(evening, chapters=chapters)) == TITLES


def test_bursts_of_an_ordinary_chat_neither_cut_nor_name(evening: Segmentation) -> None:
    chat = [*calls(8, "聞こえてるよ"), *calls(200, "Hat Parade"), *calls(330, "3D!?"),
            *calls(560, "おめでとう！", 30), *calls(610, "Wet Sock", 9)]  # fmt: skip
    alone = weighed(evening, chat=chat)
    assert titles(alone) == UNKNOWN
    assert spans(alone.songs) == spans(find_songs(evening))
    listed = weighed(evening, comment(setlist_text()), chat=chat)
    assert titles(listed) == TITLES
    assert spans(listed.songs) == spans(find_songs(evening))


def test_titles_that_the_chat_calls_out_as_the_songs_begin_name_them() -> None:
    stream = Timeline().talk(60)
    for number in range(8):
        stream.silence(1).song(100, number).silence(1).talk(80)
    names = ["Ka Ru", "Mo Ri", "Sa To", "Yu Ha", "Be Lo", "Fu Gi", "Ne Za", "Do Pa"]
    chat = [
        message
        for (start, _), name in zip(stream.marks, names, strict=True)
        for message in calls(start + 9, name, 8)
    ]
    evening = stream.segmentation()
    found = weighed(evening, chat=chat)
    assert list(titles(found)) == names
    assert spans(found.songs) == spans(find_songs(evening))


def test_a_few_titles_called_out_in_time_wait_for_review(evening: Segmentation) -> None:
    found = weighed(evening, chat=[*calls(STARTS[0] + 9, "Ka Ru"), *calls(STARTS[2] + 9, "Mo Ri")])
    assert titles(found) == UNKNOWN
    assert found.setlist is not None
    assert [row["probability"] < 0.8 for row in found.setlist.evidence["lines"]] == [True, True]


def test_a_listed_song_that_is_half_heard_is_cut() -> None:
    stream = Timeline().talk(30).silence(1).song(16).silence(1).talk(60)
    stream.silence(1).song(100, 2).talk(60).silence(1).song(110, 3).talk(40)
    evening = stream.segmentation()
    assert len(find_songs(evening)) == 2
    starts = [start for start, _ in stream.marks]
    text = "\n".join(
        f"{clock(start)} {title} / Sol" for start, title in zip(starts, TITLES, strict=False)
    )
    found = weighed(evening, comment(text))
    assert titles(found) == TITLES[:3]
    first = found.songs[0]
    assert first.source == "setlist"
    assert (first.start_s, first.stop_s) == pytest.approx(stream.marks[0], abs=2)


def test_a_listed_song_where_only_talk_is_heard_is_not_cut() -> None:
    stream = Timeline().talk(200).silence(1).song(100, 2).silence(1).talk(60)
    stream.silence(1).song(110, 3).silence(1).talk(40)
    text = "\n".join(
        f"{clock(start)} {title} / Sol"
        for start, title in zip([90, *(start for start, _ in stream.marks)], TITLES, strict=False)
    )
    evening = stream.segmentation()
    found = weighed(evening, comment(text))
    assert titles(found) == TITLES[1:3]
    assert spans(found.songs) == spans(find_songs(evening))


def test_everything_believed_has_its_source_and_a_probability(evening: Segmentation) -> None:
    found = weighed(evening, comment(setlist_text(45)))
    assert found.setlist is not None
    for row in found.setlist.evidence["lines"]:
        assert row["from"] == [{"source": "comment", "author": "fan", "start_s": row["start_s"]}]
        assert 0.8 <= row["probability"] < 1
        assert row["offset_s"] == pytest.approx(45, abs=2)


def test_two_lines_are_too_few_to_find_an_offset() -> None:
    assert align([100.0, 300.0], [55.0, 255.0, 500.0], 700.0).offset_s == 0
    assert align([100.0, 300.0, 545.0], [55.0, 255.0, 500.0], 700.0).offset_s == 45
    assert align([], [1.0], 10.0).fit == align([1.0], [], 10.0).fit == 0
