"""Judgements of cuts on their way from one library into another."""

import json

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import UsageError
from utawaku.library.judgements import Judgement, judgements_in, plan_of, read, written
from utawaku.library.records import Song, SongSpan, Stream

URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.fixture
def stream(catalogue: Catalogue) -> Stream:
    stream = Stream("youtube-dQw4w9WgXcQ", URL, duration_s=2_000)
    catalogue.streams.save(stream)
    return stream


def find(catalogue: Catalogue, stream: Stream, *spans: tuple[float, float]) -> None:
    found = [SongSpan(n, *span, "smart", 0.5) for n, span in enumerate(spans)]
    catalogue.songs.reconcile(stream.id, found, made_by="x")


def everything(catalogue: Catalogue, stream: Stream) -> list[Song]:
    return catalogue.songs.of_stream(stream.id, dropped=True)


def kept(catalogue: Catalogue, stream: Stream) -> list[tuple[float, float, str]]:
    return [
        (song.start_s, song.stop_s, song.boundary_source)
        for song in catalogue.songs.of_stream(stream.id)
    ]


def said(said: str, start_s: float, stop_s: float) -> Judgement:
    return Judgement(URL, 2_000, said, start_s, stop_s)  # type: ignore[arg-type]


def take(catalogue: Catalogue, stream: Stream, *told: Judgement) -> tuple[int, int, int]:
    plan = plan_of(everything(catalogue, stream), told)
    if plan.n_taken:
        catalogue.edits.judge(stream.id, plan)
    return plan.n_taken, plan.n_known, plan.n_differing


def test_what_was_judged_is_written_and_makes_another_library_the_same(
    catalogue: Catalogue, stream: Stream
) -> None:
    find(catalogue, stream, (100, 200), (300, 400), (500, 600), (700, 800), (900, 1_000))
    first, second, third, fourth, fifth = catalogue.songs.of_stream(stream.id)
    edits = catalogue.edits
    edits.move(first.id, 95.5, 210.25)
    edits.merge(second.id, third.id)
    edits.drop([fourth.id], "no_song")
    edits.drop([fifth.id], "unwanted")
    edits.add(stream.id, 1_200, 1_300)
    told = judgements_in(stream, everything(catalogue, stream))
    assert [(one.said, *one.span) for one in told] == [
        ("song", 95.5, 210.25),
        ("song", 300.0, 600.0),
        ("no_song", 700.0, 800.0),
        ("unwanted", 900.0, 1_000.0),
        ("song", 1_200.0, 1_300.0),
    ]
    assert read(written(told), "x") == told
    other = Stream("copy", URL + "&x", duration_s=2_000)
    catalogue.streams.save(other)
    find(catalogue, other, (100, 200), (300, 400), (420, 600), (700, 800), (905, 1_000))
    assert take(catalogue, other, *told) == (5, 0, 0)
    assert kept(catalogue, other) == kept(catalogue, stream)
    again = [(one.said, *one.span) for one in judgements_in(other, everything(catalogue, other))]
    assert again == [(one.said, *one.span) for one in told]
    assert take(catalogue, other, *told) == (0, 5, 0)
    find(catalogue, other, (100, 200), (300, 400), (420, 600), (700, 800), (900, 1_000))
    assert kept(catalogue, other) == kept(catalogue, stream)


def test_what_the_user_said_here_stands(catalogue: Catalogue, stream: Stream) -> None:
    find(catalogue, stream, (100, 200), (300, 400))
    first, second = catalogue.songs.of_stream(stream.id)
    catalogue.edits.confirm([first.id])
    catalogue.edits.drop([second.id], "no_song")
    before = everything(catalogue, stream)
    told = (said("song", 90, 200), said("song", 300, 400))
    assert take(catalogue, stream, *told) == (0, 0, 2)
    assert everything(catalogue, stream) == before


def test_a_song_nobody_judged_gives_way_to_a_judged_one(
    catalogue: Catalogue, stream: Stream
) -> None:
    find(catalogue, stream, (100, 200), (205, 400), (402, 500))
    assert take(catalogue, stream, said("song", 90, 210), said("song", 398, 500)) == (2, 0, 0)
    assert kept(catalogue, stream) == [
        (90.0, 210.0, "user"), (210.0, 398.0, "smart"), (398.0, 500.0, "user"),
    ]  # fmt: skip


def test_songs_that_overlap_each_other_are_not_all_taken(
    catalogue: Catalogue, stream: Stream
) -> None:
    assert take(catalogue, stream, said("song", 90, 210), said("song", 200, 300)) == (1, 0, 1)


def test_a_taken_judgement_is_one_edit_that_can_be_undone(
    catalogue: Catalogue, stream: Stream
) -> None:
    find(catalogue, stream, (100, 200), (300, 400))
    before = everything(catalogue, stream)
    take(catalogue, stream, said("song", 90, 210), said("no_song", 300, 400), said("song", 5, 50))
    (edit,) = catalogue.edits.history(stream.id)
    catalogue.edits.undo(edit.id)
    assert everything(catalogue, stream) == before


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        '{"said": "song", "start_s": 1, "stop_s": 2}',
        '{"stream": "x", "said": "talk", "start_s": 1, "stop_s": 2}',
        '{"stream": "x", "said": "song", "start_s": 2, "stop_s": 1}',
        '{"stream": "x", "said": "song", "start_s": "NaN", "stop_s": 1}',
        '{"stream": 3, "said": "song", "start_s": 0, "stop_s": 1}',
        '{"stream": "x", "said": "song", "start_s": -1, "stop_s": 1}',
        '{"stream": "x", "said": ["song"], "start_s": 0, "stop_s": Infinity}',
    ],
)
def test_a_line_that_is_none_is_told_with_its_number(line: str) -> None:
    right = json.dumps({"stream": "x", "said": "song", "start_s": 1, "stop_s": 2})
    with pytest.raises(UsageError, match="line 3 is no judgement"):
        read(f"{right}\n\n{line}\n", "cuts.jsonl")
