"""Setlists of a stream: from what was fetched with it, and the user's own above all."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Setlist, SetlistLine, Stream
from utawaku.workflows.setlists import (
    best_setlist,
    chat_of,
    find_stream_setlists,
    writings_of,
)

STREAM = Stream("youtube-a", "https://example.org/a", "歌枠", site="youtube", duration_s=3600.0)
LINES = "\n".join(
    f"{minute}:00 {title} / Mio"
    for minute, title in ((5, "夜"), (12, "朝"), (20, "海"), (30, "空"))
)


def write(settings: Settings, **files: Any) -> None:
    """Write JSON files beside the recording; a text is written as it is."""
    folder = settings.stream_dir(STREAM.id)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, "utf-8")


def comment(text: str) -> Mapping[str, Any]:
    return {"id": "c1", "text": text, "author": "a listener", "like_count": 40, "parent": "root"}


def test_a_list_in_the_comments_is_found(catalogue: Catalogue, settings: Settings) -> None:
    write(settings, info={"id": "a"}, comments=[comment(LINES)])
    (found,) = find_stream_setlists(STREAM, settings)
    assert found.source == "comment"
    assert [(line.start_s, line.title) for line in found.lines] == [
        (300.0, "夜"), (720.0, "朝"), (1200.0, "海"), (1800.0, "空"),
    ]  # fmt: skip
    best = best_setlist(STREAM, catalogue, settings)
    assert best is not None
    assert [line.title for line in best.lines] == ["夜", "朝", "海", "空"]


def test_the_users_own_list_counts_above_all(catalogue: Catalogue, settings: Settings) -> None:
    catalogue.streams.save(STREAM)
    write(settings, info={"id": "a"}, comments=[comment(LINES)])
    own = Setlist((SetlistLine(60.0, "own"),), "user", 1.0)
    catalogue.setlists.set_users(STREAM.id, own)
    best = best_setlist(STREAM, catalogue, settings)
    assert best is not None
    assert [line.title for line in best.lines] == ["own"]
    catalogue.setlists.set_users(STREAM.id, None)
    best = best_setlist(STREAM, catalogue, settings)
    assert best is not None
    assert len(best.lines) == 4


def test_a_stream_without_writings_has_no_setlist(catalogue: Catalogue, settings: Settings) -> None:
    assert writings_of(STREAM, settings).warnings == ()
    assert best_setlist(STREAM, catalogue, settings) is None


@pytest.mark.parametrize(
    "comments", ['[{"text": "5:0', '{"no": "list"}', "[" * 100_000], ids=["cut", "other", "deep"]
)
def test_a_damaged_file_is_a_warning_and_the_rest_counts(settings: Settings, comments: str) -> None:
    write(settings, info={"id": "a", "description": LINES}, comments=comments)
    (warning,) = writings_of(STREAM, settings).warnings
    assert "comments.json" in warning
    (found,) = find_stream_setlists(STREAM, settings)
    assert found.source == "description"


def test_rows_that_are_no_comments_are_passed_over(settings: Settings) -> None:
    write(settings, info={"id": "a", "chapters": "none"}, comments=[7, None, comment(LINES)])
    writings = writings_of(STREAM, settings)
    assert len(writings.info["comments"]) == 1
    assert writings.info["chapters"] == []


def test_the_chat_of_a_section_counts_from_its_start(settings: Settings) -> None:
    said = {"time_in_seconds": 3612.5, "message": "Harbour", "author": {"id": "a"}}
    write(settings, info={"id": "a", "section_start": 3600.0}, live_chat=json.dumps(said))
    assert [one.offset_s for one in writings_of(STREAM, settings).chat] == [12.5]
    assert [one.offset_s for one in chat_of(STREAM, settings)] == [12.5]


def test_a_chat_with_times_of_day_is_placed_by_the_start_or_told(settings: Settings) -> None:
    started_at = datetime(2026, 11, 20, 20).timestamp()
    log = "".join(f"[20:10:0{n}]  ann: Harbour\n" for n in range(6))
    write(settings, info={"id": "a", "release_timestamp": started_at}, live_chat=log)
    assert [one.offset_s for one in chat_of(STREAM, settings)] == [600.0 + n for n in range(6)]
    write(settings, info={"id": "a"})
    writings = writings_of(STREAM, settings)
    assert writings.chat == ()
    (warning,) = writings.warnings
    assert "when the recording began is not known. Put the time" in warning
