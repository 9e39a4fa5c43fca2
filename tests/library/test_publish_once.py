"""Nothing is planned or queued twice, and a clock that was wrong blocks nothing."""

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError

import utawaku.library.migrations
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import SongTakenError
from utawaku.library.publish.drafts import order_for, plan_and_queue
from utawaku.library.publish.plan import Order, plan
from utawaku.library.publish.preflight import BILIBILI, check_title_is_new
from utawaku.library.publish.quota import HOUR_S, Budget
from utawaku.library.publish.records import Part, Submission, UploadEvent
from utawaku.library.publish.titles import distinct_title
from utawaku.library.records import Song, Stream
from utawaku.library.schema import submission_parts, upload_events

DAY_S = 86_400.0
MONTH_S = 31 * DAY_S


def draft(*songs: str, **changes: object) -> Submission:
    facts: dict[str, object] = {
        "id": 0,
        "target": "bilibili",
        "account": "uta",
        "title": f"[歌切] {' '.join(songs)}",
        "parts": tuple(Part(index, song, f"{index:02} 曲") for index, song in enumerate(songs)),
        "tags": ("歌切",),
    }
    return Submission(**{**facts, **changes})  # type: ignore[arg-type]


# One open submission --------------------------------------------------------------------------


def test_a_song_is_in_one_open_submission_of_a_target(catalogue: Catalogue) -> None:
    store = catalogue.submissions
    first = store.add(draft("a", "b"))
    with pytest.raises(SongTakenError, match="submission 1 already, which is draft"):
        store.add(draft("c", "b"))
    assert [one.id for one in store.recent()] == [first.id]
    store.add(draft("b", target="folder", account="folder"))
    for state in ("queued", "uploading", "submitting"):
        store.move(first.id, state)  # type: ignore[arg-type]
    with pytest.raises(SongTakenError):
        store.add(draft("b"))
    store.move(first.id, "published", remote_id="BV1")
    store.add(draft("b"))


def test_a_song_that_is_twice_in_a_submission_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(SongTakenError, match="twice"):
        catalogue.submissions.add(draft("a", "a"))
    kept = catalogue.submissions.add(draft("a"))
    twice = (*kept.parts, Part(1, "a", "once more"))
    with pytest.raises(SongTakenError):
        catalogue.submissions.set_parts(kept.id, twice)
    assert len(catalogue.submissions.get(kept.id).parts) == 1


def test_the_schema_itself_refuses_a_second_open_submission(catalogue: Catalogue) -> None:
    catalogue.submissions.add(draft("a"))
    other = catalogue.submissions.add(draft("b"))
    with pytest.raises(IntegrityError), catalogue.write() as connection:
        connection.execute(
            submission_parts.update()
            .where(submission_parts.c.submission_id == other.id)
            .values(song_id="a")
        )


@pytest.fixture
def songs(catalogue: Catalogue, settings: Settings) -> list[Song]:
    """Two songs with files, in the catalogue."""
    catalogue.streams.save(Stream("file-1", "/evening.opus", title="夜の歌枠"))
    found = []
    for number in range(2):
        path = settings.library_root / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video")
        found.append(
            Song(
                id=f"file-1@{number}",
                stream_id="file-1",
                position=number,
                start_s=200.0 * number,
                stop_s=200.0 * number + 180,
                boundary_source="smart",
                confidence=1.0,
                title=f"曲{number}",
                file_path=path.name,
                video_path=path.name,
                stream_title="夜の歌枠",
                stream_url="https://example.org/1",
            )
        )
    return found


def test_two_programs_that_queue_the_same_songs_at_once_queue_them_once(
    catalogue: Catalogue, settings: Settings, songs: list[Song], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_PUBLISH__FOLDER", str(settings.data_dir / "target"))
    settings = load_settings()
    others = [Catalogue.open(settings) for _ in range(2)]
    order = order_for(catalogue, settings, target="folder")
    for trial in range(8):
        ready = threading.Barrier(2)
        queued: list[int] = []

        def queue(
            other: Catalogue, ready: threading.Barrier = ready, queued: list[int] = queued
        ) -> None:
            ready.wait()
            queued += [one.id for one in plan_and_queue(songs, order, other, settings).submissions]

        programs = [threading.Thread(target=queue, args=(other,)) for other in others]
        for program in programs:
            program.start()
        for program in programs:
            program.join()
        assert len(queued) == 1, f"trial {trial}"
        for state in ("uploading", "failed"):
            catalogue.submissions.move(queued[0], state)  # type: ignore[arg-type]
        catalogue.submissions.delete(queued[0])
    for other in others:
        other.close()


def test_a_plan_that_would_be_refused_keeps_nothing(
    catalogue: Catalogue, settings: Settings, songs: list[Song]
) -> None:
    order = Order(target="bilibili", account="uta", source_url="x" * 300)
    result = plan_and_queue(songs, order, catalogue, settings)
    assert result.refused
    assert len(result.submissions) == 1
    assert catalogue.submissions.recent() == []


# A catalogue of before the rule ---------------------------------------------------------------


def _old_catalogue(path: Path, *rows: tuple[str, str, float | None, tuple[str, ...]]) -> None:
    """A catalogue of schema 0002 with submissions (state, target, sent at, songs)."""
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(utawaku.library.migrations.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with engine.begin() as connection:
        for number, (state, target, sent_at, songs) in enumerate(rows, 1):
            connection.execute(
                sa.text(
                    "INSERT INTO submissions (id, target, account, title, state, submit_sent_at,"
                    " created_at, updated_at)"
                    " VALUES (:id, :target, 'uta', 'T', :state, :sent, 1, 1)"
                ),
                {"id": number, "target": target, "state": state, "sent": sent_at},
            )
            for position, song in enumerate(songs):
                connection.execute(
                    sa.text(
                        "INSERT INTO submission_parts (submission_id, position, song_id, title)"
                        " VALUES (:id, :position, :song, 'P')"
                    ),
                    {"id": number, "position": position, "song": song},
                )
    engine.dispose()


def test_a_catalogue_that_breaks_the_rule_is_upgraded_and_sends_nothing_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    _old_catalogue(
        path,
        ("queued", "bilibili", None, ("a", "b")),
        ("uploading", "bilibili", None, ("b", "c")),
        ("queued", "folder", None, ("a",)),
        ("draft", "bilibili", None, ("c",)),
        ("published", "bilibili", None, ("a", "b", "c")),
        ("queued", "bilibili", None, ("", "")),
        ("submitting", "bilibili", 5.0, ("x",)),
        ("submitting", "bilibili", 6.0, ("x",)),
    )
    opened = Catalogue.open(load_settings(catalogue_url=f"sqlite:///{path}"))
    store = opened.submissions
    states = {one.id: (one.state, one.hold_code) for one in store.recent()}
    assert states == {
        1: ("held", "same_songs"),  # 2 has come further and keeps song b
        2: ("uploading", ""),
        3: ("queued", ""),
        4: ("draft", ""),
        5: ("published", ""),
        6: ("queued", ""),
        7: ("submitting", ""),
        8: ("submitting", ""),  # it left already: it is looked up on the site first
    }
    notice = opened.notices.recent()[0]
    assert "Submission 1 is held" in notice.title
    assert "--drop 1" in notice.next_step
    for held in (1, 4):
        with pytest.raises(SongTakenError, match="submission 2"):
            store.move(held, "queued")
    store.move(2, "submitting")
    store.move(2, "published", remote_id="BV2")
    store.move(1, "queued")
    opened.close()
    assert list((tmp_path / "backups").glob("old-schema0002-*.db"))


# A person's retry -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["failed", "held"])
def test_a_retry_by_hand_starts_the_count_of_a_part_afresh(
    catalogue: Catalogue, state: str
) -> None:
    store = catalogue.submissions
    kept = store.move(store.add(draft("a", "b")).id, "queued")
    store.move(kept.id, "uploading")
    store.change_part(kept.id, 0, state="uploaded", remote_name="n1", bytes_sent=10, attempts=1)
    store.change_part(kept.id, 1, state="failed", bytes_sent=900, attempts=7, message="cut")
    store.move(kept.id, state, hold_code="captcha", message="solve it")  # type: ignore[arg-type]
    again = store.move(kept.id, "queued")
    there, waiting = again.parts
    assert (there.state, there.bytes_sent, there.attempts) == ("uploaded", 10, 1)
    assert (waiting.state, waiting.bytes_sent, waiting.attempts) == ("waiting", 0, 0)
    assert (again.hold_code, again.message, again.not_before) == ("", "", None)


# Clocks ---------------------------------------------------------------------------------------


def test_a_clock_that_was_a_month_ahead_blocks_no_quota_afterwards(catalogue: Catalogue) -> None:
    store, now = catalogue.submissions, time.time()
    quota = Budget(parts_per_hour=3, part_spacing_s=0)
    store.record_event("bilibili", "uta", UploadEvent("part", now - 100, 10))
    for _ in range(3):
        store.record_event("bilibili", "uta", UploadEvent("part", now + MONTH_S, 10))
    events = store.events("bilibili", "uta", now - DAY_S)
    assert len(events) == 4, "what was sent before the clock went wrong still counts"
    assert quota.part_allowed_at(events, now) <= now + HOUR_S + 1
    # Written down: an hour later they are an hour old, and do not start again.
    with catalogue.read() as connection:
        latest = connection.scalar(sa.select(sa.func.max(upload_events.c.at)))
    assert latest <= time.time() + 1


def test_the_quota_counts_an_event_from_the_future_as_now() -> None:
    quota = Budget(parts_per_hour=1, submits_per_hour=1, part_spacing_s=0, submit_spacing_s=0)
    ahead = [UploadEvent("part", 5 * DAY_S), UploadEvent("submit", 5 * DAY_S)]
    assert quota.part_allowed_at(ahead, 100.0) == 100.0 + HOUR_S
    assert quota.submit_allowed_at(ahead, 100.0) == 100.0 + HOUR_S


def test_a_wait_that_a_wrong_clock_wrote_keeps_its_length_only(catalogue: Catalogue) -> None:
    store, now = catalogue.submissions, time.time()
    kept = store.move(store.add(draft("a")).id, "queued")
    store.change(kept.id, not_before=now + MONTH_S + 600)
    with catalogue.write() as connection:
        connection.execute(sa.text(f"UPDATE submissions SET updated_at = {now + MONTH_S}"))
    assert store.due(now) == []
    assert [one.id for one in store.due(now + 601)] == [kept.id]


# Titles ---------------------------------------------------------------------------------------


def _song(number: int, stream_title: str) -> Song:
    return Song(
        id=f"s{number}",
        stream_id=f"stream-{number}",
        position=0,
        start_s=0.0,
        stop_s=200.0,
        boundary_source="smart",
        confidence=1.0,
        title=f"曲{number}",
        channel="うた",
        stream_title=stream_title,
        stream_url=f"https://example.org/{number}",
        uploaded_on="2026-11-01",
    )


def test_titles_of_a_series_that_the_limit_would_make_the_same_keep_what_differs() -> None:
    name = "【歌枠】" + "記念すべき耐久カラオケ配信で朝まで歌い続けます" * 4
    songs = [_song(number, f"{name} 第{number}夜") for number in range(3)]
    titles = [one.title for one in plan(songs, Order(account="uta"))]
    assert len(set(titles)) == 3
    assert max(map(len, titles)) <= 80
    assert titles[1].endswith("第1夜")
    later = plan([_song(3, f"{name} 第3夜")], Order(account="uta"), taken=titles)
    assert later[0].title.endswith("第3夜")


def test_titles_that_are_the_same_in_full_are_seen_and_another_is_proposed() -> None:
    one = draft("a", title="歌" * 80)
    (finding,) = check_title_is_new(one, {"歌" * 80: 4}, BILIBILI)
    assert finding.code == "title_repeated"
    assert finding.severity == "error"
    assert "submission 4" in finding.message
    proposed = finding.message.rpartition("take: ")[2]
    assert len(proposed) <= 80
    assert proposed.endswith("(00 曲)")
    assert check_title_is_new(one, {}, BILIBILI) == []


def test_a_title_is_numbered_where_nothing_else_differs() -> None:
    assert distinct_title("歌", {"歌"}, 80) == "歌 (2)"
    assert distinct_title("歌", {"歌", "歌 (2)"}, 0) == "歌 (3)"
    assert distinct_title("歌", {"歌 (1/2)"}, 80, ending=" (2/2)") == "歌 (2/2)"
    assert distinct_title("歌", {"歌"}, 80, hints=["", "2026-11-01"]) == "歌 (2026-11-01)"
