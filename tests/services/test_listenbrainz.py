"""What a listen looks like on its way."""

from utawaku.services.listenbrainz import Listen


def test_what_is_unknown_is_left_out_of_a_listen() -> None:
    payload = Listen(1_700_000_000, "夜", "歌手").payload()
    assert payload["listened_at"] == 1_700_000_000
    track = payload["track_metadata"]
    assert (track["track_name"], track["artist_name"]) == ("夜", "歌手")
    assert "release_name" not in track
    assert not {"isrc", "duration_ms", "origin_url"} & set(track["additional_info"])
    whole = Listen(1_700_000_000, "夜", "歌手", "歌枠", 90.5, "JPX", "https://a.example").payload()
    assert whole["track_metadata"]["additional_info"]["duration_ms"] == 90_500
