"""Identity of songs across cuts."""

from utawaku.library.identity import reconcile
from utawaku.library.records import Song, SongSpan


def test_a_new_cut_keeps_clear_of_the_ends_that_the_user_placed() -> None:
    users = Song(
        id="s@1",
        stream_id="s",
        position=0,
        start_s=100.0,
        stop_s=300.0,
        boundary_source="user",
        confidence=1.0,
    )
    plan = reconcile(
        [users], [SongSpan(0, 20.0, 110.0, "smart", 0.9), SongSpan(1, 290.0, 400.0, "smart", 0.9)]
    )
    assert [(span.start_s, span.stop_s) for span in plan.added] == [(20.0, 100.0), (300.0, 400.0)]
    assert plan.ignored == []
