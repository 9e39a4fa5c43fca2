"""Boundaries and names by hand, and the way back."""

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import EditError, NotFoundError, QueryError
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.library.schema import song_edits

A, B = "file-1@10000", "file-1@200000"


@pytest.fixture
def cut(catalogue: Catalogue) -> Catalogue:
    catalogue.streams.save(Stream("file-1", "/tmp/a.opus", channel="Mio", duration_s=600))
    spans = [
        SongSpan(0, 10, 180, "smart", 0.8, title="夜に駆ける", artist="YOASOBI"),
        SongSpan(1, 200, 400, "smart", 0.7),
    ]
    catalogue.songs.reconcile("file-1", spans, made_by="test/1")
    return catalogue


def spans(catalogue: Catalogue) -> list[tuple[float, float]]:
    return [(song.start_s, song.stop_s) for song in catalogue.songs.of_stream("file-1")]


def everything(catalogue: Catalogue) -> list[Song]:
    return catalogue.songs.of_stream("file-1", dropped=True)


def test_a_moved_song_is_the_users_and_survives_a_new_cut(cut: Catalogue) -> None:
    cut.edits.move(A, 12.5, 181)
    cut.songs.reconcile(
        "file-1", [SongSpan(0, 5, 170, "smart", 0.9), SongSpan(1, 200, 390, "smart", 0.9)],
        made_by="test/2",
    )  # fmt: skip
    assert spans(cut) == [(12.5, 181), (200, 390)]
    assert cut.songs.get(A).boundary_source == "user"


def test_every_edit_can_be_undone_to_the_very_rows(cut: Catalogue) -> None:
    cut.grades.give(B, grade=1)
    before = everything(cut)
    steps = [
        lambda: cut.edits.move(B, 190, 420),
        lambda: cut.edits.split(B, 300),
        lambda: cut.edits.merge(A, B),
        lambda: cut.edits.add("file-1", 450, 500),
        lambda: cut.edits.drop([A, B], "unwanted")[0],
        lambda: cut.edits.confirm([A, B])[0],
        lambda: cut.edits.rename({A: {"title": "アイドル", "singer": "Aki"}})[0],
    ]
    for step in steps:
        edit = step()
        assert everything(cut) != before
        cut.edits.undo(edit.id)
        assert everything(cut) == before
        with pytest.raises(NotFoundError):
            cut.edits.undo(edit.id)
    assert cut.edits.history("file-1") == []


def test_splitting_and_merging_keep_the_first_song(cut: Catalogue) -> None:
    cut.edits.split(B, 300)
    assert spans(cut) == [(10, 180), (200, 300), (300, 400)]
    new = cut.songs.of_stream("file-1")[2]
    assert (new.id, new.title, new.singer) == ("file-1@300000", "", "Mio")
    cut.edits.merge(B, new.id)
    assert spans(cut) == [(10, 180), (200, 400)]
    assert [edit.kind for edit in cut.edits.history("file-1")] == ["merge", "split"]


@pytest.mark.parametrize(
    ("start_s", "stop_s"), [(190, 250), (50, 50.5), (80, 70), (-1, 60), (30, 700)]
)
def test_songs_that_cannot_stand_so_are_refused_and_nothing_changes(
    cut: Catalogue, start_s: float, stop_s: float
) -> None:
    before = everything(cut)
    with pytest.raises(EditError):
        cut.edits.move(A, start_s, stop_s)
    assert everything(cut) == before
    assert cut.edits.history("file-1") == []


def test_a_dropped_song_does_not_come_back_and_an_undone_addition_leaves_no_trace(
    cut: Catalogue,
) -> None:
    cut.edits.drop([B], "no_song")
    again = [SongSpan(0, 10, 180, "smart", 0.9), SongSpan(1, 201, 399, "smart", 0.9)]
    cut.songs.reconcile("file-1", again, made_by="test/2")
    assert spans(cut) == [(10, 180)]
    edit = cut.edits.add("file-1", 450, 500)
    cut.edits.undo(edit.id)
    cut.songs.reconcile("file-1", [*again, SongSpan(2, 450, 550, "smart", 0.9)], made_by="test/3")
    assert spans(cut) == [(10, 180), (450, 550)]


def test_a_dropped_song_tells_why_until_it_is_back(cut: Catalogue) -> None:
    edits = [cut.edits.drop([A], "unwanted")[0], cut.edits.drop([B], "no_song")[0]]
    assert [song.drop_reason for song in everything(cut)] == ["unwanted", "no_song"]
    for edit in edits:
        cut.edits.undo(edit.id)
    assert [song.drop_reason for song in everything(cut)] == ["", ""]
    merged = cut.edits.merge(A, B)
    assert cut.songs.get(B).drop_reason == "merged"
    with cut.write() as connection:  # a step of a version that knew no reasons
        before = [{k: v for k, v in song.items() if k != "drop_reason"} for song in merged.before]
        of_merge = song_edits.c.id == merged.id
        connection.execute(song_edits.update().where(of_merge).values(before=before))
    cut.edits.undo(merged.id)
    assert [song.drop_reason for song in everything(cut)] == ["", ""]


def test_names_by_hand_are_found_at_once_and_stay(cut: Catalogue) -> None:
    cut.edits.rename({B: {"title": "春", "artist": "猫"}})
    assert not cut.songs.set_label(B, "other", "other", "shazam")
    assert [s.id for s in cut.browser.songs(cut.browser.search("春 猫").numbers)] == [B]


def test_saved_searches_are_kept_by_name_and_must_make_sense(cut: Catalogue) -> None:
    cut.saved_queries.save("loved", "grade:like")
    cut.saved_queries.save("loved", "grade:like sort:taste")
    assert cut.saved_queries.all() == {"loved": "grade:like sort:taste"}
    with pytest.raises(QueryError):
        cut.saved_queries.save("bad", "grade:splendid")
    assert cut.saved_queries.delete("loved")
    assert not cut.saved_queries.delete("loved")


def test_songs_found_right_are_the_users_and_survive_a_new_cut(cut: Catalogue) -> None:
    (edit,) = cut.edits.confirm([A])
    assert edit.kind == "right"
    song = cut.songs.get(A)
    assert (song.boundary_source, song.confidence) == ("user", 1.0)
    assert (song.start_confidence, song.stop_confidence) == (1.0, 1.0)
    cut.songs.reconcile("file-1", [SongSpan(0, 0, 190, "smart", 0.9)], made_by="test/2")
    assert spans(cut) == [(10, 180)]
    cut.edits.undo(edit.id)
    assert cut.songs.get(A).boundary_source == "smart"


def test_a_step_of_an_older_version_is_undone_though_it_knows_less(cut: Catalogue) -> None:
    edit = cut.edits.move(A, 12, 170)
    with cut.write() as connection:
        known = [
            {name: value for name, value in song.items() if not name.endswith("_confidence")}
            for song in edit.before
        ]
        connection.execute(song_edits.update().values(before=known))
    cut.edits.undo(edit.id)
    song = cut.songs.get(A)
    assert (song.start_s, song.boundary_source, song.start_confidence) == (10, "smart", None)
