"""Planning submissions from songs, and what preflight says about them."""

from dataclasses import replace
from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError
from utawaku.library.publish.drafts import by_account, draft, order_for, plan_for_accounts
from utawaku.library.publish.plan import Existing, Order, fill, plan
from utawaku.library.publish.preflight import (
    BILIBILI,
    OPEN,
    check,
    errors,
    forbidden_characters,
    without_forbidden,
)
from utawaku.library.publish.records import Account, Part, Submission
from utawaku.library.publish.style import Style
from utawaku.library.records import Channel, Song, Stream

NOW = 1_800_000_000.0


def song(number: int, *, stream: str = "youtube-a", title: str = "", **changes: object) -> Song:
    facts: dict[str, object] = {
        "id": f"{stream}@{number * 300_000}",
        "stream_id": stream,
        "position": number,
        "start_s": number * 300.0,
        "stop_s": number * 300.0 + 240,
        "boundary_source": "smart",
        "confidence": 1.0,
        "title": title or f"曲{number}",
        "artist": "歌手",
        "channel": "うたチャンネル",
        "stream_title": "【歌枠】夜に歌う🎤",
        "stream_url": "https://www.youtube.com/watch?v=aaaaaaaaaaa",
        "uploaded_on": "2026-11-01",
    }
    return Song(**{**facts, **changes})  # type: ignore[arg-type]


def submission(tmp_path: Path, **changes: object) -> Submission:
    video = tmp_path / "part.mp4"
    video.write_bytes(b"video")
    facts: dict[str, object] = {
        "id": 1,
        "target": "bilibili",
        "account": "uta",
        "title": "[歌切] うた",
        "parts": (Part(0, "s1", "01 曲", str(video)),),
        "tags": ("歌切",),
        "source_url": "https://example.org/stream",
    }
    return Submission(**{**facts, **changes})  # type: ignore[arg-type]


def codes(planned: Submission, **options: object) -> set[str]:
    return {finding.code for finding in check(planned, BILIBILI, now=NOW, **options)}  # type: ignore[arg-type]


def test_songs_of_a_stream_become_numbered_parts_in_the_order_they_were_sung() -> None:
    (planned,) = plan([song(2), song(0), song(1)], Order())
    assert planned.title == "[歌切] うたチャンネル 2026-11-01 【歌枠】夜に歌う"
    assert [part.title for part in planned.parts] == [
        "01 曲0 - 歌手",
        "02 曲1 - 歌手",
        "03 曲2 - 歌手",
    ]
    assert planned.source_url == "https://www.youtube.com/watch?v=aaaaaaaaaaa"
    assert (planned.copyright, planned.category) == (2, 31)
    assert planned.stream_id == "youtube-a"
    assert "0:05:00 曲1 / 歌手" in planned.description
    assert planned.tags[0] == "うたチャンネル"


def test_a_song_without_a_name_says_so_and_leaves_no_loose_separator() -> None:
    (planned,) = plan([song(0, title=" ", artist="")], Order(style=Style()))
    unnamed = plan([song(0, artist="").__class__(**_fields(song(0), title="", artist=""))], Order())
    assert unnamed[0].parts[0].title == "01 未知曲目"
    assert not planned.parts[0].title.endswith("-")


def _fields(of: Song, **changes: object) -> dict[str, object]:
    return {name: getattr(of, name) for name in Song.__slots__} | changes


def test_each_stream_gets_its_own_submission_or_all_go_together() -> None:
    songs = [song(0), song(0, stream="youtube-b", uploaded_on="2026-10-01")]
    apart = plan(songs, Order())
    assert [planned.stream_id for planned in apart] == ["youtube-b", "youtube-a"]
    (together,) = plan(songs, Order(group_by="all"))
    assert together.stream_id == ""
    assert "2026-10-01~2026-11-01" in together.title
    assert len(together.parts) == 2


def test_more_songs_than_a_submission_takes_are_split_and_the_titles_stay_within_the_limit() -> (
    None
):
    style = Style(title="[歌切] " + "長" * 100)
    planned = plan([song(n, title=f"長い名前の曲 {n}") for n in range(250)], Order(style=style))
    assert [len(p.parts) for p in planned] == [100, 100, 50]
    assert [p.title[-6:] for p in planned] == [" (1/3)", " (2/3)", " (3/3)"]
    assert all(len(p.title) == 80 for p in planned)
    assert all(len(p.description) <= 2000 for p in planned)
    assert "… +" in planned[0].description
    seen = [part.song_id for p in planned for part in p.parts]
    assert len(set(seen)) == 250


def test_later_songs_fill_the_published_submission_and_the_rest_goes_into_a_new_one() -> None:
    songs = [song(n) for n in range(5)]
    existing = {"youtube-a": Existing("BV1xx", 98)}
    appended, new = plan(songs, Order(), existing=existing)
    assert appended.append_to == "BV1xx"
    assert [part.title[:3] for part in appended.parts] == ["99 ", "100"]
    assert new.append_to == ""
    assert len(new.parts) == 3


def test_a_template_cannot_reach_into_values_and_names_what_is_unknown() -> None:
    assert fill("{channel}!", {"channel": "{title.__class__}"}) == "{title.__class__}!"
    with pytest.raises(ConfigError, match="unknown"):
        fill("{channel.__class__}", {"channel": "x"})
    with pytest.raises(ConfigError, match="unknown"):
        fill("{secret}", {"channel": "x"})
    with pytest.raises(ConfigError, match="malformed"):
        fill("{channel", {"channel": "x"})


def test_the_path_of_a_local_file_is_told_to_nobody() -> None:
    local = song(0, stream_url="/home/uta/evening.mkv")
    (planned,) = plan([local], Order())
    assert planned.source_url == ""
    assert "/home" not in planned.description
    (named,) = plan([local], Order(source_url="https://example.org/live"))
    assert named.source_url == "https://example.org/live"
    assert "https://example.org/live" in named.description


def test_a_channel_name_that_is_too_long_for_a_tag_is_left_out_rather_than_cut() -> None:
    (planned,) = plan([song(0, channel="と" * 21)], Order())
    assert all(len(tag) <= 20 for tag in planned.tags)
    assert "歌切" in planned.tags


def test_planned_submissions_pass_preflight_whatever_the_names_are(tmp_path: Path) -> None:
    hostile = song(0, title="\x1b[31mred\u202e😀\n" + "歌" * 90, channel="a,b\u200d🎤", artist="♪☆")
    (planned,) = plan([hostile], Order())
    assert errors(check(planned, BILIBILI, now=NOW)) == []
    assert "♪☆" not in planned.parts[0].title or len(planned.parts[0].title) <= 80


def test_a_good_submission_has_no_findings(tmp_path: Path) -> None:
    assert codes(submission(tmp_path)) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "title_empty"),
        ({"title": "長" * 81}, "title_long"),
        ({"title": "歌🎤"}, "title_characters"),
        ({"title": "노래"}, "title_characters"),
        ({"description": "長" * 2001}, "description_long"),
        ({"description": "歌\x07"}, "description_characters"),
        ({"tags": ()}, "tags_missing"),
        ({"tags": tuple(f"t{n}" for n in range(11))}, "tags_many"),
        ({"tags": ("長" * 21,)}, "tag_long"),
        ({"tags": ("a,b",)}, "tag_characters"),
        ({"source_url": " "}, "source_missing"),
        ({"source_url": "u" * 201}, "source_long"),
        ({"parts": ()}, "parts_missing"),
        ({"copyright": 3}, "copyright_unknown"),
        ({"cover_path": "/nowhere.jpg"}, "cover_missing"),
        ({"publish_at": NOW + 3600}, "publish_at_early"),
        ({"publish_at": NOW + 16 * 86400}, "publish_at_late"),
    ],
)
def test_preflight_finds_what_the_site_refuses(
    tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    assert codes(submission(tmp_path, **changes)) == {code}


def test_own_work_needs_no_source(tmp_path: Path) -> None:
    assert codes(submission(tmp_path, copyright=1, source_url="")) == set()


def test_preflight_looks_at_every_part_and_its_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(16 * 1024**3 + 1)
    parts = (
        Part(0, "a", "", str(tmp_path / "part.mp4")),
        Part(1, "b", "長" * 81, str(tmp_path / "empty.mp4")),
        Part(2, "c", "🎤", str(large)),
        Part(3, "c", "曲", str(tmp_path / "gone.mp4")),
        Part(4, "d", "later", ""),
        Part(5, "e", "sent", "/gone.mp4", state="uploaded"),
    )
    found = check(submission(tmp_path, parts=parts), BILIBILI, now=NOW)
    assert {finding.code for finding in errors(found)} == {
        "part_title_empty",
        "part_title_long",
        "part_file_empty",
        "part_title_characters",
        "part_file_large",
        "part_repeated",
        "part_file_missing",
    }
    assert {f.subject for f in found if f.severity == "warning"} == {"P5 later"}


def test_appending_counts_the_parts_that_are_there(tmp_path: Path) -> None:
    planned = submission(tmp_path, append_to="BV1xx", title="")
    assert codes(planned, n_existing_parts=99) == set()
    assert codes(planned, n_existing_parts=100) == {"parts_many"}


def test_ones_own_folder_takes_any_words(tmp_path: Path) -> None:
    planned = submission(tmp_path, title="🎤" * 100, tags=(), source_url="")
    assert check(planned, OPEN, now=NOW) == []


def test_musical_signs_and_brackets_are_plain_text() -> None:
    assert forbidden_characters("【歌】♪☆♡（1/3）～「」！？・…") == ""
    assert without_forbidden("a\u200bb\x1b[0m🎤 c") == "ab[0m c"


def test_the_quoted_preset_names_parts_as_players_of_song_cuts_read_them(
    settings: Settings,
) -> None:
    def titles(part_title: str) -> list[str]:
        publish = settings.publish.model_copy(update={"part_title": part_title})
        songs = [song(0, title="夜", artist="歌手"), song(1, title="海", artist="")]
        (planned,) = plan(songs, Order(style=publish.style()))
        return [part.title for part in planned.parts]

    assert titles("quoted") == ["《夜》 - 歌手", "《海》"]
    assert titles("numbered") == ["01 夜 - 歌手", "02 海"]
    assert titles("{title}") == ["夜", "海"]


def test_each_channels_account_and_season_go_before_the_general_ones(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    rules = {"upload_account": "of-a", "upload_season": "A の歌切"}
    for name, more in (("a", {"rules": rules}), ("b", {})):
        catalogue.channels.save(Channel(f"youtube:{name}", f"https://y/{name}", **more))
        stream = Stream(name, f"https://y/{name}/1", "歌枠", "youtube", "1", name, name.upper())
        catalogue.streams.save(stream)
    songs = [song(0, stream=name, channel=name.upper(), file_path="x.opus") for name in "ab"]
    for name in ("of-a", "main"):
        catalogue.accounts.put(Account(name, f"{name}.json"))
    wanted = settings.publish.model_copy(update={"account": "main", "season": "歌切"})
    settings = settings.model_copy(update={"publish": wanted})

    def planned(**asked: str) -> list[tuple[str, str]]:
        order = order_for(catalogue, settings, set_up_later=True, **asked)  # type: ignore[arg-type]
        orders = by_account(songs, order, catalogue, settings, strict=True)
        made = plan_for_accounts(orders, catalogue, settings, queue=False)
        return [(one.account, one.season) for one in made.submissions]

    assert planned() == [("of-a", "A の歌切"), ("main", "歌切")]
    assert planned(season="今夜") == [("of-a", "今夜"), ("main", "今夜")]
    settings = settings.model_copy(update={"publish": wanted.model_copy(update={"account": ""})})
    with pytest.raises(ConfigError, match="several accounts"):
        planned()
    songs = songs[:1]
    assert planned() == [("of-a", "A の歌切")]
    update = {"folder": tmp_path, "account": ""}
    settings = settings.model_copy(update={"publish": wanted.model_copy(update=update)})
    assert planned(target="folder") == [("folder", "")]


def test_a_followed_channels_own_title_goes_before_the_general_one(
    catalogue: Catalogue, settings: Settings
) -> None:
    rules = {"upload_template": "{channel} live #{n_songs}"}
    for name, more in (("a", {"rules": rules}), ("b", {})):
        catalogue.channels.save(Channel(f"youtube:{name}", f"https://y/{name}", **more))
        stream = Stream(name, f"https://y/{name}/1", "歌枠", "youtube", "1", name, name.upper())
        catalogue.streams.save(stream)
    of_a = song(0, stream="a", channel="A", file_path="a.opus")
    of_b = song(0, stream="b", channel="B", file_path="b.opus")
    order = Order(style=Style(title="cuts of {channel}"))
    own, general = draft([of_a, of_b], order, catalogue, settings)
    assert (own.title, general.title) == ("A live #1", "cuts of B")
    (together,) = draft([of_a, of_b], replace(order, group_by="all"), catalogue, settings)
    assert together.title == "cuts of"
    (alone,) = draft([of_a], replace(order, group_by="all"), catalogue, settings)
    assert alone.title == "A live #1"
