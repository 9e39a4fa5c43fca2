"""LRC as it is found in the wild, and as we write it."""

import pytest

from utawaku.library.lrc import LyricLine, Lyrics, Word, parse_lyrics, write_lrc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[00:12.34]la", [(12.34, "la")]),
        ("[01:02.345]la\r\n[00:01.5]lo", [(1.5, "lo"), (62.345, "la")]),
        ("[01:00:02.00]la", [(3602.0, "la")]),
        ("[00:05.00][00:09.00]chorus", [(5.0, "chorus"), (9.0, "chorus")]),
        ("[ti:夜]\n[ar:歌手]\n[offset: -3000]\n[00:05.00]la", [(8.0, "la")]),
        ("[offset:+500]\n[00:05.00]la", [(4.5, "la")]),
        ("[offset:+9000]\n[00:05.00]la", [(0.0, "la")]),
        ("\ufeff[00:01.00]\x1b[31mred", [(1.0, "red")]),
        ("[00:01.00]", [(1.0, "")]),
        ("[00:02:50]colon", [(2.5, "colon")]),
        ("[0:59:58]la\n[1:02:03]lo", [(3598.0, "la"), (3723.0, "lo")]),
        ("[1:02:03]la\n[1:02:60]lo", [(62.03, "la"), (62.6, "lo")]),
    ],
)
def test_stamps_of_every_form_are_read(text: str, expected: list[tuple[float, str]]) -> None:
    lines = parse_lyrics(text).lines
    assert [(pytest.approx(line.at_s), line.text) for line in lines] == expected


def test_hours_with_two_digits_are_told_from_hundredths_by_many_stamps() -> None:
    times = [(n * 295, f"line {n}") for n in range(20)]
    text = "\n".join(
        f"[{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}]{line}" for at, line in times
    )
    assert [(line.at_s, line.text) for line in parse_lyrics(text).lines] == times
    even = "\n".join(f"[00:{n:02}:00]line" for n in range(20))  # whole seconds, in hundredths
    assert [line.at_s for line in parse_lyrics(even).lines] == [float(n) for n in range(20)]
    assert parse_lyrics(f"{text}\n[00:01:75]line").lines[-1].at_s < 100


def test_words_with_stamps_are_read_repeated_and_written() -> None:
    lyrics = parse_lyrics("[00:01.00][00:11.00]<00:01.00>夜に <00:01.50>駆ける")
    assert lyrics.lines[0].words == (Word(1.0, "夜に "), Word(1.5, "駆ける"))
    assert lyrics.lines[1].words == (Word(11.0, "夜に "), Word(11.5, "駆ける"))
    assert lyrics.lines[0].text == "夜に 駆ける"
    assert parse_lyrics(write_lrc(lyrics)).lines == lyrics.lines


def test_lyrics_without_times_stay_plain() -> None:
    lyrics = parse_lyrics("one\ntwo [not a stamp]\n")
    assert not lyrics.is_synced
    assert lyrics.plain == "one\ntwo [not a stamp]"
    assert write_lrc(lyrics) == "one\ntwo [not a stamp]\n"


def test_a_shift_moves_lines_and_words_and_is_written_into_the_stamps() -> None:
    lyrics = Lyrics((LyricLine(1.0, "a", (Word(1.0, "a"),)), LyricLine(3.0, "b")))
    later = lyrics.shifted(0.25)
    assert [line.at_s for line in later.lines] == [1.25, 3.25]
    assert later.lines[0].words[0].at_s == 1.25
    assert [line.at_s for line in lyrics.shifted(-2).lines] == [0.0, 1.0]
    text = write_lrc(later, title="t", artist="a")
    assert "offset" not in text
    assert text.startswith("[ti:t]\n[ar:a]\n[00:01.25]")


def test_the_line_that_is_sung_is_found() -> None:
    lyrics = parse_lyrics("[00:01.00]a\n[00:02.00]b")
    assert [lyrics.line_at(at) for at in (0.0, 1.0, 1.9, 2.5, 99.0)] == [-1, 0, 0, 1, 1]
